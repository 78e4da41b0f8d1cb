import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { billingEventId } from "#domain/events/billing-event.ts";
import { formatMoney, type Money, parseMoney } from "#domain/money/money.ts";
import { correctionEvent, type RefundDecision } from "#domain/wallet/corrections.ts";
import { actorOf } from "../authenticate.ts";
import { publishBillingEvents } from "../billing-events.ts";
import type { AddRoute, RouteContext } from "../context.ts";
import { type Effect, idempotencyKey, once, sendEffect } from "../idempotency.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, idempotencyHeaders, positiveAmount } from "../schemas.ts";
import {
  toTransactionBody,
  TRANSACTION_EXAMPLE,
  transactionBody,
  transactionParams,
} from "../transaction-body.ts";
import { acceptedAtOf } from "../uuid-time.ts";
import { waitFor } from "../wait-for.ts";

const request = z
  .strictObject({
    amount: positiveAmount.optional().describe("With tax; default: all that is left of the charge"),
    reason: z.string().trim().min(1).max(200),
  })
  .meta({ examples: [{ amount: "0.01", reason: "complaint 4711: not delivered" }] });

const refunded = z.object({
  status: z.enum(["completed", "pending"]),
  refund_id: z.string().describe("transaction_id of the refund"),
  corrects: z.string().describe("transaction_id of the charge"),
  transaction: transactionBody.nullable().describe("Null while the ledger has not recorded it"),
});

const EXAMPLE = {
  refund_id: "01936f2e-7c1a-7000-8000-5a1b2c3d4e5f:refund:0",
  corrects: TRANSACTION_EXAMPLE.transaction_id,
};

/** POST /api/v2/transactions/:id/refunds: gives a charge back, whole or in part, tax in proportion. */
export const createRefund: AddRoute = (gateway, context) => {
  const { dependencies } = context;
  gateway.route({
    method: "POST",
    url: "/api/v2/transactions/:id/refunds",
    config: { operation: "refunds.create", body: "lossless" },
    schema: {
      operationId: "createRefund",
      summary: "Refund a charge",
      description:
        "Never more than was charged, however many ask at once: 409 says what is left. 201 once the ledger has it; 202 when that takes longer, it then follows by itself. Send an Idempotency-Key: without one a repetition refunds again, as long as something is left.",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      params: transactionParams,
      headers: idempotencyHeaders,
      body: request,
      response: {
        201: refunded.meta({
          examples: [
            {
              status: "completed",
              ...EXAMPLE,
              transaction: { ...TRANSACTION_EXAMPLE, type: "refund", event_type: "refund", charge: null },
            },
          ],
        }),
        202: refunded.meta({ examples: [{ status: "pending", ...EXAMPLE, transaction: null }] }),
        ...problemResponses(400, 404, 409, 413, 415, 422),
      },
    },
    handler: async (httpRequest, reply) => {
      const { body, params } = httpRequest;
      const effect = await once(
        dependencies.idempotency,
        {
          scope: `transaction:${params.id}:refunds`,
          key: idempotencyKey(httpRequest),
          body,
          resourceIds: [dependencies.newId()],
          now: dependencies.clock.now(),
          fromIds: ([id = ""]) => pending(billingEventId(id, "refund", 0), params.id),
        },
        ([id = ""]) =>
          refund(context, id, params.id, {
            amount: body.amount === undefined ? null : parseMoney(body.amount),
            reason: body.reason,
            actor: actorName(actorOf(httpRequest)),
          }),
      );
      return sendEffect(reply, effect);
    },
  });
};

function pending(refundId: string, originalId: string): Effect {
  return {
    status: 202,
    body: { status: "pending", refund_id: refundId, corrects: originalId, transaction: null },
  };
}

async function refund(
  { dependencies, waitMs }: RouteContext,
  id: string,
  originalId: string,
  asked: { readonly amount: Money | null; readonly reason: string; readonly actor: string },
): Promise<Effect> {
  const { books, publisher, ledger, clock } = dependencies;
  const { corrections } = books;
  const correctionId = billingEventId(id, "refund", 0);
  const decision = await corrections.refund({
    correctionId,
    originalId,
    ...asked,
    decidedAt: acceptedAtOf(id),
  });
  if (decision.kind !== "decided") throw refusal(decision, originalId);
  await publishBillingEvents(publisher, [correctionEvent(decision.correction)]);
  await corrections.markPublished([correctionId], clock.now());
  const entry = await waitFor(() => ledger.byEvent(correctionId, decision.correction.decidedAt), waitMs);
  if (entry === null) return pending(correctionId, originalId);
  return {
    status: 201,
    body: {
      status: "completed",
      refund_id: correctionId,
      corrects: originalId,
      transaction: toTransactionBody(entry),
    },
  };
}

function refusal(
  decision: Exclude<RefundDecision, { readonly kind: "decided" }>,
  originalId: string,
): ProblemError {
  switch (decision.kind) {
    case "unknown":
      return new ProblemError("not_found", `There is no transaction ${originalId}.`);
    case "not_a_charge":
      return new ProblemError(
        "conflict",
        `Transaction ${originalId} is of type ${decision.entryType}: only a charge can be refunded. Post an adjustment instead.`,
      );
    case "exceeds":
      return new ProblemError(
        "conflict",
        `${formatMoney(decision.remaining)} ${decision.currency} is left of transaction ${originalId}: a refund cannot exceed it.`,
      );
  }
}
