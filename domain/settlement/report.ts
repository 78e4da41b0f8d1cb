import type { DifferenceKind, Outcome, Severity } from "./differences.ts";
import type { Totals } from "./totals.ts";

/**
 * A settled day, as it is signed. Field names are the wire's; amounts are decimal strings, times RFC 3339. Nothing in it is a phone number or
 * a text of a message.
 */
export interface SettlementReport {
  readonly v: 1;
  /** Gapless over all reports: each holds the hash of the one before. */
  readonly position: number;
  readonly previous: { readonly position: number; readonly day: string; readonly hash: string } | null;
  readonly day: string;
  /** 1; more where the day was settled again. */
  readonly revision: number;
  readonly from: string;
  readonly to: string;
  readonly issued_at: string;
  readonly compared: Compared;
  readonly currencies: Totals;
  readonly invoices: readonly InvoicesLine[];
  readonly providers: readonly ProviderLine[];
  /** Those that did not answer in time: nothing of theirs was compared. */
  readonly providers_unreachable: readonly string[];
  readonly partners: readonly PartnerLine[];
  readonly carriers: readonly CarrierLine[];
  readonly differences: {
    readonly found: number;
    readonly adjusted: number;
    readonly cases: number;
    /** Beyond the limits of one settlement: neither posted nor opened. */
    readonly counted: number;
    readonly by_kind: Readonly<Partial<Record<DifferenceKind, number>>>;
    /** The first LISTED_MAX, by severity. */
    readonly listed: readonly DifferenceLine[];
  };
}

/** How much was looked at. */
export interface Compared {
  readonly wallets: number;
  /** Of them, those that Redis held; the others were cold, which is no difference. */
  readonly cached: number;
  readonly messages: number;
  readonly invoices: number;
  readonly payments: number;
}

export interface InvoicesLine {
  readonly currency: string;
  readonly count: number;
  readonly total: string;
  readonly entered: string;
  readonly rounding: string;
}

export interface ProviderLine {
  readonly provider: string;
  readonly currency: string;
  readonly payments: number;
  readonly opening: string;
  readonly paid: string;
  readonly given_back: string;
  readonly fees: string;
  readonly paid_out: string;
  /** What the provider holds after the day. */
  readonly closing: string;
}

export interface PartnerLine {
  readonly statement_id: string;
  readonly partner_id: string;
  readonly currency: string;
  readonly brought_forward: string;
  readonly movements: string;
  readonly amount: string;
  readonly status: "open" | "carried" | "paid";
}

export interface CarrierLine {
  readonly connector: string;
  readonly currency: string;
  readonly charges: number;
  readonly cost: string;
}

export interface DifferenceLine {
  readonly kind: DifferenceKind;
  readonly severity: Severity;
  readonly tenant_id: string | null;
  readonly wallet_id: string | null;
  readonly subject: string;
  readonly currency: string | null;
  readonly amount: string | null;
  readonly explanation: string;
  readonly outcome: Outcome;
  /** What was posted, or what a person does. */
  readonly remedy: string;
  readonly case_id: string | null;
}

export const LISTED_MAX = 500;

/** A report as it stands in the chain. */
export interface SignedReport {
  readonly position: number;
  readonly day: string;
  readonly revision: number;
  /** Canonical JSON: what is hashed and signed, to the byte. */
  readonly body: string;
  /** SHA-256 of the body's UTF-8, hex. */
  readonly hash: string;
  /** Ed25519 over the hash's 32 bytes, base64url. */
  readonly signature: string;
  /** Of the key that made it. */
  readonly keyId: string;
  /** Epoch ms. */
  readonly issuedAt: number;
}

/** JSON without spaces, keys in the order of their code points: the same report is the same text. Strings and whole numbers only. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([one], [other]) => (one < other ? -1 : 1));
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`).join(",")}}`;
  }
  if (typeof value === "number" && !Number.isSafeInteger(value))
    throw new RangeError("a report holds whole numbers and text");
  return JSON.stringify(value);
}

/** What is wrong with a report of the chain; empty: nothing. */
export type ReportFinding =
  | "missing"
  | "altered"
  | "wrong_signature"
  | "unknown_key"
  | "chain_broken"
  | "misplaced";

export interface ReportCrypto {
  sha256(text: string): string;
  /** Null: none of the known keys has that id. */
  verify(hash: string, signature: string, keyId: string): boolean | null;
}

/**
 * Looks at one report and its place behind the one before.
 * @param before null where `report` is the first that is looked at and has no predecessor in the store.
 */
export function reportFindings(
  report: SignedReport,
  before: Pick<SignedReport, "position" | "hash"> | null,
  crypto: ReportCrypto,
): ReportFinding[] {
  const findings: ReportFinding[] = [];
  if (report.position !== (before?.position ?? 0) + 1) findings.push("missing");
  if (crypto.sha256(report.body) !== report.hash) return [...findings, "altered"];
  const genuine = crypto.verify(report.hash, report.signature, report.keyId);
  if (genuine === null) findings.push("unknown_key");
  else if (!genuine) findings.push("wrong_signature");
  const said = JSON.parse(report.body) as SettlementReport;
  if (said.position !== report.position || said.day !== report.day || said.revision !== report.revision)
    findings.push("misplaced");
  if ((said.previous?.hash ?? null) !== (before?.hash ?? null)) findings.push("chain_broken");
  return findings;
}
