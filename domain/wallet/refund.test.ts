import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { money, parseMoney, type Money, ZERO } from "#domain/money/money.ts";
import { refundOf, type Movement } from "./refund.ts";

const of = (text: string): Money => parseMoney(text) as Money;
const NOTHING: Movement = { amount: ZERO, revenue: ZERO, tax: ZERO, commission: ZERO };
/** Example 1: 0.01539 with 8 % tax. */
const CHARGE: Movement = {
  amount: of("-0.01539"),
  revenue: of("0.01425"),
  tax: of("0.00114"),
  commission: of("0.001425"),
};

const sum = (one: Movement, other: Movement): Movement => ({
  amount: money(one.amount + other.amount),
  revenue: money(one.revenue + other.revenue),
  tax: money(one.tax + other.tax),
  commission: money(one.commission + other.commission),
});

function refunded(charge: Movement, corrected: Movement, wanted: Money | null): Movement {
  const outcome = refundOf(charge, corrected, wanted);
  if (outcome.kind !== "refund") throw new Error(outcome.kind);
  return outcome.movement;
}

describe("a refund", () => {
  test("of all that is left reverses the charge to the digit", () => {
    expect(refunded(CHARGE, NOTHING, null)).toEqual({
      amount: of("0.01539"),
      revenue: of("-0.01425"),
      tax: of("-0.00114"),
      commission: of("-0.001425"),
    });
  });

  test("of a part takes tax in proportion", () => {
    expect(refunded(CHARGE, NOTHING, of("0.0108"))).toEqual({
      amount: of("0.0108"),
      revenue: of("-0.01"),
      tax: of("-0.0008"),
      commission: of("-0.001"),
    });
  });

  test("never exceeds what is left", () => {
    expect(refundOf(CHARGE, NOTHING, of("0.015390000000000001"))).toEqual({
      kind: "exceeds",
      remaining: of("0.01539"),
    });
    const half = refunded(CHARGE, NOTHING, of("0.01"));
    expect(refundOf(CHARGE, half, of("0.00539000001"))).toEqual({
      kind: "exceeds",
      remaining: of("0.00539"),
    });
    const all = sum(half, refunded(CHARGE, half, null));
    expect(refundOf(CHARGE, all, null)).toEqual({ kind: "exceeds", remaining: ZERO });
    expect(refundOf(CHARGE, all, of("0.1"))).toEqual({ kind: "exceeds", remaining: ZERO });
  });

  test("of nothing, or of less, is none", () => {
    for (const amount of ["0", "-1"])
      expect(refundOf(CHARGE, NOTHING, of(amount))).toEqual({ kind: "exceeds", remaining: of("0.01539") });
  });

  test("in whatever parts adds up to the charge, each part balanced", () => {
    const units = fc.bigInt({ min: 1n, max: 10n ** 24n });
    fc.assert(
      fc.property(
        units,
        fc.bigInt({ min: 0n, max: 10n ** 24n }),
        fc.array(units, { maxLength: 8 }),
        (net, tax, parts) => {
          const charge = {
            amount: money(-net - tax),
            revenue: money(net),
            tax: money(tax),
            commission: money(net / 7n),
          };
          let corrected = NOTHING;
          for (const part of [...parts, null]) {
            const outcome = refundOf(charge, corrected, part === null ? null : money(part));
            if (outcome.kind !== "refund") continue;
            const { amount, revenue, tax: taxBack } = outcome.movement;
            expect(amount + revenue + taxBack).toBe(0n);
            expect(revenue <= 0n && taxBack <= 0n).toBe(true);
            corrected = sum(corrected, outcome.movement);
          }
          expect(sum(charge, corrected)).toEqual(NOTHING);
        },
      ),
    );
  });
});
