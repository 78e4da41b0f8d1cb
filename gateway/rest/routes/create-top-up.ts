import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { billingEventId, type WalletEntryEvent } from "#domain/events/billing-event.ts";
import { formatMoney, type Money, parseMoney } from "#domain/money/money.ts";
import { actorOf } from "../authenticate.ts";
import { publishBillingEvents } from "../billing-events.ts";
import type { AddRoute, RouteContext } from "../context.ts";
import { type Effect, idempotencyKey, once, sendEffect } from "../idempotency.ts";
import { fieldProblem, problemResponses } from "../problems.ts";
import {
  ADMINISTRATION_KEY,
  currency,
  idempotencyHeaders,
  positiveAmount,
  tenantParams,
} from "../schemas.ts";
import { visibleTenant, walletOf } from "../tenant-access.ts";
import { toTransactionBody, TRANSACTION_EXAMPLE, transactionBody } from "../transaction-body.ts";
import { acceptedAtOf } from "../uuid-time.ts";
import { waitFor } from "../wait-for.ts";

const request = z
  .strictObject({
    amount: positiveAmount,
    currency: currency.optional().describe("When given, must be the wallet's"),
    wallet_id: z.string().max(64).optional().describe("Default: the tenant's first wallet"),
    reason: z.string().trim().min(1).max(200).default("top-up"),
  })
  .meta({ examples: [{ amount: "100.00", currency: "USD", reason: "bank transfer 4711" }] });

const toppedUp = z.object({
  status: z.enum(["completed", "pending"]),
  top_up_id: z.string(),
  event_id: z.string(),
  transaction: transactionBody.nullable().describe("Null while the ledger has not recorded it"),
  balance: z.string().nullable().describe("After it"),
});

const EXAMPLE = {
  top_up_id: "01936f2e-7c1a-7000-8000-5a1b2c3d4e5f",
  event_id: "01936f2e-7c1a-7000-8000-5a1b2c3d4e5f:top_up:0",
};

/** POST /api/v2/tenants/:id/top-ups: money into the wallet, through the same stage as every charge. */
export const createTopUp: AddRoute = (gateway, context) => {
  const { dependencies } = context;
  gateway.route({
    method: "POST",
    url: "/api/v2/tenants/:id/top-ups",
    config: { operation: "top_ups.create", body: "lossless" },
    schema: {
      operationId: "createTopUp",
      summary: "Top a wallet up",
      description:
        "201 once the ledger has it, 202 when that takes longer. Send an Idempotency-Key: without one a repetition tops up again.",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      params: tenantParams,
      headers: idempotencyHeaders,
      body: request,
      response: {
        201: toppedUp.meta({
          examples: [
            {
              status: "completed",
              ...EXAMPLE,
              transaction: { ...TRANSACTION_EXAMPLE, type: "top_up", amount: "100", charge: null },
              balance: "100",
            },
          ],
        }),
        202: toppedUp.meta({
          examples: [{ status: "pending", ...EXAMPLE, transaction: null, balance: null }],
        }),
        ...problemResponses(400, 404, 409, 413, 415, 422),
      },
    },
    handler: async (httpRequest, reply) => {
      const { body, params } = httpRequest;
      const tenant = await visibleTenant(httpRequest, dependencies, params.id);
      const wallet = walletOf(tenant, body.wallet_id);
      if (body.currency !== undefined && body.currency !== wallet.currency) {
        throw fieldProblem("currency", `must be ${wallet.currency}, the wallet's currency`);
      }
      const toppedUpAs = (topUpId: string) => ({
        v: 1 as const,
        kind: "entry" as const,
        id: billingEventId(topUpId, "top_up", 0),
        tenantId: tenant.tenantId,
        walletId: wallet.walletId,
        at: acceptedAtOf(topUpId),
        acceptedAt: acceptedAtOf(topUpId),
        entryType: "top_up" as const,
        amount: formatMoney(parseMoney(body.amount) as Money),
        units: 0,
        reason: body.reason,
        actor: actorName(actorOf(httpRequest)),
      });
      const effect = await once(
        dependencies.idempotency,
        {
          scope: `tenant:${tenant.tenantId}:top-ups`,
          key: idempotencyKey(httpRequest),
          body,
          resourceIds: [dependencies.newId()],
          now: dependencies.clock.now(),
          fromIds: ([topUpId = ""]) => pending(topUpId),
        },
        ([topUpId = ""]) => topUp(context, topUpId, toppedUpAs(topUpId)),
      );
      return sendEffect(reply, effect);
    },
  });
};

function pending(topUpId: string): Effect {
  const eventId = billingEventId(topUpId, "top_up", 0);
  return {
    status: 202,
    body: { status: "pending", top_up_id: topUpId, event_id: eventId, transaction: null, balance: null },
  };
}

async function topUp(
  { dependencies, waitMs }: RouteContext,
  topUpId: string,
  event: WalletEntryEvent,
): Promise<Effect> {
  await publishBillingEvents(dependencies.publisher, [event]);
  const entry = await waitFor(() => dependencies.ledger.byEvent(event.id, event.acceptedAt), waitMs);
  if (entry === null) return pending(topUpId);
  const transaction = toTransactionBody(entry);
  return {
    status: 201,
    body: {
      status: "completed",
      top_up_id: topUpId,
      event_id: event.id,
      transaction,
      balance: transaction.balance_after,
    },
  };
}
