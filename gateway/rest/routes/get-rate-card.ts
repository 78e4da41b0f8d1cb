import { z } from "zod";
import type { AddRoute } from "../context.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import {
  RATE_CARD_EXAMPLE,
  RATE_CARD_SOURCE_EXAMPLE,
  rateCardBody,
  rateCardParams,
  toRateCardBody,
} from "../rate-card-body.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

const card = z
  .object({
    rate_card: rateCardBody,
    source: z.string().describe("The latest version's JSON text exactly as it was posted"),
    versions: z.array(rateCardBody).describe("All versions, the latest first"),
  })
  .meta({
    examples: [
      {
        rate_card: RATE_CARD_EXAMPLE,
        source: JSON.stringify(RATE_CARD_SOURCE_EXAMPLE),
        versions: [RATE_CARD_EXAMPLE],
      },
    ],
  });

/** GET /api/v2/rate-cards/:id */
export const getRateCard: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/rate-cards/:id",
    config: { operation: "rate_cards.read" },
    schema: {
      operationId: "getRateCard",
      summary: "Read a rate card and its versions",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      params: rateCardParams,
      response: { 200: card, ...problemResponses(400, 404) },
    },
    handler: async (request) => {
      const versions = await dependencies.rateCards.versions(request.params.id);
      const latest = versions[0];
      if (latest === undefined)
        throw new ProblemError("not_found", `There is no rate card ${request.params.id}.`);
      return {
        rate_card: toRateCardBody(latest),
        source: latest.source,
        versions: versions.map(toRateCardBody),
      };
    },
  });
};
