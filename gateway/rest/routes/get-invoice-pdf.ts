import { invoiceDocumentRoute } from "../invoice-document.ts";

/** GET /api/v2/invoices/:id/pdf */
export const getInvoicePdf = invoiceDocumentRoute({
  name: "pdf",
  operation: "invoices.pdf",
  operationId: "getInvoicePdf",
  summary: "Download an invoice as PDF",
  type: "application/pdf",
  example: "%PDF-1.7 …",
  render: (documents, invoice) => documents.pdf(invoice),
});
