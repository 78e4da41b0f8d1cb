import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { canonicalEventType } from "#domain/rating/event-types.ts";
import { loadFormulas } from "#domain/rating/formula.ts";
import { withFormula } from "#domain/rating/card-formula.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { fieldProblem, ProblemError, problemResponses } from "../problems.ts";
import { RATE_CARD_EXAMPLE, rateCardBody, rateCardParams, toRateCardBody } from "../rate-card-body.ts";
import { ADMINISTRATION_KEY } from "../schemas.ts";
import { storeRateCard } from "../store-rate-card.ts";

const request = z
  .strictObject({
    event_type: z.string().regex(/^[a-z][a-z0-9_.-]{2,63}$/, "must be a dotted name such as sms.delivered"),
    formula: z.string().min(1).max(500).nullable().describe("Null takes it away"),
  })
  .meta({ examples: [{ event_type: "sms.delivered", formula: "max(rate, 0.005) * units" }] });

const stored = z
  .object({
    rate_card: rateCardBody,
    warnings: z.array(z.object({ path: z.string(), message: z.string() })),
  })
  .meta({ examples: [{ rate_card: RATE_CARD_EXAMPLE, warnings: [] }] });

/** POST /api/v2/rate-cards/:id/formulas: the card's next version, which differs by this formula alone. */
export const setFormula: AddRoute = (gateway, context) => {
  const { dependencies } = context;
  gateway.route({
    method: "POST",
    url: "/api/v2/rate-cards/:id/formulas",
    config: { operation: "rate_cards.set_formula" },
    schema: {
      operationId: "setFormula",
      summary: "Set or take away an event's formula",
      description:
        "Stores the card's next version; it prices events from two seconds later. Setting the same formula again changes nothing (200).",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      params: rateCardParams,
      body: request,
      response: { 200: stored, 201: stored, ...problemResponses(400, 404, 413, 415) },
    },
    handler: async (httpRequest, reply) => {
      const { id } = httpRequest.params;
      const { event_type: eventType, formula } = httpRequest.body;
      const [latest] = await dependencies.rateCards.versions(id);
      if (latest === undefined) throw new ProblemError("not_found", `There is no rate card ${id}.`);
      await loadFormulas();
      const changed = withFormula(latest.source, canonicalEventType(eventType), formula);
      if (!changed.ok) throw fieldProblem("event_type", changed.message);
      const { card, created, warnings } = await storeRateCard(
        dependencies,
        changed.source,
        actorName(actorOf(httpRequest)),
      );
      return reply
        .code(created ? 201 : 200)
        .send({ rate_card: toRateCardBody(card), warnings: [...warnings] });
    },
  });
};
