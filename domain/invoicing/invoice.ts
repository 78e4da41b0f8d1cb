/**
 * An invoice as it was issued: everything that its documents show, and nothing that may change later. Amounts are decimal strings in the
 * currency's minor unit ("19.99"), quantities decimal strings, days YYYY-MM-DD in the customer's zone.
 */
export interface Invoice {
  /** UUID made of issuer, tenant, wallet and period: the same period is the same invoice. */
  readonly invoiceId: string;
  /** Gapless per issuer and series ("INV-2026-000042"); of a statement, a series of its own. */
  readonly number: string;
  /** `statement`: of a prepaid period, nothing is due; `credit_note`: takes an invoice back, in part or whole. */
  readonly kind: "invoice" | "statement" | "credit_note";
  readonly tenantId: string;
  readonly walletId: string;
  readonly currency: string;
  /** Half open: [from, to), as days of the zone. */
  readonly period: { readonly from: string; readonly to: string; readonly timezone: string };
  readonly issuedOn: string;
  /** Null where nothing is due. */
  readonly dueOn: string | null;
  readonly issuer: InvoiceParty;
  readonly customer: InvoiceParty;
  readonly lines: readonly InvoiceLine[];
  /** One per tax category: computed on its net total and rounded once (EN 16931, BR-CO-17). */
  readonly taxes: readonly InvoiceTax[];
  readonly netTotal: string;
  readonly taxTotal: string;
  readonly total: string;
  /** What is to be paid: the total less what was paid or credited; "0.00" of a statement. */
  readonly amountDue: string;
  /** What is taken off when it is paid by that day. */
  readonly earlyPayment: { readonly percent: string; readonly amount: string; readonly until: string } | null;
  /** Of a statement: the wallet over the period. */
  readonly balance: {
    readonly opening: string;
    readonly credits: string;
    readonly charges: string;
    readonly closing: string;
  } | null;
  /** Of a credit note: the invoice that it takes back, and why. */
  readonly corrects: { readonly number: string; readonly reason: string } | null;
  /** Given by a fiscal authority's port before numbering, where there is one. */
  readonly fiscal: {
    readonly authority: string;
    readonly reference: string;
    readonly qr: string | null;
  } | null;
  readonly notes: readonly string[];
  readonly paymentUrl: string | null;
  readonly branding: InvoiceBranding;
}

export interface InvoiceParty {
  readonly name: string;
  readonly addressLines: readonly string[];
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly taxId: string | null;
  readonly email: string | null;
}

export interface InvoiceLine {
  /** 1, 2, … */
  readonly position: number;
  /** "SMS delivered – US, Verizon", "USSD Session - 3 interactions". */
  readonly description: string;
  readonly channel: string;
  readonly eventType: string;
  readonly quantity: string;
  /** Price of one before discounts, as exact as the card says it (up to 18 decimals). */
  readonly unitRate: string;
  readonly discount: string;
  /** Net, in minor units; lines add up to netTotal by largest remainder. */
  readonly amount: string;
  /** Name of the tax category in `taxes`; null: none. */
  readonly taxCategory: string | null;
  /** Events of an earlier period, which was closed when they came. */
  readonly late: boolean;
}

export interface InvoiceTax {
  /** "VAT". */
  readonly name: string;
  readonly percent: string;
  readonly jurisdiction: string | null;
  readonly net: string;
  readonly amount: string;
  /** "exempt: certificate DE-4711", "reverse charge: ATU123"; null where it is levied. */
  readonly note: string | null;
}

export interface InvoiceBranding {
  /** "#0b5fff". */
  readonly colour: string;
  /** PNG or SVG as a data: URL; null: the issuer's name is set in type. */
  readonly logo: string | null;
  readonly paper: "A4" | "letter";
  /** BCP 47: number, date and label language ("en", "de", "ar", "zh"). */
  readonly language: string;
  readonly footer: readonly string[];
}

/** Makes an invoice's documents. The same invoice gives the same bytes. */
export interface InvoiceDocuments {
  pdf(invoice: Invoice): Promise<Uint8Array>;
  html(invoice: Invoice): string;
  /** UBL 2.1 (Peppol BIS Billing 3.0's profile): Invoice, or CreditNote. */
  ubl(invoice: Invoice): string;
}
