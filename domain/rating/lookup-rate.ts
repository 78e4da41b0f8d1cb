import { operatorKey } from "./channel-rates.ts";
import type { CompiledEvent } from "./compiled-rate-card.ts";
import {
  bandAt,
  type CompiledBand,
  type CompiledPrefixes,
  type CompiledPricing,
  type CompiledRate,
  NO_RATE,
  type PrincipalRates,
  type RateQuote,
} from "./compiled-rates.ts";
import { attributeKey } from "./event-pricing.ts";
import { canonicalEventType } from "./event-types.ts";
import type { RateSource } from "./rate-card-model.ts";
import type { RatingInput } from "./rating-input.ts";

/** The unit rate, and the band that gave or multiplies it. */
export interface FoundRate {
  readonly quote: RateQuote;
  readonly band: CompiledBand | null;
}

/** Step 2: what the card says of the event; null where it does not name it. */
export function loadRateCard({ card, eventType, channel }: RatingInput): CompiledEvent | null {
  const canonical = canonicalEventType(eventType);
  if (!channel.startsWith("rcs-")) return card.events.get(canonical) ?? null;
  const name = canonical.slice(canonical.indexOf("."));
  return card.events.get(channel + name) ?? card.events.get(`rcs${name}`) ?? null;
}

/**
 * Step 3: the rate of the event's attributes, else that of the first source in the card's precedence that has one in force;
 * a channel's band without a rate multiplies what the others give.
 */
export function lookupRate(event: CompiledEvent, input: RatingInput): FoundRate | null {
  const { pricing } = event;
  if (pricing === null) return findSourceRate(event, input);
  const quote = attributeQuote(pricing, input.attributes);
  if (quote !== null) return { quote, band: null };
  return findSourceRate(event, input) ?? (pricing.standsAlone ? { quote: NO_RATE, band: null } : null);
}

function attributeQuote(
  { attributes }: CompiledPricing,
  values: RatingInput["attributes"],
): RateQuote | null {
  for (const { attribute, quotes } of attributes) {
    const value = Object.hasOwn(values, attribute) ? values[attribute] : undefined;
    const quote = value === undefined ? undefined : quotes.get(attributeKey(value));
    if (quote !== undefined) return quote;
  }
  return null;
}

function findSourceRate(event: CompiledEvent, input: RatingInput): FoundRate | null {
  if (event.principal === null) return event.flat === null ? null : { quote: event.flat, band: null };
  const rates = event.principal;
  const band = rates.bands === null ? null : bandAt(rates.bands, input.at);
  for (const source of input.card.precedence) {
    if (source === "time_band") {
      if (band !== null && band.quote !== null) return { quote: band.quote, band };
      continue;
    }
    const found = findIn(source, rates, input);
    if (found !== null) return band === null || band.multiplier === null ? found : { ...found, band };
  }
  return null;
}

function findIn(
  source: Exclude<RateSource, "time_band">,
  rates: PrincipalRates,
  { operator, country, prefix, contract, at }: RatingInput,
): FoundRate | null {
  switch (source) {
    case "contract": {
      const own = contract === null ? undefined : rates.contracts.get(contract);
      return rateAt(own, at) ?? rateAt(rates.contract, at);
    }
    case "operator":
      if (operator === null || rates.operators.size === 0) return null;
      return rateAt(rates.operators.get(operatorKey(operator)), at);
    case "prefix":
      return prefix === null || rates.prefixes === null ? null : prefixRate(rates.prefixes, prefix, at);
    case "destination":
      return country === null ? null : rateAt(rates.destinations.get(country), at);
    case "base":
      break;
  }
  return rateAt(rates.base, at);
}

/** The longest prefix whose rate is in force. */
function prefixRate({ rates, lengths }: CompiledPrefixes, prefix: string, at: number): FoundRate | null {
  for (const length of lengths) {
    if (length > prefix.length) continue;
    const found = rateAt(rates.get(prefix.slice(0, length)), at);
    if (found !== null) return found;
  }
  return null;
}

function rateAt(rate: CompiledRate | null | undefined, at: number): FoundRate | null {
  if (rate === null || rate === undefined) return null;
  if (rate.always !== null) return { quote: rate.always, band: null };
  for (const { from, to, quote, bands } of rate.dated) {
    if (at < from || at >= to) continue;
    const band = bands === null ? null : bandAt(bands, at);
    if (band !== null && band.quote !== null) return { quote: band.quote, band };
    if (quote !== null) return { quote, band };
  }
  return null;
}
