import { Stripe } from "stripe";
import type { ProviderEvent, ProviderWebhooks } from "#domain/payments/ports.ts";
import { fromStripeAmount } from "./amounts.ts";

/** Older signatures are refused: a stolen webhook may not be played again later. */
const TOLERANCE_SECONDS = 300;

type Read = Pick<ProviderEvent, "kind" | "providerPaymentId" | "paymentId" | "amountMinor">;

const IGNORED: Read = { kind: "ignored", providerPaymentId: null, paymentId: null, amountMinor: null };

/** @param secret `whsec_…` of the endpoint. */
export function createStripeWebhooks(secret: string): ProviderWebhooks {
  return {
    name: "stripe",
    async read(rawBody, headers, now) {
      try {
        const signature = headers["stripe-signature"] ?? "";
        const event = Stripe.webhooks.constructEvent(
          rawBody,
          signature,
          secret,
          TOLERANCE_SECONDS,
          undefined,
          now,
        );
        if (isFromLater(signature, now)) return { kind: "forged", why: "signed in the future" };
        return {
          kind: "event",
          event: {
            provider: "stripe",
            providerEventId: event.id,
            at: event.created * 1000,
            ...readObject(event),
          },
        };
      } catch (error) {
        return {
          kind: "forged",
          why: error instanceof Stripe.errors.StripeSignatureVerificationError ? reason(error) : "unreadable",
        };
      }
    },
  };
}

/** The SDK refuses what is too old, and lets pass what claims to come from tomorrow. */
function isFromLater(signature: string, now: number): boolean {
  const seconds = Number(/(?:^|,)t=(\d+)/.exec(signature)?.[1]);
  return seconds - now / 1000 > TOLERANCE_SECONDS;
}

/** The first sentence: the rest is advice for whoever sets the endpoint up. */
function reason({ message }: Error): string {
  return message.split(/[.\n]/)[0] ?? "the signature is wrong";
}

/** What Stripe tells of a payment, a link, a refund or a dispute; the rest is nobody's here. */
function readObject(event: Stripe.Event): Read {
  if (
    event.type === "payment_intent.succeeded" ||
    event.type === "payment_intent.payment_failed" ||
    event.type === "payment_intent.processing" ||
    event.type === "payment_intent.requires_action" ||
    event.type === "payment_intent.canceled"
  )
    return payment(event.data.object.id, event.data.object.metadata);
  if (
    event.type === "checkout.session.completed" ||
    event.type === "checkout.session.expired" ||
    event.type === "checkout.session.async_payment_succeeded" ||
    event.type === "checkout.session.async_payment_failed"
  ) {
    const { id, payment_intent: intent, metadata } = event.data.object;
    return payment(idOf(intent) ?? id, metadata);
  }
  if (event.type === "refund.created" || event.type === "refund.updated" || event.type === "refund.failed")
    return refund(event.data.object);
  if (event.type === "charge.dispute.created" || event.type === "charge.dispute.closed")
    return dispute(event.data.object);
  return IGNORED;
}

function refund({ amount, currency, payment_intent: intent }: Stripe.Refund): Read {
  const amountMinor = fromStripeAmount(amount, currency);
  return { kind: "refund_changed", providerPaymentId: idOf(intent), paymentId: null, amountMinor };
}

function payment(id: string, metadata: Stripe.Metadata | null): Read {
  return {
    kind: "payment_changed",
    providerPaymentId: id,
    paymentId: metadata?.["payment_id"] ?? null,
    amountMinor: null,
  };
}

/** Closed without loss (`won`, or the bank's inquiry went nowhere) or with it. */
function dispute({ status, amount, currency, payment_intent: intent }: Stripe.Dispute): Read {
  const kind =
    status === "won" || status === "warning_closed"
      ? "dispute_won"
      : status === "lost"
        ? "dispute_lost"
        : "dispute_opened";
  return {
    kind,
    providerPaymentId: idOf(intent),
    paymentId: null,
    amountMinor: fromStripeAmount(amount, currency),
  };
}

function idOf(reference: string | { readonly id: string } | null | undefined): string | null {
  return typeof reference === "string" ? reference : (reference?.id ?? null);
}
