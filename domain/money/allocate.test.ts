import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { allocate, minorUnits } from "./allocate.ts";
import { formatMoney, type Money, money, parseMoney } from "./money.ts";

const amounts = (...texts: string[]): Money[] => texts.map((text) => parseMoney(text) as Money);

describe("minorUnits", () => {
  test.each([
    ["USD", 2],
    ["EUR", 2],
    ["JPY", 0],
    ["KRW", 0],
    ["BHD", 3],
    ["CLF", 4],
    ["HUF", 2],
    ["COP", 2],
    ["MGA", 2],
    ["IQD", 3],
    ["ISK", 0],
  ])("%s has %i", (currency, decimals) => {
    expect(minorUnits(currency)).toBe(decimals);
  });
});

describe("allocate", () => {
  test.each<[string[], number, string[]]>([
    [["0.333", "0.333", "0.334"], 2, ["0.33", "0.33", "0.34"]],
    [["0.005", "0.005"], 2, ["0.01", "0"]],
    [["0.005"], 2, ["0"]],
    [["0.015"], 2, ["0.02"]],
    [["10", "20"], 2, ["10", "20"]],
    [["1.5", "1.5", "1.5"], 0, ["2", "1", "1"]],
    [["-0.005", "0.005"], 2, ["0", "0"]],
    [[], 2, []],
  ])("%j to %i decimals", (parts, decimals, expected) => {
    expect(allocate(amounts(...parts), decimals).map(formatMoney)).toEqual(expected);
  });

  test("parts add up to the rounded total, and none moves by a whole minor unit", () => {
    const parts = fc.array(fc.bigInt(-(10n ** 24n), 10n ** 24n).map(money), { maxLength: 50 });
    fc.assert(
      fc.property(parts, fc.integer({ min: 0, max: 4 }), (exact, decimals) => {
        const unit = 10n ** BigInt(18 - decimals);
        const rounded = allocate(exact, decimals);
        const sum = (list: readonly bigint[]) => list.reduce((total, one) => total + one, 0n);
        const away = sum(rounded) - sum(exact);
        expect(2n * (away < 0n ? -away : away)).toBeLessThanOrEqual(unit);
        for (const [index, part] of rounded.entries()) {
          expect(part % unit).toBe(0n);
          const moved = part - exact[index]!;
          expect(moved < 0n ? -moved : moved).toBeLessThan(unit);
        }
      }),
    );
  });
});
