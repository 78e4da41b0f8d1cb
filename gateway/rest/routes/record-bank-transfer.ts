import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import type { Payment } from "#domain/payments/payment.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { minorOf, paymentBody, paymentParams, toPaymentBody, visiblePayment } from "../payment-body.ts";
import { problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, positiveAmount } from "../schemas.ts";
import { waitFor } from "../wait-for.ts";

const request = z
  .strictObject({
    amount: positiveAmount,
    reference: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/, "must be the bank's reference of the transfer")
      .describe("The same reference again is the same transfer"),
    reason: z.string().trim().min(1).max(500).default("bank transfer"),
  })
  .meta({
    examples: [{ amount: "100.00", reference: "2026-11-28-0042", reason: "statement of 28 November" }],
  });

/** POST /api/v2/payments/:id/bank-transfers: a person has seen the money on the bank's statement. */
export const recordBankTransfer: AddRoute = (gateway, { dependencies, waitMs }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/payments/:id/bank-transfers",
    config: { operation: "payments.transfer", body: "lossless" },
    schema: {
      operationId: "recordBankTransfer",
      summary: "Record a bank transfer that has come",
      description:
        "Credits the wallet and the invoice, whatever state the payment is in, once per reference. 201 once the ledger has it, 202 when that takes longer; it then follows by itself.",
      tags: ["payments"],
      security: ADMINISTRATION_KEY,
      params: paymentParams,
      body: request,
      response: { 201: paymentBody, 202: paymentBody, ...problemResponses(400, 404, 413, 415) },
    },
    handler: async (httpRequest, reply) => {
      const { body, params } = httpRequest;
      const { store, flows } = dependencies.payments;
      const { paymentId, currency } = await visiblePayment(httpRequest, dependencies, params.id);
      const source = `transfer:${body.reference}`;
      const actor = actorName(actorOf(httpRequest));
      const transfer = { source, amountMinor: minorOf(body.amount, currency), reason: body.reason, actor };
      const written = await store.recordTransfer(paymentId, transfer, dependencies.clock.now());
      if (isBooked(written, source)) return reply.code(201).send(toPaymentBody(written));
      await flows.wake(written);
      const booked = await waitFor(async () => {
        const payment = await store.get(paymentId);
        return payment !== null && isBooked(payment, source) ? payment : null;
      }, waitMs);
      return reply.code(booked === null ? 202 : 201).send(toPaymentBody(booked ?? written));
    },
  });
};

function isBooked({ movements }: Payment, source: string): boolean {
  return movements.some((one) => one.source === source && one.bookedAt !== null);
}
