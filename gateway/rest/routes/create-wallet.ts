import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { RATING_CHANNELS } from "#domain/rating/event-types.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { type Effect, idempotencyKey, once, sendEffect } from "../idempotency.ts";
import { fieldProblem, ProblemError, problemResponses } from "../problems.ts";
import {
  ADMINISTRATION_KEY,
  currency,
  idempotencyHeaders,
  notNegativeAmount,
  tenantParams,
  thresholds,
  toThresholds,
} from "../schemas.ts";
import { noSuchTenant, visibleTenant } from "../tenant-access.ts";
import { TENANT_BODY_EXAMPLE, tenantBody, toTenantBody } from "../tenant-body.ts";

const request = z
  .strictObject({
    currency,
    kind: z.enum(["prepaid", "postpaid"]).default("prepaid"),
    credit_limit: notNegativeAmount.default("0"),
    thresholds: thresholds.prefault({}),
    contract: z
      .string()
      .min(1)
      .max(64)
      .nullable()
      .default(null)
      .describe("Its contract_rates on the card hold"),
    rate_card_id: z.string().min(1).max(64).nullable().default(null).describe("In place of the tenant's"),
    channels: z
      .array(
        z.enum(RATING_CHANNELS as [string, ...string[]], {
          error: `must be one of ${RATING_CHANNELS.join(", ")}`,
        }),
      )
      .min(1, "must name a channel, or be null")
      .nullable()
      .default(null)
      .describe("Rating channels that it pays for; null: all that no other wallet names"),
  })
  .meta({ examples: [{ currency: "EUR", channels: ["whatsapp"], rate_card_id: "RC-EUR" }] });

const created = z.object({ wallet_id: z.string(), tenant: tenantBody }).meta({
  examples: [{ wallet_id: TENANT_BODY_EXAMPLE.wallets[0]?.wallet_id ?? "", tenant: TENANT_BODY_EXAMPLE }],
});

/** POST /api/v2/tenants/:id/wallets: one more wallet, for a currency, a contract or some channels. */
export const createWallet: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/tenants/:id/wallets",
    config: { operation: "wallets.create", body: "lossless" },
    schema: {
      operationId: "createWallet",
      summary: "Give a tenant one more wallet",
      description:
        "It begins with a balance of zero. Events of its channels are charged to it from then on. Send an Idempotency-Key: without one a repetition makes another.",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      params: tenantParams,
      headers: idempotencyHeaders,
      body: request,
      response: { 201: created, ...problemResponses(400, 404, 409, 413, 415, 422) },
    },
    handler: async (httpRequest, reply) => {
      const { body, params } = httpRequest;
      const tenant = await visibleTenant(httpRequest, dependencies, params.id);
      if (
        body.rate_card_id !== null &&
        (await dependencies.rateCards.versions(body.rate_card_id)).length === 0
      )
        throw fieldProblem("rate_card_id", "is no rate card: create it first");
      const add = async (walletId: string): Promise<Effect> => {
        const outcome = await dependencies.tenants.addWallet(
          params.id,
          {
            walletId,
            currency: body.currency,
            kind: body.kind,
            creditLimit: body.credit_limit,
            thresholds: toThresholds(body.thresholds),
            contract: body.contract,
            rateCardId: body.rate_card_id,
            channels: body.channels,
          },
          actorName(actorOf(httpRequest)),
        );
        if (outcome.kind === "unknown") throw noSuchTenant(params.id);
        if (outcome.kind === "refused") throw new ProblemError("conflict", outcome.message);
        return { status: 201, body: { wallet_id: walletId, tenant: toTenantBody(outcome.configuration) } };
      };
      const effect = await once(
        dependencies.idempotency,
        {
          scope: `tenant:${tenant.tenantId}:wallets`,
          key: idempotencyKey(httpRequest),
          body,
          resourceIds: [dependencies.newId()],
          now: dependencies.clock.now(),
          // The same wallet again is the same one: it is simply done again.
          fromIds: () => ({ status: 201, body: null }),
        },
        ([id = ""]) => add(id),
      );
      return sendEffect(reply, effect);
    },
  });
};
