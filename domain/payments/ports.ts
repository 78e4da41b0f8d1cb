/** Payment providers that the platform speaks to. */
export const PAYMENT_PROVIDERS = ["stripe", "paypal"] as const;
export type PaymentProviderName = (typeof PAYMENT_PROVIDERS)[number];

/** What a provider is asked to collect. Amounts are minor units of the currency (ISO 4217: 1999 = 19.99 USD). */
export interface Collection {
  /**
   * Stable for one attempt, the same for every repetition of it: the provider's idempotency key is made of it, so that asking twice
   * collects once.
   */
  readonly idempotencyKey: string;
  /** Ours; travels in the provider's metadata and comes back in webhooks. */
  readonly paymentId: string;
  readonly tenantId: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  /** The provider's customer; null where it has none (PayPal). */
  readonly customerId: string | null;
  /** A stored method that is charged without the payer (off-session); null: the payer must act by the link. */
  readonly paymentMethodId: string | null;
  /** Shown to the payer ("Invoice INV-2026-000042"). */
  readonly description: string;
}

/**
 * How a collection stands at the provider.
 * `requires_action`: the payer must confirm it (3-D Secure, PayPal's approval) at `actionUrl`; `processing`: neither yet (bank debits);
 * `declined`: not collected, `code` is the provider's own ("insufficient_funds"), `retryable` whether trying again later may help.
 */
export type CollectionState =
  | {
      readonly kind: "succeeded";
      readonly receivedMinor: bigint;
      readonly feeMinor: bigint | null;
      readonly at: number;
    }
  | { readonly kind: "processing" }
  | { readonly kind: "requires_action"; readonly actionUrl: string | null }
  | {
      readonly kind: "declined";
      readonly code: string;
      readonly message: string;
      readonly retryable: boolean;
    }
  | { readonly kind: "cancelled" };

/**
 * `providerPaymentId` is the PaymentIntent's or the Order's id. Where the payer acts by a link, it is the link's (Stripe's Checkout Session) until
 * the payer has paid and the PaymentIntent's from then on: keep the latest, disputes name only that.
 */
export interface CollectionStanding {
  readonly providerPaymentId: string;
  readonly state: CollectionState;
}

export interface RefundStanding {
  readonly providerRefundId: string;
  readonly state: "succeeded" | "pending" | "failed";
}

/** What the provider has paid out or holds, for settlement. */
export interface ProviderMovement {
  readonly providerMovementId: string;
  readonly kind: "payment" | "refund" | "dispute" | "fee" | "payout";
  /** The payment that it belongs to, where there is one. */
  readonly providerPaymentId: string | null;
  /** Ours, of the metadata; null where the movement carries none. */
  readonly paymentId: string | null;
  /** Signed: what the account's balance moved by, before fees. */
  readonly amountMinor: bigint;
  readonly feeMinor: bigint;
  readonly currency: string;
  /** Epoch ms. */
  readonly at: number;
}

/**
 * One payment provider. Everything throws Unavailable where trying again may help (network, 429, 5xx) and Rejected where it cannot: each
 * call may then be repeated with the same key, and has one effect.
 */
export interface PaymentProvider {
  readonly name: PaymentProviderName;
  /** The same tenant again is the same customer. */
  createCustomer(customer: {
    readonly tenantId: string;
    readonly name: string;
    readonly email: string | null;
    readonly idempotencyKey: string;
  }): Promise<{ readonly customerId: string }>;
  collect(collection: Collection): Promise<CollectionStanding>;
  /** How it stands now: what is asked when no webhook comes. A payer's approval (PayPal) is captured here. Null: unknown there. */
  standing(providerPaymentId: string): Promise<CollectionStanding | null>;
  /** Gives it up at the provider, so that nobody pays it later; one that has succeeded stays. */
  cancel(providerPaymentId: string): Promise<CollectionStanding>;
  refund(refund: {
    readonly idempotencyKey: string;
    readonly providerPaymentId: string;
    readonly amountMinor: bigint;
    readonly currency: string;
  }): Promise<RefundStanding>;
  /** How a pending refund stands now. Null: unknown there. */
  refundStanding(providerRefundId: string): Promise<RefundStanding | null>;
  /** Movements of the provider's account in [from, to), page by page in ascending time. */
  movements(from: number, to: number): AsyncIterable<readonly ProviderMovement[]>;
}

/** What a provider tells by webhook, read and found authentic. The same one may come twice, late, or out of order. */
export interface ProviderEvent {
  readonly provider: PaymentProviderName;
  /** The provider's; the same for every delivery of it. */
  readonly providerEventId: string;
  readonly kind:
    | "payment_changed"
    | "refund_changed"
    | "dispute_opened"
    | "dispute_won"
    | "dispute_lost"
    | "ignored";
  readonly providerPaymentId: string | null;
  /** Ours, of the metadata; null where the event carries none. */
  readonly paymentId: string | null;
  /** Of a refund or a dispute. */
  readonly amountMinor: bigint | null;
  readonly at: number;
}

/** `forged`: the signature is wrong or too old; nothing of the body is believed. */
export interface ProviderWebhooks {
  readonly name: PaymentProviderName;
  /** @param rawBody the body's bytes as they came: the signature is over them. */
  read(
    rawBody: Buffer,
    headers: Readonly<Record<string, string | undefined>>,
    now: number,
  ): Promise<
    | { readonly kind: "event"; readonly event: ProviderEvent }
    | { readonly kind: "forged"; readonly why: string }
  >;
}

/** Where authentic webhooks are kept before they are acknowledged: what was stored is handed on, however often a process ends. */
export interface ProviderEvents {
  /** Durable when it resolves. `known`: the same event was stored before. */
  accept(event: ProviderEvent): Promise<"new" | "known">;
  /** It has reached its flow (or is nobody's): `waiting` gives it no more. */
  handedOn(event: Pick<ProviderEvent, "provider" | "providerEventId">, outcome: HandedOn): Promise<void>;
  /** Stored at least `ageMs` ago and not handed on yet, oldest first. */
  waiting(ageMs: number, limit: number): Promise<readonly ProviderEvent[]>;
}

/** `told`: its flow knows; `unknown`: no payment of ours (another system may use the same account). */
export type HandedOn = "told" | "unknown";

/**
 * The way of an event to the flow of its payment, found by `paymentId` or `providerPaymentId`. The flow asks the provider how things stand, so that
 * a repetition, a late or an overtaken event does no harm. Throws Unavailable when the flow cannot be reached now.
 */
export interface PaymentSignals {
  changed(event: ProviderEvent): Promise<HandedOn>;
}
