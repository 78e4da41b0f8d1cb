import { Poison } from "#domain/errors.ts";
import { type Money, ZERO } from "#domain/money/money.ts";
import { formatPercent, NO_PERCENT, type Percent } from "#domain/money/percent.ts";
import { taxesAt } from "#domain/tax/taxes.ts";
import { type ChargeAmounts, chargeAmounts } from "./amounts.ts";
import { operatorKey } from "./channel-rates.ts";
import type {
  CompiledBand,
  CompiledEvent,
  CompiledTier,
  PrincipalRates,
  RateQuote,
} from "./compiled-rate-card.ts";
import { canonicalEventType } from "./event-types.ts";
import type { RateSource } from "./rate-card-model.ts";
import type { RatingTrace } from "./rating-trace.ts";
import { matchTimeBand } from "./time-bands.ts";
import type { RatedCharge } from "./rated-charge.ts";
import type { RatingInput } from "./rating-input.ts";
import { monthOf } from "./volume-counters.ts";
import { INSTANT_MAX } from "./zone-clock.ts";

export type { RatedCharge, TrueUp } from "./rated-charge.ts";
export { PLAIN_EVENT, type RatingInput } from "./rating-input.ts";

const NO_TAXES: RatedCharge["taxes"] = Object.freeze([]);
const NO_COUNTERS: RatedCharge["counters"] = Object.freeze([]);

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
  const volume = event.volumeDiscount ? volumeWith(input) : null;
  const tier = volume === null ? null : volumeTier(input.card.tiers, volume.after);
  const discountPercent = tier?.discount ?? NO_PERCENT;
  const amounts = amountsOf(found, input, discountPercent);
  return {
    priced: true,
    base: amounts.base,
    discountPercent,
    discount: amounts.discount,
    subtotal: amounts.subtotal,
    taxes: amounts.taxes,
    tax: amounts.tax,
    total: amounts.total,
    volume: amounts.base > 0n ? volume : null,
    counters: NO_COUNTERS,
    trueUp: null,
    commission: null,
    cost: null,
    trace: traceOf(input, found, volume, tier, amounts),
  };
}

/**
 * What to reserve for one event before it happens: its price now with tax and without any volume discount, so never less than
 * the charge at the same instant. A time band that begins between reservation and charge may still make the charge dearer; the
 * charge then takes the rest from the balance. Zero when the card does not price the event.
 * @throws Poison as rate() does.
 */
export function holdFor(event: Omit<RatingInput, "counters">): Money {
  const input: RatingInput = { ...event, counters: NO_VOLUME };
  assertRatable(input);
  const compiled = findEvent(input);
  const found = compiled === null ? null : lookupRate(compiled, input);
  return found === null ? ZERO : amountsOf(found, input, NO_PERCENT).total;
}

const NO_VOLUME: RatingInput["counters"] = new Map();

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

/** The month's volume with this event's units. */
function volumeWith({ zone, at, counters, units }: RatingInput): NonNullable<RatedCharge["volume"]> {
  const counter = monthOf(zone, at);
  return { counter, after: (counters.get(counter) ?? 0n) + BigInt(units) };
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
  { units, terms, at }: RatingInput,
  discountPercent: Percent,
): ChargeAmounts {
  const taxes = taxesAt(terms.taxes, at);
  const { inclusive } = terms.taxes;
  const multiplier = found.band?.multiplier?.factor ?? null;
  const amounts = chargeAmounts({
    rate: found.quote.rate,
    multiplier,
    units,
    discountPercent,
    taxes,
    inclusive,
  });
  if (amounts === null) throw new Poison(`the price of ${units} units does not fit the ledger`);
  return amounts;
}

function unpriced({ card, eventType, units }: RatingInput): RatedCharge {
  const event = canonicalEventType(eventType);
  return {
    priced: false,
    base: ZERO,
    discountPercent: NO_PERCENT,
    discount: ZERO,
    subtotal: ZERO,
    taxes: NO_TAXES,
    tax: ZERO,
    total: ZERO,
    volume: null,
    counters: NO_COUNTERS,
    trueUp: null,
    commission: null,
    cost: null,
    trace: { v: 1, card: card.rateCardId, version: card.version, event, units, source: "none" },
  };
}

function traceOf(
  { card, eventType, units, at, terms }: RatingInput,
  { quote, band }: FoundRate,
  volume: RatedCharge["volume"],
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
  if (volume !== null) trace.volume = volume.after.toString();
  if (tier !== null) {
    trace.tier = tier.minVolumeText;
    trace.discount = tier.discountText;
  }
  const [tax] = taxesAt(terms.taxes, at);
  if (tax !== undefined) trace.tax = formatPercent(tax.percent);
  if (amounts.rounded.length > 0) trace.rounded = [...amounts.rounded];
  return trace;
}
