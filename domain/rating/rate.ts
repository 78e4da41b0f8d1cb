import { Poison } from "#domain/errors.ts";
import { type Money, ZERO } from "#domain/money/money.ts";
import { NO_PERCENT, type Percent } from "#domain/money/percent.ts";
import { taxesAt } from "#domain/tax/taxes.ts";
import { type ChargeAmounts, chargeAmounts, type PriceTerms } from "./amounts.ts";
import { billedPulses, startedSizes } from "./billed-quantity.ts";
import type { CompiledEvent, CompiledTier } from "./compiled-rate-card.ts";
import { findEvent, findRate, type FoundRate } from "./lookup-rate.ts";
import { noPriceTrace, writeTrace } from "./write-trace.ts";
import type { RatedCharge } from "./rated-charge.ts";
import type { RatingInput } from "./rating-input.ts";
import { monthOf } from "./volume-counters.ts";
import { INSTANT_MAX } from "./zone-clock.ts";

export type { RatedCharge, TrueUp } from "./rated-charge.ts";
export { PLAIN_EVENT, type RatingInput } from "./rating-input.ts";

const NO_TAXES: RatedCharge["taxes"] = Object.freeze([]);
const NO_COUNTERS: RatedCharge["counters"] = Object.freeze([]);

/**
 * Prices one event: steps 1 to 7 of the guide's "Billing Calculation Pipeline". Pure and synchronous.
 * @throws Poison for an event that can never be charged: units or time out of range, or an amount beyond the ledger's 20 integer digits.
 */
export function rate(input: RatingInput): RatedCharge {
  assertRatable(input);
  // Steps 1 and 2, the tenant's tax rate and the rate card, come with the input.
  const event = findEvent(input);
  const found = event === null ? null : findRate(event, input);
  if (event === null || found === null) return unpriced(input);
  const volume = event.volumeDiscount ? volumeWith(input) : null;
  const tier = volume === null ? null : volumeTier(input.card.tiers, volume.after);
  const discountPercent = tier?.discount ?? NO_PERCENT;
  const terms = priceTerms(event, found, input, discountPercent);
  const amounts = amountsOf(terms);
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
    trace: writeTrace(input, event, { found, terms, volume, tier, amounts }),
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
  const found = compiled === null ? null : findRate(compiled, input);
  if (compiled === null || found === null) return ZERO;
  return amountsOf(priceTerms(compiled, found, input, NO_PERCENT)).total;
}

const NO_VOLUME: RatingInput["counters"] = new Map();

function assertRatable({ units, at }: RatingInput): void {
  if (!Number.isSafeInteger(units) || units < 1)
    throw new Poison(`units must be a whole number from 1, not ${units}`);
  if (!(Math.abs(at) <= INSTANT_MAX)) throw new Poison(`no instant in time: ${at}`);
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

function priceTerms(
  { pricing }: CompiledEvent,
  { quote, band }: FoundRate,
  { units, attributes, terms, at }: RatingInput,
  discountPercent: Percent,
): PriceTerms {
  const pulse = pricing?.pulse ?? null;
  const size = pricing?.size ?? null;
  return {
    rate: quote.rate,
    multiplier: band?.multiplier?.factor ?? null,
    units: pricing === null || pricing.byUnit ? units : 1,
    pulse: pulse === null ? null : { billed: billedPulses(pulse, attributes), unit: pulse.divisor },
    size: size === null ? null : { started: startedSizes(size, attributes), rate: size.rate },
    discountPercent,
    taxes: taxesAt(terms.taxes, at),
    inclusive: terms.taxes.inclusive,
  };
}

/** Steps 5 to 7. */
function amountsOf(terms: PriceTerms): ChargeAmounts {
  const amounts = chargeAmounts(terms);
  if (amounts === null) throw new Poison(`the price of ${terms.units} units does not fit the ledger`);
  return amounts;
}

function unpriced(input: RatingInput): RatedCharge {
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
    trace: noPriceTrace(input),
  };
}
