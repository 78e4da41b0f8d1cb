import type { Invoice } from "./invoice.ts";

const PREFIXES: Readonly<Record<Invoice["kind"], string>> = {
  invoice: "INV",
  statement: "STM",
  credit_note: "CN",
};

/** The series that a document's number is taken of: one per kind and year. @param issuedOn YYYY-MM-DD. */
export function seriesOf(kind: Invoice["kind"], issuedOn: string): string {
  return `${PREFIXES[kind]}-${issuedOn.slice(0, 4)}`;
}
