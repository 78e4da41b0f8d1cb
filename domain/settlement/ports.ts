import type { Money } from "#domain/money/money.ts";
import type { PaymentProviderName } from "#domain/payments/ports.ts";
import type { SettlementDay } from "./day.ts";
import type { Difference, DifferenceKind, Outcome, Severity } from "./differences.ts";
import type { IssuedInvoice } from "./invoice-check.ts";
import type { ChargeDifference } from "./message-check.ts";
import type { PartnerStatement } from "./partner-statement.ts";
import type { ProviderDay, RecordedPayment } from "./payment-check.ts";
import type { CarrierLine, DifferenceLine, SignedReport } from "./report.ts";
import type { SupplierComparison, SupplierInvoice } from "./supplier-check.ts";
import type { LedgerGap, WalletBooks, WalletDay, WalletPosition } from "./wallet-check.ts";

/** A wallet's books, and its part of the day; `settled` is what an earlier settlement of the same day found. */
export interface WalletToSettle {
  readonly books: WalletBooks;
  readonly day: WalletDay;
  readonly settled: WalletDay | null;
}

/** The books, read for comparison: pages by one query each. Everything throws Unavailable when PostgreSQL cannot be reached. */
export interface SettlementBooks {
  /** In ascending order of their ids; those that belong to the day or to none. */
  wallets(day: SettlementDay, after: string | null, limit: number): Promise<readonly WalletToSettle[]>;
  gaps(walletId: string, above: bigint): Promise<readonly LedgerGap[]>;
  position(walletId: string): Promise<WalletPosition | null>;
  /** Keeps the days of wallets that moved; a day that stands is left as it is. */
  keep(day: string, wallets: readonly WalletDay[]): Promise<void>;
  /**
   * Messages that had ended by the end of the day, accepted not more than LOOKED_BACK_DAYS before it, by ascending id.
   * `last` null: there are no more.
   */
  messages(
    day: SettlementDay,
    after: string | null,
  ): Promise<{
    readonly compared: number;
    readonly differences: readonly ChargeDifference[];
    readonly last: string | null;
  }>;
  /** Refunds and re-ratings decided before this time (epoch ms) that the ledger has not got. */
  unpostedCorrections(before: number): Promise<readonly Difference[]>;
  /** What the carriers of the day's charges cost by our own sheets. */
  carriers(day: SettlementDay): Promise<readonly CarrierLine[]>;
}

/** Messages are looked at again for so many days after their acceptance: a week of validity, and the receipt window. */
export const LOOKED_BACK_DAYS = 9;

/** Invoices and statements as they were issued on a day, with what they closed. */
export interface IssuedInvoices {
  /** By ascending number. */
  issued(day: SettlementDay, after: string | null, limit: number): Promise<readonly IssuedInvoice[]>;
}

/** Payments as our books have them. */
export interface RecordedPayments {
  /** Those of these ids, and those collected in [from, to). */
  recorded(
    provider: PaymentProviderName,
    providerPaymentIds: readonly string[],
    window: { readonly from: number; readonly to: number },
  ): Promise<readonly RecordedPayment[]>;
}

/** `entered`: the entry that says so stands in the ledger, and the projection follows the entries again. */
export type ProjectionRepair =
  | { readonly kind: "entered"; readonly eventId: string }
  | { readonly kind: "sound" }
  | { readonly kind: "gap" };

/** How a difference is mended: by what is posted, never by writing over anything. False: nothing was to be done any more. */
export interface BookRepairs {
  projection(walletId: string): Promise<boolean>;
  cache(walletId: string): Promise<boolean>;
  missingCharge(difference: ChargeDifference): Promise<boolean>;
  unexplainedCharge(difference: ChargeDifference): Promise<boolean>;
}

export interface SettlementCase {
  readonly caseId: string;
  readonly kind: DifferenceKind;
  readonly severity: Severity;
  readonly tenantId: string | null;
  readonly walletId: string | null;
  readonly subject: string;
  readonly currency: string | null;
  readonly amount: Money | null;
  readonly explanation: string;
  readonly remedy: string;
  /** The day of the settlement that opened it, and the last that found it. */
  readonly openedBy: string;
  readonly lastFoundBy: string;
  readonly openedAt: number;
  readonly closing: { readonly at: number; readonly actor: string; readonly reason: string } | null;
}

/** What one settlement has found so far. */
export interface FoundDifferences {
  readonly difference: Difference;
  readonly outcome: Outcome;
  readonly remedy: string;
}

export interface SettlementRecord {
  /** Whether the day may be settled: `superseded` by a later day, in whose report its entries stand. */
  standing(
    day: string,
  ): Promise<
    | { readonly kind: "free" }
    | { readonly kind: "settled"; readonly revision: number }
    | { readonly kind: "superseded"; readonly by: string }
  >;
  wallets(): Promise<number>;
  /** Of these subjects, those that an earlier settlement adjusted. */
  adjustedBefore(
    runKey: string,
    kind: DifferenceKind,
    subjects: readonly string[],
  ): Promise<ReadonlySet<string>>;
  /** Writes them down, each once per settlement, and opens the cases; a case that is open already is found again. */
  note(
    run: { readonly runKey: string; readonly day: string; readonly at: number },
    found: readonly FoundDifferences[],
  ): Promise<void>;
  /** How many of each kind were noted with which outcome, and the gravest of them. */
  noted(runKey: string): Promise<{
    readonly adjusted: number;
    readonly cases: number;
    readonly listed: readonly DifferenceLine[];
  }>;
  /** Computes the partners' statements of a day, each once, and answers all of it. */
  statements(day: SettlementDay): Promise<readonly PartnerStatement[]>;
  /** Keeps a provider's day once; answers what the provider held before it (minor units). */
  providerOpening(day: string, of: ProviderDay): Promise<bigint>;
  /** The settlement's own report; null before it is issued. */
  issued(runKey: string): Promise<SignedReport | null>;
  /** Adds a report to the end of the chain, once per settlement; `write` is given its place. */
  issue(
    run: { readonly runKey: string; readonly day: string; readonly at: number },
    write: (place: ReportPlace) => Pick<SignedReport, "body" | "hash" | "signature" | "keyId">,
  ): Promise<SignedReport>;
}

export interface ReportPlace {
  readonly position: number;
  readonly previous: { readonly position: number; readonly day: string; readonly hash: string } | null;
  readonly revision: number;
}

export interface ReportSigner {
  sign(body: string): { readonly hash: string; readonly signature: string; readonly keyId: string };
  readonly publicKey: SettlementKey;
}

/** The key that reports are verified with. */
export interface SettlementKey {
  readonly keyId: string;
  /** Ed25519, SubjectPublicKeyInfo as PEM. */
  readonly pem: string;
}

interface PageRequest {
  readonly after: string | null;
  readonly limit: number;
}

interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next: string | null;
}

export interface StoredSupplierInvoice extends SupplierInvoice, SupplierComparison {
  readonly receivedAt: number;
  readonly actor: string;
  readonly caseId: string | null;
}

/** Settlements as the doors see them. */
export interface Settlements {
  /** Newest first, the latest revision of each. */
  reports(page: PageRequest): Promise<Page<SignedReport>>;
  /** The latest revision; null where the day has none. */
  report(day: string): Promise<SignedReport | null>;
  /** The cases that the day's settlements found, open and closed; null: those of any day. */
  cases(
    filter: { readonly day: string | null; readonly open: boolean | null },
    page: PageRequest,
  ): Promise<Page<SettlementCase>>;
  closeCase(
    caseId: string,
    by: { readonly actor: string; readonly reason: string; readonly at: number },
  ): Promise<
    | { readonly kind: "closed"; readonly case: SettlementCase }
    | { readonly kind: "closed_before"; readonly case: SettlementCase }
    | { readonly kind: "unknown" }
  >;
  statements(
    filter: { readonly partnerId: string | null; readonly status: PartnerStatement["status"] | null },
    page: PageRequest,
  ): Promise<Page<PartnerStatement>>;
  /** Posts partner → clearing, once. */
  payStatement(
    statementId: string,
    by: { readonly actor: string; readonly reference: string; readonly at: number },
  ): Promise<
    | { readonly kind: "paid"; readonly statement: PartnerStatement }
    | { readonly kind: "not_open"; readonly statement: PartnerStatement }
    | { readonly kind: "unknown" }
  >;
  /** Compares, posts or opens a case, once per connector and reference; the same again answers with the first. */
  addSupplierInvoice(
    invoice: SupplierInvoice,
    by: { readonly actor: string; readonly at: number },
  ): Promise<
    | { readonly kind: "compared"; readonly invoice: StoredSupplierInvoice }
    | { readonly kind: "differs"; readonly invoice: StoredSupplierInvoice }
  >;
}
