import { z } from "zod";
import { SEVERITIES } from "#domain/fraud/severity.ts";
import type { AddRoute } from "../context.ts";
import { FRAUD_CASE_EXAMPLE, fraudCaseBody, toFraudCaseBody } from "../fraud-bodies.ts";
import { pageOf, pageQuery, toPageBody, toPageRequest } from "../paging.ts";
import { problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, tenantId } from "../schemas.ts";

const query = pageQuery.extend({
  tenant_id: tenantId.optional(),
  status: z.enum(["open", "decided", "closed"]).optional(),
  severity: z.enum(SEVERITIES).optional(),
});

/** GET /api/v2/fraud-cases: the newest first. */
export const listFraudCases: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/fraud-cases",
    config: { operation: "fraud_cases.list" },
    schema: {
      operationId: "listFraudCases",
      summary: "List fraud cases",
      description:
        "By tenant, status and severity. A tenant's key does not open it: who is suspected is not told so.",
      tags: ["fraud"],
      security: ADMINISTRATION_KEY,
      querystring: query,
      response: {
        200: pageOf(fraudCaseBody).meta({ examples: [{ data: [FRAUD_CASE_EXAMPLE], next: null }] }),
        ...problemResponses(400),
      },
    },
    handler: async ({ query: asked }) =>
      toPageBody(
        await dependencies.fraud.cases.list(
          {
            tenantId: asked.tenant_id ?? null,
            status: asked.status ?? null,
            severity: asked.severity ?? null,
          },
          toPageRequest(asked),
        ),
        toFraudCaseBody,
      ),
  });
};
