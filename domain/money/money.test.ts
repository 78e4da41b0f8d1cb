import { describe, expect, test } from "@jest/globals";
import { Decimal } from "decimal.js";
import * as fc from "fast-check";
import { parse, stringify } from "lossless-json";
import {
  add,
  assertFitsLedger,
  compare,
  fitsLedger,
  formatMoney,
  money,
  MONEY_MAX,
  parseMoney,
  subtract,
  sum,
} from "./money.ts";

const Exact = Decimal.clone({
  precision: 60,
  rounding: Decimal.ROUND_HALF_EVEN,
  toExpNeg: -1000,
  toExpPos: 1000,
});
const MONEY_MIN = money(0n - MONEY_MAX);
const SCALE = new Exact(10).pow(18);

const amounts = fc
  .oneof(fc.bigInt({ min: MONEY_MIN, max: MONEY_MAX }), fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }))
  .map(money);

describe("parseMoney", () => {
  test.each([
    ["0", 0n],
    ["-0", 0n],
    ["0.015", 15n * 10n ** 15n],
    ["100", 100n * 10n ** 18n],
    ["-3.50", -35n * 10n ** 17n],
    ["+1", 10n ** 18n],
    [".5", 5n * 10n ** 17n],
    ["5.", 5n * 10n ** 18n],
    ["1e-18", 1n],
    ["0.000000000000000001", 1n],
    ["0.0000000000000000010", 1n],
    ["99.984610000000000000", 9998461n * 10n ** 13n],
    ["1.5E+3", 1500n * 10n ** 18n],
    ["00012.5", 125n * 10n ** 17n],
    ["99999999999999999999.999999999999999999", 10n ** 38n - 1n],
    ["-99999999999999999999.999999999999999999", 1n - 10n ** 38n],
    ["10000000000000000e3", 10n ** 37n],
  ])("reads %s", (text, units) => {
    expect(parseMoney(text)).toBe(units);
  });

  test.each([
    "",
    ".",
    "-",
    "+",
    "-.",
    "1.2.3",
    "0x10",
    "1_000",
    "1,000",
    " 1",
    "1 ",
    "1n",
    "NaN",
    "Infinity",
    "--1",
    "1e",
    "1e-19",
    "0.0000000000000000001",
    "100000000000000000000",
    "1e20",
    "1e999",
    "1e99999999",
    "٣",
    "9".repeat(200),
    `0.${"0".repeat(1_000_000)}1`,
  ])("refuses %.30s", (text) => {
    expect(parseMoney(text)).toBeNull();
  });

  test("agrees with decimal.js on any decimal text", () => {
    const digits = fc.string({ unit: fc.constantFrom("0", "1", "5", "9"), maxLength: 24 });
    const texts = fc
      .tuple(
        fc.constantFrom("", "-", "+"),
        digits,
        fc.constantFrom("", "."),
        digits,
        fc.constantFrom("", "e2", "e-5", "E+11"),
      )
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(texts, (text) => {
        expect(parseMoney(text)).toBe(oracle(text));
      }),
      { numRuns: 2000 },
    );
  });
});

function oracle(text: string): bigint | null {
  let units: Decimal;
  try {
    units = new Exact(text).times(SCALE);
  } catch {
    return null;
  }
  if (!units.isInteger()) return null;
  const integer = BigInt(units.toFixed(0));
  return fitsLedger(integer) ? integer : null;
}

describe("formatMoney", () => {
  test.each([
    [0n, "0"],
    [1n, "0.000000000000000001"],
    [-1n, "-0.000000000000000001"],
    [10n ** 18n, "1"],
    [10n ** 20n, "100"],
    [1539n * 10n ** 13n, "0.01539"],
    [-5n * 10n ** 17n, "-0.5"],
    [MONEY_MAX, "99999999999999999999.999999999999999999"],
  ])("writes %s", (units, text) => {
    expect(formatMoney(money(units))).toBe(text);
  });

  test("agrees with decimal.js and reads back, also as JSON and as numeric(38,18) text", () => {
    fc.assert(
      fc.property(amounts, (amount) => {
        const text = formatMoney(amount);
        expect(text).toBe(new Exact(amount.toString()).div(SCALE).toFixed());
        expect(parseMoney(text)).toBe(amount);
        expect(parseMoney((JSON.parse(JSON.stringify({ amount: text })) as { amount: string }).amount)).toBe(
          amount,
        );
        const asNumber = parse(`{"amount":${text}}`) as { amount: unknown };
        expect(parseMoney(String(asNumber.amount))).toBe(amount);
        expect(stringify(asNumber)).toBe(`{"amount":${text}}`);
        expect(parseMoney(new Exact(text).toFixed(18))).toBe(amount);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("arithmetic", () => {
  test("adds, subtracts and sums as decimal.js does", () => {
    fc.assert(
      fc.property(fc.array(amounts, { maxLength: 20 }), amounts, amounts, (list, left, right) => {
        const expected = list.reduce((total, amount) => total.plus(amount.toString()), new Exact(0));
        expect(sum(list).toString()).toBe(expected.toFixed(0));
        expect(add(left, right).toString()).toBe(
          new Exact(left.toString()).plus(right.toString()).toFixed(0),
        );
        expect(add(subtract(left, right), right)).toBe(left);
        expect(compare(left, right)).toBe(new Exact(left.toString()).cmp(right.toString()));
      }),
    );
  });

  test("asserts what the ledger can hold", () => {
    expect(assertFitsLedger(MONEY_MAX)).toBe(MONEY_MAX);
    expect(assertFitsLedger(MONEY_MIN)).toBe(MONEY_MIN);
    expect(() => assertFitsLedger(money(MONEY_MAX + 1n))).toThrow(RangeError);
    expect(() => assertFitsLedger(money(MONEY_MIN - 1n))).toThrow(RangeError);
  });
});
