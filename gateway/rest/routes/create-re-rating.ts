import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import type { ReRatingRequest } from "#domain/rating/re-rating.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import type { GatewayDependencies } from "../dependencies.ts";
import { type Effect, idempotencyKey, once, sendEffect } from "../idempotency.ts";
import { fieldProblem, problemResponses } from "../problems.ts";
import { RE_RATING_EXAMPLE, reRatingBody, toReRatingBody } from "../re-rating-body.ts";
import { ADMINISTRATION_KEY, currency, idempotencyHeaders, tenantId, time } from "../schemas.ts";
import { visibleTenant } from "../tenant-access.ts";
import { acceptedAtOf } from "../uuid-time.ts";

const request = z
  .strictObject({
    tenant_id: tenantId,
    rate_card_id: z.string().min(1).max(64),
    version: z.int().min(1).optional().describe("Default: the latest"),
    from: time.describe("Charges of what happened at this time or later"),
    to: time.describe("and before this one"),
    event_type: z.string().max(64).optional(),
    currency: currency
      .optional()
      .describe("Of the wallets whose charges are priced again; default: the card's"),
    reason: z.string().trim().min(1).max(200),
  })
  .meta({
    examples: [
      {
        tenant_id: "TENANT-001",
        rate_card_id: "RC-TENANT-001",
        version: 2,
        from: "2026-11-01T00:00:00Z",
        to: "2026-11-08T00:00:00Z",
        reason: "peak price was published a week late",
      },
    ],
  });

/** POST /api/v2/re-ratings: a report of what a window would have cost under another version of a card. Posts nothing. */
export const createReRating: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/re-ratings",
    config: { operation: "re_ratings.create" },
    schema: {
      operationId: "createReRating",
      summary: "Price a window again",
      description:
        "Computes a report in the background; nothing is posted before it is approved. Charges keep the month's volume that they had; tax and discounts are the tenant's of today. What was refunded is left out.",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      headers: idempotencyHeaders,
      body: request,
      response: {
        202: reRatingBody.meta({
          examples: [{ ...RE_RATING_EXAMPLE, status: "computing", examined: "0", changed: "0" }],
        }),
        ...problemResponses(400, 404, 409, 413, 415, 422),
      },
    },
    handler: async (httpRequest, reply) => {
      const { body } = httpRequest;
      const tenant = await visibleTenant(httpRequest, dependencies, body.tenant_id);
      const actor = actorName(actorOf(httpRequest));
      const effect = await once(
        dependencies.idempotency,
        {
          scope: `tenant:${tenant.tenantId}:re-ratings`,
          key: idempotencyKey(httpRequest),
          body,
          resourceIds: [dependencies.newId()],
          now: dependencies.clock.now(),
          fromIds: ([reRatingId = ""]) => ({ status: 202, body: { re_rating_id: reRatingId } }),
        },
        ([reRatingId = ""]) => create(dependencies, reRatingId, tenant.tenantId, body, actor),
      );
      return sendEffect(reply, effect);
    },
  });
};

async function create(
  dependencies: GatewayDependencies,
  reRatingId: string,
  tenant: string,
  body: z.infer<typeof request>,
  requestedBy: string,
): Promise<Effect> {
  const [from, to] = [Date.parse(body.from), Date.parse(body.to)];
  if (to <= from) throw fieldProblem("to", "must be later than from");
  const versions = await dependencies.rateCards.versions(body.rate_card_id);
  const latest = versions[0];
  if (latest === undefined) throw fieldProblem("rate_card_id", "is no rate card");
  const card = versions.find(({ version }) => version === (body.version ?? latest.version));
  if (card === undefined) throw fieldProblem("version", `does not exist: the latest is ${latest.version}`);
  const reRating: ReRatingRequest = {
    reRatingId,
    tenantId: tenant,
    rateCardId: card.rateCardId,
    version: card.version,
    currency: body.currency ?? card.currency,
    from,
    to,
    eventType: body.event_type ?? null,
    reason: body.reason,
    requestedBy,
    requestedAt: acceptedAtOf(reRatingId),
  };
  return { status: 202, body: toReRatingBody(await dependencies.books.reRatings.create(reRating)) };
}
