import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import type { Invoice } from "./invoice.ts";
import type { IssuerVersion } from "./issuer.ts";
import type { Period } from "./period.ts";

/** How an issued invoice stands. Amounts in minor units of its currency. */
export interface InvoiceStanding {
  readonly invoiceId: string;
  readonly number: string;
  readonly kind: Invoice["kind"];
  readonly tenantId: string;
  readonly walletId: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly totalMinor: bigint;
  readonly paidMinor: bigint;
  /** By credit notes. */
  readonly creditedMinor: bigint;
  /** For paying early. */
  readonly discountedMinor: bigint;
  /** Still to be paid without any discount; never below zero, and zero of a statement. */
  readonly openMinor: bigint;
  /** Epoch ms of the end of the due day in the customer's zone; null where nothing is due. */
  readonly dueAt: number | null;
  /** Taken off what is paid before `until` (epoch ms). */
  readonly earlyPayment: { readonly amountMinor: bigint; readonly until: number } | null;
}

/** What payments do to invoices. Everything throws Unavailable when PostgreSQL cannot be reached. */
export interface InvoicePayments {
  /** Null where there is no such invoice, or it is not issued yet. */
  standing(invoiceId: string): Promise<InvoiceStanding | null>;
  /**
   * Notes a payment, once per `paymentId`; partial ones add up. A negative amount, under an id of its own, takes one back (a refund, a lost
   * dispute). Paid early enough in time, the invoice is closed and the rest given back to the wallet as the early-payment discount. The
   * wallet's credit for the payment itself is the caller's to post.
   * @param at epoch ms at which the money was received.
   * @returns null where there is no such invoice.
   */
  recordPayment(payment: {
    readonly invoiceId: string;
    readonly paymentId: string;
    readonly amountMinor: bigint;
    readonly at: number;
  }): Promise<InvoiceStanding | null>;
}

/** What an authority of fiscal e-invoicing answers. */
export interface FiscalRegistration {
  readonly authority: string;
  /** The authority's own number of the document. */
  readonly reference: string;
  /** What the printed QR code says; null where there is none. */
  readonly qr: string | null;
}

/**
 * Clears an invoice with an authority before it gets its number. The same invoice again gets the same registration.
 * Throws Unavailable where trying again may help and Rejected where it cannot.
 */
export interface FiscalAuthority {
  /** @param ubl with the invoice's id in place of its number. */
  register(invoiceId: string, ubl: string): Promise<FiscalRegistration>;
}

/** An invoice of which something is to be paid. */
export interface DueInvoice {
  readonly tenantId: string;
  readonly walletId: string;
  readonly invoiceId: string;
  readonly number: string | null;
  /** Minor units of the currency, as decimal digits. */
  readonly amountMinor: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly actor: string;
}

/** Where the payments of invoices begin. */
export interface InvoiceCollection {
  /**
   * Once per invoice, whoever asks again: `begun` is false where it was begun before, whatever became of it. Throws Unavailable when it is not
   * known.
   */
  begin(invoice: DueInvoice): Promise<{ readonly begun: boolean }>;
}

/** An invoice as lists and flows know it; amounts in minor units. */
export interface InvoiceSummary {
  readonly invoiceId: string;
  readonly kind: Invoice["kind"];
  readonly status: "draft" | "issued";
  /** Null of a draft. */
  readonly number: string | null;
  readonly tenantId: string;
  readonly walletId: string;
  readonly currency: string;
  readonly totalMinor: bigint;
  readonly openMinor: bigint;
  /** Whether it has gone out by mail. */
  readonly mailed: boolean;
}

export interface CloseRequest {
  readonly tenant: TenantConfiguration;
  readonly walletId: string;
  readonly period: Period;
  readonly issuer: IssuerVersion;
  /** False: it is left a draft, for the fiscal authority. */
  readonly issue: boolean;
  readonly actor: string;
  /** Epoch ms. */
  readonly at: number;
}

/** `empty`: nothing happened in the period; `unknown_wallet`: the ledger has no such wallet. */
export type CloseOutcome =
  | { readonly kind: "invoice"; readonly invoice: InvoiceSummary }
  | { readonly kind: "empty" }
  | { readonly kind: "unknown_wallet" };

export interface CreditNoteRequest {
  /** UUID of the credit note: the same one again is the same note. */
  readonly creditNoteId: string;
  readonly invoiceId: string;
  /** With tax, in minor units; null: all that was not credited yet. */
  readonly amountMinor: bigint | null;
  readonly reason: string;
  readonly actor: string;
  readonly at: number;
}

/** `exceeds`: more than is left of the invoice; `not_an_invoice`: a credit note cannot be credited. Nothing was stored then. */
export type CreditNoteOutcome =
  | { readonly kind: "credited"; readonly creditNote: Invoice }
  | { readonly kind: "unknown" }
  | { readonly kind: "not_an_invoice" }
  | { readonly kind: "exceeds"; readonly remainingMinor: bigint; readonly currency: string };

/** The books of invoices: closes, drafts, numbers, credit notes. Everything throws Unavailable when PostgreSQL cannot be reached. */
export interface InvoiceBooks {
  /**
   * Closes a wallet's period and composes its invoice, all in one transaction; a period that is closed already, alone or within a longer one,
   * gives the invoice that it was closed with.
   */
  close(request: CloseRequest): Promise<CloseOutcome>;
  /** As it is stored; the number of a draft is its id. Null where there is none. */
  get(invoiceId: string): Promise<Invoice | null>;
  /** Gives a draft its number; one that has it stays as it is. Null where there is none. */
  issue(invoiceId: string, fiscal: FiscalRegistration | null, at: number): Promise<InvoiceSummary | null>;
  markMailed(invoiceId: string, at: number): Promise<void>;
  summary(invoiceId: string): Promise<InvoiceSummary | null>;
  credit(request: CreditNoteRequest): Promise<CreditNoteOutcome>;
}
