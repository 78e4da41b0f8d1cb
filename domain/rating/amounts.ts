import { type Factor, multiplyByFactor } from "#domain/money/factor.ts";
import { add, fitsLedger, type Money, money, subtract, UNITS_PER_ONE, ZERO } from "#domain/money/money.ts";
import { applyPercent, type Percent } from "#domain/money/percent.ts";
import { divideHalfEven } from "#domain/money/rounding.ts";
import { computeTaxes, type LeviedTax, type TaxAmount } from "#domain/tax/taxes.ts";
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
  readonly discountPercent: Percent;
  readonly taxes: readonly LeviedTax[];
  /** Whether the price contains the taxes. */
  readonly inclusive: boolean;
}

export interface ChargeAmounts {
  readonly base: Money;
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
  let discount = ZERO;
  if (terms.discountPercent !== 0n) {
    const product = applyPercent(base, terms.discountPercent);
    discount = product.amount;
    if (!product.exact) rounded.push("discount");
  }
  const price = subtract(base, discount);
  const { net: subtotal, taxes, tax, exact } = computeTaxes(price, terms.taxes, terms.inclusive);
  if (!exact) rounded.push("tax");
  const total = add(subtotal, tax);
  if (!fitsLedger(base) || !fitsLedger(total)) return null;
  return { base, discount, subtotal, taxes, tax, total, rounded };
}

/** rate × units × multiplier × billed ÷ unit, rounded once, and the price of the size. */
function basePrice(terms: PriceTerms, rounded: RoundedStep[]): Money {
  const { rate, units, multiplier, pulse, size } = terms;
  let base = units === 1 ? rate : money(rate * BigInt(units));
  if (pulse !== null) {
    const factor = multiplier ?? UNITS_PER_ONE;
    const quotient = divideHalfEven(base * pulse.billed * factor, pulse.unit * UNITS_PER_ONE);
    base = quotient.amount;
    if (!quotient.exact) rounded.push("base");
  } else if (multiplier !== null) {
    const product = multiplyByFactor(base, multiplier);
    base = product.amount;
    if (!product.exact) rounded.push("base");
  }
  return size === null ? base : money(base + size.rate * size.started * BigInt(units));
}
