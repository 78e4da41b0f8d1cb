import { minorUnits } from "#domain/money/allocate.ts";
import type { DraftDocument } from "#domain/invoicing/draft.ts";
import type { Invoice } from "#domain/invoicing/invoice.ts";
import { minorText } from "#domain/invoicing/minor-units.ts";
import type { FiscalRegistration, InvoiceStanding, InvoiceSummary } from "#domain/invoicing/ports.ts";
import { openMinorOf } from "#domain/invoicing/standing.ts";
import { startOfDay, zoneClock } from "#domain/rating/zone-clock.ts";

/** Columns of an invoice without its document, which may be large. Days as text: a date has no zone. */
export const INVOICE_COLUMNS = `invoice_id, kind, tenant_id, wallet_id, currency, timezone, net_minor, tax_minor, due_minor, early_minor,
  exact_net, exact_tax, commitment_net, commitment_tax, term_days, early_days, early_percent, number, fiscal, issued_at, issued_on::text AS issued_on,
  CASE WHEN due_minor > 0 THEN (issued_on + term_days)::text END AS due_on,
  CASE WHEN due_minor > 0 AND early_days > 0 THEN (issued_on + early_days)::text END AS early_until,
  paid_minor, credited_minor, discounted_minor, mailed_at, issuer_id, period_from::text AS period_from, period_to::text AS period_to, corrects`;

export interface InvoiceRow {
  readonly invoice_id: string;
  readonly kind: Invoice["kind"];
  readonly tenant_id: string;
  readonly wallet_id: string;
  readonly currency: string;
  readonly timezone: string;
  readonly net_minor: string;
  readonly tax_minor: string;
  readonly due_minor: string;
  readonly early_minor: string;
  readonly exact_net: string;
  readonly exact_tax: string;
  readonly commitment_net: string;
  readonly commitment_tax: string;
  readonly term_days: number;
  readonly early_days: number;
  /** As it was agreed ("2"). */
  readonly early_percent: string | null;
  readonly number: string | null;
  readonly fiscal: FiscalRegistration | null;
  readonly issued_at: Date | null;
  readonly issued_on: string | null;
  readonly due_on: string | null;
  readonly early_until: string | null;
  readonly paid_minor: string;
  readonly credited_minor: string;
  readonly discounted_minor: string;
  readonly mailed_at: Date | null;
  readonly issuer_id: string;
  readonly period_from: string;
  readonly period_to: string;
  readonly corrects: string | null;
}

export type DocumentRow = InvoiceRow & { readonly document: DraftDocument };

/** The document with what its issue added; the same row always gives the same. A draft bears its id as number. */
export function invoiceOf(row: DocumentRow): Invoice {
  const { invoice_id: id, document, early_until: until } = row;
  return {
    ...document,
    number: row.number ?? id,
    issuedOn: row.issued_on ?? document.period.to,
    dueOn: row.due_on,
    earlyPayment:
      until === null || row.early_percent === null
        ? null
        : {
            percent: row.early_percent,
            amount: minorText(BigInt(row.early_minor), minorUnits(row.currency)),
            until,
          },
    fiscal: row.fiscal,
  };
}

export function summaryOf(row: InvoiceRow): InvoiceSummary {
  return {
    invoiceId: row.invoice_id,
    kind: row.kind,
    status: row.number === null ? "draft" : "issued",
    number: row.number,
    tenantId: row.tenant_id,
    walletId: row.wallet_id,
    currency: row.currency,
    totalMinor: BigInt(row.net_minor) + BigInt(row.tax_minor),
    openMinor: openOf(row),
    mailed: row.mailed_at !== null,
  };
}

export function standingOf(row: InvoiceRow & { readonly number: string }): InvoiceStanding {
  const until = row.early_until === null ? null : endOfDay(row.timezone, row.early_until);
  return {
    invoiceId: row.invoice_id,
    number: row.number,
    kind: row.kind,
    tenantId: row.tenant_id,
    walletId: row.wallet_id,
    currency: row.currency,
    totalMinor: BigInt(row.net_minor) + BigInt(row.tax_minor),
    paidMinor: BigInt(row.paid_minor),
    creditedMinor: BigInt(row.credited_minor),
    discountedMinor: BigInt(row.discounted_minor),
    openMinor: openOf(row),
    dueAt: row.due_on === null ? null : endOfDay(row.timezone, row.due_on),
    earlyPayment: until === null ? null : { amountMinor: BigInt(row.early_minor), until },
  };
}

function openOf(row: InvoiceRow): bigint {
  return openMinorOf({
    dueMinor: BigInt(row.due_minor),
    paidMinor: BigInt(row.paid_minor),
    creditedMinor: BigInt(row.credited_minor),
    discountedMinor: BigInt(row.discounted_minor),
  });
}

const DAY_MS = 86_400_000;

/** Epoch ms at which the day is over in the zone. */
function endOfDay(timezone: string, day: string): number {
  const next = new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
  const clock = zoneClock(timezone);
  const at = clock === null ? null : startOfDay(clock, next);
  if (at === null) throw new Error(`an invoice says the day ${day} in ${timezone}`);
  return at;
}
