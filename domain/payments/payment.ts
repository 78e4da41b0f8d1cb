import type { WalletEntryEvent } from "#domain/events/billing-event.ts";
import { fromMinor } from "#domain/money/minor-units.ts";
import { formatMoney, money, type Money } from "#domain/money/money.ts";
import type { CollectionState, PaymentProviderName } from "./ports.ts";

export const PAYMENT_PURPOSES = ["invoice", "top_up", "auto_recharge"] as const;
export type PaymentPurpose = (typeof PAYMENT_PURPOSES)[number];

/**
 * How a payment stands.
 * `collecting`: a provider is being asked; `requires_action`: the payer must act at the action URL; `awaiting_transfer`: a bank transfer is
 * waited for; `retrying`: declined, tried again by the calendar; `overdue`: the calendar is over, it can still be paid; `paid`: all of it came;
 * `declined`: not collected and not tried again; `abandoned`: the payer never acted; `cancelled`: a person gave it up; `uncollectible`: overdue for
 * too long. What comes late is credited all the same.
 */
export const PAYMENT_STATES = [
  "collecting",
  "requires_action",
  "awaiting_transfer",
  "retrying",
  "overdue",
  "paid",
  "declined",
  "abandoned",
  "cancelled",
  "uncollectible",
] as const;
export type PaymentState = (typeof PAYMENT_STATES)[number];

/** States in which nobody waits for money any more. */
export const CLOSED_STATES = [
  "paid",
  "declined",
  "abandoned",
  "cancelled",
  "uncollectible",
] as const satisfies readonly PaymentState[];

export function isClosed(state: PaymentState): boolean {
  return (CLOSED_STATES as readonly PaymentState[]).includes(state);
}

/** What a payment is made of from the start. Amounts are minor units of the currency. */
export interface NewPayment {
  readonly paymentId: string;
  readonly tenantId: string;
  readonly walletId: string;
  readonly purpose: PaymentPurpose;
  readonly invoiceId: string | null;
  readonly invoiceNumber: string | null;
  readonly amountMinor: bigint;
  readonly currency: string;
  /** Epoch ms; null: at once. */
  readonly dueAt: number | null;
  readonly actor: string;
}

/** A payment with everything that came of it. Times in epoch ms. */
export interface Payment extends NewPayment {
  readonly state: PaymentState;
  /** Why it stands so, in words fit for the payer ("insufficient_funds"). */
  readonly because: string | null;
  /** Where the payer acts, while that is waited for. */
  readonly actionUrl: string | null;
  readonly attempts: readonly Attempt[];
  readonly movements: readonly Movement[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

/**
 * One collection asked of a provider. It is written down before the provider is asked, and asked again with exactly the same, so that a
 * process that dies between the two collects once.
 */
export interface Attempt {
  /** 1, 2, … */
  readonly number: number;
  readonly provider: PaymentProviderName;
  readonly amountMinor: bigint;
  readonly customerId: string | null;
  readonly paymentMethodId: string | null;
  /** Null until the provider has answered. */
  readonly providerPaymentId: string | null;
  readonly state: AttemptState;
  /** The provider's reason for a decline. */
  readonly code: string | null;
  readonly startedAt: number;
}

/** `asking`: the provider may or may not know of it. */
export type AttemptState = "asking" | CollectionState["kind"];

/** Whether nothing can come of it any more: a declined one may still be paid by its link until it is given up at the provider. */
export function isSettled({ state }: Attempt): boolean {
  return state === "succeeded" || state === "cancelled";
}

/**
 * What money did, once and for good. `receipt`: came in; `refund`: went back to the payer, `refund_returned`: and came again, since the provider
 * could not give it back; `dispute`: taken by the payer's bank, `dispute_returned`: and given back.
 */
export const MOVEMENT_KINDS = [
  "receipt",
  "refund",
  "refund_returned",
  "dispute",
  "dispute_returned",
] as const;
export type MovementKind = (typeof MOVEMENT_KINDS)[number];

export interface Movement {
  /** 1, 2, … of its payment. */
  readonly number: number;
  readonly kind: MovementKind;
  /** Above zero; the kind says which way. */
  readonly amountMinor: bigint;
  /**
   * What it is of: "attempt:1", "transfer:<bank's reference>"; of what goes back, also which receipt it is taken from: "refund:<id>/attempt:1",
   * "dispute/attempt:1".
   */
  readonly source: string;
  readonly reason: string;
  readonly actor: string;
  /** Epoch ms at which it was written down: the acceptance of its billing event, the same whenever that is published. */
  readonly recordedAt: number;
  /** Epoch ms at which the ledger had it; null: not seen there yet. */
  readonly bookedAt: number | null;
}

const SIGNS: Readonly<Record<MovementKind, 1n | -1n>> = {
  receipt: 1n,
  refund: -1n,
  refund_returned: 1n,
  dispute: -1n,
  dispute_returned: 1n,
};

/** What the wallet moves by, in minor units. */
export function walletMinor({ kind, amountMinor }: Pick<Movement, "kind" | "amountMinor">): bigint {
  return SIGNS[kind] * amountMinor;
}

function sumOf(movements: readonly Movement[], ...kinds: readonly MovementKind[]): bigint {
  return movements.reduce((sum, one) => (kinds.includes(one.kind) ? sum + one.amountMinor : sum), 0n);
}

/** Everything that came in, whatever went back later. */
export function receivedMinor(movements: readonly Movement[]): bigint {
  return sumOf(movements, "receipt");
}

/** What has gone back to the payer by refunds. */
export function refundedMinor(movements: readonly Movement[]): bigint {
  return sumOf(movements, "refund") - sumOf(movements, "refund_returned");
}

/** What banks have taken back by disputes. */
export function disputedMinor(movements: readonly Movement[]): bigint {
  return sumOf(movements, "dispute") - sumOf(movements, "dispute_returned");
}

/** Most that can be refunded. */
export function refundableMinor(movements: readonly Movement[]): bigint {
  return receivedMinor(movements) - refundedMinor(movements) - disputedMinor(movements);
}

/** The receipt that a movement belongs to, by its source. */
export function receiptSource(source: string): string {
  return source.slice(source.indexOf("/") + 1);
}

export function refundSource(refundId: string, from: string): string {
  return `refund:${refundId}/${from}`;
}

export function disputeSource(attempt: number): string {
  return `dispute/${attemptSource(attempt)}`;
}

/** One receipt's share of a refund. */
export interface RefundPart {
  readonly from: string;
  readonly amountMinor: bigint;
}

/** Which receipts a refund is taken from, the oldest first; null where they have not so much left. */
export function refundParts(movements: readonly Movement[], amountMinor: bigint): RefundPart[] | null {
  const left = new Map<string, bigint>();
  for (const movement of movements) {
    const from = receiptSource(movement.source);
    left.set(from, (left.get(from) ?? 0n) + walletMinor(movement));
  }
  let open = amountMinor;
  const parts: RefundPart[] = [];
  for (const [from, available] of left) {
    const part = available < open ? available : open;
    if (part <= 0n) continue;
    parts.push({ from, amountMinor: part });
    open -= part;
  }
  return open === 0n ? parts : null;
}

/**
 * What of an attempt is new: providers tell how much came in all, again and again and in any order, so that only what exceeds the receipts
 * written down is another one.
 */
export function unrecordedReceipt(
  movements: readonly Movement[],
  attempt: number,
  toldMinor: bigint,
): bigint {
  const source = attemptSource(attempt);
  const recorded = receivedMinor(movements.filter((one) => one.source === source));
  return toldMinor > recorded ? toldMinor - recorded : 0n;
}

export function attemptSource(attempt: number): string {
  return `attempt:${attempt}`;
}

/** What a provider says of a dispute. */
export type DisputeNews = "dispute_opened" | "dispute_won" | "dispute_lost";

/**
 * Movements that a dispute's news adds: taken when it is known and not won, given back when it is won. An end may come before its
 * beginning, and the beginning again after the end.
 * @param ended how it ended, where that is known from before.
 */
export function disputeMovements(
  movements: readonly Movement[],
  source: string,
  news: DisputeNews,
  ended: "won" | "lost" | null,
): readonly ("dispute" | "dispute_returned")[] {
  const has = (kind: MovementKind): boolean =>
    movements.some((one) => one.source === source && one.kind === kind);
  const won = news === "dispute_won" || ended === "won";
  if (won) return has("dispute") && !has("dispute_returned") ? ["dispute_returned"] : [];
  return has("dispute") ? [] : ["dispute"];
}

/** Of the entries that payments make: what goes back by a refund or a dispute is no usage, and no invoice lists it. */
export const PAYMENT_ENTRY_PREFIX = "payment:";

/** Id of the billing event that books a movement, and key of its ledger entry. */
export function movementEventId(
  paymentId: string,
  { kind, number }: Pick<Movement, "kind" | "number">,
): string {
  return `${PAYMENT_ENTRY_PREFIX}${paymentId}:${kind}:${number}`;
}

/** The billing event of a movement: the same, whoever publishes it and however often. */
export function movementEvent(
  payment: Pick<Payment, "paymentId" | "tenantId" | "walletId" | "currency">,
  movement: Movement,
): WalletEntryEvent {
  return {
    v: 1,
    kind: "entry",
    id: movementEventId(payment.paymentId, movement),
    tenantId: payment.tenantId,
    walletId: payment.walletId,
    at: movement.recordedAt,
    acceptedAt: movement.recordedAt,
    entryType: movement.kind === "receipt" ? "top_up" : "adjustment",
    amount: formatMoney(walletMoney(movement, payment.currency)),
    units: 0,
    reason: movement.reason,
    actor: movement.actor,
  };
}

function walletMoney(movement: Movement, currency: string): Money {
  return money(fromMinor(walletMinor(movement), currency));
}
