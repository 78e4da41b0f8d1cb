/** The workflow's type, as workflow.ts exports it. */
export const PAYMENT_REFUND = "paymentRefund";

/** One per refund. */
export function paymentRefundWorkflowId(refundId: string): string {
  return `refund-${refundId}`;
}

/** Signal: something happened to the refund at its provider, which is asked. */
export const REFUND_CHANGED = "refundChanged";

/** Query: how far it is. */
export const REFUND_STATE = "state";
