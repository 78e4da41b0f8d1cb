import { ApplicationFailure } from "@temporalio/common";
import { Rejected } from "#domain/errors.ts";
import { formatMinor } from "#domain/money/minor-units.ts";
import { attemptSource, type Payment, receiptSource, refundSource } from "#domain/payments/payment.ts";
import type { PaymentProvider, RefundStanding } from "#domain/payments/ports.ts";
import {
  paymentRefundWorkflowId,
  type PaymentRefundActivities,
  type RefundPartOutcome,
  type RefundPartStep,
} from "#workflows/payment-refund/api.ts";
import { refundMail } from "../mails/refund.ts";
import { bookMovements } from "./booking.ts";
import { existingPayment, providerNamed, type PaymentDependencies } from "./dependencies.ts";
import { withHeartbeats } from "../heartbeats.ts";

/** What these throw is Unavailable (tried again), or says for good that the payment is not there. */
export function createPaymentRefundActivities(on: PaymentDependencies): PaymentRefundActivities {
  const { payments, clock, mailer } = on;
  return {
    async openRefund({ paymentId, refundId, amountMinor, reason, actor }) {
      const refund = { refundId, amountMinor: BigInt(amountMinor), reason, actor };
      const opened = await payments.openRefund(paymentId, refund, clock.now());
      if (opened.kind === "opened") return { kind: "opened", parts: partsOf(opened.payment, refundId) };
      const because =
        opened.kind === "unknown"
          ? `there is no payment ${paymentId}`
          : `only ${opened.refundableMinor} minor units are left of ${paymentId}`;
      return { kind: "refused", because };
    },

    bookRefund: ({ paymentId }) =>
      withHeartbeats(async () => {
        await bookMovements(on, await existingPayment(on, paymentId));
      }),

    refundPart: ({ refundId, paymentId, part }) =>
      withHeartbeats(async () => {
        const payment = await existingPayment(on, paymentId);
        const { provider, providerPaymentId } = attemptOf(on, payment, part.attempt);
        const refund = {
          idempotencyKey: `${paymentRefundWorkflowId(refundId)}-${part.attempt}`,
          providerPaymentId,
          amountMinor: BigInt(part.amountMinor),
          currency: payment.currency,
        };
        return orFailed(() => provider.refund(refund));
      }),

    refundStanding: ({ paymentId, attempt, providerRefundId }) =>
      withHeartbeats(async () => {
        const { provider } = attemptOf(on, await existingPayment(on, paymentId), attempt);
        const unknown: RefundStanding = { providerRefundId, state: "failed" };
        return orFailed(async () => (await provider.refundStanding(providerRefundId)) ?? unknown);
      }),

    async returnRefund({ refundId, paymentId, from, because }) {
      const part = { refundId, from, reason: `refund ${refundId} failed: ${because}`, actor: "payments" };
      await payments.returnRefund(paymentId, part, clock.now());
    },

    async mailRefund({ paymentId, ...mail }) {
      const payment = await existingPayment(on, paymentId);
      const tenant = await on.tenants.get(payment.tenantId);
      const email = mail.kind === "refunded" ? (tenant?.email ?? null) : on.operatorEmail;
      if (tenant === null || email === null || email === "") return { kind: "none" };
      const amount = `${formatMinor(BigInt(mail.amountMinor), payment.currency)} ${payment.currency}`;
      return mailer.send(refundMail({ ...mail, payment, name: tenant.name, email, amount }));
    },
  };
}

function partsOf({ movements }: Payment, refundId: string): RefundPartStep[] {
  const prefix = refundSource(refundId, "");
  return movements
    .filter(({ source, kind }) => kind === "refund" && source.startsWith(prefix))
    .map(({ source, amountMinor }) => {
      const from = receiptSource(source);
      const isTransfer = !from.startsWith(attemptSource(1).slice(0, -1));
      return {
        from,
        attempt: isTransfer ? null : Number(from.slice(from.indexOf(":") + 1)),
        amountMinor: amountMinor.toString(),
      };
    });
}

function attemptOf(
  on: PaymentDependencies,
  payment: Payment,
  number: number | null,
): { readonly provider: PaymentProvider; readonly providerPaymentId: string } {
  const attempt = payment.attempts.find((one) => one.number === number);
  if (attempt === undefined || attempt.providerPaymentId === null)
    throw ApplicationFailure.nonRetryable(`${payment.paymentId} has no attempt ${number}`, "UnknownPayment");
  return { provider: providerNamed(on, attempt.provider), providerPaymentId: attempt.providerPaymentId };
}

async function orFailed(ask: () => Promise<RefundStanding>): Promise<RefundPartOutcome> {
  try {
    return { ...(await ask()), because: null };
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    return { state: "failed", providerRefundId: null, because: error.code };
  }
}
