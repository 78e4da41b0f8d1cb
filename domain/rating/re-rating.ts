import type { Money } from "#domain/money/money.ts";

/** `computing` → `reported` → `approved` → `posted`, or `rejected`; `failed` where it cannot be computed at all. */
export type ReRatingStatus = "computing" | "reported" | "approved" | "posted" | "rejected" | "failed";

export interface ReRatingRequest {
  /** UUIDv7; the same one again is the same re-rating. */
  readonly reRatingId: string;
  readonly tenantId: string;
  readonly rateCardId: string;
  readonly version: number;
  /** Of the wallets whose charges are priced again; the others are left out. */
  readonly currency: string;
  /** Epoch ms of what is priced again; `to` exclusive. */
  readonly from: number;
  readonly to: number;
  /** Null: every type. */
  readonly eventType: string | null;
  readonly reason: string;
  readonly requestedBy: string;
  /** Epoch ms. */
  readonly requestedAt: number;
}

/** A report of what would have been charged under another version of a card. Amounts are prices with tax: positive is paid by the tenant. */
export interface ReRating extends ReRatingRequest {
  readonly status: ReRatingStatus;
  readonly decidedBy: string | null;
  readonly decidedAt: number | null;
  /** Charges looked at so far, those of them whose price differs, and those left out, by reason. */
  readonly examined: bigint;
  readonly changed: bigint;
  readonly skipped: Readonly<Record<string, number>>;
  /** Of the changed ones: what stands in the ledger, and what would. */
  readonly charged: Money;
  readonly repriced: Money;
  /** Lines posted so far as entries. */
  readonly adjusted: bigint;
  readonly problem: string | null;
}

/** A charge as the ledger has it, with what its re-ratings have changed since. */
export interface ChargedEvent {
  readonly eventId: string;
  readonly acceptedMonth: string;
  readonly walletId: string;
  readonly sequence: bigint;
  readonly eventType: string;
  /** Epoch ms. */
  readonly occurredAt: number;
  readonly operator: string | null;
  readonly country: string | null;
  /** The month's units counter with this event, null where it moved none. */
  readonly volumePeriod: string | null;
  readonly volumeOrdinal: bigint;
  readonly trace: unknown;
  readonly revenue: Money;
  readonly tax: Money;
  /** Of the partner named; zero where nobody gets one. */
  readonly commission: Money;
  readonly partnerId: string | null;
  readonly refunded: boolean;
}

/** A charge whose price under the other version differs. */
export interface ReRatedLine {
  readonly walletId: string;
  readonly sequence: bigint;
  readonly eventId: string;
  readonly acceptedMonth: string;
  readonly eventType: string;
  readonly occurredAt: number;
  readonly chargedRevenue: Money;
  readonly chargedTax: Money;
  readonly repricedRevenue: Money;
  readonly repricedTax: Money;
  readonly chargedCommission: Money;
  readonly repricedCommission: Money;
  readonly partnerId: string | null;
  /** JSON: how the new price came about. */
  readonly trace: string;
}

/** A page of the computation: everything up to and with `last` of a wallet was examined. */
export interface ReRatedPage {
  readonly walletId: string;
  /** Where it began: a page that somebody else has recorded meanwhile counts nothing. */
  readonly after: bigint;
  readonly last: bigint;
  readonly examined: number;
  readonly lines: readonly ReRatedLine[];
  readonly skipped: Readonly<Record<string, number>>;
}

export type ReRatingDecision =
  | { readonly kind: "decided"; readonly reRating: ReRating }
  | { readonly kind: "unknown" }
  | { readonly kind: "not_reported"; readonly reRating: ReRating };

export interface ReRatingPage<Row> {
  readonly rows: readonly Row[];
  readonly next: string | null;
}

/** What the doors do with re-ratings. Everything throws Unavailable when the store cannot be reached. */
export interface ReRatings {
  /** Covers what the ledger has of the tenant at this moment. */
  create(request: ReRatingRequest): Promise<ReRating>;
  get(reRatingId: string): Promise<ReRating | null>;
  /** The newest first. */
  list(
    tenantId: string | null,
    page: { readonly after: string | null; readonly limit: number },
  ): Promise<ReRatingPage<ReRating>>;
  lines(
    reRatingId: string,
    page: { readonly after: string | null; readonly limit: number },
  ): Promise<ReRatingPage<ReRatedLine>>;
  /** Only a report that is complete can be decided, once; the same decision again is `decided`, too. */
  decide(
    reRatingId: string,
    decision: "approved" | "rejected",
    by: { readonly actor: string; readonly at: number },
  ): Promise<ReRatingDecision>;
}

/** What the process that computes and posts them does with re-ratings. */
export interface ReRatingWork {
  /** Those to be computed or posted, oldest first, a few at a time. */
  underWay(): Promise<readonly ReRating[]>;
  /** The charges among the next `span` entries of a wallet that is not through; null when all are. */
  charges(
    reRatingId: string,
    span: number,
  ): Promise<{
    readonly walletId: string;
    /** The entries after this one, up to and with `last`, were looked at. */
    readonly after: bigint;
    readonly last: bigint;
    readonly events: readonly ChargedEvent[];
  } | null>;
  record(reRatingId: string, page: ReRatedPage): Promise<void>;
  reported(reRatingId: string): Promise<void>;
  failed(reRatingId: string, problem: string): Promise<void>;
  /**
   * Decides corrections for up to `limit` of an approved report's lines; a charge refunded since is left out. Answers how many lines were left
   * before; at zero the re-rating is posted.
   */
  correct(reRatingId: string, limit: number): Promise<number>;
}
