import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Decimal } from "decimal.js";
import { parsePercent, type Percent } from "#domain/money/percent.ts";
import { type CompiledRateCard, compileRateCardVersion } from "#domain/rating/compiled-rate-card.ts";
import { PLAIN_EVENT, rate, type RatingInput } from "#domain/rating/rate.ts";
import { termsOfTaxRate } from "#domain/rating/terms.ts";
import { type ZoneClock, zoneClock } from "#domain/rating/zone-clock.ts";
import { rootDirectory } from "../scripts/paths.ts";
import type { Bench, BenchOptions, BenchResult } from "./bench.ts";
import { percentile } from "./checks.ts";

const EVENTS = 1_500_000;
const WARM_UP = 200_000;
/** Events of one measured slice: its time, divided by them, is one sample of what an event takes. */
const SLICE = 1_000;
const BAR = 300_000;
const PEER_BAR = 3;

const SOURCE = readFileSync(join(rootDirectory, "examples", "rate-cards", "guide.json"), "utf8");
const ZONE = zoneClock("America/New_York") as ZoneClock;
const TAX = parsePercent("8") as Percent;
const TERMS = termsOfTaxRate(TAX);
const OPERATORS = ["Verizon", "AT&T", "T-Mobile", null];
const COUNTRIES = ["US", "CA", "MX", "GB", "FR"];
/** A week in steps that meet every band. */
const START = Date.UTC(2026, 0, 4);
const STEP_MS = 61_007;

export const bench: Bench = {
  name: "rating",
  summary: "events priced per second on one core, with the guide's card, trace written; beside decimal.js",
  run: (options) => Promise.resolve(run(options)),
};

function run(options: BenchOptions): BenchResult {
  const events = options.messages ?? EVENTS;
  const card = guideCard();
  options.progress(`rating ${events} events, and as many by the same steps in decimal.js, in turns …`);
  const [product, peer] = measure(events, [priceWithProduct(card), priceWithDecimal()]) as [
    Measured,
    Measured,
  ];
  const ratio = product.perSecond / peer.perSecond;
  const met = product.perSecond >= BAR && ratio >= PEER_BAR ? "met" : "not met";
  const microseconds = (share: number): number =>
    Math.round((percentile(product.slices, share) / SLICE) * 1e6) / 1e6;
  return {
    bench: "rating",
    figure: Math.round(product.perSecond),
    unit: "events/s",
    ceiling: Math.round(peer.perSecond),
    ratio: Math.round(ratio * 1000) / 1000,
    p50_ms: microseconds(0.5),
    p99_ms: microseconds(0.99),
    lost: 0,
    duplicated: 0,
    tables: [
      {
        title: "CEILING is the peer here: the same steps in decimal.js. Bar",
        rows: [
          ["AT LEAST", "TIMES THE PEER", "BYTES WRITTEN", ""],
          [`${BAR} events/s`, String(PEER_BAR), String(product.bytesPerTrace), met],
        ],
      },
    ],
  };
}

type Price = (index: number) => string;

interface Measured {
  readonly perSecond: number;
  /** Milliseconds, ascending. */
  readonly slices: readonly number[];
  readonly bytesPerTrace: number;
}

/** Where every text is written: one that is never looked at would cost nothing to join. */
const written = Buffer.alloc(4_096);

/** Slice by slice in turns, so that whatever else the machine does falls on all of them. */
function measure(events: number, prices: readonly Price[]): Measured[] {
  const runs = prices.map((price) => ({ price, bytes: 0, slices: [] as number[] }));
  for (const { price } of runs)
    for (let index = 0; index < Math.min(WARM_UP, events); index += 1) written.write(price(index));
  for (let first = 0; first < events; first += SLICE) {
    for (const run of runs) {
      const sliceAt = performance.now();
      for (let index = first; index < first + SLICE; index += 1) run.bytes += written.write(run.price(index));
      run.slices.push(performance.now() - sliceAt);
    }
  }
  return runs.map(({ bytes, slices }) => {
    const milliseconds = slices.reduce((sum, one) => sum + one, 0);
    return {
      perSecond: (slices.length * SLICE * 1000) / milliseconds,
      slices: slices.sort((one, other) => one - other),
      bytesPerTrace: Math.round(bytes / (slices.length * SLICE)),
    };
  });
}

function guideCard(): CompiledRateCard {
  const version = { v: 1 as const, rateCardId: "RC-TENANT-001", version: 1, validFrom: 0, storedAt: 0 };
  const compiled = compileRateCardVersion({ ...version, source: SOURCE });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return compiled.card;
}

function priceWithProduct(card: CompiledRateCard): Price {
  const counters = new Map<string, bigint>();
  const input: { -readonly [Field in keyof RatingInput]: RatingInput[Field] } = {
    ...PLAIN_EVENT,
    card,
    eventType: "sms.delivered",
    channel: "sms",
    at: START,
    units: 1,
    country: null,
    operator: null,
    zone: ZONE,
    counters,
    terms: TERMS,
  };
  return (index) => {
    input.at = START + (index % 10_000) * STEP_MS;
    input.operator = OPERATORS[index % OPERATORS.length] ?? null;
    input.country = COUNTRIES[index % COUNTRIES.length] ?? null;
    const charge = rate(input);
    if (charge.volume !== null) counters.set(charge.volume.counter, charge.volume.after);
    const { base, discount, subtotal, tax, total } = charge.texts;
    return `${charge.traceText}${base},${discount},${subtotal},${tax},${total}`;
  };
}

/** The guide's steps as somebody would write them with decimal.js: same zone clock, same maps, same trace. */
function priceWithDecimal(): Price {
  const Exact = Decimal.clone({
    precision: 60,
    rounding: Decimal.ROUND_HALF_EVEN,
    toExpNeg: -1000,
    toExpPos: 1000,
  });
  const card = JSON.parse(SOURCE) as GuideCard;
  const { sms } = card.rates;
  const bands = sms.time_bands.map((band) => ({ ...band, price: new Exact(String(band.rate)) }));
  const prices = (table: Readonly<Record<string, number>>) =>
    new Map(Object.entries(table).map(([name, price]) => [name, new Exact(String(price))]));
  const operators = prices(sms.operator_rates);
  const countries = prices(sms.destination_rates);
  const base = new Exact(String(sms.base_rate));
  const tiers = card.volume_discounts.map((tier) => ({ ...tier, percent: new Exact(String(tier.discount)) }));
  const tax = new Exact(8);
  const volumes = new Map<string, number>();
  return (index) => {
    const at = START + (index % 10_000) * STEP_MS;
    const operator = OPERATORS[index % OPERATORS.length] ?? null;
    const country = COUNTRIES[index % COUNTRIES.length] ?? "";
    const hourOfWeek = ZONE.hourOfWeek(at);
    const [day, hour] = [Math.floor(hourOfWeek / 24), hourOfWeek % 24];
    const band = bands.find(
      (one) => one.days_of_week.includes(day) && hour >= one.start_hour && hour < one.end_hour,
    );
    const price =
      band?.price ??
      (operator === null ? undefined : operators.get(operator)) ??
      countries.get(country) ??
      base;
    const month = new Date(at + ZONE.offset(at)).toISOString().slice(0, 7);
    const volume = (volumes.get(month) ?? 0) + 1;
    volumes.set(month, volume);
    const tier = tiers.findLast((one) => one.min_volume <= volume);
    const discount = price
      .times(tier?.percent ?? 0)
      .dividedBy(100)
      .toDecimalPlaces(18);
    const subtotal = price.minus(discount);
    const levied = subtotal.times(tax).dividedBy(100).toDecimalPlaces(18);
    const total = subtotal.plus(levied);
    return JSON.stringify({
      card: card.rate_card_id,
      band: band === undefined ? undefined : { name: band.name, local: ZONE.label(at) },
      rate: price.toFixed(),
      volume,
      tier: tier?.min_volume,
      discount: discount.toFixed(),
      subtotal: subtotal.toFixed(),
      tax: levied.toFixed(),
      total: total.toFixed(),
    });
  };
}

interface GuideCard {
  readonly rate_card_id: string;
  readonly volume_discounts: readonly { readonly min_volume: number; readonly discount: number }[];
  readonly rates: {
    readonly sms: {
      readonly base_rate: number;
      readonly time_bands: readonly {
        readonly name: string;
        readonly start_hour: number;
        readonly end_hour: number;
        readonly days_of_week: readonly number[];
        readonly rate: number;
      }[];
      readonly operator_rates: Readonly<Record<string, number>>;
      readonly destination_rates: Readonly<Record<string, number>>;
    };
  };
}
