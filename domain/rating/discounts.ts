import { add, type Money, money, subtract, UNITS_PER_ONE, ZERO } from "#domain/money/money.ts";
import { applyPercent, NO_PERCENT, type Percent } from "#domain/money/percent.ts";
import { divideHalfEven } from "#domain/money/rounding.ts";

/** In the order in which they combine unless the card says another. */
export const DISCOUNT_KINDS = ["volume", "loyalty", "bulk", "promotion"] as const;
export type DiscountKind = (typeof DISCOUNT_KINDS)[number];

/** A card's `discounts`: how several of them become one. */
export interface DiscountRule {
  /** Additive: their percentages are added. Compounding: each is taken off what the one before left. */
  readonly combine: "additive" | "compounding";
  readonly order: readonly DiscountKind[];
  /** Most that all of them together may take. */
  readonly max: Percent;
}

const HUNDRED = (100n * UNITS_PER_ONE) as Percent;

/** The guide's: Example 1 has one discount, of which any rule makes the same. */
export const ADDITIVE: DiscountRule = Object.freeze({
  combine: "additive",
  order: DISCOUNT_KINDS,
  max: HUNDRED,
});

export interface ApplicableDiscount {
  readonly kind: DiscountKind;
  /** Which one: "from 10000", a promotion's code. */
  readonly name: string;
  readonly percent: Percent;
  /** Most that it may take of this event, where it is capped. */
  readonly most: Money | null;
}

export interface DiscountStep extends ApplicableDiscount {
  /** What it took. */
  readonly amount: Money;
}

export interface CombinedDiscount {
  readonly discount: Money;
  /** Of the base, in percent; rounded at the 18th decimal, for people only. */
  readonly percent: Percent;
  readonly steps: readonly DiscountStep[];
  readonly exact: boolean;
}

const NOTHING: CombinedDiscount = Object.freeze({
  discount: ZERO,
  percent: NO_PERCENT,
  steps: [],
  exact: true,
});

/**
 * Step 5 for several discounts at once. Each step is rounded once, half-even at the 18th decimal; the steps' amounts add up
 * to the discount, which never exceeds the base nor the rule's share of it.
 */
export function combineDiscounts(
  rule: DiscountRule,
  base: Money,
  applicable: readonly ApplicableDiscount[],
): CombinedDiscount {
  if (applicable.length === 0) return NOTHING;
  const ordered = rule.order.flatMap((kind) => applicable.filter((one) => one.kind === kind));
  const limit = applyPercent(base, rule.max);
  const steps: DiscountStep[] = [];
  let discount: Money = ZERO;
  let exact = true;
  for (const one of ordered) {
    const from = rule.combine === "additive" ? base : subtract(base, discount);
    const product = applyPercent(from, one.percent);
    const amount = least(product.amount, one.most ?? product.amount, subtract(limit.amount, discount));
    if (amount === product.amount ? !product.exact : amount !== one.most && !limit.exact) exact = false;
    discount = add(discount, amount);
    steps.push({ ...one, amount });
  }
  return { discount, percent: shareOf(discount, base, steps), steps, exact };
}

function least(first: Money, ...others: readonly Money[]): Money {
  return others.reduce((low, one) => (one < low ? one : low), first);
}

function shareOf(discount: Money, base: Money, steps: readonly DiscountStep[]): Percent {
  const [only] = steps;
  if (steps.length === 1 && only !== undefined && only.most === null) return only.percent;
  if (base <= 0n) return NO_PERCENT;
  return divideHalfEven(money(discount * HUNDRED), base).amount as bigint as Percent;
}
