import { formatMinor } from "#domain/money/minor-units.ts";
import { disputeSource } from "#domain/payments/payment.ts";
import type { PaymentDisputeActivities } from "#workflows/payment-dispute/api.ts";
import { disputeMail } from "../mails/refund.ts";
import { bookMovements } from "./booking.ts";
import { existingPayment, type PaymentDependencies } from "./dependencies.ts";
import { withHeartbeats } from "../heartbeats.ts";

/** What these throw is Unavailable (tried again), or says for good that the payment is not there. */
export function createPaymentDisputeActivities(on: PaymentDependencies): PaymentDisputeActivities {
  const { payments, clock, mailer, operatorEmail } = on;
  return {
    bookDispute: ({ paymentId, attempt, news, amountMinor }) =>
      withHeartbeats(async () => {
        const actor = (await existingPayment(on, paymentId)).attempts.find(
          (one) => one.number === attempt,
        )?.provider;
        const dispute = { attempt, news, amountMinor: BigInt(amountMinor) };
        const by = { reason: news.replace("_", " "), actor: actor ?? "payments" };
        const payment = await payments.recordDispute(paymentId, { ...dispute, ...by }, clock.now());
        await bookMovements(on, payment);
        // Whichever attempt of this booked it: one that was killed has told nobody.
        const kind = news === "dispute_won" ? "dispute_returned" : "dispute";
        const source = disputeSource(attempt);
        return { moved: payment.movements.some((one) => one.source === source && one.kind === kind) };
      }),

    async mailDispute({ paymentId, ...mail }) {
      if (operatorEmail === "") return { kind: "none" };
      const payment = await existingPayment(on, paymentId);
      const amount = `${formatMinor(BigInt(mail.amountMinor), payment.currency)} ${payment.currency}`;
      return mailer.send(disputeMail({ ...mail, payment, email: operatorEmail, amount }));
    },
  };
}
