import type { Money } from "./money.ts";

/** An amount brought to 18 decimals; `exact` is false when digits were rounded away. */
export interface Rounded {
  readonly amount: Money;
  readonly exact: boolean;
}

/**
 * `numerator / denominator` to the nearest integer, ties to the even one, whatever the numerator's sign.
 * @throws RangeError when the denominator is not positive.
 */
export function divideHalfEven(numerator: bigint, denominator: bigint): Rounded {
  if (denominator <= 0n) throw new RangeError("the denominator must be positive");
  const quotient = numerator / denominator;
  const remainder = numerator - quotient * denominator;
  if (remainder === 0n) return { amount: quotient as Money, exact: true };
  const twice = (remainder < 0n ? -remainder : remainder) * 2n;
  const away = twice > denominator || (twice === denominator && quotient % 2n !== 0n);
  if (!away) return { amount: quotient as Money, exact: false };
  return { amount: (remainder < 0n ? quotient - 1n : quotient + 1n) as Money, exact: false };
}
