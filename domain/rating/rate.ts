import { Poison } from "#domain/errors.ts";
import { formatMoney, type Money, parseMoney, subtract, ZERO } from "#domain/money/money.ts";
import { NO_PERCENT } from "#domain/money/percent.ts";
import { taxesAt } from "#domain/tax/taxes.ts";
import {
  applyDiscount,
  basePrice,
  calculateTax,
  type ChargeAmounts,
  chargeAmounts,
  finalAmount,
} from "./amounts.ts";
import { billedPulses, startedSizes } from "./billed-quantity.ts";
import type { CompiledEvent } from "./compiled-rate-card.ts";
import type { ApplicableDiscount } from "./discounts.ts";
import { countersAfter, calculateDiscount, type FoundDiscounts, tierChange } from "./find-discounts.ts";
import { canonicalEventType } from "./event-types.ts";
import { formulaPrice } from "./formula-price.ts";
import { type FoundRate, loadRateCard, lookupRate } from "./lookup-rate.ts";
import { commissionOf, costOf } from "./margin.ts";
import { PlainCharge, plainPriceOf, plainPrices } from "./plain-price.ts";
import type { RatedCharge } from "./rated-charge.ts";
import type { RatingInput } from "./rating-input.ts";
import { findSurge } from "./surge.ts";
import type { RoundedStep } from "./rating-trace.ts";
import type { TenantTerms } from "./terms.ts";
import { trueUpOf } from "./true-up.ts";
import { noPriceTrace, type QuotedTerms, type RatingSteps, writeTrace } from "./write-trace.ts";
import { INSTANT_MAX } from "./zone-clock.ts";

export type { RatedCharge } from "./rated-charge.ts";
export { PLAIN_EVENT, type RatingInput } from "./rating-input.ts";

const NO_TAXES: RatedCharge["taxes"] = Object.freeze([]);
const NO_COUNTERS: RatedCharge["counters"] = Object.freeze([]);
const NO_DISCOUNTS: readonly ApplicableDiscount[] = Object.freeze([]);

/**
 * Prices one event: steps 1 to 7 of the guide's "Billing Calculation Pipeline". Pure and synchronous.
 * @throws Poison for an event that can never be charged: units or time out of range, an amount beyond the ledger's 20 integer
 *   digits, an attribute that is no number, a formula that fails.
 */
export function rate(input: RatingInput): RatedCharge {
  const tenant = loadTenantConfig(input); // Step 1
  const event = loadRateCard(input); // Step 2
  const found = event === null ? null : lookupRate(event, input); // Step 3
  if (event === null || found === null) return unpriced(input);
  const discounts = calculateDiscount(event, input); // Step 4
  const known = plainPrices(event, input);
  const name = canonicalEventType(input.eventType);
  const price = known === null ? null : known.find(name, found, discounts.tier);
  if (price !== null) return new PlainCharge(price, discounts, input.at);
  const terms = priceTerms(event, found, input, discounts);
  const rounded: RoundedStep[] = [];
  const base = basePrice(terms, rounded);
  const discount = applyDiscount(terms, base, rounded); // Step 5
  const taxed = calculateTax(terms, subtract(base, discount.amount), rounded); // Step 6
  const amounts = withinLedger(finalAmount(base, discount, taxed, rounded), input); // Step 7
  const cost = costOf(input);
  const commission = commissionOf(tenant, amounts.subtotal, cost);
  const charge = chargeOf(input, event, { found, discounts, terms, amounts, cost, commission });
  known?.keep(plainPriceOf(name, found, discounts.tier, amounts, charge));
  return charge;
}

/**
 * What to reserve for one event before it happens: its price now with tax and without any discount, so never less than
 * the charge at the same instant. A time band or a surge that begins between reservation and charge may still make the charge
 * dearer; the charge then takes the rest from the balance. Zero when the card does not price the event.
 * @throws Poison as rate() does.
 */
export function holdFor(event: Omit<RatingInput, "counters">): Money {
  const input: RatingInput = { ...event, counters: NO_VOLUME };
  loadTenantConfig(input);
  const compiled = loadRateCard(input);
  const found = compiled === null ? null : lookupRate(compiled, input);
  if (compiled === null || found === null) return ZERO;
  const { volume } = calculateDiscount(compiled, input);
  const terms = priceTerms(compiled, found, input, { volume, tier: null, applicable: NO_DISCOUNTS });
  return withinLedger(chargeAmounts(terms), input).total;
}

const NO_VOLUME: RatingInput["counters"] = new Map();

/** The tenant's configuration comes with the event; what remains is to see that the event can be priced at all. */
function loadTenantConfig({ terms, units, at, requestSize }: RatingInput): TenantTerms {
  if (!Number.isSafeInteger(units) || units < 1)
    throw new Poison(`units must be a whole number from 1, not ${units}`);
  if (!(Math.abs(at) <= INSTANT_MAX)) throw new Poison(`no instant in time: ${at}`);
  if (!(requestSize >= 1)) throw new Poison(`requestSize must be a number from 1, not ${requestSize}`);
  return terms;
}

function priceTerms(
  { pricing, channel }: CompiledEvent,
  { quote, band }: FoundRate,
  input: RatingInput,
  { volume, applicable }: FoundDiscounts,
): QuotedTerms {
  const { card, units, attributes, terms, at, fx, load } = input;
  const pulse = pricing?.pulse ?? null;
  const size = pricing?.size ?? null;
  const surge = card.surges.length === 0 ? null : findSurge(card.surges, channel, at, load);
  const listed: QuotedTerms = {
    rate: quote.rate,
    multiplier: band?.multiplier?.factor ?? null,
    units: pricing === null || pricing.byUnit ? units : 1,
    pulse: pulse === null ? null : { billed: billedPulses(pulse, attributes), unit: pulse.divisor },
    size: size === null ? null : { started: startedSizes(size, attributes), rate: size.rate },
    formula: null,
    surge: surge === null ? null : surge.multiplier,
    surged: surge,
    markup: terms.markup,
    exchange: fx === null ? null : exchangeRate(fx.effective),
    discounts: applicable,
    discountRule: card.discountRule,
    taxes: taxesAt(terms.taxes, at),
    inclusive: terms.taxes.inclusive,
  };
  const formula = pricing?.formula ?? null;
  if (formula === null) return listed;
  return { ...listed, formula: formulaPrice(formula, input, { quote, terms: listed, volume }) };
}

function exchangeRate(effective: string): bigint {
  const exchange = parseMoney(effective);
  if (exchange === null || exchange <= 0n) throw new Poison(`no exchange rate: ${effective}`);
  return exchange;
}

function withinLedger(amounts: ChargeAmounts | null, { units }: RatingInput): ChargeAmounts {
  if (amounts === null) throw new Poison(`the price of ${units} units does not fit the ledger`);
  return amounts;
}

function chargeOf(input: RatingInput, event: CompiledEvent, steps: RatingSteps): RatedCharge {
  const { amounts, discounts, cost, commission } = steps;
  const { base, discountPercent, discount, subtotal, taxes, tax, total } = amounts;
  const counts = base > 0n;
  const change = counts ? tierChange(discounts, input) : null;
  return withTexts({
    priced: true,
    base,
    discountPercent,
    discount,
    subtotal,
    taxes,
    tax,
    total,
    volume: counts ? discounts.volume : null,
    counters: counts ? countersAfter(discounts, input, base) : NO_COUNTERS,
    trueUp: change === null ? null : trueUpOf(input, discounts, change),
    commission: commission === null ? null : { partnerId: commission.partnerId, amount: commission.amount },
    cost: cost === null ? null : cost.amount,
    trace: writeTrace(input, event, steps),
  });
}

/** Their texts are made when somebody asks. */
function withTexts(charge: Omit<RatedCharge, "traceText" | "texts">): RatedCharge {
  return {
    ...charge,
    get traceText() {
      return JSON.stringify(charge.trace);
    },
    get texts() {
      const { base, discount, subtotal, tax, total } = charge;
      return {
        base: formatMoney(base),
        discount: formatMoney(discount),
        subtotal: formatMoney(subtotal),
        tax: formatMoney(tax),
        total: formatMoney(total),
      };
    },
  };
}

function unpriced(input: RatingInput): RatedCharge {
  return withTexts({
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
  });
}
