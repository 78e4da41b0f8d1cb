import type { Factor } from "#domain/money/factor.ts";
import type { Money } from "#domain/money/money.ts";
import type { Percent } from "#domain/money/percent.ts";
import type { DiscountRule } from "./discounts.ts";
import type { Formula } from "./formula.ts";

/**
 * Where the price of a channel's principal event may come from, most decisive first: the guide's order with prefixes
 * before the countries that they lie in, and the default of a card's `precedence`. A precedence without time_band
 * nests bands: each source's rate has its own, the channel's belong to base.
 */
export const RATE_SOURCES = ["time_band", "contract", "operator", "prefix", "destination", "base"] as const;
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
  /** YYYY-MM-DD of the band's zone, [from, to) by the day on which the band starts; null: open. */
  readonly validFrom: string | null;
  readonly validTo: string | null;
  /** Whether it rules only on the card's holidays, or never on one; null: holidays are days like others. */
  readonly holidays: "only" | "never" | null;
}

/** A channel's prices, each per unit. */
export interface ChannelRates {
  /** Price of the principal event (see principalEvent). */
  readonly baseRate: Money | null;
  /** For every wallet on the card; empty: none. The first in force counts, as in every list of dated rates. */
  readonly contractRate: readonly DatedRate[];
  /** By contract, before contractRate. */
  readonly contractRates: ReadonlyMap<string, NamedRate>;
  readonly timeBands: readonly TimeBand[];
  /** By operator name in lower case. */
  readonly operatorRates: ReadonlyMap<string, NamedRate>;
  /** By leading digits of the E.164 number; the longest counts. */
  readonly prefixRates: ReadonlyMap<string, NamedRate>;
  /** By ISO 3166-1 alpha-2 code. */
  readonly destinationRates: ReadonlyMap<string, NamedRate>;
  /** What else prices the principal event. */
  readonly pricing: EventPricing | null;
  /** By canonical event type, the principal event left out. */
  readonly events: ReadonlyMap<string, EventPrice>;
}

/** A price, the days on which it holds, and the bands within it. */
export interface DatedRate {
  /** Per unit; null: only its bands have prices. */
  readonly rate: Money | null;
  /** YYYY-MM-DD of the card's zone, [from, to); null: open. */
  readonly validFrom: string | null;
  readonly validTo: string | null;
  /** Empty unless the card nests bands. */
  readonly timeBands: readonly TimeBand[];
}

export interface NamedRate {
  /** As the card spells it. */
  readonly name: string;
  readonly rates: readonly DatedRate[];
}

/** The price of an event other than the principal one. */
export interface EventPrice {
  /** Per unit; null: attributes, size or a formula alone price it. */
  readonly rate: Money | null;
  readonly pricing: EventPricing | null;
}

/** What prices an event beyond a rate per unit. */
export interface EventPricing {
  /** "event": units do not multiply it. "part" and "month" say what a unit is. */
  readonly per: "event" | "part" | "month" | null;
  /** By attribute, then by its value in lower case: a rate that replaces any other. */
  readonly attributeRates: ReadonlyMap<string, ReadonlyMap<string, AttributeRate>>;
  readonly pulse: Pulse | null;
  readonly size: SizePrice | null;
  /** Gives the price in place of all that. */
  readonly formula: Formula | null;
}

export interface AttributeRate {
  readonly name: string;
  readonly rate: Money;
}

/** Started pulses of an attribute (a session's seconds) are billed: first `initial`, then by `increment`. */
export interface Pulse {
  readonly attribute: string;
  readonly initial: number;
  readonly increment: number;
  /** The rate is the price of so much: 60 = per minute. */
  readonly unit: number;
}

/** On top of the rate: `rate` for each started `per` of an attribute (a file's bytes). */
export interface SizePrice {
  readonly attribute: string;
  readonly rate: Money;
  readonly per: number;
}

export interface VolumeDiscount {
  readonly minVolume: bigint;
  /** Inclusive, for people only: the highest minVolume that is reached applies. */
  readonly maxVolume: bigint | null;
  readonly discount: Percent;
}

/**
 * Ordinal: an event has the tier of its own place in the month. Whole: the tier that the month has reached applies to all of it, so
 * reaching one changes earlier charges. Counted over all channels, or each on its own.
 */
export interface VolumeRule {
  readonly mode: "ordinal" | "whole";
  readonly scope: "all" | "channel";
}

export interface LoyaltyDiscount {
  /** Whole months since the tenant became a customer. */
  readonly minMonths: number;
  readonly discount: Percent;
}

export interface BulkDiscount {
  /** Messages in the request that brought the event. */
  readonly minMessages: number;
  readonly discount: Percent;
}

/** For tenants that have redeemed its code; caps hold per wallet. */
export interface Promotion {
  readonly code: string;
  readonly discount: Percent;
  /** YYYY-MM-DD of the card's zone, [from, to); null: open. */
  readonly validFrom: string | null;
  readonly validTo: string | null;
  /** In charges; null: without end. */
  readonly maxUses: bigint | null;
  /** In the wallet's currency; the last charge gets what is left. */
  readonly maxAmount: Money | null;
  /** null: every message. */
  readonly channels: readonly string[] | null;
}

/** Multiplies prices while its schedule lasts, while the load is higher than `above`, or where both are given, while both hold. */
export interface Surge {
  readonly name: string;
  /** Rating channels; null: all. */
  readonly channels: readonly string[] | null;
  /** Its hours and days. */
  readonly schedule: TimeBand | null;
  readonly above: Percent | null;
  readonly multiplier: Factor;
}

export interface SurgeLimits {
  readonly max: Factor | null;
  readonly floor: Factor | null;
}

/** For invoices paid within so many days. */
export interface EarlyPayment {
  readonly days: number;
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
  /** YYYY-MM-DD, ascending. */
  readonly holidays: readonly string[];
  /** By channel name (see RATING_CHANNELS). */
  readonly rates: ReadonlyMap<string, ChannelRates>;
  readonly volume: VolumeRule;
  /** In ascending order of minVolume. */
  readonly volumeDiscounts: readonly VolumeDiscount[];
  /** In ascending order of minMonths, and of minMessages: the highest that is reached applies. */
  readonly loyaltyDiscounts: readonly LoyaltyDiscount[];
  readonly bulkDiscounts: readonly BulkDiscount[];
  /** By code. */
  readonly promotions: ReadonlyMap<string, Promotion>;
  /** How several discounts on one event become one. */
  readonly discountRule: DiscountRule;
  readonly earlyPayment: EarlyPayment | null;
  readonly surges: readonly Surge[];
  readonly surgeLimits: SurgeLimits;
  /** What becomes of a version with a price that is below a supplier's. */
  readonly belowCost: "warn" | "refuse";
}

/** `path` as in "rates.sms.time_bands[1].start_hour", "" for the card as a whole; `message` says what to do. */
export interface CardRemark {
  readonly path: string;
  readonly message: string;
}

export type RateCardParsed =
  | { readonly ok: true; readonly card: RateCard; readonly warnings: readonly CardRemark[] }
  | { readonly ok: false; readonly problems: readonly CardRemark[] };
