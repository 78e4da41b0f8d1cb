import type { Stripe } from "stripe";
import type { CollectionStanding, CollectionState, RefundStanding } from "#domain/payments/ports.ts";
import { fromStripeAmount } from "./amounts.ts";
import { declinedState } from "./declines.ts";

/** What standings are read from; fees stand in the balance transaction. */
export const INTENT_EXPANSION = ["latest_charge.balance_transaction"];

export function intentStanding(intent: Stripe.PaymentIntent): CollectionStanding {
  return { providerPaymentId: intent.id, state: intentState(intent) };
}

function intentState(intent: Stripe.PaymentIntent): CollectionState {
  const { status, last_payment_error: error } = intent;
  if (status === "succeeded") return succeededState(intent);
  if (status === "canceled") return { kind: "cancelled" };
  if (status === "requires_payment_method" && error !== null) return declinedState(error);
  if (status === "requires_action" || status === "requires_payment_method")
    return { kind: "requires_action", actionUrl: intent.next_action?.redirect_to_url?.url ?? null };
  return { kind: "processing" };
}

function succeededState(intent: Stripe.PaymentIntent): CollectionState {
  const receivedMinor = fromStripeAmount(intent.amount_received, intent.currency);
  return { kind: "succeeded", receivedMinor, feeMinor: feeOf(intent), at: paidAt(intent) };
}

/** Null where it is not known yet, or was taken in another currency (the account's own). */
function feeOf({ latest_charge: charge, currency }: Stripe.PaymentIntent): bigint | null {
  if (charge === null || typeof charge === "string") return null;
  const movement = charge.balance_transaction;
  if (movement === null || typeof movement === "string" || movement.currency !== currency) return null;
  return fromStripeAmount(movement.fee, currency);
}

function paidAt({ latest_charge: charge, created }: Stripe.PaymentIntent): number {
  return (charge === null || typeof charge === "string" ? created : charge.created) * 1000;
}

/** @param session with its payment intent expanded. */
export function sessionStanding(session: Stripe.Checkout.Session): CollectionStanding {
  const intent = session.payment_intent;
  if (session.status === "complete" && intent !== null && typeof intent !== "string")
    return intentStanding(intent);
  const standing = (state: CollectionState): CollectionStanding => ({ providerPaymentId: session.id, state });
  if (session.status === "open") return standing({ kind: "requires_action", actionUrl: session.url });
  return standing({ kind: session.status === "expired" ? "cancelled" : "processing" });
}

export function refundStanding({ id, status }: Stripe.Refund): RefundStanding {
  const state =
    status === "succeeded"
      ? "succeeded"
      : status === "failed" || status === "canceled"
        ? "failed"
        : "pending";
  return { providerRefundId: id, state };
}
