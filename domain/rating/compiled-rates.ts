import { type Factor, formatFactor } from "#domain/money/factor.ts";
import { formatMoney, type Money, ZERO } from "#domain/money/money.ts";
import type { Formula } from "./formula.ts";
import type {
  ChannelRates,
  DatedRate,
  EventPricing,
  NamedRate,
  Pulse,
  RateSource,
  TimeBand,
} from "./rate-card-model.ts";
import { clockOf, compileTimeBands, matchTimeBand, type TimeBandTable } from "./time-bands.ts";
import { startOfDay, type ZoneClock } from "./zone-clock.ts";

/** A price per unit and where it stands on the card; `text` is `rate` in decimal, made once for the traces. */
export interface RateQuote {
  readonly source: RateSource | "event" | "attribute";
  /** Operator, prefix, country or contract, or the attribute's value, where that is the source. */
  readonly name: string | null;
  readonly rate: Money;
  readonly text: string;
}

export interface CompiledBand {
  readonly name: string;
  readonly clock: ZoneClock;
  /** null: the band only multiplies. */
  readonly quote: RateQuote | null;
  /** null where the band has a rate. */
  readonly multiplier: { readonly factor: Factor; readonly text: string } | null;
}

export interface CompiledBands {
  readonly bands: readonly CompiledBand[];
  readonly table: TimeBandTable;
}

/** One source's price: `always`, or the first of `dated` that is in force. */
export interface CompiledRate {
  readonly always: RateQuote | null;
  readonly dated: readonly DatedQuote[];
}

export interface DatedQuote {
  /** Epoch ms, [from, to). */
  readonly from: number;
  readonly to: number;
  readonly quote: RateQuote | null;
  readonly bands: CompiledBands | null;
}

/** Everything that may price a channel's principal event. */
export interface PrincipalRates {
  /** The channel's, where precedence names time_band. */
  readonly bands: CompiledBands | null;
  readonly contract: CompiledRate | null;
  readonly contracts: ReadonlyMap<string, CompiledRate>;
  /** By operatorKey. */
  readonly operators: ReadonlyMap<string, CompiledRate>;
  readonly prefixes: CompiledPrefixes | null;
  readonly destinations: ReadonlyMap<string, CompiledRate>;
  readonly base: CompiledRate | null;
}

export interface CompiledPrefixes {
  readonly rates: ReadonlyMap<string, CompiledRate>;
  /** That prefixes on the card have, longest first. */
  readonly lengths: readonly number[];
}

/** What prices an event beyond a rate per unit. */
export interface CompiledPricing {
  /** Whether units multiply the price. */
  readonly byUnit: boolean;
  /** Whether it prices an event that no rate prices. */
  readonly standsAlone: boolean;
  readonly attributes: readonly CompiledAttribute[];
  readonly pulse: CompiledPulse | null;
  readonly size: CompiledSize | null;
  readonly formula: Formula | null;
}

export interface CompiledAttribute {
  readonly attribute: string;
  /** By attributeKey. */
  readonly quotes: ReadonlyMap<string, RateQuote>;
}

export interface CompiledPulse extends Pulse {
  readonly divisor: bigint;
}

export interface CompiledSize {
  readonly attribute: string;
  readonly rate: Money;
  readonly text: string;
  readonly per: number;
}

/** What a card says of days for all of its rates. */
export interface CardCalendar {
  readonly timezone: string;
  readonly holidays: readonly string[];
  /** Whether each source's rates have bands of their own. */
  readonly nested: boolean;
}

/** The rate of an event that only attributes, size or a formula price. */
export const NO_RATE: RateQuote = Object.freeze({ source: "event", name: null, rate: ZERO, text: "0" });

export function compilePrincipal(rates: ChannelRates, calendar: CardCalendar): PrincipalRates {
  const { timeBands, contractRate, baseRate } = rates;
  const compile = (source: RateSource, named: ReadonlyMap<string, NamedRate>): Map<string, CompiledRate> =>
    new Map([...named].map(([key, one]) => [key, compileRate(source, one.name, one.rates, calendar)]));
  const base: DatedRate = {
    rate: baseRate,
    validFrom: null,
    validTo: null,
    timeBands: calendar.nested ? timeBands : [],
  };
  const prefixes = compile("prefix", rates.prefixRates);
  return Object.freeze({
    bands:
      calendar.nested || timeBands.length === 0
        ? null
        : compileBands(timeBands, calendar, (rate) => quote("time_band", null, rate)),
    contract: contractRate.length === 0 ? null : compileRate("contract", null, contractRate, calendar),
    contracts: compile("contract", rates.contractRates),
    operators: compile("operator", rates.operatorRates),
    prefixes: prefixes.size === 0 ? null : { rates: prefixes, lengths: lengthsOf(prefixes) },
    destinations: compile("destination", rates.destinationRates),
    base:
      baseRate === null && base.timeBands.length === 0 ? null : compileRate("base", null, [base], calendar),
  });
}

function lengthsOf(prefixes: ReadonlyMap<string, unknown>): readonly number[] {
  return [...new Set([...prefixes.keys()].map(({ length }) => length))].sort((left, right) => right - left);
}

function compileRate(
  source: RateSource,
  name: string | null,
  rates: readonly DatedRate[],
  calendar: CardCalendar,
): CompiledRate {
  const dated = rates.map(({ rate, validFrom, validTo, timeBands }) =>
    Object.freeze({
      from: validFrom === null ? -Infinity : instantOf(validFrom, calendar),
      to: validTo === null ? Infinity : instantOf(validTo, calendar),
      quote: rate === null ? null : quote(source, name, rate),
      bands:
        timeBands.length === 0
          ? null
          : compileBands(timeBands, calendar, (bandRate) => quote(source, name, bandRate)),
    }),
  );
  const [first] = dated;
  const plain =
    first !== undefined && first.from === -Infinity && first.to === Infinity && first.bands === null;
  return Object.freeze(plain ? { always: first.quote, dated: [] } : { always: null, dated });
}

/** The instant (epoch ms) at which the day begins in the card's zone. */
export function instantOf(day: string, { timezone }: { readonly timezone: string }): number {
  const start = startOfDay(clockOf(timezone), day);
  if (start === null) throw new RangeError(`no calendar day: ${day}`);
  return start;
}

function compileBands(
  bands: readonly TimeBand[],
  { timezone, holidays }: CardCalendar,
  quoteOf: (rate: Money) => RateQuote,
): CompiledBands {
  return Object.freeze({
    bands: bands.map((band) =>
      Object.freeze({
        name: band.name,
        clock: clockOf(band.timezone ?? timezone),
        quote: band.rate === null ? null : quoteOf(band.rate),
        // Where both stand, the rate wins.
        multiplier: band.rate === null && band.multiplier !== null ? compileFactor(band.multiplier) : null,
      }),
    ),
    table: compileTimeBands(bands, timezone, holidays),
  });
}

/** The band that rules at `at` (epoch ms). */
export function bandAt({ bands, table }: CompiledBands, at: number): CompiledBand | null {
  return bands[matchTimeBand(table, at)] ?? null;
}

export function compilePricing(pricing: EventPricing | null): CompiledPricing | null {
  if (pricing === null) return null;
  const { per, attributeRates, pulse, size, formula } = pricing;
  return Object.freeze({
    byUnit: per !== "event",
    standsAlone: size !== null || formula !== null,
    attributes: [...attributeRates].map(([attribute, values]) => ({
      attribute,
      quotes: new Map(
        [...values].map(([key, { name, rate }]) => [key, quote("attribute", `${attribute} ${name}`, rate)]),
      ),
    })),
    pulse: pulse === null ? null : Object.freeze({ ...pulse, divisor: BigInt(pulse.unit) }),
    size: size === null ? null : Object.freeze({ ...size, text: formatMoney(size.rate) }),
    formula,
  });
}

export function compileFactor(factor: Factor): { readonly factor: Factor; readonly text: string } {
  return Object.freeze({ factor, text: formatFactor(factor) });
}

export function quote(source: RateQuote["source"], name: string | null, rate: Money): RateQuote {
  return Object.freeze({ source, name, rate, text: formatMoney(rate) });
}
