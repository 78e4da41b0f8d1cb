import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { Rejected } from "#domain/errors.ts";
import { minorUnits } from "#domain/money/allocate.ts";
import { fromStripeAmount, toStripeAmount } from "./amounts.ts";

/** Every currency that the runtime knows to be in use: 160 and more. */
const currencies = Intl.supportedValuesOf("currency");

describe("amounts at Stripe", () => {
  test.each([
    ["USD", 1999n, 1999],
    ["JPY", 500n, 500],
    ["HUF", 1045n, 1045],
    ["TWD", 80_000n, 80_000],
    ["ISK", 5n, 500],
    ["UGX", 5n, 500],
    ["MGA", 500n, 5],
    ["KWD", 5120n, 5120],
  ])("%s %i is %i there", (currency, minor, expected) => {
    expect(toStripeAmount(minor, currency)).toBe(expected);
    expect(fromStripeAmount(expected, currency.toLowerCase())).toBe(minor);
  });

  test.each([
    ["KWD", 5124n],
    ["MGA", 501n],
    ["USD", 0n],
    ["USD", -1n],
    ["USD", 100_000_000n],
    ["ISK", 1_000_000n],
    ["IQD", 1000n],
    ["CLF", 1000n],
  ])("%s %i is refused rather than rounded", (currency, minor) => {
    expect(() => toStripeAmount(minor, currency)).toThrow(Rejected);
  });

  test("what Stripe takes is the same money there and back, in every currency", () => {
    const amount = fc.bigInt({ min: 1n, max: 10n ** 9n });
    fc.assert(
      fc.property(fc.constantFrom(...currencies), amount, (currency, minor) => {
        let there: number;
        try {
          there = toStripeAmount(minor, currency);
        } catch (error) {
          expect(error).toBeInstanceOf(Rejected);
          return;
        }
        expect(Number.isSafeInteger(there) && there > 0).toBe(true);
        expect(fromStripeAmount(there, currency)).toBe(minor);
        expect(fromStripeAmount(-there, currency)).toBe(-minor);
      }),
      { numRuns: 2_000 },
    );
  });

  test("an everyday amount of every currency that Stripe takes is taken", () => {
    for (const currency of currencies.filter((code) => !["IQD", "LYD", "CLF"].includes(code)))
      expect(() => toStripeAmount(100n * 10n ** BigInt(minorUnits(currency)), currency)).not.toThrow();
  });
});
