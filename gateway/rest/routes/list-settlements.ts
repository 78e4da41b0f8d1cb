import type { AddRoute } from "../context.ts";
import { pageOf, pageQuery, toPageBody, toPageRequest } from "../paging.ts";
import { problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";
import { SETTLEMENT_EXAMPLE, settlementBody, toSettlementBody } from "../settlement-body.ts";

/** GET /api/v2/settlements: the newest first, of each day the latest revision. */
export const listSettlements: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/settlements",
    config: { operation: "settlements.list" },
    schema: {
      operationId: "listSettlements",
      summary: "List settled days",
      tags: ["settlement"],
      security: ADMINISTRATION_KEY,
      querystring: pageQuery,
      response: {
        200: pageOf(settlementBody).meta({ examples: [{ data: [SETTLEMENT_EXAMPLE], next: null }] }),
        ...problemResponses(400),
      },
    },
    handler: async (request) =>
      toPageBody(await dependencies.settlements.reports(toPageRequest(request.query)), toSettlementBody),
  });
};
