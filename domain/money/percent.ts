import { formatMoney, type Money, parseMoney, UNITS_PER_ONE } from "./money.ts";
import { divideHalfEven, type Rounded } from "./rounding.ts";

/** An exact percentage as a count of 10⁻¹⁸ percent: 8 % is 8 × 10¹⁸. */
export type Percent = bigint & { readonly __percent: unique symbol };

export const NO_PERCENT: Percent = 0n as Percent;

const PERCENT_MAX = 1000n * UNITS_PER_ONE;
const HUNDRED = 100n * UNITS_PER_ONE;

/**
 * Reads "8", "7.25" or "0.000000000000000001" exactly.
 * @returns null when the text is no decimal, is negative, exceeds 1000 or has more than 18 decimals.
 */
export function parsePercent(text: string): Percent | null {
  const units = parseMoney(text);
  if (units === null || units < 0n || units > PERCENT_MAX) return null;
  return units as bigint as Percent;
}

/** As parsePercent, but from −100 on: a markup may be a markdown. */
export function parseSignedPercent(text: string): Percent | null {
  const units = parseMoney(text);
  if (units === null || units < 0n - HUNDRED || units > PERCENT_MAX) return null;
  return units as bigint as Percent;
}

/** "8", "7.25": canonical, without the sign. */
export function formatPercent(percent: Percent): string {
  return formatMoney(percent as bigint as Money);
}

/** `amount × percent`, rounded half-even at the 18th decimal. */
export function applyPercent(amount: Money, percent: Percent): Rounded {
  return divideHalfEven(amount * percent, HUNDRED);
}
