import { formatMoney, type Money } from "#domain/money/money.ts";

/** As the search attribute CaseSeverity has them. */
export const SEVERITIES = ["low", "medium", "high", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

interface DifferenceFacts {
  readonly severity: Severity;
  /** What a person does about it. */
  readonly remedy: string;
  /** What is done by itself: nothing is written over, each is an entry or a rebuilt cache. Null: only a person may. */
  readonly adjustment: string | null;
}

/** Everything that a settlement may find, and what follows from it. docs/flows/settlement.md shows this table, and a test compares them. */
export const DIFFERENCES = {
  entries_missing: {
    severity: "critical",
    remedy: "bring the entries back from a backup",
    adjustment: null,
  },
  entries_repeated: {
    severity: "critical",
    remedy: "./catalyst audit verify names the inserted ones",
    adjustment: null,
  },
  entries_altered: {
    severity: "critical",
    remedy: "./catalyst audit verify names the altered ones",
    adjustment: null,
  },
  settled_differs: {
    severity: "critical",
    remedy: "./catalyst audit verify names what was touched after its day was settled",
    adjustment: null,
  },
  projection_differs: {
    severity: "critical",
    remedy: "find out who wrote to the wallet's row, then ./catalyst reconcile --repair",
    adjustment: null,
  },
  volume_differs: { severity: "medium", remedy: "post an opening volume", adjustment: null },
  cache_differs: {
    severity: "low",
    remedy: "./catalyst reconcile --repair",
    adjustment: "the wallet is rebuilt from the ledger; its reservations stay",
  },
  charge_missing: {
    severity: "medium",
    remedy: "see ./catalyst dlq list --stage billing, or post an adjustment",
    adjustment: "its billing event is published again under its own id",
  },
  charge_unexplained: {
    severity: "medium",
    remedy: "refund the charge, or say in the case why it stands",
    adjustment: "the charge is refunded",
  },
  correction_unposted: {
    severity: "high",
    remedy: "see ./catalyst dlq list --stage billing",
    adjustment: null,
  },
  invoice_differs: {
    severity: "high",
    remedy: "look at the period's late entries; a credit note takes the invoice back",
    adjustment: null,
  },
  payment_unrecorded: {
    severity: "high",
    remedy: "find the payer by the provider's id; credit the tenant, or give the money back",
    adjustment: null,
  },
  payment_missing: {
    severity: "critical",
    remedy: "ask the provider; a credit that nobody paid is taken back by an adjustment",
    adjustment: null,
  },
  payment_differs: {
    severity: "high",
    remedy: "compare the payment with the provider's page of it",
    adjustment: null,
  },
  refund_unrecorded: {
    severity: "high",
    remedy: "somebody refunded at the provider: record it with an adjustment",
    adjustment: null,
  },
  fee_differs: {
    severity: "low",
    remedy: "compare the fee with the provider's contract",
    adjustment: null,
  },
  payout_unexplained: {
    severity: "medium",
    remedy: "compare the provider's payout with its movements",
    adjustment: null,
  },
  supplier_differs: {
    severity: "medium",
    remedy: "compare the CDRs; accept the invoice with a reason, or dispute it with the carrier",
    adjustment: null,
  },
  limit_reached: {
    severity: "critical",
    remedy: "so many differences have one cause: find it before anything more is posted",
    adjustment: null,
  },
} as const satisfies Record<string, DifferenceFacts>;

export type DifferenceKind = keyof typeof DIFFERENCES;

/** One difference, and what explains it. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** Null where it is nobody's: the platform's own. */
  readonly tenantId: string | null;
  readonly walletId: string | null;
  /** What it is about, the same each time it is found: the id of a charge, an invoice, a payment; else the wallet's. */
  readonly subject: string;
  readonly currency: string | null;
  /** What it comes to, where that is known. */
  readonly amount: Money | null;
  readonly explanation: string;
}

export type Outcome = "adjusted" | "case";

/** Of one settlement: more adjustments than these have a common cause, and posting goes on only once a person has found it. */
export const ADJUSTMENTS_MAX = 1_000;
/** More cases than these nobody reads; what is beyond them is counted. */
export const CASES_MAX = 1_000;

export interface OutcomeSoFar {
  readonly adjusted: number;
  readonly cases: number;
}

/**
 * What becomes of a difference. `counted`: the limit of the settlement is reached, and only the report's counts show it.
 * @param postedBefore an earlier settlement adjusted this already, and it is still there.
 */
export function outcomeOf(
  difference: Difference,
  postedBefore: boolean,
  soFar: OutcomeSoFar,
): Outcome | "counted" {
  const { adjustment } = DIFFERENCES[difference.kind] as DifferenceFacts;
  if (adjustment !== null && !postedBefore) return soFar.adjusted < ADJUSTMENTS_MAX ? "adjusted" : "counted";
  return soFar.cases < CASES_MAX ? "case" : "counted";
}

/** The one case that stands for all beyond the limits. */
export function limitReached(day: string): Difference {
  return {
    kind: "limit_reached",
    tenantId: null,
    walletId: null,
    subject: day,
    currency: null,
    amount: null,
    explanation: `more than ${ADJUSTMENTS_MAX} adjustments or ${CASES_MAX} cases in the settlement of ${day}: what is beyond them was neither posted nor opened`,
  };
}

export function shownAmount(amount: Money, currency: string): string {
  return `${formatMoney(amount)} ${currency}`;
}
