import type { Invoice } from "#domain/invoicing/invoice.ts";

/** The words of a document in one language. What stands in braces is put in. */
export interface Labels {
  readonly title: Readonly<Record<Invoice["kind"], string>>;
  readonly number: Readonly<Record<Invoice["kind"], string>>;
  readonly issued: string;
  readonly due: string;
  readonly period: string;
  readonly customer: string;
  readonly issuer: string;
  readonly customerNumber: string;
  readonly currency: string;
  readonly taxId: string;
  readonly description: string;
  readonly quantity: string;
  readonly unitRate: string;
  readonly discount: string;
  readonly amount: string;
  readonly carriedForward: string;
  readonly broughtForward: string;
  readonly late: string;
  /** Explains `late`, beneath the lines. */
  readonly lateNote: string;
  readonly noLines: string;
  readonly netTotal: string;
  readonly total: string;
  /** What was paid or credited before. */
  readonly paid: string;
  readonly amountDue: string;
  readonly amountCredited: string;
  readonly nothingDue: string;
  readonly tax: string;
  readonly jurisdiction: string;
  readonly rate: string;
  readonly net: string;
  /** {percent} {amount} {date} {remaining} */
  readonly earlyPayment: string;
  readonly payment: string;
  readonly payOnline: string;
  readonly scan: string;
  /** {number} */
  readonly reference: string;
  readonly openingBalance: string;
  readonly credits: string;
  readonly charges: string;
  readonly closingBalance: string;
  /** {number} */
  readonly corrects: string;
  readonly reason: string;
  /** {authority} */
  readonly registered: string;
  /** {page} {pages} */
  readonly page: string;
}
