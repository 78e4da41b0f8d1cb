import { formatPercent } from "#domain/money/percent.ts";
import { type CompiledTaxes, exemptionOf, type LeviedTax } from "#domain/tax/taxes.ts";
import type { ChargeAmounts, PriceTerms } from "./amounts.ts";
import type { CompiledEvent, CompiledTier } from "./compiled-rate-card.ts";
import type { CompiledPricing } from "./compiled-rates.ts";
import { canonicalEventType } from "./event-types.ts";
import type { FoundRate } from "./lookup-rate.ts";
import type { RatedCharge } from "./rated-charge.ts";
import type { RatingInput } from "./rating-input.ts";
import type { RatingTrace } from "./rating-trace.ts";

/** What a rating found on its way. */
export interface RatingSteps {
  readonly found: FoundRate;
  readonly volume: RatedCharge["volume"];
  readonly tier: CompiledTier | null;
  readonly terms: PriceTerms;
  readonly amounts: ChargeAmounts;
}

export function noPriceTrace({ card, eventType, units }: RatingInput): RatingTrace {
  const event = canonicalEventType(eventType);
  return { v: 2, card: card.rateCardId, version: card.version, event, units, source: "none" };
}

export function writeTrace(input: RatingInput, event: CompiledEvent, steps: RatingSteps): RatingTrace {
  const { card, at } = input;
  const { quote, band } = steps.found;
  const trace: RatingTrace = {
    v: 2,
    card: card.rateCardId,
    version: card.version,
    event: canonicalEventType(input.eventType),
    units: input.units,
    source: quote.source,
    rate: quote.text,
  };
  if (quote.name !== null) trace.name = quote.name;
  if (band !== null) {
    trace.band = { name: band.name, zone: band.clock.zone, local: band.clock.label(at) };
    if (band.multiplier !== null) trace.band.multiplier = band.multiplier.text;
  }
  if (event.pricing !== null) writePricing(trace, event.pricing, steps.terms, input.attributes);
  if (steps.volume !== null) trace.volume = steps.volume.after.toString();
  if (steps.tier !== null) {
    trace.tier = steps.tier.minVolumeText;
    trace.discount = steps.tier.discountText;
  }
  writeTaxes(trace, input.terms.taxes, steps.terms.taxes, at);
  if (steps.amounts.rounded.length > 0) trace.rounded = [...steps.amounts.rounded];
  return trace;
}

function writePricing(
  trace: RatingTrace,
  pricing: CompiledPricing,
  { pulse, size }: PriceTerms,
  attributes: RatingInput["attributes"],
): void {
  if (!pricing.byUnit) trace.per = "event";
  if (pulse !== null && pricing.pulse !== null) {
    const { attribute, initial, increment, unit } = pricing.pulse;
    trace.pulse = {
      attribute,
      ...valueOf(attribute, attributes),
      initial,
      increment,
      unit,
      billed: pulse.billed.toString(),
    };
  }
  if (size !== null && pricing.size !== null) {
    const { attribute, per, text } = pricing.size;
    const started = size.started.toString();
    trace.size = { attribute, ...valueOf(attribute, attributes), per, rate: text, started };
  }
}

function valueOf(attribute: string, attributes: RatingInput["attributes"]): { value?: string } {
  const value = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
  return value === undefined ? {} : { value };
}

function writeTaxes(
  trace: RatingTrace,
  compiled: CompiledTaxes,
  levied: readonly LeviedTax[],
  at: number,
): void {
  const [first] = levied;
  if (levied.length === 1 && first !== undefined && first.name === PLAIN_TAX && !compiled.inclusive) {
    trace.tax = formatPercent(first.percent);
  } else if (first !== undefined) {
    trace.taxes = levied.map(({ name, percent, compound }) => {
      const tax = { name, percent: formatPercent(percent) };
      return compound ? { ...tax, compound } : tax;
    });
    if (compiled.inclusive) trace.inclusive = true;
  }
  if (compiled.reverseCharge !== null) trace.reverseCharge = compiled.reverseCharge;
  else if (compiled.exemptions.length > 0 && levied.length < compiled.taxes.length) {
    trace.exempt = compiled.taxes.flatMap(({ name }) => {
      const exemption = exemptionOf(compiled, name, at);
      return exemption === null ? [] : [{ tax: name, certificate: exemption.certificate }];
    });
  }
}

/** The name that plainTax gives. */
const PLAIN_TAX = "Tax";
