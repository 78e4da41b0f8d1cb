import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { formatMoney } from "#domain/money/money.ts";
import { NO_PERCENT } from "#domain/money/percent.ts";
import { type CompiledRateCard, compileRateCard } from "./compiled-rate-card.ts";
import { parseRateCard } from "./rate-card.ts";
import { PLAIN_EVENT, rate } from "./rate.ts";
import { termsOfTaxRate } from "./terms.ts";
import { clockOf } from "./time-bands.ts";

const guide = compile(readFileSync(new URL("../../examples/rate-cards/guide.json", import.meta.url), "utf8"));

function compile(source: string): CompiledRateCard {
  const parsed = parseRateCard(source);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return compileRateCard(parsed.card, { version: 1, validFrom: 0 });
}

function card(rates: object, more: object = {}): CompiledRateCard {
  const head = { rate_card_id: "RC", name: "Test", currency: "USD", effective_date: "2024-01-01" };
  return compile(JSON.stringify({ ...head, rates, ...more }));
}

/** The base amount of one delivered SMS at the instant. */
function baseAt(card: CompiledRateCard, instant: string): string {
  const event = { eventType: "sms.delivered", channel: "sms", at: Date.parse(instant), units: 1 };
  const charge = rate({
    ...PLAIN_EVENT,
    card,
    ...event,
    country: null,
    operator: null,
    zone: clockOf("UTC"),
    counters: new Map(),
    terms: termsOfTaxRate(NO_PERCENT),
  });
  return formatMoney(charge.base);
}

describe("time bands", () => {
  test("begin with their first hour and end before their last", () => {
    const peak = (text: string) => baseAt(guide, text);
    expect(peak("2024-12-25T08:59:59.999-05:00")).toBe("0.008");
    expect(peak("2024-12-25T09:00:00-05:00")).toBe("0.015");
    expect(peak("2024-12-25T16:59:59.999-05:00")).toBe("0.015");
    expect(peak("2024-12-25T17:00:00-05:00")).toBe("0.01");
    expect(peak("2024-12-25T23:59:59.999-05:00")).toBe("0.01");
    expect(peak("2024-12-26T00:00:00-05:00")).toBe("0.008");
  });

  test("0 is Sunday", () => {
    const sunday = card({
      sms: {
        base_rate: 1,
        time_bands: [{ name: "x", start_hour: 0, end_hour: 24, days_of_week: [0], rate: 2 }],
      },
    });
    const on = (text: string) => baseAt(sunday, text);
    expect(on("2024-12-21T23:59:59Z")).toBe("1");
    expect(on("2024-12-22T00:00:00Z")).toBe("2");
    expect(on("2024-12-22T23:59:59Z")).toBe("2");
    expect(on("2024-12-23T00:00:00Z")).toBe("1");
  });

  test("one that crosses midnight belongs to the day on which it starts", () => {
    const night = card({
      sms: {
        base_rate: 1,
        time_bands: [{ name: "Night", start_hour: 22, end_hour: 6, days_of_week: [6], rate: 2 }],
      },
    });
    const on = (text: string) => baseAt(night, text);
    expect(on("2024-12-21T05:59:59Z")).toBe("1");
    expect(on("2024-12-21T21:59:59Z")).toBe("1");
    expect(on("2024-12-21T22:00:00Z")).toBe("2");
    expect(on("2024-12-22T05:59:59Z")).toBe("2");
    expect(on("2024-12-22T06:00:00Z")).toBe("1");
    expect(on("2024-12-22T22:00:00Z")).toBe("1");
  });

  test("follow the wall clock through a gap and a fold", () => {
    const band = card(
      { sms: { base_rate: 1, time_bands: [{ name: "Early", start_hour: 1, end_hour: 3, rate: 2 }] } },
      { timezone: "America/New_York" },
    );
    const on = (text: string) => baseAt(band, text);
    // 10 March: 01:59:59 is followed by 03:00.
    expect(on("2024-03-10T06:59:59Z")).toBe("2");
    expect(on("2024-03-10T07:00:00Z")).toBe("1");
    // 3 November: 01:00–02:00 comes twice.
    expect(on("2024-11-03T04:59:59Z")).toBe("1");
    expect(on("2024-11-03T05:30:00Z")).toBe("2");
    expect(on("2024-11-03T06:30:00Z")).toBe("2");
    expect(on("2024-11-03T07:59:59Z")).toBe("2");
    expect(on("2024-11-03T08:00:00Z")).toBe("1");
  });
});
