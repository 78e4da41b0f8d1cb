import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { Rejected } from "#domain/errors.ts";
import { minorUnits } from "#domain/money/allocate.ts";
import { unitsOf } from "../../examples/paypal-simulator/amounts.ts";
import { fromPaypalAmount, toPaypalAmount } from "./amounts.ts";

const currencies = Intl.supportedValuesOf("currency");

describe("amounts at PayPal", () => {
  test.each([
    ["USD", 1999n, "19.99"],
    ["USD", 5n, "0.05"],
    ["EUR", 100_000n, "1000.00"],
    ["JPY", 500n, "500"],
    ["HUF", 104_500n, "1045"],
    ["TWD", 80_000n, "800"],
  ])("%s %i is %s there", (currency, minor, value) => {
    expect(toPaypalAmount(minor, currency)).toEqual({ currency_code: currency, value });
    expect(fromPaypalAmount({ currency_code: currency, value })).toBe(minor);
  });

  test.each([
    ["HUF", 1045n],
    ["TWD", 1n],
    ["USD", 0n],
    ["USD", -5n],
    ["USD", 1_000_000_000n],
    ["KWD", 1000n],
    ["INR", 1000n],
  ])("%s %i is refused rather than rounded", (currency, minor) => {
    expect(() => toPaypalAmount(minor, currency)).toThrow(Rejected);
  });

  test.each([
    ["USD", "-0.88", -88n],
    ["USD", "-19", -1900n],
    ["JPY", "500.00", 500n],
  ])("%s %s is read as %i", (currency, value, minor) => {
    expect(fromPaypalAmount({ currency_code: currency, value })).toBe(minor);
  });

  test.each(["1.999", "1e3", "", "1,00", "--1", " 1"])("%j is no amount", (value) => {
    expect(() => fromPaypalAmount({ currency_code: "USD", value })).toThrow(RangeError);
  });

  test("what PayPal takes is the same money there and back, in every currency, and as its simulator reads it", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...currencies),
        fc.bigInt({ min: 1n, max: 10n ** 10n }),
        (currency, minor) => {
          let there: ReturnType<typeof toPaypalAmount>;
          try {
            there = toPaypalAmount(minor, currency);
          } catch (error) {
            expect(error).toBeInstanceOf(Rejected);
            return;
          }
          expect(there.value).toMatch(["HUF", "JPY", "TWD"].includes(currency) ? /^\d+$/ : /^\d+\.\d\d$/);
          expect(fromPaypalAmount(there)).toBe(minor);
          const decimals = there.value.includes(".") ? 2 : 0;
          expect(unitsOf(there).units * 10n ** BigInt(minorUnits(currency) - decimals)).toBe(minor);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
