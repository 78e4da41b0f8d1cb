import type { Mail } from "#domain/mail/ports.ts";
import type { Payment } from "#domain/payments/payment.ts";
import { letter } from "./letter.ts";

export interface RefundLetter {
  readonly payment: Pick<Payment, "paymentId" | "tenantId" | "invoiceNumber">;
  readonly refundId: string;
  readonly kind: "refunded" | "failed" | "by_hand";
  readonly name: string;
  readonly email: string;
  readonly amount: string;
  readonly because: string;
}

const WORDS: Readonly<Record<RefundLetter["kind"], readonly [subject: string, paragraph: string]>> = {
  refunded: ["Refund", "we have given the amount below back to you. Banks take some days to show it."],
  failed: [
    "A refund failed",
    "the payment provider could not give the amount below back. The wallet has it again; please decide what to do.",
  ],
  by_hand: [
    "A refund must be transferred",
    "the amount below came by bank transfer: please send it back the same way. The wallet is debited already.",
  ],
};

export function refundMail({ payment, refundId, kind, name, email, amount, because }: RefundLetter): Mail {
  const [subject, paragraph] = WORDS[kind];
  return letter({
    messageId: `refund.${refundId}.${kind}@catalyst`,
    to: email,
    subject: `${subject}: ${payment.tenantId}`,
    name,
    paragraphs: [paragraph],
    facts: [...paymentFacts(payment), ["Amount", amount], ["Reason", because]],
  });
}

export interface DisputeLetter {
  readonly payment: RefundLetter["payment"];
  readonly attempt: number;
  readonly news: "dispute_opened" | "dispute_won" | "dispute_lost";
  readonly reminder: number;
  readonly email: string;
  readonly amount: string;
}

const DISPUTE_WORDS: Readonly<Record<DisputeLetter["news"], readonly [subject: string, paragraph: string]>> =
  {
    dispute_opened: [
      "A payment is disputed",
      "the payer's bank has taken the amount below back, and so has the wallet. Please answer at the provider before its deadline.",
    ],
    dispute_won: ["A dispute is won", "the amount below is ours again; the wallet has it back."],
    dispute_lost: [
      "A dispute is lost",
      "the amount below stays with the payer's bank; the wallet stays debited.",
    ],
  };

export function disputeMail({ payment, attempt, news, reminder, email, amount }: DisputeLetter): Mail {
  const [subject, paragraph] = DISPUTE_WORDS[news];
  return letter({
    messageId: `dispute.${payment.paymentId}.${attempt}.${news}.${reminder}@catalyst`,
    to: email,
    subject: `${reminder === 0 ? "" : "Reminder: "}${subject}: ${payment.tenantId}`,
    name: "finance",
    paragraphs: [paragraph],
    facts: [...paymentFacts(payment), ["Amount", amount]],
  });
}

function paymentFacts({
  paymentId,
  tenantId,
  invoiceNumber,
}: RefundLetter["payment"]): (readonly [string, string])[] {
  return [
    ["Tenant", tenantId],
    ["Payment", paymentId],
    ...(invoiceNumber === null ? [] : [["Invoice", invoiceNumber] as const]),
  ];
}
