import { Poison } from "#domain/errors.ts";
import { type Money, ZERO } from "#domain/money/money.ts";
import { formatPercent, NO_PERCENT, type Percent } from "#domain/money/percent.ts";
import { type ChargeAmounts, chargeAmounts } from "./amounts.ts";
import { operatorKey } from "./channel-rates.ts";
import type {
  CompiledBand,
  CompiledEvent,
  CompiledRateCard,
  CompiledTier,
  PrincipalRates,
  RateQuote,
} from "./compiled-rate-card.ts";
import { canonicalEventType } from "./event-types.ts";
import type { RateSource } from "./rate-card-model.ts";
import type { RatingTrace } from "./rating-trace.ts";
import { matchTimeBand } from "./time-bands.ts";
import { INSTANT_MAX } from "./zone-clock.ts";

/** One billable event, with what its tenant's configuration and wallet say. */
export interface RatingInput {
  readonly card: CompiledRateCard;
  /** An alias such as sms.deliver will do. */
  readonly eventType: string;
  /** The event's channel; rcs-google and rcs-custom are rated under rcs unless the card names them. */
  readonly channel: string;
  /** Epoch ms of the action. */
  readonly at: number;
  /** A whole number from 1. */
  readonly units: number;
  /** ISO 3166-1 alpha-2, null when unknown. */
  readonly country: string | null;
  readonly operator: string | null;
  /** The month's volume with this event's units: what it was before, plus `units`. Ignored where countsVolume comes out false. */
  readonly volumeOrdinal: bigint;
  readonly taxRate: Percent;
}

export interface RatedCharge {
  /** False when the card has no price for the event: every amount is zero. */
  readonly priced: boolean;
  /** Whether the event's units move the month's volume: priced messages do, free events and platform services do not. */
  readonly countsVolume: boolean;
  readonly base: Money;
  readonly discountPercent: Percent;
  readonly discount: Money;
  readonly subtotal: Money;
  readonly tax: Money;
  readonly total: Money;
  readonly trace: RatingTrace;
}

/** What step 3 found: the unit rate, and the band that gave or multiplies it. */
interface FoundRate {
  readonly quote: RateQuote;
  readonly band: CompiledBand | null;
}

/**
 * Prices one event: steps 1 to 7 of the guide's "Billing Calculation Pipeline". Pure and synchronous.
 * @throws Poison for an event that can never be charged: units or time out of range, or an amount beyond the ledger's 20 integer digits.
 */
export function rate(input: RatingInput): RatedCharge {
  assertRatable(input);
  // Steps 1 and 2, the tenant's tax rate and the rate card, come with the input.
  const event = findEvent(input);
  const found = event === null ? null : lookupRate(event, input);
  if (event === null || found === null) return unpriced(input);
  const tier = event.volumeDiscount ? volumeTier(input.card.tiers, input.volumeOrdinal) : null;
  const discountPercent = tier?.discount ?? NO_PERCENT;
  const amounts = amountsOf(found, input, discountPercent);
  return {
    priced: true,
    countsVolume: event.volumeDiscount && amounts.base > 0n,
    base: amounts.base,
    discountPercent,
    discount: amounts.discount,
    subtotal: amounts.subtotal,
    tax: amounts.tax,
    total: amounts.total,
    trace: traceOf(input, event, found, tier, amounts),
  };
}

/**
 * What to reserve for one event before it happens: its price now with tax and without any volume discount, so never less than
 * the charge at the same instant. A time band that begins between reservation and charge may still make the charge dearer; the
 * charge then takes the rest from the balance. Zero when the card does not price the event.
 * @throws Poison as rate() does.
 */
export function holdFor(card: CompiledRateCard, event: Omit<RatingInput, "card" | "volumeOrdinal">): Money {
  const input = { ...event, card, volumeOrdinal: 0n };
  assertRatable(input);
  const compiled = findEvent(input);
  const found = compiled === null ? null : lookupRate(compiled, input);
  return found === null ? ZERO : amountsOf(found, input, NO_PERCENT).total;
}

function assertRatable({ units, at }: RatingInput): void {
  if (!Number.isSafeInteger(units) || units < 1)
    throw new Poison(`units must be a whole number from 1, not ${units}`);
  if (!(Math.abs(at) <= INSTANT_MAX)) throw new Poison(`no instant in time: ${at}`);
}

function findEvent({ card, eventType, channel }: RatingInput): CompiledEvent | null {
  const canonical = canonicalEventType(eventType);
  if (!channel.startsWith("rcs-")) return card.events.get(canonical) ?? null;
  const name = canonical.slice(canonical.indexOf("."));
  return card.events.get(channel + name) ?? card.events.get(`rcs${name}`) ?? null;
}

/** Step 3: the first source, in the card's precedence, that has a rate; a band without one multiplies what the others give. */
function lookupRate(event: CompiledEvent, input: RatingInput): FoundRate | null {
  if (event.principal === null) return event.flat === null ? null : { quote: event.flat, band: null };
  const rates = event.principal;
  const band = rates.bands[matchTimeBand(rates.bandTable, input.at)] ?? null;
  for (const source of input.card.precedence) {
    const quote = quoteFrom(source, rates, band, input);
    if (quote === null) continue;
    const decides = quote === band?.quote || (band !== null && band.multiplier !== null);
    return { quote, band: decides ? band : null };
  }
  return null;
}

function quoteFrom(
  source: RateSource,
  rates: PrincipalRates,
  band: CompiledBand | null,
  { operator, country }: RatingInput,
): RateQuote | null {
  switch (source) {
    case "time_band":
      return band?.quote ?? null;
    case "contract":
      return rates.contract;
    case "operator":
      if (operator === null || rates.operators.size === 0) return null;
      return rates.operators.get(operatorKey(operator)) ?? null;
    case "destination":
      return country === null ? null : (rates.destinations.get(country) ?? null);
    case "base":
      break;
  }
  return rates.base;
}

/** Step 4: the tier with the highest min_volume that the month's volume has reached. */
function volumeTier(tiers: readonly CompiledTier[], volume: bigint): CompiledTier | null {
  let low = 0;
  let high = tiers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tiers[middle] as CompiledTier).minVolume <= volume) low = middle + 1;
    else high = middle;
  }
  return tiers[low - 1] ?? null;
}

/** Steps 5 to 7. */
function amountsOf(
  found: FoundRate,
  { units, taxRate }: RatingInput,
  discountPercent: Percent,
): ChargeAmounts {
  const multiplier = found.band?.multiplier?.factor ?? null;
  const amounts = chargeAmounts({ rate: found.quote.rate, multiplier, units, discountPercent, taxRate });
  if (amounts === null) throw new Poison(`the price of ${units} units does not fit the ledger`);
  return amounts;
}

function unpriced({ card, eventType, units }: RatingInput): RatedCharge {
  const event = canonicalEventType(eventType);
  return {
    priced: false,
    countsVolume: false,
    base: ZERO,
    discountPercent: NO_PERCENT,
    discount: ZERO,
    subtotal: ZERO,
    tax: ZERO,
    total: ZERO,
    trace: { v: 1, card: card.rateCardId, version: card.version, event, units, source: "none" },
  };
}

function traceOf(
  { card, eventType, units, at, volumeOrdinal, taxRate }: RatingInput,
  event: CompiledEvent,
  { quote, band }: FoundRate,
  tier: CompiledTier | null,
  amounts: ChargeAmounts,
): RatingTrace {
  const trace: RatingTrace = {
    v: 1,
    card: card.rateCardId,
    version: card.version,
    event: canonicalEventType(eventType),
    units,
    source: quote.source,
    rate: quote.text,
  };
  if (quote.name !== null) trace.name = quote.name;
  if (band !== null) {
    trace.band = { name: band.name, zone: band.clock.zone, local: band.clock.label(at) };
    if (band.multiplier !== null) trace.band.multiplier = band.multiplier.text;
  }
  if (event.volumeDiscount) trace.volume = volumeOrdinal.toString();
  if (tier !== null) {
    trace.tier = tier.minVolumeText;
    trace.discount = tier.discountText;
  }
  if (taxRate !== 0n) trace.tax = formatPercent(taxRate);
  if (amounts.rounded.length > 0) trace.rounded = [...amounts.rounded];
  return trace;
}
