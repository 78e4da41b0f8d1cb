import type { InvoiceDocuments } from "#domain/invoicing/invoice.ts";
import { invoiceContent } from "./content/invoice-content.ts";
import { invoiceHtml } from "./html/invoice-html.ts";
import { invoicePdf } from "./pdf/invoice-pdf.ts";
import { createTypesetter } from "./pdf/typesetter.ts";
import { invoiceUbl } from "./ubl/invoice-ubl.ts";

/** PDFs are set in a process of their own; HTML and UBL are made at once. */
export function createInvoiceDocuments(): InvoiceDocuments {
  const typesetter = createTypesetter();
  return {
    pdf: async (invoice) => invoicePdf(invoiceContent(invoice), typesetter),
    html: (invoice) => invoiceHtml(invoiceContent(invoice)),
    ubl: invoiceUbl,
  };
}
