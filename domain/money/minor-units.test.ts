import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseMoney, type Money } from "./money.ts";
import { formatMinor, fromMinor, toMinor } from "./minor-units.ts";

const amount = (text: string): Money => parseMoney(text) as Money;
const currency = fc.constantFrom("USD", "EUR", "JPY", "KWD", "CLF", "XOF", "ZZZ");

test.each([
  ["19.99", "USD", 1999n],
  ["1999", "JPY", 1999n],
  ["1.999", "KWD", 1999n],
  ["0.1999", "CLF", 1999n],
  ["-0.05", "EUR", -5n],
  ["0", "USD", 0n],
])("%s %s is a whole number of minor units", (text, code, minor) => {
  expect(toMinor(amount(text), code)).toBe(minor);
});

test.each([
  ["0.015", "USD"],
  ["0.5", "JPY"],
  ["0.0001", "KWD"],
  ["0.000000000000000001", "USD"],
])("%s %s is none: nothing is rounded in silence", (text, code) => {
  expect(toMinor(amount(text), code)).toBeNull();
});

test("minor units survive the way to money and back, and their text reads as the same amount", () => {
  fc.assert(
    fc.property(fc.bigInt(-(10n ** 18n), 10n ** 18n), currency, (minor, code) => {
      const exact = fromMinor(minor, code);
      expect(toMinor(exact, code)).toBe(minor);
      expect(parseMoney(formatMinor(minor, code))).toBe(exact);
    }),
  );
});

test("texts carry all decimals of their currency", () => {
  expect([formatMinor(1900n, "USD"), formatMinor(19n, "JPY"), formatMinor(5n, "KWD")]).toEqual([
    "19.00",
    "19",
    "0.005",
  ]);
  expect(formatMinor(-5n, "USD")).toBe("-0.05");
});
