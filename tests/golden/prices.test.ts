import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { Decimal } from "decimal.js";
import { formatMoney } from "#domain/money/money.ts";
import { parsePercent } from "#domain/money/percent.ts";
import { compileRateCardVersion } from "#domain/rating/compiled-rate-card.ts";
import { describeCharge } from "#domain/rating/describe-charge.ts";
import { PLAIN_EVENT, rate } from "#domain/rating/rate.ts";
import { termsOfTaxRate } from "#domain/rating/terms.ts";
import { monthOf } from "#domain/rating/volume-counters.ts";
import { zoneClock } from "#domain/rating/zone-clock.ts";

/**
 * prices.csv is for people: each row says what an event costs and why, and its working can be done on paper. It was written from the
 * cards and the guide, without this code.
 */
type Row = Readonly<
  Record<
    | "section"
    | "card"
    | "event"
    | "time"
    | "country"
    | "operator"
    | "units"
    | "month volume"
    | "tax %"
    | "price"
    | "because"
    | "working"
    | "base"
    | "discount"
    | "tax"
    | "total",
    string
  >
>;

const [headings = [], ...lines] = readFileSync(new URL("prices.csv", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => line.split(","));
const rows = lines.map(
  (line) => Object.fromEntries(headings.map((heading, index) => [heading, line[index]])) as Row,
);

function card(name: string) {
  const source = readFileSync(new URL(`../../examples/rate-cards/${name}.json`, import.meta.url), "utf8");
  const compiled = compileRateCardVersion({
    v: 1,
    rateCardId: name,
    version: 1,
    validFrom: 0,
    storedAt: 0,
    source,
  });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return compiled.card;
}

const cards = { guide: card("guide"), default: card("default") };
const zone = zoneClock("UTC")!;

function priced(row: Row) {
  const at = Date.parse(row.time);
  const before = BigInt(row["month volume"]) - BigInt(row.units);
  const charge = rate({
    ...PLAIN_EVENT,
    card: cards[row.card as keyof typeof cards],
    eventType: row.event,
    channel: row.event.split(".")[0]!,
    at,
    units: Number(row.units),
    country: row.country,
    operator: row.operator === "" ? null : row.operator,
    zone,
    counters: new Map([[monthOf(zone, at), before]]),
    terms: termsOfTaxRate(parsePercent(row["tax %"])!),
  });
  const [base, discount, tax, total] = [charge.base, charge.discount, charge.tax, charge.total].map(
    formatMoney,
  );
  return {
    base,
    discount,
    tax,
    total,
    words: describeCharge(charge.trace, "USD").join("; "),
  };
}

describe("the golden table", () => {
  test("is long enough to be worth its name", () => {
    expect(rows.length).toBeGreaterThanOrEqual(150);
    expect(new Set(rows.map((row) => row.section)).size).toBeGreaterThanOrEqual(8);
  });

  test("its working gives its total, on paper", () => {
    for (const row of rows) {
      const [, units, price, discount = "0", tax = "0"] =
        /^(\d+) × ([\d.]+)(?: − ([\d.]+) %)?(?: \+ ([\d.]+) %)?$/.exec(row.working) ?? [];
      const exact = Decimal.clone({ precision: 60 });
      const net = new exact(units!).times(price!).times(new exact(100).minus(discount)).div(100);
      expect(`${row.working} = ${net.times(new exact(100).plus(tax)).div(100).toFixed()}`).toBe(
        `${row.working} = ${row.total}`,
      );
    }
  });

  const sections = [...new Set(rows.map((row) => row.section))];
  test.each(sections)("%s", (section) => {
    for (const row of rows.filter((one) => one.section === section)) {
      const { words, ...amounts } = priced(row);
      const { base, discount, tax, total } = row;
      const name = `${row.event} at ${row.time} to ${row.country} ${row.operator} × ${row.units}`;
      expect({ name, ...amounts }).toEqual({ name, base, discount, tax, total });
      const [, reason] = /^(?:band|operator|destination) (.+)$/.exec(row.because) ?? [];
      if (reason !== undefined) expect(words).toContain(reason);
    }
  });
});
