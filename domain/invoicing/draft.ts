import { minorUnits } from "#domain/money/allocate.ts";
import { type Money, money, parseMoney, ZERO } from "#domain/money/money.ts";
import { parsePercent } from "#domain/money/percent.ts";
import { compileTerms } from "#domain/rating/terms.ts";
import { computeTaxes, taxesAt } from "#domain/tax/taxes.ts";
import type { TenantConfiguration, WalletConfiguration } from "#domain/tenants/tenant.ts";
import { type Composed, compose, sumOf } from "./compose.ts";
import type { Invoice, InvoiceParty } from "./invoice.ts";
import type { Issuer } from "./issuer.ts";
import { commitmentLine, type EntryGroup, exactLines, type ExactLine } from "./lines.ts";
import { minorText, percentOfMinor, toMinor } from "./minor-units.ts";
import type { Period } from "./period.ts";
import { DEFAULT_INVOICING } from "./schedule.ts";
import { taxTermsAt } from "./tax-categories.ts";

/** What of a document is only known when it is issued. */
type AddedByIssue = "number" | "issuedOn" | "dueOn" | "fiscal" | "earlyPayment";
export type DraftDocument = Omit<Invoice, AddedByIssue>;

/** A composed document, and what the books keep beside it. */
export interface Draft {
  readonly document: DraftDocument;
  readonly netMinor: bigint;
  readonly taxMinor: bigint;
  readonly dueMinor: bigint;
  /** What is taken off for paying within `earlyDays`. */
  readonly earlyMinor: bigint;
  readonly termDays: number;
  readonly earlyDays: number;
  /** As it was agreed ("2"). */
  readonly earlyPercent: string | null;
  /** To 18 decimals, the commitment's included. */
  readonly exact: { readonly net: Money; readonly tax: Money };
  readonly commitment: { readonly net: Money; readonly tax: Money };
}

export interface DraftRequest {
  readonly invoiceId: string;
  readonly tenant: TenantConfiguration;
  readonly wallet: WalletConfiguration;
  readonly period: Period;
  readonly issuer: Issuer;
  readonly groups: readonly EntryGroup[];
  /** Of the wallet: before and after the period, and what was paid in within it. */
  readonly opening: Money;
  readonly credits: Money;
  readonly closing: Money;
}

/** The document of a closed period: an invoice of a postpaid wallet, a statement with nothing due of a prepaid one. */
export function draftOf(request: DraftRequest): Draft {
  const { tenant, wallet, groups } = request;
  const decimals = minorUnits(wallet.currency);
  const used = exactLines(groups);
  const commitment = missingCommitment(request, used);
  const lines = commitment === null ? used : [...used, commitment.line];
  const composed = compose(lines, decimals, tenant.tax ?? null);
  const total = composed.netMinor + composed.taxMinor;
  const dueMinor = wallet.kind === "postpaid" && total > 0n ? total : 0n;
  const { paymentTermDays, earlyPayment } = tenant.invoicing ?? DEFAULT_INVOICING;
  const percent = earlyPayment === null ? null : parsePercent(earlyPayment.percent);
  const usedTax = money(groups.reduce<bigint>((sum, { tax }) => sum + tax, 0n));
  return {
    document: documentOf(request, composed, dueMinor, decimals),
    netMinor: composed.netMinor,
    taxMinor: composed.taxMinor,
    dueMinor,
    earlyMinor: percent === null ? 0n : percentOfMinor(dueMinor, percent),
    termDays: paymentTermDays,
    earlyDays: earlyPayment?.days ?? 0,
    earlyPercent: earlyPayment?.percent ?? null,
    exact: { net: sumOf(lines), tax: money(usedTax + (commitment?.tax ?? 0n)) },
    commitment: { net: commitment?.line.net ?? ZERO, tax: commitment?.tax ?? ZERO },
  };
}

/** Of the tenant's first wallet, which its contract is about. */
function missingCommitment(
  { tenant, wallet, period }: DraftRequest,
  used: readonly ExactLine[],
): { readonly line: ExactLine; readonly tax: Money } | null {
  const least = parseMoney(tenant.invoicing?.commitment ?? "0") ?? ZERO;
  const missing = money(least - sumOf(used));
  if (least <= 0n || missing <= 0n || tenant.wallets[0]?.walletId !== wallet.walletId) return null;
  const terms = compileTerms(tenant);
  if ("problem" in terms) throw new Error(`tenant ${tenant.tenantId}: ${terms.problem}`);
  const { tax } = computeTaxes(missing, taxesAt(terms.taxes, period.toAt - 1), false);
  return { line: commitmentLine(missing, taxTermsAt(terms.taxes, period.toAt - 1)), tax };
}

/** Whether a period without a single entry still has something to bill. */
export function hasCommitment({ tenant, wallet }: Pick<DraftRequest, "tenant" | "wallet">): boolean {
  const least = parseMoney(tenant.invoicing?.commitment ?? "0") ?? ZERO;
  return least > 0n && tenant.wallets[0]?.walletId === wallet.walletId;
}

function documentOf(
  { invoiceId, tenant, wallet, period, issuer, ...request }: DraftRequest,
  composed: Composed,
  dueMinor: bigint,
  decimals: number,
): DraftDocument {
  const text = (minor: bigint): string => minorText(minor, decimals);
  const total = composed.netMinor + composed.taxMinor;
  const prepaid = wallet.kind === "prepaid";
  return {
    invoiceId,
    kind: prepaid ? "statement" : "invoice",
    tenantId: tenant.tenantId,
    walletId: wallet.walletId,
    currency: wallet.currency,
    period: { from: period.from, to: period.to, timezone: period.timezone },
    issuer: issuerParty(issuer),
    customer: customerParty(tenant),
    lines: composed.lines,
    taxes: composed.taxes,
    netTotal: text(composed.netMinor),
    taxTotal: text(composed.taxMinor),
    total: text(total),
    amountDue: text(dueMinor),
    balance: prepaid ? balanceOf(request, decimals) : null,
    corrects: null,
    notes: notesOf(request.groups, composed, prepaid, total),
    paymentUrl: null,
    branding: brandingOf(issuer, tenant),
  };
}

/** Rounded so that the four add up. */
function balanceOf(
  { opening, credits, closing }: Pick<DraftRequest, "opening" | "credits" | "closing">,
  decimals: number,
): NonNullable<Invoice["balance"]> {
  const [first, paidIn, last] = [opening, credits, closing].map((amount) => toMinor(amount, decimals)) as [
    bigint,
    bigint,
    bigint,
  ];
  return {
    opening: minorText(first, decimals),
    credits: minorText(paidIn, decimals),
    charges: minorText(first + paidIn - last, decimals),
    closing: minorText(last, decimals),
  };
}

function notesOf(
  groups: readonly EntryGroup[],
  { notes }: Composed,
  prepaid: boolean,
  total: bigint,
): readonly string[] {
  return [
    ...notes,
    ...(groups.some(({ inclusive }) => inclusive)
      ? ["Unit rates and discounts contain tax; amounts are net."]
      : []),
    ...(groups.some(({ late }) => late)
      ? ["Lines marked late are of events that reached us after their own period was closed."]
      : []),
    ...(prepaid ? ["Paid in advance: nothing is due."] : []),
    ...(!prepaid && total < 0n ? ["The total is in your favour and stays on your account."] : []),
  ];
}

export function issuerParty({ name, addressLines, country, taxId, email }: Issuer): InvoiceParty {
  return { name, addressLines, country, taxId, email };
}

function customerParty({ name, billingAddress, country, taxId, email }: TenantConfiguration): InvoiceParty {
  return { name, addressLines: billingAddress ?? [], country, taxId: taxId ?? null, email };
}

function brandingOf(issuer: Issuer, { invoicing }: TenantConfiguration): Invoice["branding"] {
  return {
    colour: issuer.colour,
    logo: issuer.logo,
    paper: invoicing?.paper ?? issuer.paper,
    language: invoicing?.language ?? issuer.language,
    footer: issuer.footer,
  };
}
