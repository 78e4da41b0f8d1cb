import { z } from "zod";
import type { AddRoute } from "../context.ts";
import { FX_RATE_EXAMPLE, fxRateBody, toFxRateBody } from "../price-rules-body.ts";
import { problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";

const list = z.object({ data: z.array(fxRateBody) }).meta({ examples: [{ data: [FX_RATE_EXAMPLE] }] });

/** GET /api/v2/fx-rates: the latest rate of each pair. */
export const listFxRates: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/fx-rates",
    config: { operation: "fx_rates.list" },
    schema: {
      operationId: "listFxRates",
      summary: "List the latest exchange rates",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      response: { 200: list, ...problemResponses() },
    },
    handler: async () => ({ data: (await dependencies.priceRules.fxRates()).map(toFxRateBody) }),
  });
};
