import { beforeAll, describe, expect, test } from "@jest/globals";
import { Decimal } from "decimal.js";
import * as fc from "fast-check";
import { formatMoney } from "#domain/money/money.ts";
import { compileFormula, loadFormulas, mayHoldFormulas } from "./formula.ts";

beforeAll(() => loadFormulas());

function evaluated(text: string, values: Readonly<Record<string, string>> = {}): string {
  const compiled = compileFormula(text);
  if (!compiled.ok) return compiled.message;
  const result = compiled.formula.evaluate((name) => values[name] ?? null);
  return result.ok ? formatMoney(result.amount) : result.message;
}

describe("formulas", () => {
  test.each<[string, Record<string, string>, string]>([
    ["rate * units", { rate: "0.015", units: "3" }, "0.045"],
    ["0.1 + 0.2", {}, "0.3"],
    ["1e-18 * units", { units: "7" }, "0.000000000000000007"],
    ["rate / 3", { rate: "1" }, "0.333333333333333333"],
    ["2 / 3", {}, "0.666666666666666667"],
    ["volume >= 1000 ? 0.008 : 0.01", { volume: "1000" }, "0.008"],
    ["if(volume < 1000, 0.01, 0.008)", { volume: "999" }, "0.01"],
    ["max(0.005, attr_bytes / 1048576 * 0.02)", { attr_bytes: "5242880" }, "0.1"],
    ["min(rate, 0.01, units)", { rate: "0.5", units: "1" }, "0.01"],
    ["ceil(attr_seconds / 60) * rate", { attr_seconds: "61", rate: "0.02" }, "0.04"],
    ["floor(1.2345, 2) + round(2.5) + abs(-1)", {}, "4.23"],
    ["weekday == 0 and not (hour < 9 or hour >= 17) ? 2 : 1", { weekday: "0", hour: "9" }, "2"],
    ["1.1 ^ 2 - 0.21", {}, "1"],
    ["-(-rate)", { rate: "1" }, "1"],
    ["2 ^ -1", {}, "0.5"],
    ["99999999999.999999999999999999 + 0.000000000000000001", {}, "100000000000"],
  ])("%s", (text, values, expected) => {
    expect(evaluated(text, values)).toBe(expected);
  });

  test.each<[string, RegExp]>([
    ["", /no|cannot|holds/],
    ["rate +", /cannot be read/],
    ["x = 3", /AssignmentNode/],
    ["f(x) = x", /FunctionAssignmentNode/],
    ["rate; units", /BlockNode/],
    ["[1, 2][1]", /AccessorNode/],
    ['{a: 1}["constructor"]', /AccessorNode|ObjectNode/],
    ["rate.constructor", /AccessorNode/],
    ['"text"', /constant/],
    ["true", /constant|knows no true/],
    ["constructor", /knows no constructor/],
    ["__proto__", /knows no __proto__/],
    ["import(1)", /no function import/],
    ["evaluate(1)", /no function evaluate/],
    ["max.constructor(1)", /function|AccessorNode/],
    ["1:100", /RangeNode/],
    ["5 cm", /multiplies without|knows no/],
    ["2 rate", /multiplies without/],
    ["3i", /knows no i|multiplies/],
    ["factorial(100000)", /no function/],
    ["100000!", /!/],
    ["rate > 1", /gives none/],
    ["1 ? 2 : 3", /condition/],
    ["1 < 2 < 3 ? 1 : 2", /condition/],
    ["9^9^9", /exponents/],
    ["10^101", /exponents/],
    ["rate ^ 0.5", /exponents/],
    ["1 / (rate - rate)", /divides by zero/],
    ["0 / 0", /divides by zero/],
    ["-1", /not negative/],
    ["10^13", /more than/],
    ["attr_category + 1", /needs attr_category/],
    ["1e400", /constant/],
    ["0.0000000000000000001", /constant/],
    ["if(1, 2)", /if takes/],
    ["max()", /at least one/],
    ["round(1, 19)", /0 to 18/],
    ["((((((((((((((((((((((1))))))))))))))))))))))", /nested deeper/],
    [`1${"+1".repeat(60)}`, /parts|nested/],
    ["1".repeat(501), /longer than/],
    [`${"(".repeat(240)}1${")".repeat(240)}`, /nested deeper|cannot be read/],
  ])("refuses %s", (text, message) => {
    expect(evaluated(text, { rate: "2", units: "1" })).toMatch(message);
  });

  test("a value that is no decimal is a message, not a price", () => {
    expect(evaluated("attr_a", { attr_a: "Infinity" })).toMatch(/no decimal/);
    expect(evaluated("attr_a", { attr_a: "1,5" })).toMatch(/no decimal/);
  });

  test("names its variables once and says whether digits were rounded away", () => {
    const compiled = compileFormula("rate * rate / units + attr_mb");
    if (!compiled.ok) throw new Error(compiled.message);
    expect([...compiled.formula.variables].sort()).toEqual(["attr_mb", "rate", "units"]);
    expect(compiled.formula.evaluate(() => "3")).toMatchObject({ ok: true, exact: true });
    expect(compiled.formula.evaluate((name) => (name === "units" ? "3" : "1"))).toMatchObject({
      exact: false,
    });
  });

  test("no text of any kind throws or takes long", () => {
    const pieces = fc.constantFrom(
      ..."rate units volume attr_a ( ) + - * / ^ < >= == and or not ? : min( max( round( , 1 0.5 1e-18 9e9 [ ] { } ; = . ' \" !".split(
        " ",
      ),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const startedAt = performance.now();
        evaluated(parts.join(" "), { rate: "2", units: "3", volume: "5", attr_a: "7" });
        return performance.now() - startedAt < 1_000;
      }),
      { numRuns: 2_000 },
    );
  });

  test("sums and products equal decimal.js at 60 digits", () => {
    const Exact = Decimal.clone({ precision: 60, defaults: true });
    const decimal = fc.tuple(fc.nat(10 ** 5), fc.nat(10 ** 9)).map(([whole, part]) => `${whole}.${part}`);
    fc.assert(
      fc.property(decimal, decimal, decimal, (rate, units, volume) => {
        const expected = new Exact(rate)
          .times(units)
          .plus(volume)
          .toDecimalPlaces(18, Decimal.ROUND_HALF_EVEN);
        return evaluated("rate * units + volume", { rate, units, volume }) === expected.toFixed();
      }),
    );
  });
});

test("formulas are loaded wherever a card's text may hold one", () => {
  const text = '{"formula":"rate"}';
  expect(mayHoldFormulas(text)).toBe(true);
  expect(mayHoldFormulas(JSON.stringify({ source: text }))).toBe(true);
  expect(mayHoldFormulas('{"\\u0066ormula":"rate"}')).toBe(true);
  expect(mayHoldFormulas('{"base_rate":1}')).toBe(false);
});
