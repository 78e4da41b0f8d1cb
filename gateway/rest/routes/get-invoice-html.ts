import { invoiceDocumentRoute } from "../invoice-document.ts";

/** GET /api/v2/invoices/:id/html */
export const getInvoiceHtml = invoiceDocumentRoute({
  name: "html",
  operation: "invoices.html",
  operationId: "getInvoiceHtml",
  summary: "Read an invoice as a page",
  type: "text/html",
  example: "<!doctype html>…",
  render: async (documents, invoice) => documents.html(invoice),
  // Names and notes are whatever others chose; the page needs no script and nothing from elsewhere.
  headers: {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:",
  },
});
