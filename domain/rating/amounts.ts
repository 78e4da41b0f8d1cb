import { type Factor, multiplyByFactor } from "#domain/money/factor.ts";
import { add, fitsLedger, type Money, money, subtract, UNITS_PER_ONE, ZERO } from "#domain/money/money.ts";
import { applyPercent, NO_PERCENT, type Percent } from "#domain/money/percent.ts";
import { divideHalfEven } from "#domain/money/rounding.ts";
import { computeTaxes, type LeviedTax, type TaxAmount, type TaxResult } from "#domain/tax/taxes.ts";
import { type ApplicableDiscount, combineDiscounts, type DiscountRule } from "./discounts.ts";
import type { RoundedStep } from "./rating-trace.ts";

/** Everything that a charge's amounts follow from, and nothing else: a rating finds it, a trace keeps it. */
export interface PriceTerms {
  /** Per unit. */
  readonly rate: Money;
  /** Of a time band. */
  readonly multiplier: Factor | null;
  /** What multiplies the price; 1 where it is per event. */
  readonly units: number;
  /** Billed seconds, and how many of them the rate is for. */
  readonly pulse: { readonly billed: bigint; readonly unit: bigint } | null;
  /** Added per unit: so many started sizes at this rate. */
  readonly size: { readonly started: bigint; readonly rate: Money } | null;
  /** What the formula gave, in place of all that. */
  readonly formula: { readonly amount: Money; readonly exact: boolean } | null;
  readonly surge: Factor | null;
  /** The tenant's, signed; 0: none. */
  readonly markup: Percent;
  /** What one unit of the card's currency is in the wallet's, in 10⁻¹⁸; null where they are the same. */
  readonly exchange: bigint | null;
  readonly discounts: readonly ApplicableDiscount[];
  readonly discountRule: DiscountRule;
  readonly taxes: readonly LeviedTax[];
  /** Whether the price contains the taxes. */
  readonly inclusive: boolean;
}

export interface ChargeAmounts {
  readonly base: Money;
  readonly discountPercent: Percent;
  readonly discount: Money;
  readonly subtotal: Money;
  readonly taxes: readonly TaxAmount[];
  readonly tax: Money;
  readonly total: Money;
  readonly rounded: readonly RoundedStep[];
}

/**
 * The amounts of a charge, steps 3 to 7 of the guide's pipeline. Every product that has more than 18 decimals is rounded once,
 * half-even, and named in `rounded`; sums are exact.
 * @returns null when an amount exceeds numeric(38,18).
 */
export function chargeAmounts(terms: PriceTerms): ChargeAmounts | null {
  const rounded: RoundedStep[] = [];
  const base = basePrice(terms, rounded);
  const discount = applyDiscount(terms, base, rounded);
  const taxed = calculateTax(terms, subtract(base, discount.amount), rounded);
  return finalAmount(base, discount, taxed, rounded);
}

/** What the units cost before surge, in the card's currency. */
export function listPrice(terms: PriceTerms, rounded: RoundedStep[]): Money {
  const { rate, units, multiplier, pulse, size } = terms;
  let price = units === 1 ? rate : money(rate * BigInt(units));
  if (pulse !== null) {
    const factor = multiplier ?? UNITS_PER_ONE;
    const quotient = divideHalfEven(price * pulse.billed * factor, pulse.unit * UNITS_PER_ONE);
    price = quotient.amount;
    if (!quotient.exact) rounded.push("base");
  } else if (multiplier !== null) {
    const product = multiplyByFactor(price, multiplier);
    price = product.amount;
    if (!product.exact) rounded.push("base");
  }
  return size === null ? price : money(price + size.rate * size.started * BigInt(units));
}

/** The end of step 3: list price or formula → surge → markup → wallet's currency. */
export function basePrice(terms: PriceTerms, rounded: RoundedStep[]): Money {
  const { formula, surge, markup, exchange } = terms;
  let price = formula === null ? listPrice(terms, rounded) : formula.amount;
  if (formula !== null && !formula.exact) rounded.push("formula");
  if (surge !== null) {
    const product = multiplyByFactor(price, surge);
    price = product.amount;
    if (!product.exact) rounded.push("surge");
  }
  if (markup !== 0n) {
    const product = applyPercent(price, markup);
    price = add(price, product.amount);
    if (!product.exact) rounded.push("markup");
  }
  if (exchange !== null) {
    const product = divideHalfEven(price * exchange, UNITS_PER_ONE);
    price = product.amount;
    if (!product.exact) rounded.push("fx");
  }
  return price;
}

export interface AppliedDiscount {
  readonly percent: Percent;
  readonly amount: Money;
}

const NO_DISCOUNT: AppliedDiscount = Object.freeze({ percent: NO_PERCENT, amount: ZERO });
const HUNDRED = 100n * UNITS_PER_ONE;

/** Step 5. */
export function applyDiscount(
  { discounts, discountRule }: PriceTerms,
  base: Money,
  rounded: RoundedStep[],
): AppliedDiscount {
  const [only] = discounts;
  if (only === undefined) return NO_DISCOUNT;
  // One discount without a cap is the same by any rule, and nearly every charge's case.
  if (discounts.length === 1 && only.most === null && discountRule.max === HUNDRED) {
    const product = applyPercent(base, only.percent);
    if (!product.exact) rounded.push("discount");
    return { percent: only.percent, amount: product.amount };
  }
  const { discount, percent, exact } = combineDiscounts(discountRule, base, discounts);
  if (!exact) rounded.push("discount");
  return { percent, amount: discount };
}

/** Step 6. */
export function calculateTax(
  { taxes, inclusive }: PriceTerms,
  price: Money,
  rounded: RoundedStep[],
): TaxResult {
  const result = computeTaxes(price, taxes, inclusive);
  if (!result.exact) rounded.push("tax");
  return result;
}

/** Step 7; null when an amount exceeds numeric(38,18). */
export function finalAmount(
  base: Money,
  { percent, amount }: AppliedDiscount,
  { net, taxes, tax }: TaxResult,
  rounded: readonly RoundedStep[],
): ChargeAmounts | null {
  const total = add(net, tax);
  if (!fitsLedger(base) || !fitsLedger(total)) return null;
  return { base, discountPercent: percent, discount: amount, subtotal: net, taxes, tax, total, rounded };
}
