import { money, type Money, ZERO } from "#domain/money/money.ts";
import { divideHalfEven } from "#domain/money/rounding.ts";

/** How an entry moves a wallet, revenue and tax: as the ledger signs them, so that they add up to zero. */
export interface Movement {
  readonly amount: Money;
  readonly revenue: Money;
  readonly tax: Money;
  /** A partner's share of the revenue, beside the three that add up to zero: positive is owed to it. */
  readonly commission: Money;
}

/**
 * `exceeds`: more is asked for than is left of the charge; `remaining` is what is. A charge of which nothing is left answers so, too, whatever
 * is asked for.
 */
export type RefundOutcome =
  | { readonly kind: "refund"; readonly movement: Movement }
  | { readonly kind: "exceeds"; readonly remaining: Money };

/**
 * What gives back `wanted` of a charge (null: all that is left of it), its tax and a partner's commission in the same proportion. Whatever the parts that a charge
 * is given back in, all of them together move revenue and tax by exactly what the charge did.
 * @param charge the charge itself, whose amount is negative.
 * @param corrected the sum of the corrections that it has had.
 */
export function refundOf(charge: Movement, corrected: Movement, wanted: Money | null): RefundOutcome {
  const remaining = money(0n - charge.amount - corrected.amount);
  const amount = wanted ?? remaining;
  if (remaining <= 0n || amount > remaining || amount <= 0n)
    return { kind: "exceeds", remaining: remaining > 0n ? remaining : ZERO };
  const revenueLeft = charge.revenue + corrected.revenue;
  const revenue = divideHalfEven(revenueLeft * amount, remaining).amount;
  const commissionLeft = charge.commission + corrected.commission;
  const commission = divideHalfEven(commissionLeft * amount, remaining).amount;
  return {
    kind: "refund",
    movement: {
      amount,
      revenue: money(0n - revenue),
      tax: money(revenue - amount),
      commission: money(0n - commission),
    },
  };
}
