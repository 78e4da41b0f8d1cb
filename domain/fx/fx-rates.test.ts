import { describe, expect, test } from "@jest/globals";
import { Decimal } from "decimal.js";
import * as fc from "fast-check";
import { parseSignedPercent, type Percent } from "#domain/money/percent.ts";
import { type FxRate, type FxResult, quoteFx } from "./fx-rates.ts";

const NOON = Date.parse("2026-11-24T12:00:00Z");
const HOUR = 3_600_000;

function published(...pairs: readonly [string, string, string, number?][]) {
  const rates = new Map(
    pairs.map(([base, quote, rate, at = NOON]) => [
      `${base}/${quote}`,
      { v: 1, type: "fx_rate", base, quote, rate, source: "ECB", at, validFrom: at } satisfies FxRate,
    ]),
  );
  return (base: string, quote: string) => rates.get(`${base}/${quote}`);
}

const terms = (markup = "0", maxAgeMs = 24 * HOUR) => ({
  markup: parseSignedPercent(markup) as Percent,
  maxAgeMs,
});

const effective = (result: FxResult): string => (result.ok ? result.quote.effective : result.message);

describe("quoteFx", () => {
  test("by the pair itself, with the tenant's markup on top", () => {
    const rates = published(["EUR", "USD", "1.1"]);
    expect(quoteFx(rates, "EUR", "USD", NOON, terms("2"))).toEqual({
      ok: true,
      quote: { pair: "EUR/USD", rate: "1.1", markup: "2", source: "ECB", at: NOON, effective: "1.122" },
    });
    expect(effective(quoteFx(rates, "EUR", "USD", NOON, terms("-2")))).toBe("1.078");
  });

  test("by the inverse, and by way of the pivot", () => {
    const rates = published(["USD", "EUR", "0.8"], ["USD", "JPY", "150"], ["GBP", "USD", "1.25"]);
    expect(effective(quoteFx(rates, "EUR", "USD", NOON, terms()))).toBe("1.25");
    expect(effective(quoteFx(rates, "GBP", "JPY", NOON, terms()))).toBe("187.5");
    expect(effective(quoteFx(rates, "EUR", "JPY", NOON, terms()))).toBe("187.5");
  });

  test("an unknown pair and a stale rate are refused, each with its remedy", () => {
    const rates = published(["EUR", "USD", "1.1", NOON - 25 * HOUR], ["USD", "JPY", "150"]);
    expect(quoteFx(rates, "CHF", "USD", NOON, terms())).toMatchObject({ ok: false, problem: "unknown" });
    const stale = quoteFx(rates, "EUR", "USD", NOON, terms());
    expect(stale).toMatchObject({ ok: false, problem: "stale" });
    expect(effective(stale)).toContain("2026-11-23T11:00:00.000Z, older than 86400 s: publish a new one");
    // The older of the two rates decides.
    expect(quoteFx(rates, "EUR", "JPY", NOON, terms())).toMatchObject({ problem: "stale" });
    expect(quoteFx(rates, "EUR", "USD", NOON - HOUR, terms())).toMatchObject({ ok: true });
  });

  test("a rate of nothing is none", () => {
    expect(quoteFx(published(["EUR", "USD", "0"]), "EUR", "USD", NOON, terms())).toMatchObject({ ok: false });
    expect(quoteFx(published(["USD", "EUR", "1e19"]), "EUR", "USD", NOON, terms())).toMatchObject({
      ok: false,
    });
  });

  test("equals decimal.js", () => {
    const Exact = Decimal.clone({ precision: 80, defaults: true });
    const decimal = fc
      .tuple(fc.integer({ min: 1, max: 10 ** 6 }), fc.nat(10 ** 9))
      .map((parts) => parts.join("."));
    fc.assert(
      fc.property(decimal, decimal, fc.nat(100), (first, second, markup) => {
        const rates = published(["EUR", "USD", first], ["JPY", "USD", second]);
        const round = (value: Decimal) => value.toDecimalPlaces(18, Decimal.ROUND_HALF_EVEN);
        const inverse = round(new Exact(1).dividedBy(second));
        const rate = round(new Exact(first).times(inverse));
        const expected = round(rate.times(100 + markup).dividedBy(100));
        const result = quoteFx(rates, "EUR", "JPY", NOON, terms(String(markup)));
        expect(effective(result)).toBe(expected.toFixed());
      }),
    );
  });
});
