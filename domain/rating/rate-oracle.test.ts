import { expect, test } from "@jest/globals";
import { Decimal } from "decimal.js";
import * as fc from "fast-check";
import { add, formatMoney } from "#domain/money/money.ts";
import { parsePercent } from "#domain/money/percent.ts";
import { compileRateCard } from "./compiled-rate-card.ts";
import { traceAmounts } from "./describe-charge.ts";
import { parseRateCard } from "./rate-card.ts";
import { holdFor, PLAIN_EVENT, rate } from "./rate.ts";
import { termsOfTaxRate } from "./terms.ts";
import { monthOf } from "./volume-counters.ts";
import { type ZoneClock, zoneClock } from "./zone-clock.ts";

const UTC = zoneClock("UTC") as ZoneClock;

/** The oracle: the guide's steps once more, on the card's JSON, in decimal.js at 60 digits and with Intl's own calendar. */
const Exact = Decimal.clone({
  precision: 60,
  rounding: Decimal.ROUND_HALF_EVEN,
  toExpNeg: -1000,
  toExpPos: 1000,
});

interface CardBand {
  name: string;
  start_hour: number;
  end_hour: number;
  days_of_week: number[];
  rate?: string;
  multiplier?: string;
  timezone?: string;
}
interface CardJson {
  timezone: string;
  precedence: string[];
  rates: {
    sms: {
      base_rate?: string;
      contract_rate?: string;
      time_bands: CardBand[];
      operator_rates: Record<string, string>;
      destination_rates: Record<string, string>;
      events: Record<string, string>;
    };
  };
  volume_discounts: { min_volume: number; discount: string }[];
}

const OPERATORS = ["Verizon", "AT&T", "T-Mobile"];
const COUNTRIES = ["US", "CA", "MX"];
const ZONES = ["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland"];
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** Up to 30 digits, many of them short. */
const decimals = (wholeMax: bigint) =>
  fc
    .tuple(
      fc.bigInt({ min: 0n, max: wholeMax }),
      fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }),
      fc.integer({ min: 0, max: 18 }),
    )
    .map(([whole, fraction, digits]) =>
      new Exact(`${whole}.${fraction.toString().padStart(18, "0").slice(0, digits)}`).toFixed(),
    );
const prices = fc.oneof(decimals(0n), decimals(100n), decimals(10n ** 11n));
const some = <Value>(keys: string[], value: fc.Arbitrary<Value>) =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...keys), value), { selector: ([key]) => key })
    .map((entries) => Object.fromEntries(entries));
const optional = { nil: undefined, freq: 3 };

const bands = fc
  .record({
    name: fc.constantFrom("a", "b", "c"),
    start_hour: fc.integer({ min: 0, max: 23 }),
    end_hour: fc.integer({ min: 0, max: 24 }),
    days_of_week: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
    rate: fc.option(prices, optional),
    multiplier: fc.option(decimals(9n), optional),
    timezone: fc.option(fc.constantFrom(...ZONES), optional),
  })
  .filter((band) => band.start_hour !== band.end_hour && (band.rate ?? band.multiplier) !== undefined);

const cards = fc.record({
  rate_card_id: fc.constant("RC"),
  name: fc.constant("Any"),
  currency: fc.constant("USD"),
  effective_date: fc.constant("2024-01-01"),
  timezone: fc.constantFrom(...ZONES),
  precedence: fc
    .shuffledSubarray(["time_band", "contract", "operator", "destination"], { minLength: 4 })
    .map((order) => [...order, "base"]),
  rates: fc.record({
    sms: fc.record({
      base_rate: fc.option(prices, { nil: undefined, freq: 6 }),
      contract_rate: fc.option(prices, { nil: undefined, freq: 1 }),
      time_bands: fc.array(bands, { maxLength: 4 }),
      operator_rates: some(OPERATORS, prices),
      destination_rates: some(COUNTRIES, prices),
      events: some(["sms.submit", "sms.mo.inbound"], prices),
    }),
  }),
  volume_discounts: fc.uniqueArray(
    fc.record({ min_volume: fc.integer({ min: 0, max: 50 }), discount: decimals(99n) }),
    {
      selector: ({ min_volume }) => min_volume,
      maxLength: 4,
    },
  ),
});

const events = fc.record({
  eventType: fc.constantFrom("sms.delivered", "sms.deliver", "sms.submit", "sms.mo.inbound", "sms.failed"),
  at: fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2030, 0, 1) }),
  units: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 10_000 })),
  operator: fc.constantFrom(null, ...OPERATORS, "Other"),
  country: fc.constantFrom(null, ...COUNTRIES, "FR"),
  volume: fc.integer({ min: 0, max: 60 }),
  tax: decimals(30n),
});
type AnyEvent = typeof events extends fc.Arbitrary<infer Event> ? Event : never;

function covers(band: CardBand, cardZone: string, at: number): boolean {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: band.timezone ?? cardZone,
    weekday: "short",
    hour: "2-digit",
    hourCycle: "h23",
  }).formatToParts(at);
  const part = (name: string) => parts.find(({ type }) => type === name)?.value ?? "";
  const hour = Number(part("hour"));
  const today = DAYS.indexOf(part("weekday"));
  const { start_hour: start, end_hour: end, days_of_week: days } = band;
  if (start < end) return days.includes(today) && hour >= start && hour < end;
  return (days.includes(today) && hour >= start) || (days.includes((today + 6) % 7) && hour < end);
}

/** [base, discount, subtotal, tax, total] as decimals, null where the card has no price. */
function oracle(card: CardJson, event: AnyEvent, volume: number): Decimal[] | null {
  const { sms } = card.rates;
  const principal = event.eventType.startsWith("sms.deliver");
  let unit = sms.events[event.eventType];
  let factor = "1";
  if (principal) {
    const band = sms.time_bands.find((candidate) => covers(candidate, card.timezone, event.at));
    const sources: Record<string, string | undefined> = {
      time_band: band?.rate,
      contract: sms.contract_rate,
      operator: sms.operator_rates[event.operator ?? ""],
      destination: sms.destination_rates[event.country ?? ""],
      base: sms.base_rate,
    };
    unit = card.precedence.map((source) => sources[source]).find((price) => price !== undefined);
    if (band !== undefined && band.rate === undefined) factor = band.multiplier ?? "1";
  }
  if (unit === undefined) return null;
  const tier = card.volume_discounts
    .filter(({ min_volume }) => min_volume <= volume)
    .reduce((best, next) => (next.min_volume > best.min_volume ? next : best), {
      min_volume: -1,
      discount: "0",
    });
  const base = new Exact(unit).times(event.units).times(factor).toDecimalPlaces(18);
  const discount = base.times(tier.discount).div(100).toDecimalPlaces(18);
  const subtotal = base.minus(discount);
  const tax = subtotal.times(event.tax).div(100).toDecimalPlaces(18);
  return [base, discount, subtotal, tax, subtotal.plus(tax)];
}

test("rate() equals the same steps in decimal.js at 60 digits, for any card and event", () => {
  let priced = 0;
  let rounded = 0;
  fc.assert(
    fc.property(cards, fc.array(events, { minLength: 5, maxLength: 10 }), (json, list) => {
      const parsed = parseRateCard(JSON.stringify(json));
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
      const card = compileRateCard(parsed.card, { version: 1, validFrom: 0 });
      for (const event of list) {
        const taxRate = parsePercent(event.tax);
        if (taxRate === null) throw new Error(event.tax);
        const input = {
          ...PLAIN_EVENT,
          ...event,
          card,
          channel: "sms",
          zone: UTC,
          counters: new Map([[monthOf(UTC, event.at), BigInt(event.volume)]]),
          terms: termsOfTaxRate(taxRate),
        };
        const charge = rate(input);
        const expected = oracle(json as CardJson, event, event.volume + event.units);
        const amounts = [charge.base, charge.discount, charge.subtotal, charge.tax, charge.total];
        expect(charge.priced).toBe(expected !== null);
        expect(amounts.map(formatMoney)).toEqual(
          expected?.map((amount) => amount.toFixed()) ?? ["0", "0", "0", "0", "0"],
        );
        expect(charge.total).toBe(add(charge.subtotal, charge.tax));
        expect(holdFor(input)).toBeGreaterThanOrEqual(charge.total);
        const again = traceAmounts(charge.trace);
        if (charge.priced)
          expect(again).toMatchObject({ base: charge.base, discount: charge.discount, total: charge.total });
        else expect(again).toBeNull();
        expect(JSON.stringify(charge.trace).length).toBeLessThan(512);
        priced += charge.priced ? 1 : 0;
        rounded += charge.trace.rounded === undefined ? 0 : 1;
      }
    }),
    { numRuns: 400 },
  );
  // The cards and events must not be so odd that nothing is tested.
  expect(priced).toBeGreaterThan(500);
  expect(rounded).toBeGreaterThan(200);
});
