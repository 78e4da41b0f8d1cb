import { describe, expect, test } from "@jest/globals";
import { parseMoney, type Money } from "#domain/money/money.ts";
import { marginOf, marginPercent, type MarginRow } from "./margin.ts";

const of = (text: string): Money => parseMoney(text) as Money;
const row = (revenue: string, cost: string, commission: string): MarginRow => ({
  group: {},
  currency: "USD",
  charges: 1n,
  withoutCost: 0n,
  revenue: of(revenue),
  cost: of(cost),
  commission: of(commission),
});

describe("margin", () => {
  test("is revenue less cost and commission", () => {
    expect(marginOf(row("0.01425", "0.009", "0.0001425"))).toBe(of("0.0051075"));
    expect(marginOf(row("1", "1.5", "0"))).toBe(of("-0.5"));
  });

  test("in percent has two decimals, and none without revenue", () => {
    expect(marginPercent(row("0.01425", "0.009", "0"))).toBe("36.84");
    expect(marginPercent(row("1", "1.5", "0"))).toBe("-50.00");
    expect(marginPercent(row("1000", "999.999", "0"))).toBe("0.00");
    expect(marginPercent(row("1000", "999", "0"))).toBe("0.10");
    expect(marginPercent(row("0", "1", "0"))).toBeNull();
  });
});
