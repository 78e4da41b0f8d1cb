import type { Mail } from "#domain/mail/ports.ts";
import { formatMinor } from "#domain/money/minor-units.ts";
import type { Payment } from "#domain/payments/payment.ts";
import type { PaymentMail } from "#workflows/payment-collection/api.ts";
import { letter } from "./letter.ts";

export interface PaymentLetter {
  readonly payment: Pick<Payment, "paymentId" | "tenantId" | "currency" | "invoiceNumber" | "dueAt">;
  readonly name: string;
  readonly email: string;
  readonly kind: PaymentMail;
  readonly key: string;
  readonly amountMinor: bigint;
  readonly because: string | null;
  /** Epoch ms. */
  readonly nextAttemptAt: number | null;
  /** The payment's public page. */
  readonly payUrl: string;
}

const WORDS: Readonly<Record<PaymentMail, readonly [subject: string, paragraph: string]>> = {
  action: [
    "Please confirm your payment",
    "your payment needs your confirmation. Open the page below to give it.",
  ],
  transfer: [
    "Please pay",
    "please transfer the amount below and name the reference, so that we can tell whose payment it is.",
  ],
  reminder: ["Reminder: please pay", "the amount below is still to be paid."],
  declined: [
    "Your payment was declined",
    "your payment could not be collected. It is tried again at the time below; you can also pay on the page below.",
  ],
  overdue: [
    "Your payment is overdue",
    "your payment could not be collected in time. Please pay on the page below, before service is suspended.",
  ],
  receipt: ["Receipt", "we have received your payment. Thank you."],
  cancelled: [
    "Your payment was not made",
    "the payment below is not collected any more. There is nothing to do.",
  ],
};

/** Nothing to pay any more: no link. */
const WITHOUT_LINK: readonly PaymentMail[] = ["receipt", "cancelled"];

export function paymentMail(mail: PaymentLetter): Mail {
  const { payment, kind } = mail;
  const [subject, paragraph] = WORDS[kind];
  const what = payment.invoiceNumber === null ? "top-up" : `invoice ${payment.invoiceNumber}`;
  return letter({
    messageId: `payment.${payment.paymentId}.${kind}.${mail.key}@catalyst`,
    to: mail.email,
    subject: `${subject}: ${payment.tenantId}, ${what}`,
    name: mail.name,
    paragraphs: [paragraph],
    facts: factsOf(mail),
  });
}

function factsOf({ payment, kind, ...mail }: PaymentLetter): (readonly [string, string])[] {
  const { currency, invoiceNumber, dueAt } = payment;
  const facts: (readonly [string, string] | null)[] = [
    ["Tenant", payment.tenantId],
    invoiceNumber === null ? null : ["Invoice", invoiceNumber],
    ["Amount", `${formatMinor(mail.amountMinor, currency)} ${currency}`],
    ["Reference", payment.paymentId],
    dueAt === null ? null : ["Due", new Date(dueAt).toISOString().slice(0, 10)],
    mail.because === null ? null : ["Reason", mail.because],
    kind !== "declined" || mail.nextAttemptAt === null
      ? null
      : ["Tried again", new Date(mail.nextAttemptAt).toISOString()],
    WITHOUT_LINK.includes(kind) ? null : ["Pay", mail.payUrl],
  ];
  return facts.filter((fact) => fact !== null);
}
