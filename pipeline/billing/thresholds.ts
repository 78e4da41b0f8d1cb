import type { WorkflowTrigger } from "#domain/events/workflow-trigger.ts";
import { formatMoney, money, parseMoney, type Money } from "#domain/money/money.ts";
import type { WalletConfiguration } from "#domain/tenants/tenant.ts";

/** A step of a wallet's balance, as the ledger has it. */
export interface BalanceStep {
  readonly sequence: bigint;
  readonly amount: Money;
  readonly balanceAfter: Money;
}

type Threshold = WorkflowTrigger["threshold"];

/** What one step crosses: downwards each limit, upwards the highest one that is set. */
export function crossings(step: BalanceStep, wallet: WalletConfiguration): Threshold[] {
  const before = money(step.balanceAfter - step.amount);
  const low = wallet.thresholds.low === null ? null : parseMoney(wallet.thresholds.low);
  const critical = wallet.thresholds.critical === null ? null : parseMoney(wallet.thresholds.critical);
  const fellBelow = (limit: Money | null): boolean =>
    limit !== null && before >= limit && step.balanceAfter < limit;
  const crossed: Threshold[] = [];
  if (fellBelow(low)) crossed.push("low");
  if (fellBelow(critical)) crossed.push("critical");
  if (fellBelow(money(0n))) crossed.push("negative");
  const healthy = low ?? critical ?? money(0n);
  if (before < healthy && step.balanceAfter >= healthy) crossed.push("recovered");
  return crossed;
}

/** The triggers of a wallet's steps; the same step gives the same ids whenever it is looked at again. */
export function thresholdTriggers(
  steps: readonly BalanceStep[],
  wallet: WalletConfiguration,
  tenantId: string,
  at: number,
): WorkflowTrigger[] {
  return steps.flatMap((step) =>
    crossings(step, wallet).map((threshold) => ({
      v: 1 as const,
      type: "wallet.threshold" as const,
      id: `wallet:${wallet.walletId}:${threshold}:${step.sequence}`,
      tenantId,
      walletId: wallet.walletId,
      threshold,
      balance: formatMoney(step.balanceAfter),
      currency: wallet.currency,
      at,
    })),
  );
}
