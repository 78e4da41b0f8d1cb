import { describe, expect, test } from "@jest/globals";
import { Decimal } from "decimal.js";
import * as fc from "fast-check";
import { formatFactor, multiplyByFactor, parseFactor } from "./factor.ts";
import { money, parseMoney } from "./money.ts";
import { applyPercent, formatPercent, parsePercent } from "./percent.ts";
import { divideHalfEven } from "./rounding.ts";

const Exact = Decimal.clone({
  precision: 60,
  rounding: Decimal.ROUND_HALF_EVEN,
  toExpNeg: -1000,
  toExpPos: 1000,
});

describe("divideHalfEven", () => {
  test.each([
    [5n, 10n, 0n, false],
    [15n, 10n, 2n, false],
    [25n, 10n, 2n, false],
    [-5n, 10n, 0n, false],
    [-15n, 10n, -2n, false],
    [-25n, 10n, -2n, false],
    [26n, 10n, 3n, false],
    [-24n, 10n, -2n, false],
    [30n, 10n, 3n, true],
    [7n, 3n, 2n, false],
    [8n, 3n, 3n, false],
  ])("%s / %s", (numerator, denominator, amount, exact) => {
    expect(divideHalfEven(numerator, denominator)).toEqual({ amount, exact });
  });

  test("refuses a denominator that is not positive", () => {
    expect(() => divideHalfEven(1n, 0n)).toThrow(RangeError);
    expect(() => divideHalfEven(1n, -1n)).toThrow(RangeError);
  });
});

const amounts = fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n }).map(money);
const units = fc.oneof(
  fc.bigInt({ min: 0n, max: 1000n * 10n ** 18n }),
  fc.bigInt({ min: 0n, max: 100n }).map((n) => (n * 10n ** 18n) / 2n),
);

test("percentages and factors agree with decimal.js rounded half-even", () => {
  fc.assert(
    fc.property(amounts, units, (amount, scaled) => {
      const text = new Exact(scaled.toString()).div("1e18").toFixed();
      const percent = parsePercent(text);
      const factor = parseFactor(text);
      if (percent === null || factor === null) throw new Error(text);
      expect(formatPercent(percent)).toBe(text);
      expect(formatFactor(factor)).toBe(text);
      const product = new Exact(amount.toString()).times(text);
      expect(multiplyByFactor(amount, factor).amount.toString()).toBe(plain(product.toDecimalPlaces(0)));
      expect(multiplyByFactor(amount, factor).exact).toBe(product.isInteger());
      expect(applyPercent(amount, percent).amount.toString()).toBe(
        plain(product.div(100).toDecimalPlaces(0)),
      );
      expect(applyPercent(amount, percent).exact).toBe(product.div(100).isInteger());
    }),
    { numRuns: 2000 },
  );
});

/** decimal.js knows a negative zero. */
function plain(value: Decimal): string {
  return value.isZero() ? "0" : value.toFixed(0);
}

test("percentages and factors have bounds", () => {
  expect(parsePercent("8")).toBe(8n * 10n ** 18n);
  expect(parsePercent("1e-18")).toBe(1n);
  for (const text of ["-1", "1000.1", "8%", "", "1e-19"]) {
    expect(parsePercent(text)).toBeNull();
    expect(parseFactor(text)).toBeNull();
  }
});

test("8 % of the smallest unit rounds to nothing, half of three units to the even two", () => {
  const smallest = parseMoney("1e-18");
  const fifty = parsePercent("50");
  const eight = parsePercent("8");
  if (smallest === null || fifty === null || eight === null) throw new Error("unreadable");
  expect(applyPercent(smallest, eight)).toEqual({ amount: 0n, exact: false });
  expect(applyPercent(money(3n), fifty)).toEqual({ amount: 2n, exact: false });
  expect(applyPercent(money(1n), fifty)).toEqual({ amount: 0n, exact: false });
});
