import type { AddRoute } from "../context.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";
import { dayParams, signedReportBody, toSignedReportBody } from "../settlement-body.ts";

/** GET /api/v2/settlements/:day: the signed report, its latest revision. */
export const getSettlement: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/settlements/:day",
    config: { operation: "settlements.read" },
    schema: {
      operationId: "getSettlement",
      summary: "Read the signed report of a day",
      tags: ["settlement"],
      security: ADMINISTRATION_KEY,
      params: dayParams,
      response: { 200: signedReportBody, ...problemResponses(400, 404) },
    },
    handler: async (request) => {
      const { day } = request.params;
      const report = await dependencies.settlements.report(day);
      if (report === null) throw new ProblemError("not_found", `${day} is not settled.`);
      return toSignedReportBody(report);
    },
  });
};
