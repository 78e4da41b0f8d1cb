import type { Money } from "#domain/money/money.ts";
import type { ThresholdLimits } from "./threshold-limits.ts";

/** From the mildest on. */
export const ALERTS = ["low", "critical", "negative"] as const;
export type Alert = (typeof ALERTS)[number];

const KEY = "alert:";

/** The wallet's counter that tells whether the alert is raised (1) or not (0): it moves with the balance, in the same step. */
export function alertCounter(alert: Alert): string {
  return KEY + alert;
}

const COUNTERS: Readonly<Record<Alert, string>> = {
  low: alertCounter("low"),
  critical: alertCounter("critical"),
  negative: alertCounter("negative"),
};

const NOTHING: readonly (readonly [string, bigint])[] = Object.freeze([]);

/**
 * The alert counters that a new balance moves, with their values after it. An alert is raised when the balance is below its limit, and
 * once; it counts again when the balance has reached the rearming level. Whoever replays the same steps gets the same alerts.
 */
export function alertsMoved(
  limits: ThresholdLimits,
  balance: Money,
  counters: ReadonlyMap<string, bigint>,
): readonly (readonly [string, bigint])[] {
  let moved: (readonly [string, bigint])[] | null = null;
  for (const alert of ALERTS) {
    const level = limits[alert];
    if (level === null) continue;
    const counter = COUNTERS[alert];
    const raised = counters.get(counter) === 1n;
    if (raised ? balance >= level.rearm : balance < level.limit)
      (moved ??= []).push([counter, raised ? 0n : 1n]);
  }
  return moved ?? NOTHING;
}

/** What the moves of an entry tell: alerts that were raised, and `recovered` once the mildest that the wallet has is not raised any more. */
export function alertsTold(
  moved: readonly (readonly [string, bigint])[],
  limits: ThresholdLimits,
): readonly (Alert | "recovered")[] {
  const mildest = ALERTS.find((alert) => limits[alert] !== null);
  return ALERTS.flatMap((alert) => {
    const value = moved.find(([counter]) => counter === COUNTERS[alert])?.[1];
    if (value === 1n) return [alert];
    return value === 0n && alert === mildest ? ["recovered" as const] : [];
  });
}
