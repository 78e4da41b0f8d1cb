import { z } from "zod";

/** The workflow's type, as workflow.ts exports it. */
export const PAYMENT_COLLECTION = "paymentCollection";

/** One per payment: an invoice is collected once, a top-up is one payment. */
export function paymentCollectionWorkflowId(paymentId: string): string {
  return `payment-${paymentId}`;
}

export const paymentCollectionInput = z.object({
  /** Ours: "inv-<invoice id>" of an invoice, a UUID otherwise. */
  paymentId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/),
  tenantId: z.string().min(1).max(64),
  walletId: z.string().min(1).max(64),
  purpose: z.enum(["invoice", "top_up", "auto_recharge"]),
  /** Null unless the purpose is an invoice. */
  invoiceId: z.string().nullable(),
  invoiceNumber: z.string().nullable(),
  /** Minor units of the currency, as decimal digits. */
  amountMinor: z.string().regex(/^[1-9]\d{0,17}$/, "must be a whole number of minor units above zero"),
  /** ISO 4217. */
  currency: z.string().regex(/^[A-Z]{3}$/),
  actor: z.string().min(1).max(200),
});

export type PaymentCollectionInput = z.infer<typeof paymentCollectionInput>;
