import type { Factor } from "#domain/money/factor.ts";
import type { Money } from "#domain/money/money.ts";
import type { Percent } from "#domain/money/percent.ts";

/**
 * Where the price of a channel's principal event may come from, most decisive first: the guide's order,
 * and the default of a card's `precedence`.
 */
export const RATE_SOURCES = ["time_band", "contract", "operator", "destination", "base"] as const;
export type RateSource = (typeof RATE_SOURCES)[number];

/** Hours `startHour` (inclusive) to `endHour` (exclusive) of the wall clock, on the days (0 = Sunday) on which they start. */
export interface TimeBand {
  readonly name: string;
  readonly startHour: number;
  /** Smaller than `startHour`: the band crosses midnight. */
  readonly endHour: number;
  readonly daysOfWeek: readonly number[];
  /** Per unit; null: the band only multiplies what the other sources give. */
  readonly rate: Money | null;
  /** Bears only where `rate` is null. */
  readonly multiplier: Factor | null;
  /** IANA; null: the card's. */
  readonly timezone: string | null;
}

/** A channel's prices, each per unit. */
export interface ChannelRates {
  /** Price of the principal event (see principalEvent). */
  readonly baseRate: Money | null;
  readonly contractRate: Money | null;
  readonly timeBands: readonly TimeBand[];
  /** By operator name in lower case. */
  readonly operatorRates: ReadonlyMap<string, NamedRate>;
  /** By ISO 3166-1 alpha-2 code. */
  readonly destinationRates: ReadonlyMap<string, NamedRate>;
  /** By canonical event type, the principal event left out. */
  readonly eventPrices: ReadonlyMap<string, Money>;
}

export interface NamedRate {
  /** As the card spells it. */
  readonly name: string;
  readonly rate: Money;
}

export interface VolumeDiscount {
  readonly minVolume: bigint;
  /** Inclusive, for people only: the highest minVolume that is reached applies. */
  readonly maxVolume: bigint | null;
  readonly discount: Percent;
}

export interface RateCard {
  readonly rateCardId: string;
  readonly name: string;
  /** ISO 4217. */
  readonly currency: string;
  /** YYYY-MM-DD, a day of `timezone`. */
  readonly effectiveDate: string;
  /** IANA. */
  readonly timezone: string;
  readonly precedence: readonly RateSource[];
  /** By channel name (see RATING_CHANNELS). */
  readonly rates: ReadonlyMap<string, ChannelRates>;
  /** In ascending order of minVolume. */
  readonly volumeDiscounts: readonly VolumeDiscount[];
}

/** `path` as in "rates.sms.time_bands[1].start_hour", "" for the card as a whole; `message` says what to do. */
export interface CardRemark {
  readonly path: string;
  readonly message: string;
}

export type RateCardParsed =
  | { readonly ok: true; readonly card: RateCard; readonly warnings: readonly CardRemark[] }
  | { readonly ok: false; readonly problems: readonly CardRemark[] };
