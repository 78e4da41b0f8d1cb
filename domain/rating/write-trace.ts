import { formatMoney } from "#domain/money/money.ts";
import { formatPercent } from "#domain/money/percent.ts";
import { type CompiledTaxes, exemptionOf, type LeviedTax } from "#domain/tax/taxes.ts";
import type { ChargeAmounts, PriceTerms } from "./amounts.ts";
import type { CompiledEvent } from "./compiled-rate-card.ts";
import type { CompiledPricing } from "./compiled-rates.ts";
import { ADDITIVE, type DiscountRule } from "./discounts.ts";
import { canonicalEventType } from "./event-types.ts";
import type { FoundDiscounts, TierChange } from "./find-discounts.ts";
import type { FormulaPrice } from "./formula-price.ts";
import type { FoundRate } from "./lookup-rate.ts";
import type { ChargeCost, Commission } from "./margin.ts";
import type { RatingInput } from "./rating-input.ts";
import type { CompiledSurge } from "./surge.ts";
import type { RatingTrace } from "./rating-trace.ts";

/** Terms with what only their trace says. */
export interface QuotedTerms extends PriceTerms {
  readonly formula: FormulaPrice | null;
  readonly surged: CompiledSurge | null;
}

/** What a rating found on its way. */
export interface RatingSteps {
  readonly found: FoundRate;
  readonly discounts: FoundDiscounts;
  readonly terms: QuotedTerms;
  readonly amounts: ChargeAmounts;
  readonly cost: ChargeCost | null;
  readonly commission: Commission | null;
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
  const { formula, surged } = steps.terms;
  if (formula !== null) {
    trace.formula = {
      text: formula.text,
      values: { ...formula.values },
      amount: formatMoney(formula.amount),
    };
  }
  if (surged !== null) {
    trace.surge = { name: surged.name, multiplier: surged.text };
    if (surged.above !== null && input.load !== null) trace.surge.load = formatPercent(input.load);
  }
  if (steps.terms.markup !== 0n) trace.markup = formatPercent(steps.terms.markup);
  if (input.fx !== null) trace.fx = { ...input.fx };
  writeDiscounts(trace, steps.discounts, card.discountRule);
  writeTaxes(trace, input.terms.taxes, steps.terms.taxes, at);
  writeMargin(trace, input, steps);
  return trace;
}

/** The trace of a true-up: which tier was left for which, and the prices that it bears on. */
export function trueUpTrace(
  input: RatingInput,
  steps: {
    readonly volume: FoundDiscounts["volume"];
    readonly change: TierChange;
    readonly taxes: readonly LeviedTax[];
    readonly amounts: ChargeAmounts;
  },
): RatingTrace {
  const { card, units, terms, at } = input;
  const { sum, from, to } = steps.change;
  const trace: RatingTrace = {
    v: 2,
    card: card.rateCardId,
    version: card.version,
    event: canonicalEventType(input.eventType),
    units,
    source: "true_up",
    trueUp: { sum: formatMoney(sum), from: from?.discountText ?? "0", to: to?.discountText ?? "0" },
  };
  if (steps.volume !== null) trace.volume = steps.volume.after.toString();
  if (to !== null) trace.tier = to.minVolumeText;
  writeTaxes(trace, terms.taxes, steps.taxes, at);
  if (steps.amounts.rounded.length > 0) trace.rounded = [...steps.amounts.rounded];
  return trace;
}

function writeDiscounts(
  trace: RatingTrace,
  { volume, tier, applicable }: FoundDiscounts,
  rule: DiscountRule,
): void {
  if (volume !== null) trace.volume = volume.after.toString();
  if (tier !== null) trace.tier = tier.minVolumeText;
  const capped = rule.max !== ADDITIVE.max;
  if (applicable.length === 0) return;
  if (applicable.length === 1 && tier !== null && !capped) {
    trace.discount = tier.discountText;
    return;
  }
  const ordered = rule.order.flatMap((kind) => applicable.filter((one) => one.kind === kind));
  trace.discounts = ordered.map(({ kind, name, percent, most }) => {
    const discount = { kind, name, percent: formatPercent(percent) };
    return most === null ? discount : { ...discount, most: formatMoney(most) };
  });
  if (capped || rule.combine !== "additive")
    trace.combine = { how: rule.combine, max: formatPercent(rule.max) };
}

function writeMargin(
  trace: RatingTrace,
  input: RatingInput,
  { amounts, cost, commission }: RatingSteps,
): void {
  const rounded = [...amounts.rounded];
  if (cost !== null) {
    const { sheet, row, rate, currency } = cost.unit;
    trace.cost = { sheet, row, rate: formatMoney(rate), currency, amount: formatMoney(cost.amount) };
    if (!cost.exact) rounded.push("cost");
  }
  const { partner } = input.terms;
  if (commission !== null && partner !== null) {
    const { partnerId, percent, of } = partner;
    const amount = formatMoney(commission.amount);
    trace.commission = { partner: partnerId, percent: formatPercent(percent), of, amount };
    if (!commission.exact) rounded.push("commission");
  }
  if (rounded.length > 0) trace.rounded = rounded;
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
