import type { AddRoute } from "../context.ts";
import { noSuchCase } from "../decide-case.ts";
import { caseParams, fraudCaseDetailBody, toFraudCaseDetailBody } from "../fraud-bodies.ts";
import { problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

/** GET /api/v2/fraud-cases/:id */
export const getFraudCase: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/fraud-cases/:id",
    config: { operation: "fraud_cases.read" },
    schema: {
      operationId: "getFraudCase",
      summary: "Read a fraud case",
      description:
        "With its alerts, evidence, timeline, and the link to its flow. No phone number stands in it.",
      tags: ["fraud"],
      security: ADMINISTRATION_KEY,
      params: caseParams,
      response: { 200: fraudCaseDetailBody, ...problemResponses(400, 404) },
    },
    handler: async ({ params: { id } }) => {
      const found = await dependencies.fraud.cases.find(id);
      if (found === null) throw noSuchCase(id);
      const run = await dependencies.flows.describe(found.workflowId);
      return toFraudCaseDetailBody(found, run?.url ?? null);
    },
  });
};
