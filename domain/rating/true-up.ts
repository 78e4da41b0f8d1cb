import { Poison } from "#domain/errors.ts";
import { add, fitsLedger, money, ZERO } from "#domain/money/money.ts";
import { applyPercent, NO_PERCENT, type Percent } from "#domain/money/percent.ts";
import { computeTaxes, type LeviedTax, taxesAt } from "#domain/tax/taxes.ts";
import type { ChargeAmounts } from "./amounts.ts";
import type { FoundDiscounts, TierChange } from "./find-discounts.ts";
import type { TrueUp } from "./rated-charge.ts";
import type { RatingInput } from "./rating-input.ts";
import type { RoundedStep } from "./rating-trace.ts";
import { trueUpTrace } from "./write-trace.ts";

/** What reaching a tier changes on the month's earlier charges: the difference of the tiers' percentages on the sum of their prices. */
export function trueUpOf(input: RatingInput, { volume }: FoundDiscounts, change: TierChange): TrueUp | null {
  const { taxes: compiled } = input.terms;
  const from = change.from?.discount ?? NO_PERCENT;
  const to = change.to?.discount ?? NO_PERCENT;
  const taxes = taxesAt(compiled, input.at);
  const amounts = trueUpAmounts({ sum: change.sum, from, to, taxes, inclusive: compiled.inclusive });
  if (amounts.total === 0n) return null;
  if (!fitsLedger(amounts.total)) throw new Poison("the true-up does not fit the ledger");
  const { subtotal, tax, total } = amounts;
  return { base: ZERO, subtotal, tax, total, trace: trueUpTrace(input, { volume, change, taxes, amounts }) };
}

export interface TrueUpTerms {
  readonly sum: bigint;
  readonly from: Percent;
  readonly to: Percent;
  readonly taxes: readonly LeviedTax[];
  readonly inclusive: boolean;
}

/** A higher tier's discount is given back: negative amounts. */
export function trueUpAmounts({ sum, from, to, taxes, inclusive }: TrueUpTerms): ChargeAmounts {
  const rounded: RoundedStep[] = [];
  const given = applyPercent(money(sum), (to - from) as Percent);
  if (!given.exact) rounded.push("discount");
  const { net, taxes: levied, tax, exact } = computeTaxes(money(0n - given.amount), taxes, inclusive);
  if (!exact) rounded.push("tax");
  return {
    base: ZERO,
    discountPercent: NO_PERCENT,
    discount: given.amount,
    subtotal: net,
    taxes: levied,
    tax,
    total: add(net, tax),
    rounded,
  };
}
