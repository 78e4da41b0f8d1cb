import { invoiceDocumentRoute } from "../invoice-document.ts";

/** GET /api/v2/invoices/:id/ubl */
export const getInvoiceUbl = invoiceDocumentRoute({
  name: "ubl",
  extension: "xml",
  operation: "invoices.ubl",
  operationId: "getInvoiceUbl",
  summary: "Download an invoice as UBL 2.1",
  type: "application/xml",
  example: '<?xml version="1.0" encoding="UTF-8"?>…',
  render: async (documents, invoice) => documents.ubl(invoice),
});
