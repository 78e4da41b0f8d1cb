import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { formatMoney } from "#domain/money/money.ts";
import type { CompiledRateCard } from "./compiled-rate-card.ts";
import { rate, type RatedCharge } from "./rate.ts";
import { card as cardOf, delivered, percent } from "./rating-fixtures.ts";
import { termsOfTaxRate } from "./terms.ts";

/** Names that look like the keys between which a known price's trace is put together. */
const HOSTILE = `","local":"x","volume":"9`;

const rates = {
  sms: {
    base_rate: "0.010000000000000001",
    operator_rates: { Verizon: "0.02", [HOSTILE]: "0.03" },
    destination_rates: { US: "0.01", GB: "0.03" },
    time_bands: [
      { name: HOSTILE, start_hour: 9, end_hour: 17, days_of_week: [1, 2, 3, 4, 5], rate: "0.015" },
      {
        name: "night",
        start_hour: 20,
        end_hour: 8,
        days_of_week: [0, 1, 2, 3, 4, 5, 6],
        multiplier: "0.333333333333333333",
      },
    ],
  },
  firewall: { base_rate: "0.0001" },
};
const cardWith = (more: object): CompiledRateCard =>
  cardOf(rates, {
    timezone: "Europe/London",
    volume_discounts: [
      { min_volume: 0, discount: "0" },
      { min_volume: 3, discount: "7.3" },
      { min_volume: 6, discount: "100" },
    ],
    ...more,
  });

const events = fc.array(
  fc.record({
    at: fc.nat(480).map((hour) => Date.UTC(2026, 9, 20, hour, 17)),
    eventType: fc.constantFrom("sms.delivered", "sms.deliver", "firewall.scan", "sms.failed"),
    operator: fc.constantFrom(null, "Verizon", HOSTILE),
    country: fc.constantFrom(null, "US", "GB"),
    units: fc.constantFrom(1, 1, 1, 2),
    tenant: fc.nat(2),
  }),
  { minLength: 2, maxLength: 40, size: "max" },
);
const TERMS = [
  termsOfTaxRate(percent("8")),
  termsOfTaxRate(percent("0")),
  { ...termsOfTaxRate(percent("19")), markup: percent("2.5") },
];

const whole = (charge: RatedCharge) => ({
  priced: charge.priced,
  amounts: [charge.base, charge.discount, charge.subtotal, charge.tax, charge.total, charge.discountPercent],
  taxes: charge.taxes,
  texts: charge.texts,
  volume: charge.volume,
  counters: charge.counters,
  trueUp: charge.trueUp,
  commission: charge.commission,
  cost: charge.cost,
  trace: charge.trace,
  traceText: charge.traceText,
});

test.each([{}, { volume: { mode: "whole" } }, { bulk_discounts: [{ min_messages: 1, discount: "1" }] }])(
  "a price that is known is the price worked out anew, in every field and every character (%j)",
  (more) => {
    fc.assert(
      fc.property(events, (sequence) => {
        const warm = cardWith(more);
        const counters = new Map<string, bigint>();
        const inputs = sequence.map(({ tenant, eventType, ...event }) => {
          const channel = eventType.slice(0, eventType.indexOf("."));
          return delivered({ ...event, eventType, channel, card: warm, terms: TERMS[tenant]! });
        });
        // All of them first: one card after the other is the case that is remembered best.
        const known = inputs.map((input) => {
          const at = { ...input, counters: new Map(counters) };
          const charge = rate(at);
          if (charge.volume !== null) counters.set(charge.volume.counter, charge.volume.after);
          for (const [counter, value] of charge.counters) counters.set(counter, value);
          return [charge, at] as const;
        });
        for (const [charge, input] of known) {
          expect(whole(charge)).toEqual(whole(rate({ ...input, card: cardWith(more) })));
          expect(charge.traceText).toBe(JSON.stringify(charge.trace));
        }
      }),
      { numRuns: 40 },
    );
  },
);

test("the same rate with a band that multiplies it, and without", () => {
  const card = cardWith({});
  const at = (time: string) =>
    formatMoney(
      rate(delivered({ card, terms: TERMS[0]!, at: Date.parse(`2026-11-24T${time}Z`), operator: "Verizon" }))
        .base,
    );
  expect(["18:30", "21:00", "18:31", "12:00", "21:01"].map(at)).toEqual([
    "0.02",
    "0.006666666666666667",
    "0.02",
    "0.015",
    "0.006666666666666667",
  ]);
});
