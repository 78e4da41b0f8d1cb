import type { RechargeRequest } from "./api.ts";

/** The workflow's type, as workflow.ts exports it. */
export const LOW_BALANCE = "lowBalance";

/** One per wallet: it lives from the first alert until the balance has recovered. */
export function lowBalanceWorkflowId(walletId: string): string {
  return `low-balance-${walletId}`;
}

/** Signal: the balance crossed a threshold. The same id again changes nothing. */
export const THRESHOLD_CROSSED = "thresholdCrossed";

/** The payment of a crossing: a charge that crosses several thresholds at once is one of them. Null for an id that is no crossing's. */
export function rechargePaymentId({
  walletId,
  triggerId,
}: Pick<RechargeRequest, "walletId" | "triggerId">): string | null {
  const sequence = /:(\d+)$/.exec(triggerId)?.[1];
  return sequence === undefined ? null : `recharge-${walletId}-${sequence}`;
}
