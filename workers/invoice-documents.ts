import { createInvoiceDocuments } from "#adapters/documents/invoice-documents.ts";
import type { Invoice, InvoiceDocuments } from "#domain/invoicing/invoice.ts";
import { parseMoney } from "#domain/money/money.ts";
import type { Config } from "#platform/config/config.ts";
import { createPayLinks } from "#platform/pay-links.ts";
import { invoicePaymentId } from "#workflows/payment-collection/api.ts";

/** Documents of which those with something to pay bear the link to the payer's page: the same as long as the address and the secret key are. */
export function createPayableDocuments({
  secretKey,
  gateway,
}: Pick<Config, "secretKey" | "gateway">): InvoiceDocuments {
  const documents = createInvoiceDocuments();
  const links = createPayLinks(secretKey, gateway.publicUrl);
  const payable = (invoice: Invoice): Invoice =>
    invoice.kind === "invoice" && (parseMoney(invoice.amountDue) ?? 0n) > 0n
      ? { ...invoice, paymentUrl: links.urlOf(invoicePaymentId(invoice.invoiceId)) }
      : invoice;
  return {
    pdf: (invoice) => documents.pdf(payable(invoice)),
    html: (invoice) => documents.html(payable(invoice)),
    ubl: (invoice) => documents.ubl(payable(invoice)),
  };
}
