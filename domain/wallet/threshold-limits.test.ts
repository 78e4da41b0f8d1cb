import { describe, expect, test } from "@jest/globals";
import { formatMoney } from "#domain/money/money.ts";
import type { WalletConfiguration } from "#domain/tenants/tenant.ts";
import { type ThresholdLimit, thresholdLimits } from "./threshold-limits.ts";

const WALLET: WalletConfiguration = {
  walletId: "W",
  currency: "USD",
  kind: "prepaid",
  creditLimit: "0",
  thresholds: { low: null, critical: null },
};
const shown = (limit: ThresholdLimit | null): string | null =>
  limit === null ? null : `${formatMoney(limit.limit)}..${formatMoney(limit.rearm)}`;

describe("thresholdLimits", () => {
  test.each<[string, Partial<WalletConfiguration>, string | null, string | null]>([
    ["amounts", { thresholds: { low: "10", critical: "1" } }, "10..10.5", "1..1.05"],
    ["no hysteresis", { thresholds: { low: "10", critical: null, hysteresisPercent: "0" } }, "10..10", null],
    ["percent", { thresholds: { low: "15%", critical: "5%", reference: "1000" } }, "150..157.5", "50..52.5"],
    ["percent of nothing", { thresholds: { low: "15%", critical: null } }, null, null],
    [
      "percent of the credit that is left",
      { kind: "postpaid", creditLimit: "1000", thresholds: { low: "20%", critical: "5%" } },
      "-800..-760",
      "-950..-902.5",
    ],
    ["below zero", { thresholds: { low: "-10", critical: null } }, "-10..-9.5", null],
  ])("%s", (_name, change, low, critical) => {
    const limits = thresholdLimits({ ...WALLET, ...change });
    expect([shown(limits.low), shown(limits.critical)]).toEqual([low, critical]);
    expect(shown(limits.negative)).toBe(change.creditLimit === "1000" ? "-1000..-1000" : "0..0");
  });
});
