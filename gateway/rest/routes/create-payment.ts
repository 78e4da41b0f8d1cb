import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { paymentCollectionFlow, type PaymentCollectionInput } from "#workflows/payment-collection/api.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute, RouteContext } from "../context.ts";
import { type Effect, idempotencyKey, once, sendEffect } from "../idempotency.ts";
import { minorOf, paymentBody, PAYMENT_EXAMPLE, toPaymentBody } from "../payment-body.ts";
import { fieldProblem, ProblemError, problemResponses } from "../problems.ts";
import { ANY_KEY, currency, idempotencyHeaders, positiveAmount, tenantParams } from "../schemas.ts";
import { visibleTenant, walletOf } from "../tenant-access.ts";
import { waitFor } from "../wait-for.ts";

const request = z
  .strictObject({
    amount: positiveAmount,
    currency: currency.optional().describe("When given, must be the wallet's"),
    wallet_id: z.string().max(64).optional().describe("Default: the tenant's first wallet"),
  })
  .meta({ examples: [{ amount: "100.00", currency: "USD" }] });

const begun = z.object({
  payment_id: z.string(),
  payment: paymentBody.nullable().describe("Null while the flow has not written it down"),
});

const EXAMPLE = { payment_id: PAYMENT_EXAMPLE.payment_id };

/** POST /api/v2/tenants/:id/payments: a top-up that the tenant's provider collects. */
export const createPayment: AddRoute = (gateway, context) => {
  const { dependencies } = context;
  gateway.route({
    method: "POST",
    url: "/api/v2/tenants/:id/payments",
    config: { operation: "payments.create", body: "lossless" },
    schema: {
      operationId: "createPayment",
      summary: "Top a wallet up by card, PayPal or transfer",
      description:
        "Starts a payment and answers once it is known how it goes on: `action_url` is where the payer must act. 202 when that takes longer. Send an Idempotency-Key: without one a repetition is another payment.",
      tags: ["payments"],
      security: ANY_KEY,
      params: tenantParams,
      headers: idempotencyHeaders,
      body: request,
      response: {
        201: begun.meta({ examples: [{ ...EXAMPLE, payment: PAYMENT_EXAMPLE }] }),
        202: begun.meta({ examples: [{ ...EXAMPLE, payment: null }] }),
        ...problemResponses(400, 404, 409, 413, 415, 422),
      },
    },
    handler: async (httpRequest, reply) => {
      const { body, params } = httpRequest;
      const tenant = await visibleTenant(httpRequest, dependencies, params.id);
      if (tenant.status === "closed")
        throw new ProblemError("conflict", `Tenant ${tenant.tenantId} is closed.`);
      const wallet = walletOf(tenant, body.wallet_id);
      if (body.currency !== undefined && body.currency !== wallet.currency)
        throw fieldProblem("currency", `must be ${wallet.currency}, the wallet's currency`);
      const payment: Omit<PaymentCollectionInput, "paymentId"> = {
        tenantId: tenant.tenantId,
        walletId: wallet.walletId,
        purpose: "top_up",
        invoiceId: null,
        invoiceNumber: null,
        amountMinor: minorOf(body.amount, wallet.currency).toString(),
        currency: wallet.currency,
        actor: actorName(actorOf(httpRequest)),
      };
      const effect = await once(
        dependencies.idempotency,
        {
          scope: `tenant:${tenant.tenantId}:payments`,
          key: idempotencyKey(httpRequest),
          body,
          resourceIds: [dependencies.newId()],
          now: dependencies.clock.now(),
          fromIds: ([paymentId = ""]) => pending(paymentId),
        },
        ([paymentId = ""]) => collect(context, { ...payment, paymentId }),
      );
      return sendEffect(reply, effect);
    },
  });
};

function pending(paymentId: string): Effect {
  return { status: 202, body: { payment_id: paymentId, payment: null } };
}

async function collect(
  { dependencies, waitMs }: RouteContext,
  input: PaymentCollectionInput,
): Promise<Effect> {
  const { flows, payments } = dependencies;
  await flows.start(paymentCollectionFlow, input, input.actor);
  const payment = await waitFor(async () => {
    const found = await payments.store.get(input.paymentId);
    return found === null || found.state === "collecting" ? null : found;
  }, waitMs);
  if (payment === null) return pending(input.paymentId);
  return { status: 201, body: { payment_id: input.paymentId, payment: toPaymentBody(payment) } };
}
