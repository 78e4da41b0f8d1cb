import { expect, test } from "@jest/globals";
import { money } from "#domain/money/money.ts";
import { zoneClock } from "#domain/rating/zone-clock.ts";
import { judgeRecharge, monthStart, RECHARGE_LIMITS, type RechargeHistory } from "./recharge-limits.ts";

const quiet: RechargeHistory = {
  platformLastMinute: 0,
  tenantLastHour: 0,
  tenantLastDay: 0,
  tenantThisMonth: money(0n),
};
const wanted = { amount: money(100n), monthlyCap: money(500n) };

test("one that keeps within every limit is allowed, to the last unit of the cap", () => {
  expect(judgeRecharge(wanted, quiet).kind).toBe("allowed");
  expect(judgeRecharge(wanted, { ...quiet, tenantThisMonth: money(400n) }).kind).toBe("allowed");
});

test.each([
  ["platform_breaker", { platformLastMinute: RECHARGE_LIMITS.platformPerMinute }],
  ["tenant_rate", { tenantLastHour: RECHARGE_LIMITS.tenantPerHour }],
  ["tenant_rate", { tenantLastDay: RECHARGE_LIMITS.tenantPerDay }],
  ["monthly_cap", { tenantThisMonth: money(401n) }],
])("%s stops it", (by, history) => {
  expect(judgeRecharge(wanted, { ...quiet, ...history })).toMatchObject({ kind: "refused", by });
});

test("when a thousand wallets read zero in the same minute, no more cards are charged than the breaker lets through", () => {
  let begun = 0;
  for (let tenant = 0; tenant < 1_000; tenant += 1)
    if (judgeRecharge(wanted, { ...quiet, platformLastMinute: begun }).kind === "allowed") begun += 1;
  expect(begun).toBe(RECHARGE_LIMITS.platformPerMinute);
});

test.each([
  ["America/New_York", "2026-12-01T04:59:59Z", "2026-11-01T04:00:00Z"],
  ["America/New_York", "2026-12-01T05:00:00Z", "2026-12-01T05:00:00Z"],
  ["Pacific/Auckland", "2026-11-30T11:00:00Z", "2026-11-30T11:00:00Z"],
  ["UTC", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"],
])("in %s, the month of %s began at %s", (zone, now, start) => {
  expect(monthStart(zoneClock(zone)!, Date.parse(now))).toBe(Date.parse(start));
});
