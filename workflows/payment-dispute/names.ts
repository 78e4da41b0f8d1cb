/** The workflow's type, as workflow.ts exports it. */
export const PAYMENT_DISPUTE = "paymentDispute";

/** One per disputed attempt of a payment. */
export function paymentDisputeWorkflowId(paymentId: string, attempt: number): string {
  return `dispute-${paymentId}-${attempt}`;
}

/** Signal: what the provider told, authentic. */
export const DISPUTE_NEWS = "disputeNews";
