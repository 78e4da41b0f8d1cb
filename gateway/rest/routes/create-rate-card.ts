import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute, RouteContext } from "../context.ts";
import { type Effect, idempotencyKey, once, sendEffect } from "../idempotency.ts";
import { problemResponses } from "../problems.ts";
import { RATE_CARD_EXAMPLE, rateCardBody, rateCardSource, toRateCardBody } from "../rate-card-body.ts";
import { ADMINISTRATION_KEY, idempotencyHeaders } from "../schemas.ts";
import { storeRateCard } from "../store-rate-card.ts";

const remark = z.object({ path: z.string(), message: z.string() });

const created = z
  .object({
    rate_card: rateCardBody,
    warnings: z.array(remark).describe("What the card's author may not have meant"),
  })
  .meta({
    examples: [
      {
        rate_card: RATE_CARD_EXAMPLE,
        warnings: [{ path: "rates.sms.time_bands[0]", message: "undercuts the operator rate of Verizon" }],
      },
    ],
  });

/** POST /api/v2/rate-cards: the guide's JSON as it stands; its numbers never pass through a double. */
export const createRateCard: AddRoute = (gateway, context) => {
  const { dependencies } = context;
  gateway.route({
    method: "POST",
    url: "/api/v2/rate-cards",
    config: { operation: "rate_cards.create", body: "text" },
    // The card's own reader validates the text and reports every problem with its path.
    validatorCompiler: () => (data: unknown) => ({ value: data }),
    schema: {
      operationId: "createRateCard",
      summary: "Store a version of a rate card",
      description:
        "A card's first version holds from its effective_date, a later one from two seconds after it is stored or from its effective_date, whichever is later. The latest version's own body again changes nothing (200).",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      headers: idempotencyHeaders,
      body: rateCardSource,
      response: { 200: created, 201: created, ...problemResponses(400, 409, 413, 415, 422) },
    },
    handler: async (request, reply) => {
      const source = typeof request.body === "string" ? request.body : "";
      const effect = await once(
        dependencies.idempotency,
        {
          scope: "administration:rate-cards",
          key: idempotencyKey(request),
          body: source,
          resourceIds: [],
          now: dependencies.clock.now(),
          // Storing the same text again changes nothing, so it is simply done again.
          fromIds: () => ({ status: 200, body: null }),
        },
        () => store(context, source, actorName(actorOf(request))),
      );
      return sendEffect(
        reply,
        effect.body === null ? await store(context, source, actorName(actorOf(request))) : effect,
      );
    },
  });
};

async function store({ dependencies }: RouteContext, source: string, actor: string): Promise<Effect> {
  const { card, created: isNew, warnings } = await storeRateCard(dependencies, source, actor);
  return { status: isNew ? 201 : 200, body: { rate_card: toRateCardBody(card), warnings: [...warnings] } };
}
