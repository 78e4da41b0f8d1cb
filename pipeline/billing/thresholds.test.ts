import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { formatMoney, type Money, money, parseMoney } from "#domain/money/money.ts";
import type { WalletConfiguration } from "#domain/tenants/tenant.ts";
import { alertsMoved } from "#domain/wallet/alerts.ts";
import { thresholdLimits } from "#domain/wallet/threshold-limits.ts";
import { type BalanceStep, thresholdTriggers } from "./thresholds.ts";

const units = (text: string): Money => parseMoney(text) as Money;

function wallet(low: string | null, critical: string | null, hysteresisPercent = "0"): WalletConfiguration {
  const thresholds = { low, critical, hysteresisPercent };
  return { walletId: "w", currency: "USD", kind: "prepaid", creditLimit: "0", thresholds };
}

/** The steps of a wallet that goes through these balances, as charging makes them. */
function steps(configuration: WalletConfiguration, balances: readonly Money[]): BalanceStep[] {
  const counters = new Map<string, bigint>();
  return balances.map((balanceAfter, index) => {
    const moved = alertsMoved(thresholdLimits(configuration), balanceAfter, counters);
    for (const [counter, value] of moved) counters.set(counter, value);
    return { sequence: BigInt(index + 1), balanceAfter, counters: moved };
  });
}

function told(configuration: WalletConfiguration, ...balances: string[]): string[] {
  const through = steps(configuration, balances.map(units));
  return thresholdTriggers(through, configuration, "T", 5).map(
    ({ threshold, balance }) => `${threshold} ${balance}`,
  );
}

describe("triggers of a balance that goes", () => {
  test.each<[string, string[], string[]]>([
    ["to the limit", ["20", "10"], []],
    ["below it", ["20", "9.999999999999999999", "8"], ["low 9.999999999999999999"]],
    ["through all", ["19", "-1"], ["low -1", "critical -1", "negative -1"]],
    ["from low to critical", ["9", "4"], ["low 9", "critical 4"]],
    ["back to the limit", ["7", "10"], ["low 7", "recovered 10"]],
    ["up, not far enough", ["6", "9"], ["low 6"]],
    ["down again", ["6", "10", "6"], ["low 6", "recovered 10", "low 6"]],
  ])("%s", (_, balances, expected) => {
    expect(told(wallet("10", "5"), ...balances)).toEqual(expected);
  });

  test("without limits only zero counts", () => {
    expect(told(wallet(null, null), "1", "-1", "0")).toEqual(["negative -1", "recovered 0"]);
  });

  test("with hysteresis a balance that trembles around the limit raises one alert", () => {
    const trembling = ["20", "9.9", "10.1", "9.8", "10.4", "9.9", "10.5", "9.9"];
    expect(told(wallet("10", null, "5"), ...trembling)).toEqual(["low 9.9", "recovered 10.5", "low 9.9"]);
  });

  test("of a postpaid wallet, negative is beyond its credit", () => {
    const postpaid = { ...wallet(null, null), kind: "postpaid" as const, creditLimit: "100" };
    expect(told(postpaid, "-1", "-100", "-100.5", "-99")).toEqual(["negative -100.5", "recovered -99"]);
  });

  test("alerts alternate with recoveries, whatever the balance does", () => {
    const walk = fc.array(fc.integer({ min: -30, max: 30 }), { maxLength: 200 });
    fc.assert(
      fc.property(walk, fc.integer({ min: 0, max: 50 }), (moves, hysteresis) => {
        let balance = 20;
        const configuration = wallet("10", "5", String(hysteresis));
        const balances = moves.map((move) => money(BigInt((balance += move)) * 10n ** 18n));
        const lows = thresholdTriggers(steps(configuration, balances), configuration, "T", 0)
          .map(({ threshold }) => threshold)
          .filter((threshold) => threshold === "low" || threshold === "recovered");
        for (const [index, threshold] of lows.entries())
          expect(threshold).toBe(index % 2 === 0 ? "low" : "recovered");
      }),
    );
  });
});

test("a trigger's id is wallet, threshold and sequence", () => {
  const configuration = wallet("10", null);
  const triggers = thresholdTriggers(steps(configuration, [units("-1")]), configuration, "T", 5);
  expect(triggers.map(({ id, balance }) => [id, balance])).toEqual([
    ["wallet:w:low:1", "-1"],
    ["wallet:w:negative:1", formatMoney(units("-1"))],
  ]);
});
