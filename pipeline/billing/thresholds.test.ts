import { describe, expect, test } from "@jest/globals";
import { parseMoney, type Money } from "#domain/money/money.ts";
import type { WalletConfiguration } from "#domain/tenants/tenant.ts";
import { crossings, thresholdTriggers } from "./thresholds.ts";

const units = (text: string): Money => parseMoney(text) as Money;

function wallet(low: string | null, critical: string | null): WalletConfiguration {
  return { walletId: "w", currency: "USD", kind: "prepaid", creditLimit: "0", thresholds: { low, critical } };
}

const step = (amount: string, balanceAfter: string) => ({
  sequence: 7n,
  amount: units(amount),
  balanceAfter: units(balanceAfter),
});

describe("a step of the balance", () => {
  test.each([
    ["touches the limit from above", "-1", "10", []],
    ["falls below it", "-0.000000000000000001", "9.999999999999999999", ["low"]],
    ["stays below", "-1", "8", []],
    ["falls through all", "-20", "-1", ["low", "critical", "negative"]],
    ["falls from low to critical", "-5", "4", ["critical"]],
    ["rises to the limit", "3", "10", ["recovered"]],
    ["rises, not far enough", "3", "9", []],
  ])("%s", (_, amount, after, expected) => {
    expect(crossings(step(amount, after), wallet("10", "5"))).toEqual(expected);
  });

  test("without limits only zero counts", () => {
    expect(crossings(step("-2", "-1"), wallet(null, null))).toEqual(["negative"]);
    expect(crossings(step("2", "0"), wallet(null, null))).toEqual(["recovered"]);
  });
});

test("a trigger's id is wallet, threshold and sequence", () => {
  const triggers = thresholdTriggers([step("-20", "-1")], wallet("10", null), "T", 5);
  expect(triggers.map(({ id, balance }) => [id, balance])).toEqual([
    ["wallet:w:low:7", "-1"],
    ["wallet:w:negative:7", "-1"],
  ]);
});
