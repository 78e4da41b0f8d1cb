import type { Invoice } from "#domain/invoicing/invoice.ts";
import type { Mail } from "#domain/mail/ports.ts";
import { letter } from "./letter.ts";

const WORDS: Readonly<Record<Invoice["kind"], readonly [title: string, paragraph: string]>> = {
  invoice: ["Invoice", "please find your invoice attached."],
  statement: ["Statement", "please find the statement of your prepaid usage attached. Nothing is due."],
  credit_note: ["Credit note", "please find a credit note attached. The amount is on your account."],
};

/** @param again null of the first; otherwise what tells one repetition that was asked for from another. */
export function invoiceMail(invoice: Invoice, to: string, pdf: Uint8Array, again: string | null): Mail {
  const [title, paragraph] = WORDS[invoice.kind];
  const { number, currency, customer, issuer } = invoice;
  return {
    ...letter({
      messageId: `invoice.${invoice.invoiceId}${again === null ? "" : `.${again}`}@catalyst`,
      to,
      subject: `${title} ${number} of ${issuer.name}`,
      name: customer.name,
      paragraphs: [paragraph, ...earlyParagraph(invoice)],
      facts: [
        ["Number", number],
        ["Period", `${invoice.period.from} to ${invoice.period.to} (${invoice.period.timezone})`],
        ["Total", `${invoice.total} ${currency}`],
        ...(invoice.dueOn === null
          ? []
          : [["Due", `${invoice.amountDue} ${currency} by ${invoice.dueOn}`] as const]),
      ],
    }),
    attachments: [{ filename: `${number}.pdf`, contentType: "application/pdf", content: pdf }],
  };
}

function earlyParagraph({ earlyPayment, currency }: Invoice): string[] {
  if (earlyPayment === null) return [];
  return [`Paid by ${earlyPayment.until}, ${earlyPayment.amount} ${currency} may be taken off.`];
}
