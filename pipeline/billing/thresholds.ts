import type { WorkflowTrigger } from "#domain/events/workflow-trigger.ts";
import { formatMoney, type Money } from "#domain/money/money.ts";
import type { WalletConfiguration } from "#domain/tenants/tenant.ts";
import { alertsTold } from "#domain/wallet/alerts.ts";
import { thresholdLimits } from "#domain/wallet/threshold-limits.ts";

/** A step of a wallet's balance, as the ledger has it. */
export interface BalanceStep {
  readonly sequence: bigint;
  readonly balanceAfter: Money;
  /** The counters that it moved, alerts among them. */
  readonly counters: readonly (readonly [string, bigint])[];
}

/** The triggers of a wallet's steps; the same step gives the same ids whenever it is looked at again. */
export function thresholdTriggers(
  steps: readonly BalanceStep[],
  wallet: WalletConfiguration,
  tenantId: string,
  at: number,
): WorkflowTrigger[] {
  return steps.flatMap((step) => {
    if (step.counters.length === 0) return [];
    return alertsTold(step.counters, thresholdLimits(wallet)).map((threshold) => ({
      v: 1 as const,
      type: "wallet.threshold" as const,
      id: `wallet:${wallet.walletId}:${threshold}:${step.sequence}`,
      tenantId,
      walletId: wallet.walletId,
      threshold,
      balance: formatMoney(step.balanceAfter),
      currency: wallet.currency,
      at,
    }));
  });
}
