/** The workflow's type, as workflow.ts exports it. */
export const PAYMENT_COLLECTION = "paymentCollection";

/** One per payment: an invoice is collected once, a top-up is one payment. */
export function paymentCollectionWorkflowId(paymentId: string): string {
  return `payment-${paymentId}`;
}

/** The payment of an invoice. */
export function invoicePaymentId(invoiceId: string): string {
  return `inv-${invoiceId}`;
}

/** Signal: something happened to the payment at its provider or in the store; both are asked. Carries nothing, so nothing of it is believed. */
export const PROVIDER_CHANGED = "providerChanged";

/** Update: a person has seen a transfer on the bank's statement. The same reference again is the same transfer. */
export const RECORD_TRANSFER = "recordTransfer";

/** Update: nobody waits for the money any more. */
export const CANCEL_PAYMENT = "cancelPayment";

/** Update: collect now, without waiting for the calendar. */
export const RETRY_PAYMENT = "retryPayment";

/** Update: the payer is there and wants to pay: answers with the link. */
export const PAY_NOW = "payNow";

/** Update: collect by another method from now on, and at once. */
export const CHANGE_METHOD = "changeMethod";

/** Query: how far it is. */
export const PAYMENT_STATE = "state";

/** What is said by mail: to the payer. */
export const PAYMENT_MAILS = [
  "action",
  "transfer",
  "reminder",
  "declined",
  "overdue",
  "receipt",
  "cancelled",
] as const;
