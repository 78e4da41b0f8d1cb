import { formatMoney, type Money, parseMoney, UNITS_PER_ONE } from "./money.ts";
import { divideHalfEven, type Rounded } from "./rounding.ts";

/** An exact multiplier as a count of 10⁻¹⁸: 1.5 is 15 × 10¹⁷. */
export type Factor = bigint & { readonly __factor: unique symbol };

/** A surge beyond a thousandfold is a misplaced point; the bound also keeps every product inside the ledger. */
const FACTOR_MAX = 1000n * UNITS_PER_ONE;

/** @returns null when the text is no decimal, is negative, exceeds 1000 or has more than 18 decimals. */
export function parseFactor(text: string): Factor | null {
  const units = parseMoney(text);
  if (units === null || units < 0n || units > FACTOR_MAX) return null;
  return units as bigint as Factor;
}

export function formatFactor(factor: Factor): string {
  return formatMoney(factor as bigint as Money);
}

/** `amount × factor`, rounded half-even at the 18th decimal. */
export function multiplyByFactor(amount: Money, factor: Factor): Rounded {
  return divideHalfEven(amount * factor, UNITS_PER_ONE);
}
