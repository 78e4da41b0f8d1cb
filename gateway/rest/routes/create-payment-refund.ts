import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { formatMinor } from "#domain/money/minor-units.ts";
import { type Payment, refundableMinor } from "#domain/payments/payment.ts";
import {
  paymentRefundFlow,
  paymentRefundOutput,
  paymentRefundWorkflowId,
  type PaymentRefundInput,
} from "#workflows/payment-refund/api.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute, RouteContext } from "../context.ts";
import { type Effect, idempotencyKey, once, sendEffect } from "../idempotency.ts";
import { minorOf, paymentParams, visiblePayment } from "../payment-body.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, idempotencyHeaders, positiveAmount, UUID_EXAMPLE } from "../schemas.ts";

const request = z
  .strictObject({
    amount: positiveAmount.optional().describe("Default: all that is left of the payment"),
    reason: z.string().trim().min(1).max(500),
  })
  .meta({ examples: [{ amount: "10.00", reason: "complaint 4711" }] });

const refunded = z.object({
  status: z.enum(["refunded", "partly", "failed", "pending"]),
  refund_id: z.string(),
  workflow_id: z.string(),
  refunded: z.string().nullable().describe("What went back to the payer; null while that is not known"),
  by_hand: z.string().nullable().describe("Of it, what came by bank transfer and a person sends back"),
  because: z.string().nullable(),
});

const EXAMPLE = { refund_id: UUID_EXAMPLE, workflow_id: `refund-${UUID_EXAMPLE}`, because: null };

/** POST /api/v2/payments/:id/refunds: gives a payment back, whole or in part. */
export const createPaymentRefund: AddRoute = (gateway, context) => {
  const { dependencies } = context;
  gateway.route({
    method: "POST",
    url: "/api/v2/payments/:id/refunds",
    config: { operation: "payments.refund", body: "lossless" },
    schema: {
      operationId: "createPaymentRefund",
      summary: "Refund a payment",
      description:
        "Debits the wallet, then asks the provider to give the money back; where it cannot, the wallet gets it again. Never more than came in. 202 when that takes longer. Send an Idempotency-Key.",
      tags: ["payments"],
      security: ADMINISTRATION_KEY,
      params: paymentParams,
      headers: idempotencyHeaders,
      body: request,
      response: {
        201: refunded.meta({
          examples: [{ status: "refunded", ...EXAMPLE, refunded: "10.00", by_hand: "0.00" }],
        }),
        202: refunded.meta({ examples: [{ status: "pending", ...EXAMPLE, refunded: null, by_hand: null }] }),
        ...problemResponses(400, 404, 409, 413, 415, 422),
      },
    },
    handler: async (httpRequest, reply) => {
      const { body, params } = httpRequest;
      const payment = await visiblePayment(httpRequest, dependencies, params.id);
      const { paymentId, tenantId } = payment;
      const actor = actorName(actorOf(httpRequest));
      const effect = await once(
        dependencies.idempotency,
        {
          scope: `payment:${paymentId}:refunds`,
          key: idempotencyKey(httpRequest),
          body,
          resourceIds: [dependencies.newId()],
          now: dependencies.clock.now(),
          fromIds: ([refundId = ""]) => pending(refundId),
        },
        ([refundId = ""]) => {
          const amountMinor = wantedMinor(payment, body.amount).toString();
          return refund(context, payment, {
            refundId,
            paymentId,
            tenantId,
            amountMinor,
            actor,
            reason: body.reason,
          });
        },
      );
      return sendEffect(reply, effect);
    },
  });
};

function wantedMinor(payment: Payment, amount: string | undefined): bigint {
  const wanted =
    amount === undefined ? refundableMinor(payment.movements) : minorOf(amount, payment.currency);
  if (wanted > 0n) return wanted;
  throw new ProblemError("conflict", `Nothing is left of payment ${payment.paymentId}.`);
}

function pending(refundId: string): Effect {
  const workflowId = paymentRefundWorkflowId(refundId);
  const unknown = { refunded: null, by_hand: null, because: null };
  return {
    status: 202,
    body: { status: "pending", refund_id: refundId, workflow_id: workflowId, ...unknown },
  };
}

async function refund(
  { dependencies, waitMs }: RouteContext,
  { currency }: Payment,
  input: PaymentRefundInput,
): Promise<Effect> {
  const { flows } = dependencies;
  const workflowId = paymentRefundWorkflowId(input.refundId);
  await flows.start(paymentRefundFlow, input, input.actor);
  const result = await flows.result(workflowId, waitMs);
  if (result.kind === "running") return pending(input.refundId);
  if (result.kind === "failed") throw new ProblemError("conflict", `The refund failed: ${result.message}.`);
  const output = paymentRefundOutput.parse(result.output);
  if (output.result === "refused") throw new ProblemError("conflict", `Refused: ${output.because}.`);
  return {
    status: 201,
    body: {
      status: output.result,
      refund_id: input.refundId,
      workflow_id: workflowId,
      refunded: formatMinor(BigInt(output.refundedMinor), currency),
      by_hand: formatMinor(BigInt(output.byHandMinor), currency),
      because: output.because,
    },
  };
}
