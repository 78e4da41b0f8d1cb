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
  amount,
  currency,
  idempotencyHeaders,
  tenantParams,
  UUID_EXAMPLE,
} from "../schemas.ts";
import { visibleTenant, walletOf } from "../tenant-access.ts";
import { toTransactionBody, TRANSACTION_EXAMPLE, transactionBody } from "../transaction-body.ts";
import { acceptedAtOf } from "../uuid-time.ts";
import { waitFor } from "../wait-for.ts";

const request = z
  .strictObject({
    amount: amount
      .refine((text) => parseMoney(text) !== 0n, "must not be zero")
      .describe("Positive gives to the wallet, negative takes from it"),
    currency: currency.optional().describe("When given, must be the wallet's"),
    wallet_id: z.string().max(64).optional().describe("Default: the wallet that traffic is charged to"),
    reason: z.string().trim().min(1).max(200),
  })
  .meta({ examples: [{ amount: "-2.50", currency: "USD", reason: "correction of top-up 4711" }] });

const adjusted = z.object({
  status: z.enum(["completed", "pending"]),
  adjustment_id: z.string(),
  event_id: z.string(),
  transaction: transactionBody.nullable().describe("Null while the ledger has not recorded it"),
  balance: z.string().nullable().describe("After it"),
});

const EXAMPLE = { adjustment_id: UUID_EXAMPLE, event_id: `${UUID_EXAMPLE}:adjustment:0` };

/** POST /api/v2/tenants/:id/adjustments: a correction by hand, with its reason and its author. */
export const createAdjustment: AddRoute = (gateway, context) => {
  const { dependencies } = context;
  gateway.route({
    method: "POST",
    url: "/api/v2/tenants/:id/adjustments",
    config: { operation: "adjustments.create", body: "lossless" },
    schema: {
      operationId: "createAdjustment",
      summary: "Adjust a wallet",
      description:
        "For what is no charge to be refunded. 201 once the ledger has it, 202 when that takes longer. Send an Idempotency-Key: without one a repetition adjusts again.",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      params: tenantParams,
      headers: idempotencyHeaders,
      body: request,
      response: {
        201: adjusted.meta({
          examples: [
            {
              status: "completed",
              ...EXAMPLE,
              transaction: { ...TRANSACTION_EXAMPLE, type: "adjustment", amount: "-2.5", charge: null },
              balance: "97.5",
            },
          ],
        }),
        202: adjusted.meta({
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
      const adjustedAs = (adjustmentId: string): WalletEntryEvent => ({
        v: 1,
        kind: "entry",
        id: billingEventId(adjustmentId, "adjustment", 0),
        tenantId: tenant.tenantId,
        walletId: wallet.walletId,
        at: acceptedAtOf(adjustmentId),
        acceptedAt: acceptedAtOf(adjustmentId),
        entryType: "adjustment",
        amount: formatMoney(parseMoney(body.amount) as Money),
        units: 0,
        reason: body.reason,
        actor: actorName(actorOf(httpRequest)),
      });
      const effect = await once(
        dependencies.idempotency,
        {
          scope: `tenant:${tenant.tenantId}:adjustments`,
          key: idempotencyKey(httpRequest),
          body,
          resourceIds: [dependencies.newId()],
          now: dependencies.clock.now(),
          fromIds: ([adjustmentId = ""]) => pending(adjustmentId),
        },
        ([adjustmentId = ""]) => adjust(context, adjustmentId, adjustedAs(adjustmentId)),
      );
      return sendEffect(reply, effect);
    },
  });
};

function pending(adjustmentId: string): Effect {
  const eventId = billingEventId(adjustmentId, "adjustment", 0);
  return {
    status: 202,
    body: {
      status: "pending",
      adjustment_id: adjustmentId,
      event_id: eventId,
      transaction: null,
      balance: null,
    },
  };
}

async function adjust(
  { dependencies, waitMs }: RouteContext,
  adjustmentId: string,
  event: WalletEntryEvent,
): Promise<Effect> {
  await publishBillingEvents(dependencies.publisher, [event]);
  const entry = await waitFor(() => dependencies.ledger.byEvent(event.id, event.acceptedAt), waitMs);
  if (entry === null) return pending(adjustmentId);
  const transaction = toTransactionBody(entry);
  return {
    status: 201,
    body: {
      status: "completed",
      adjustment_id: adjustmentId,
      event_id: event.id,
      transaction,
      balance: transaction.balance_after,
    },
  };
}
