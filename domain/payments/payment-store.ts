import type { Attempt, DisputeNews, Movement, NewPayment, Payment, PaymentState } from "./payment.ts";
import type { CollectionState, PaymentProviderName } from "./ports.ts";
import type { RechargeHistory, RechargeVerdict } from "./recharge-limits.ts";

/** A movement that a person or a flow asks for. The same source again is the same movement. */
export interface AskedMovement {
  readonly source: string;
  readonly amountMinor: bigint;
  readonly reason: string;
  readonly actor: string;
}

export type NewAttempt = Omit<Attempt, "providerPaymentId" | "state" | "code" | "startedAt">;

/** `providerPaymentId` null: the provider refused it and made none. */
export interface AttemptStanding {
  readonly providerPaymentId: string | null;
  readonly state: CollectionState;
}

export interface AskedRefund {
  readonly refundId: string;
  readonly amountMinor: bigint;
  readonly reason: string;
  readonly actor: string;
}

/** What a provider told of a dispute about an attempt. */
export interface ToldDispute {
  readonly attempt: number;
  readonly amountMinor: bigint;
  readonly news: DisputeNews;
  readonly reason: string;
  readonly actor: string;
}

/** `exceeds`: more than what came in and has not gone back; nothing was written. */
export type RefundOpening =
  | { readonly kind: "opened"; readonly payment: Payment }
  | { readonly kind: "unknown" }
  | { readonly kind: "exceeds"; readonly refundableMinor: bigint };

export interface PaymentPage {
  readonly payments: readonly Payment[];
  /** Of the page after; null on the last. */
  readonly next: string | null;
}

/**
 * Payments, their attempts and what money did. Writing the same again changes nothing, and of two at once one is first: each payment is
 * locked while it is written. Everything throws Unavailable when the store cannot be reached; what names a payment that is not
 * there throws an Error.
 */
export interface PaymentStore {
  /** The one that is there wins: its amount and wallet never change. */
  open(payment: NewPayment, now: number): Promise<Payment>;
  /** @param readAs reads as this tenant, through row-level security. */
  get(paymentId: string, readAs?: string): Promise<Payment | null>;
  /** The latest first. `tenantId` null: everybody's. */
  list(
    filter: { readonly tenantId: string | null; readonly state: PaymentState | null },
    page: { readonly after: string | null; readonly limit: number },
    readAs?: string,
  ): Promise<PaymentPage>;
  /** The payment that a provider's id belongs to, that of a link included. */
  ofProviderPayment(provider: PaymentProviderName, providerPaymentId: string): Promise<Payment | null>;
  /** Closed states give way to no other, except to `paid`. */
  setState(
    paymentId: string,
    change: {
      readonly state: PaymentState;
      readonly because: string | null;
      readonly actionUrl: string | null;
    },
    now: number,
  ): Promise<void>;
  /** Writes an attempt down before its provider is asked; one with this number is answered as it stands. */
  beginAttempt(paymentId: string, attempt: NewAttempt, now: number): Promise<Attempt>;
  /** What the provider says of an attempt; what it received more than is written down becomes a receipt. */
  recordStanding(
    paymentId: string,
    attempt: number,
    standing: AttemptStanding,
    now: number,
  ): Promise<Payment>;
  /** A payment that a person saw on the bank's statement. */
  recordTransfer(paymentId: string, transfer: AskedMovement, now: number): Promise<Payment>;
  /** Takes the amount from the receipts, the oldest first: a movement for each. The same refund again is the same movements. */
  openRefund(paymentId: string, refund: AskedRefund, now: number): Promise<RefundOpening>;
  /** A provider could not give a part back: the wallet gets it again. @param from the receipt's source. */
  returnRefund(
    paymentId: string,
    part: {
      readonly refundId: string;
      readonly from: string;
      readonly reason: string;
      readonly actor: string;
    },
    now: number,
  ): Promise<Payment>;
  recordDispute(paymentId: string, dispute: ToldDispute, now: number): Promise<Payment>;
  markBooked(paymentId: string, numbers: readonly number[], now: number): Promise<void>;
  /** Movements that the ledger was not seen to have, recorded before `before` (epoch ms), oldest first. */
  unbooked(
    before: number,
    limit: number,
  ): Promise<readonly { readonly payment: Payment; readonly movements: readonly Movement[] }[]>;
  /**
   * Opens an automatic recharge where `judge` allows it, one after the other of all: two at once cannot both take the last place. One that is
   * open already is allowed again.
   * @param monthStart epoch ms of the tenant's calendar month.
   */
  admitRecharge(
    payment: NewPayment,
    monthStart: number,
    judge: (history: RechargeHistory) => RechargeVerdict,
    now: number,
  ): Promise<RechargeVerdict>;
}

/** What a provider keeps of a payment, posted once it is known: between clearing and provider_fees. */
export interface PaymentFees {
  /** The same attempt again posts nothing. @param feeMinor above zero, minor units. */
  post(fee: {
    readonly paymentId: string;
    readonly tenantId: string;
    readonly attempt: number;
    readonly provider: PaymentProviderName;
    readonly feeMinor: bigint;
    readonly currency: string;
    readonly at: number;
  }): Promise<void>;
}
