import { type Factor, formatFactor } from "#domain/money/factor.ts";
import { formatMoney, type Money } from "#domain/money/money.ts";
import { formatPercent, type Percent } from "#domain/money/percent.ts";
import { hasVolumeDiscount, principalEvent } from "./event-types.ts";
import { parseRateCard } from "./rate-card.ts";
import type { CardRemark, ChannelRates, NamedRate, RateCard, RateSource } from "./rate-card-model.ts";
import type { RateCardVersion } from "./rate-card-version.ts";
import { clockOf, compileTimeBands, type TimeBandTable } from "./time-bands.ts";
import type { ZoneClock } from "./zone-clock.ts";

/** A price per unit and where it stands on the card; `text` is `rate` in decimal, made once for the traces. */
export interface RateQuote {
  readonly source: RateSource | "event";
  /** Operator or country, where that is the source. */
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

/** Everything that may price a channel's principal event. */
export interface PrincipalRates {
  readonly bands: readonly CompiledBand[];
  readonly bandTable: TimeBandTable;
  readonly contract: RateQuote | null;
  /** By operatorKey. */
  readonly operators: ReadonlyMap<string, RateQuote>;
  readonly destinations: ReadonlyMap<string, RateQuote>;
  readonly base: RateQuote | null;
}

export interface CompiledEvent {
  readonly volumeDiscount: boolean;
  /** The flat price of an event other than the principal one. */
  readonly flat: RateQuote | null;
  /** Set for the principal event. */
  readonly principal: PrincipalRates | null;
}

export interface CompiledTier {
  readonly minVolume: bigint;
  readonly minVolumeText: string;
  readonly discount: Percent;
  readonly discountText: string;
}

/** One version of a card, ready to rate with: immutable, shared by every event that it prices. */
export interface CompiledRateCard {
  readonly rateCardId: string;
  readonly version: number;
  /** Epoch ms. */
  readonly validFrom: number;
  readonly currency: string;
  readonly precedence: readonly RateSource[];
  /** By canonical event type. */
  readonly events: ReadonlyMap<string, CompiledEvent>;
  /** In ascending order of minVolume. */
  readonly tiers: readonly CompiledTier[];
}

export function compileRateCard(
  card: RateCard,
  version: Pick<RateCardVersion, "version" | "validFrom">,
): CompiledRateCard {
  const events = new Map<string, CompiledEvent>();
  for (const [channel, rates] of card.rates) {
    const volumeDiscount = hasVolumeDiscount(channel);
    for (const [eventType, price] of rates.eventPrices) {
      events.set(
        eventType,
        Object.freeze({ volumeDiscount, flat: quote("event", null, price), principal: null }),
      );
    }
    const principal = compilePrincipal(rates, card.timezone);
    events.set(principalEvent(channel), Object.freeze({ volumeDiscount, flat: null, principal }));
  }
  return Object.freeze({
    rateCardId: card.rateCardId,
    version: version.version,
    validFrom: version.validFrom,
    currency: card.currency,
    precedence: card.precedence,
    events,
    tiers: card.volumeDiscounts.map(({ minVolume, discount }) =>
      Object.freeze({
        minVolume,
        minVolumeText: minVolume.toString(),
        discount,
        discountText: formatPercent(discount),
      }),
    ),
  });
}

export type StoredCardCompiled =
  | { readonly ok: true; readonly card: CompiledRateCard }
  | { readonly ok: false; readonly problems: readonly CardRemark[] };

/** Reads and compiles a version as control.rate-cards carries it. */
export function compileRateCardVersion(version: RateCardVersion): StoredCardCompiled {
  const parsed = parseRateCard(version.source);
  return parsed.ok ? { ok: true, card: compileRateCard(parsed.card, version) } : parsed;
}

function compilePrincipal(rates: ChannelRates, cardTimezone: string): PrincipalRates {
  return Object.freeze({
    bands: rates.timeBands.map((band) =>
      Object.freeze({
        name: band.name,
        clock: clockOf(band.timezone ?? cardTimezone),
        quote: band.rate === null ? null : quote("time_band", null, band.rate),
        // Where both stand, the rate wins.
        multiplier: band.rate === null && band.multiplier !== null ? compileFactor(band.multiplier) : null,
      }),
    ),
    bandTable: compileTimeBands(rates.timeBands, cardTimezone),
    contract: rates.contractRate === null ? null : quote("contract", null, rates.contractRate),
    operators: quotes("operator", rates.operatorRates),
    destinations: quotes("destination", rates.destinationRates),
    base: rates.baseRate === null ? null : quote("base", null, rates.baseRate),
  });
}

function compileFactor(factor: Factor): { factor: Factor; text: string } {
  return { factor, text: formatFactor(factor) };
}

function quote(source: RateQuote["source"], name: string | null, rate: Money): RateQuote {
  return Object.freeze({ source, name, rate, text: formatMoney(rate) });
}

function quotes(source: RateSource, rates: ReadonlyMap<string, NamedRate>): ReadonlyMap<string, RateQuote> {
  return new Map([...rates].map(([key, { name, rate }]) => [key, quote(source, name, rate)]));
}
