import { Poison } from "#domain/errors.ts";
import {
  fitsLedger,
  type Money,
  money,
  parseMoney,
  subtract,
  UNITS_PER_ONE,
  ZERO,
} from "#domain/money/money.ts";
import { applyPercent } from "#domain/money/percent.ts";
import { divideHalfEven } from "#domain/money/rounding.ts";
import type { UnitCost } from "#domain/cost/unit-cost.ts";
import type { RatingInput } from "./rating-input.ts";
import type { TenantTerms } from "./terms.ts";

export interface ChargeCost {
  readonly unit: UnitCost;
  readonly amount: Money;
  readonly exact: boolean;
}

/**
 * What the supplier takes for the event's units, in the wallet's currency. null where it is not known, or stands in a currency that is neither the
 * wallet's nor the card's.
 */
export function costOf({ cost, card, fx, units }: RatingInput): ChargeCost | null {
  if (cost === null) return null;
  const amount = money(cost.rate * BigInt(units));
  const walletCurrency = fx === null ? card.currency : fx.pair.slice(fx.pair.indexOf("/") + 1);
  if (cost.currency === walletCurrency) return within({ unit: cost, amount, exact: true });
  if (fx === null || cost.currency !== card.currency) return null;
  // The market's rate: the tenant's markup on it is no cost.
  const exchanged = divideHalfEven(amount * (parseMoney(fx.rate) ?? 0n), UNITS_PER_ONE);
  return within({ unit: cost, ...exchanged });
}

function within(cost: ChargeCost): ChargeCost {
  if (!fitsLedger(cost.amount)) throw new Poison("the supplier's cost does not fit the ledger");
  return cost;
}

export interface Commission {
  readonly partnerId: string;
  readonly amount: Money;
  readonly exact: boolean;
}

/** The partner's share of the net price, or of what it leaves above the cost; null without a partner, or where the cost is not known. */
export function commissionOf(
  { partner }: TenantTerms,
  subtotal: Money,
  cost: ChargeCost | null,
): Commission | null {
  if (partner === null) return null;
  if (partner.of === "margin" && cost === null) return null;
  const basis = partner.of === "margin" && cost !== null ? subtract(subtotal, cost.amount) : subtotal;
  const { partnerId, percent } = partner;
  return { partnerId, ...applyPercent(basis > 0n ? basis : ZERO, percent) };
}
