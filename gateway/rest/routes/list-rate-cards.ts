import type { AddRoute } from "../context.ts";
import { pageOf, pageQuery, toPageBody, toPageRequest } from "../paging.ts";
import { problemResponses } from "../problems.ts";
import { RATE_CARD_EXAMPLE, rateCardBody, toRateCardBody } from "../rate-card-body.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

/** GET /api/v2/rate-cards: the latest version of every card. */
export const listRateCards: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/rate-cards",
    config: { operation: "rate_cards.list" },
    schema: {
      operationId: "listRateCards",
      summary: "List rate cards",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      querystring: pageQuery,
      response: {
        200: pageOf(rateCardBody).meta({ examples: [{ data: [RATE_CARD_EXAMPLE], next: null }] }),
        ...problemResponses(400),
      },
    },
    handler: async (request) =>
      toPageBody(await dependencies.rateCards.list(toPageRequest(request.query)), toRateCardBody),
  });
};
