import { type Money, money, MONEY_SCALE } from "#domain/money/money.ts";
import { type Percent } from "#domain/money/percent.ts";
import { UNITS_PER_ONE } from "#domain/money/money.ts";
import { divideHalfEven } from "#domain/money/rounding.ts";

const HUNDRED = 100n * UNITS_PER_ONE;

/** An exact amount in minor units of a currency with so many decimals, rounded half-even. */
export function toMinor(amount: Money, decimals: number): bigint {
  return divideHalfEven(amount, unitOf(decimals)).amount;
}

export function fromMinor(minor: bigint, decimals: number): Money {
  return money(minor * unitOf(decimals));
}

/** `percent` of an amount in minor units, rounded once, half-even. */
export function percentOfMinor(minor: bigint, percent: Percent): bigint {
  return divideHalfEven(minor * percent, HUNDRED).amount;
}

/** 1999n with two decimals is "19.99". */
export function minorText(minor: bigint, decimals: number): string {
  const sign = minor < 0n ? "-" : "";
  const digits = (minor < 0n ? -minor : minor).toString().padStart(decimals + 1, "0");
  if (decimals === 0) return sign + digits;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

function unitOf(decimals: number): bigint {
  return 10n ** BigInt(MONEY_SCALE - decimals);
}
