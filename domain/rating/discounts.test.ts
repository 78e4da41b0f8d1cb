import { describe, expect, test } from "@jest/globals";
import { Decimal } from "decimal.js";
import * as fc from "fast-check";
import { formatMoney, type Money, money, parseMoney, sum } from "#domain/money/money.ts";
import { formatPercent, parsePercent, type Percent } from "#domain/money/percent.ts";
import {
  ADDITIVE,
  type ApplicableDiscount,
  combineDiscounts,
  DISCOUNT_KINDS,
  type DiscountKind,
  type DiscountRule,
} from "./discounts.ts";

const amount = (text: string): Money => parseMoney(text) as Money;
const percent = (text: string): Percent => parsePercent(text) as Percent;
const discount = (kind: DiscountKind, text: string, most: string | null = null): ApplicableDiscount => ({
  kind,
  name: kind,
  percent: percent(text),
  most: most === null ? null : amount(most),
});
const COMPOUNDING: DiscountRule = { ...ADDITIVE, combine: "compounding" };

function combined(rule: DiscountRule, base: string, ...discounts: ApplicableDiscount[]) {
  const result = combineDiscounts(rule, amount(base), discounts);
  return `${formatMoney(result.discount)} ${formatPercent(result.percent)}% ${result.exact ? "exact" : "rounded"}`;
}

describe("combineDiscounts", () => {
  test("Example 1: one discount", () => {
    expect(combined(ADDITIVE, "0.015", discount("volume", "5"))).toBe("0.00075 5% exact");
    expect(combined(COMPOUNDING, "0.015", discount("volume", "5"))).toBe("0.00075 5% exact");
    expect(combined(ADDITIVE, "0.015")).toBe("0 0% exact");
  });

  test("additive adds percentages, compounding takes each off the rest", () => {
    const both = [discount("volume", "10"), discount("loyalty", "20")];
    expect(combined(ADDITIVE, "1", ...both)).toBe("0.3 30% exact");
    expect(combined(COMPOUNDING, "1", ...both)).toBe("0.28 28% exact");
  });

  test("all together take at most the rule's share, in the rule's order", () => {
    const rule = {
      ...ADDITIVE,
      max: percent("25"),
      order: ["promotion", "volume", "loyalty", "bulk"] as const,
    };
    const all = [discount("volume", "10"), discount("loyalty", "20"), discount("promotion", "12")];
    const result = combineDiscounts(rule, amount("1"), all);
    expect(result.steps.map((step) => `${step.kind} ${formatMoney(step.amount)}`)).toEqual([
      "promotion 0.12",
      "volume 0.1",
      "loyalty 0.03",
    ]);
    expect(formatMoney(result.discount)).toBe("0.25");
  });

  test("a promotion's remaining amount caps it", () => {
    expect(combined(ADDITIVE, "1", discount("promotion", "50", "0.2"))).toBe("0.2 20% exact");
    expect(combined(ADDITIVE, "1", discount("promotion", "50", "0"))).toBe("0 0% exact");
  });

  test("rounds half-even at the 18th decimal, and says so", () => {
    expect(combined(ADDITIVE, "0.000000000000000001", discount("volume", "50"))).toBe("0 50% rounded");
    expect(combined(ADDITIVE, "0.000000000000000003", discount("volume", "50"))).toBe(
      "0.000000000000000002 50% rounded",
    );
  });

  test("steps add up, never exceed the base, and follow decimal.js", () => {
    const Exact = Decimal.clone({ precision: 80, defaults: true });
    const discounts = fc.array(
      fc.record({
        kind: fc.constantFrom(...DISCOUNT_KINDS),
        name: fc.constant("n"),
        percent: fc.bigInt(0n, 100n * 10n ** 18n).map((units) => units as Percent),
        most: fc.option(fc.bigInt(0n, 10n ** 19n).map(money), { nil: null }),
      }),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(fc.boolean(), fc.bigInt(0n, 10n ** 30n), discounts, (compound, units, list) => {
        const rule = compound ? COMPOUNDING : ADDITIVE;
        const base = money(units);
        const result = combineDiscounts(rule, base, list);
        expect(sum(result.steps.map((step) => step.amount))).toBe(result.discount);
        expect(result.discount).toBeLessThanOrEqual(base);
        let taken = new Exact(0);
        for (const kind of rule.order) {
          for (const one of list.filter((each) => each.kind === kind)) {
            const from = compound ? new Exact(base.toString()).minus(taken) : new Exact(base.toString());
            const product = from
              .times(one.percent.toString())
              .dividedBy("1e20")
              .toDecimalPlaces(0, Decimal.ROUND_HALF_EVEN);
            const left = new Exact(base.toString()).minus(taken);
            taken = taken.plus(Exact.min(product, one.most?.toString() ?? product, left));
          }
        }
        expect(result.discount.toString()).toBe(taken.toFixed());
      }),
    );
  });
});
