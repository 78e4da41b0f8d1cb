import type { Invoice } from "./invoice.ts";
import type { InvoiceStanding } from "./ports.ts";

/** Whose rows a read may return: one tenant's, by row-level security, or everybody's. */
export type InvoiceScope = { readonly tenantId: string } | "administration";

export const INVOICE_STATUSES = ["open", "paid", "overdue", "nothing_due"] as const;
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number];

/** An issued invoice as lists show it. */
export interface ListedInvoice {
  readonly standing: InvoiceStanding;
  readonly status: InvoiceStatus;
  /** Days YYYY-MM-DD, the period half open. */
  readonly period: { readonly from: string; readonly to: string; readonly timezone: string };
  readonly issuedOn: string;
  readonly dueOn: string | null;
  /** Epoch ms. */
  readonly issuedAt: number;
}

export interface InvoiceFilter {
  readonly tenantId: string | null;
  readonly status: InvoiceStatus | null;
  /** Epoch ms of the issue, [from, to). */
  readonly from: number | null;
  readonly to: number | null;
}

/** What the doors read of issued invoices. Everything throws Unavailable when PostgreSQL cannot be reached. */
export interface InvoiceReads {
  /** Null when there is none, or it is not the scope's. @param now epoch ms: what is due before it and open is overdue. */
  get(
    scope: InvoiceScope,
    invoiceId: string,
    now: number,
  ): Promise<{ readonly invoice: Invoice; readonly listed: ListedInvoice } | null>;
  /** The latest first. A cursor that is none of ours gives the first page. */
  list(
    scope: InvoiceScope,
    filter: InvoiceFilter,
    page: { readonly after: string | null; readonly limit: number },
    now: number,
  ): Promise<{ readonly rows: readonly ListedInvoice[]; readonly next: string | null }>;
}
