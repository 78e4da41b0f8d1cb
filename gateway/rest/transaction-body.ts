import { z } from "zod";
import { formatMoney, money } from "#domain/money/money.ts";
import { describeCharge } from "#domain/rating/describe-charge.ts";
import { ratingTrace } from "#domain/rating/rating-trace.ts";
import type { ChargeSteps, TransactionView } from "./dependencies.ts";
import { isoTime, TENANT_EXAMPLE, TIME_EXAMPLE, UUID_EXAMPLE } from "./schemas.ts";

export const chargeSteps = z.object({
  base_amount: z.string(),
  discount: z.string().describe("What is taken off the base amount"),
  subtotal: z.string(),
  tax: z.string(),
  total: z.string(),
});

/** Address of one transaction. */
export const transactionParams = z.object({
  id: z
    .string()
    .regex(/^[A-Za-z0-9:._-]{1,200}$/, "must be a transaction_id")
    .describe("The transaction_id"),
});

const fields = z.object({
  transaction_id: z.string(),
  tenant_id: z.string(),
  event_id: z.string(),
  amount: z
    .string()
    .describe("What was charged; of a top-up or adjustment what was given (positive) or taken"),
  currency: z.string(),
  status: z.literal("completed"),
  wallet_id: z.string(),
  sequence: z.string().describe("Position in the wallet's gapless sequence"),
  type: z.string().describe("charge, top_up, adjustment or opening_volume"),
  event_type: z.string(),
  message_id: z.string().nullable(),
  charge: chargeSteps.nullable().describe("Every step of the price; null for what is no usage"),
  balance_before: z.string(),
  balance_after: z.string(),
  explanation: z.array(z.string()).describe("The price in words, step by step"),
  trace: z.unknown().describe("What the price was computed from; reason and actor of other entries"),
  occurred_at: z.string(),
  recorded_at: z.string(),
});

export type TransactionBody = z.infer<typeof fields>;

export const TRANSACTION_EXAMPLE: TransactionBody = {
  transaction_id: `${UUID_EXAMPLE}.3`,
  tenant_id: TENANT_EXAMPLE,
  event_id: `${UUID_EXAMPLE}:sms.delivered:1`,
  amount: "0.01539",
  currency: "USD",
  status: "completed",
  wallet_id: UUID_EXAMPLE,
  sequence: "3",
  type: "charge",
  event_type: "sms.delivered",
  message_id: null,
  charge: {
    base_amount: "0.015",
    discount: "0.00075",
    subtotal: "0.01425",
    tax: "0.00114",
    total: "0.01539",
  },
  balance_before: "100",
  balance_after: "99.98461",
  explanation: ['Base Amount: $0.01500 (time band "Peak (US)", Wed 13:00 in America/New_York)'],
  trace: { v: 1, card: "RC-TENANT-001", version: 1, event: "sms.delivered", units: 1, source: "time_band" },
  occurred_at: "2024-12-25T18:00:00.000Z",
  recorded_at: TIME_EXAMPLE,
};

/** A row of the ledger as the API shows it; the first fields are the guide's. */
export const transactionBody = fields.meta({ id: "Transaction", examples: [TRANSACTION_EXAMPLE] });

export function toTransactionBody(view: TransactionView): TransactionBody {
  const isCharge = view.entryType === "charge";
  const trace = isCharge ? ratingTrace.safeParse(view.trace) : null;
  return {
    transaction_id: view.transactionId,
    tenant_id: view.tenantId,
    event_id: view.eventId,
    amount: formatMoney(isCharge ? money(0n - view.amount) : view.amount),
    currency: view.currency,
    status: "completed",
    wallet_id: view.walletId,
    sequence: view.sequence.toString(),
    type: view.entryType,
    event_type: view.eventType,
    message_id: view.messageId,
    charge: view.charge === null ? null : toChargeSteps(view.charge),
    balance_before: formatMoney(view.balanceBefore),
    balance_after: formatMoney(view.balanceAfter),
    explanation: trace?.success === true ? describeCharge(trace.data, view.currency) : [],
    trace: view.trace,
    occurred_at: isoTime(view.occurredAt),
    recorded_at: isoTime(view.recordedAt),
  };
}

export function toChargeSteps(steps: ChargeSteps): z.infer<typeof chargeSteps> {
  return {
    base_amount: formatMoney(steps.base),
    discount: formatMoney(steps.discount),
    subtotal: formatMoney(steps.subtotal),
    tax: formatMoney(steps.tax),
    total: formatMoney(steps.total),
  };
}
