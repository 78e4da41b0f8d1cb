import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { add, formatMoney, type Money, money, parseMoney, sum } from "#domain/money/money.ts";
import { parsePercent, type Percent } from "#domain/money/percent.ts";
import { type ZoneClock, zoneClock } from "#domain/rating/zone-clock.ts";
import { type TaxSettings, taxSettings } from "./tax-settings.ts";
import {
  type CompiledTaxes,
  compileTaxes,
  computeTaxes,
  exemptionOf,
  type LeviedTax,
  plainTax,
  taxesAt,
} from "./taxes.ts";

const BERLIN = zoneClock("Europe/Berlin") as ZoneClock;
const amount = (text: string): Money => parseMoney(text) as Money;
const tax = (name: string, text: string, compound = false): LeviedTax => ({
  name,
  percent: parsePercent(text) as Percent,
  compound,
});

function compiled(settings: TaxSettings): CompiledTaxes {
  const taxes = compileTaxes(taxSettings.parse(settings), BERLIN);
  if ("problem" in taxes) throw new Error(taxes.problem);
  return taxes;
}

function computed(text: string, inclusive: boolean, ...levied: LeviedTax[]): string {
  const { net, taxes, tax: all } = computeTaxes(amount(text), levied, inclusive);
  return `${formatMoney(net)} + ${taxes.map((one) => formatMoney(one.amount)).join(" + ")} (${formatMoney(all)})`;
}

describe("taxes", () => {
  test.each<[string, boolean, LeviedTax[], string]>([
    ["0.01425", false, [tax("Tax", "8")], "0.01425 + 0.00114 (0.00114)"],
    ["100", false, [tax("GST", "5"), tax("QST", "9.975")], "100 + 5 + 9.975 (14.975)"],
    ["100", false, [tax("GST", "5"), tax("QST", "10", true)], "100 + 5 + 10.5 (15.5)"],
    ["119", true, [tax("VAT", "19")], "100 + 19 (19)"],
    ["115.5", true, [tax("GST", "5"), tax("QST", "10", true)], "100 + 5 + 10.5 (15.5)"],
    ["0.01", true, [tax("VAT", "19")], "0.008403361344537815 + 0.001596638655462185 (0.001596638655462185)"],
    ["5", false, [], "5 +  (0)"],
  ])("%s, inclusive %s", (text, inclusive, levied, expected) => {
    expect(computed(text, inclusive, ...levied)).toBe(expected);
  });

  test("an exemption holds from its first day to the one before valid_to, in the tenant's zone", () => {
    const taxes = compiled({
      taxes: [
        { name: "VAT", percent: "19", jurisdiction: "DE" },
        { name: "City", percent: "1" },
      ],
      exemptions: [{ tax: "VAT", certificate: "C-1", validFrom: "2026-01-01", validTo: "2026-02-01" }],
    });
    const names = (at: string) => taxesAt(taxes, Date.parse(at)).map(({ name }) => name);
    expect(names("2025-12-31T22:59:59Z")).toEqual(["VAT", "City"]);
    expect(names("2025-12-31T23:00:00Z")).toEqual(["City"]);
    expect(names("2026-01-31T22:59:59Z")).toEqual(["City"]);
    expect(names("2026-01-31T23:00:00Z")).toEqual(["VAT", "City"]);
    expect(exemptionOf(taxes, "VAT", Date.parse("2026-01-15T00:00:00Z"))?.certificate).toBe("C-1");
  });

  test("under reverse charge nothing is levied", () => {
    const taxes = compiled({
      taxes: [{ name: "VAT", percent: "19" }],
      reverseCharge: { registration: "ATU123" },
    });
    expect(taxesAt(taxes, 0)).toEqual([]);
  });

  test("a plain rate is one tax, none is none", () => {
    expect(plainTax(parsePercent("8") as Percent).taxes).toMatchObject([{ name: "Tax" }]);
    expect(plainTax(parsePercent("0") as Percent).taxes).toEqual([]);
  });

  test.each<[TaxSettings, RegExp]>([
    [{ taxes: [{ name: "VAT", percent: "x" }] }, /taxes\[0\]\.percent/],
    [
      {
        taxes: [
          { name: "VAT", percent: "1" },
          { name: "VAT", percent: "2" },
        ],
      },
      /stands twice/,
    ],
    [
      { taxes: [], exemptions: [{ tax: "VAT", certificate: "C", validFrom: "2026-01-01", validTo: null }] },
      /names none/,
    ],
    [
      {
        taxes: [{ name: "VAT", percent: "1" }],
        exemptions: [{ tax: "VAT", certificate: "C", validFrom: "2026-02-30", validTo: null }],
      },
      /days that exist/,
    ],
    [
      {
        taxes: [{ name: "VAT", percent: "1" }],
        exemptions: [{ tax: "VAT", certificate: "C", validFrom: "2026-02-01", validTo: "2026-02-01" }],
      },
      /end after it begins/,
    ],
  ])("names what is wrong", (settings, message) => {
    expect((compileTaxes(settings, BERLIN) as { problem: string }).problem).toMatch(message);
  });

  test("net and taxes always add up: to the stated price where it includes them", () => {
    const levied = fc.array(
      fc.record({
        name: fc.constant("T"),
        percent: fc.bigInt(0n, 100n * 10n ** 18n).map((units) => units as Percent),
        compound: fc.boolean(),
      }),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 30n), levied, fc.boolean(), (units, taxes, inclusive) => {
        const result = computeTaxes(money(units), taxes, inclusive);
        expect(sum(result.taxes.map((one) => one.amount))).toBe(result.tax);
        if (inclusive) expect(add(result.net, result.tax)).toBe(units);
        else expect(result.net).toBe(units);
      }),
    );
  });
});
