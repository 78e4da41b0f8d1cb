import { type Factor, multiplyByFactor } from "#domain/money/factor.ts";
import { add, fitsLedger, type Money, money, subtract, ZERO } from "#domain/money/money.ts";
import { applyPercent, type Percent } from "#domain/money/percent.ts";
import { computeTaxes, type LeviedTax, type TaxAmount } from "#domain/tax/taxes.ts";
import type { RoundedStep } from "./rating-trace.ts";

export interface ChargeTerms {
  /** Per unit. */
  readonly rate: Money;
  readonly multiplier: Factor | null;
  readonly units: number;
  readonly discountPercent: Percent;
  readonly taxes: readonly LeviedTax[];
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

const NOTHING_ROUNDED: readonly RoundedStep[] = [];

/**
 * The amounts of a charge, steps 3 to 7 of the guide's pipeline. Base, discount and tax are each rounded once, half-even at the
 * 18th decimal; subtotal and total are exact sums of them.
 * @returns null when an amount exceeds numeric(38,18).
 */
export function chargeAmounts(terms: ChargeTerms): ChargeAmounts | null {
  let rounded = NOTHING_ROUNDED;
  let base = terms.units === 1 ? terms.rate : money(terms.rate * BigInt(terms.units));
  if (terms.multiplier !== null) {
    const product = multiplyByFactor(base, terms.multiplier);
    base = product.amount;
    if (!product.exact) rounded = ["base"];
  }
  let discount = ZERO;
  if (terms.discountPercent !== 0n) {
    const product = applyPercent(base, terms.discountPercent);
    discount = product.amount;
    if (!product.exact) rounded = [...rounded, "discount"];
  }
  const {
    net: subtotal,
    taxes,
    tax,
    exact,
  } = computeTaxes(subtract(base, discount), terms.taxes, terms.inclusive);
  if (!exact) rounded = [...rounded, "tax"];
  const total = add(subtotal, tax);
  if (!fitsLedger(base) || !fitsLedger(total)) return null;
  return { base, discount, subtotal, taxes, tax, total, rounded };
}
