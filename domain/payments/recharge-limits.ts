import type { Money } from "#domain/money/money.ts";
import type { ZoneClock } from "#domain/rating/zone-clock.ts";

/** How many automatic recharges there may be before something is wrong, whatever any balance says. */
export interface RechargeLimits {
  /** Of all tenants together in the last minute: a cache that reads zero must not charge every card. */
  readonly platformPerMinute: number;
  /** Of one tenant in the last hour. */
  readonly tenantPerHour: number;
  /** Of one tenant in the last 24 hours. */
  readonly tenantPerDay: number;
}

export const RECHARGE_LIMITS: RechargeLimits = { platformPerMinute: 30, tenantPerHour: 2, tenantPerDay: 6 };

/** Recharges that were begun, whatever became of them: one that was declined counts, too. */
export interface RechargeHistory {
  readonly platformLastMinute: number;
  readonly tenantLastHour: number;
  readonly tenantLastDay: number;
  /** Amounts of the tenant's calendar month that were or may still be collected. */
  readonly tenantThisMonth: Money;
}

export interface WantedRecharge {
  readonly amount: Money;
  /** Most of a calendar month in the tenant's zone. */
  readonly monthlyCap: Money;
}

/**
 * `platform_breaker`: too many recharge at once, a person looks; `tenant_rate`: this one too often; `monthly_cap`: what the tenant allowed
 * is used up.
 */
export type RechargeVerdict =
  | { readonly kind: "allowed" }
  | {
      readonly kind: "refused";
      readonly by: "platform_breaker" | "tenant_rate" | "monthly_cap";
      readonly because: string;
    };

/** Whether one more automatic recharge may be begun. */
export function judgeRecharge(
  { amount, monthlyCap }: WantedRecharge,
  history: RechargeHistory,
  limits: RechargeLimits = RECHARGE_LIMITS,
): RechargeVerdict {
  const refused = (
    by: "platform_breaker" | "tenant_rate" | "monthly_cap",
    because: string,
  ): RechargeVerdict => ({
    kind: "refused",
    by,
    because,
  });
  if (history.platformLastMinute >= limits.platformPerMinute)
    return refused("platform_breaker", `${history.platformLastMinute} recharges began within a minute`);
  if (history.tenantLastHour >= limits.tenantPerHour)
    return refused("tenant_rate", `${history.tenantLastHour} recharges of this tenant began within an hour`);
  if (history.tenantLastDay >= limits.tenantPerDay)
    return refused("tenant_rate", `${history.tenantLastDay} recharges of this tenant began within a day`);
  if (history.tenantThisMonth + amount > monthlyCap)
    return refused("monthly_cap", "this month's recharges have reached the cap that the tenant set");
  return { kind: "allowed" };
}

/** Epoch ms at which the calendar month of the zone that holds `now` began. */
export function monthStart(clock: ZoneClock, now: number): number {
  const local = new Date(now + clock.offset(now));
  return clock.startOfDay(local.getUTCFullYear(), local.getUTCMonth() + 1, 1);
}
