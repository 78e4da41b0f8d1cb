import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { formatMoney, type Money, parseMoney } from "#domain/money/money.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { fxRateBody, toFxRateBody } from "../price-rules-body.ts";
import { fieldProblem, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, currency, positiveAmount, time } from "../schemas.ts";

const request = z
  .strictObject({
    base: currency,
    quote: currency,
    rate: positiveAmount.describe("So many units of quote for one of base"),
    source: z.string().trim().min(1).max(60),
    at: time.optional().describe("As of when; default: now"),
  })
  .refine(({ base, quote }) => base !== quote, { path: ["quote"], error: "is the same as base" })
  .meta({ examples: [{ base: "EUR", quote: "USD", rate: "1.0842", source: "ECB" }] });

/** POST /api/v2/fx-rates */
export const createFxRate: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/fx-rates",
    config: { operation: "fx_rates.create", body: "lossless" },
    schema: {
      operationId: "createFxRate",
      summary: "Publish an exchange rate",
      description:
        "Prices events from two seconds after it is stored until the pair's next rate does. Its inverse and crosses by way of USD are derived.",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      body: request,
      response: {
        201: fxRateBody,
        ...problemResponses(400, 413, 415),
      },
    },
    handler: async (httpRequest, reply) => {
      const { base, quote, rate, source, at } = httpRequest.body;
      const now = dependencies.clock.now();
      const asOf = at === undefined ? now : Date.parse(at);
      if (asOf > now) throw fieldProblem("at", "lies in the future: correct it");
      const stored = await dependencies.priceRules.addFxRate({
        base,
        quote,
        rate: formatMoney(parseMoney(rate) as Money),
        source,
        at: asOf,
        storedAt: now,
        actor: actorName(actorOf(httpRequest)),
      });
      await dependencies.announcements.flush();
      return reply.code(201).send(toFxRateBody(stored));
    },
  });
};
