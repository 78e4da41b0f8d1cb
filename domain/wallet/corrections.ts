import type { WalletEntryEvent } from "#domain/events/billing-event.ts";
import { formatMoney, type Money } from "#domain/money/money.ts";
import type { Movement } from "./refund.ts";

/** A correction of a charge, decided and on its way into the ledger. */
export interface Correction {
  /** Id of its billing event and key of its ledger entry. */
  readonly correctionId: string;
  readonly kind: "refund" | "re_rating";
  readonly tenantId: string;
  readonly walletId: string;
  /** The charge's transaction id. */
  readonly originalId: string;
  readonly movement: Movement;
  /** Whose commission it moves; null where nobody's. */
  readonly partnerId: string | null;
  readonly currency: string;
  readonly reason: string;
  readonly actor: string;
  /** Epoch ms; the month of acceptance of its billing event. */
  readonly decidedAt: number;
}

export interface RefundRequest {
  /** The same one again is the same refund. */
  readonly correctionId: string;
  readonly originalId: string;
  /** Null: all that is left of the charge. */
  readonly amount: Money | null;
  readonly reason: string;
  readonly actor: string;
  readonly decidedAt: number;
}

/** `not_a_charge`: the transaction is a top-up, a refund, …; `exceeds`: more than is left. Nothing was decided then. */
export type RefundDecision =
  | { readonly kind: "decided"; readonly correction: Correction }
  | { readonly kind: "unknown" }
  | { readonly kind: "not_a_charge"; readonly entryType: string }
  | { readonly kind: "exceeds"; readonly remaining: Money; readonly currency: string };

/** Decisions about charges that were made. Everything throws Unavailable when the store cannot be reached. */
export interface Corrections {
  /**
   * Decides under a lock of the charge: however many ask at once, together they get no more than was charged. Once decided it will be
   * posted, whatever becomes of the caller.
   */
  refund(request: RefundRequest): Promise<RefundDecision>;
  /**
   * Those that the ledger has not got and that are due to be published (again): at once, then after minutes, in the end daily, since
   * what the stage refuses becomes a dead letter each time. Oldest first.
   */
  pending(now: number, limit: number): Promise<readonly Correction[]>;
  markPublished(correctionIds: readonly string[], at: number): Promise<void>;
  /** Notes which of the published ones the ledger has; answers how many were new. */
  markPosted(at: number): Promise<number>;
}

/** The billing event that posts a correction. */
export function correctionEvent(correction: Correction): WalletEntryEvent {
  const { movement } = correction;
  return {
    v: 1,
    kind: "entry",
    id: correction.correctionId,
    tenantId: correction.tenantId,
    walletId: correction.walletId,
    at: correction.decidedAt,
    acceptedAt: correction.decidedAt,
    entryType: correction.kind,
    amount: formatMoney(movement.amount),
    revenue: formatMoney(movement.revenue),
    tax: formatMoney(movement.tax),
    ...(correction.partnerId === null || movement.commission === 0n
      ? {}
      : { commission: { partnerId: correction.partnerId, amount: formatMoney(movement.commission) } }),
    units: 0,
    reason: correction.reason,
    actor: correction.actor,
    corrects: correction.originalId,
  };
}
