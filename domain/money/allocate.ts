import { type Money, money, MONEY_SCALE } from "./money.ts";

/**
 * Decimals of a currency's minor unit by ISO 4217: 2 for USD, 0 for JPY, 3 for BHD. From the runtime's own data (CLDR),
 * which keeps up with the standard.
 * @param currency an ISO 4217 code.
 */
export function minorUnits(currency: string): number {
  return (
    new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2
  );
}

/**
 * Rounds parts of a total to a currency's minor unit so that they add up to the rounded total: each is rounded towards zero,
 * and what is missing goes, a minor unit at a time, to those that lost most (the earlier first).
 * @returns the rounded parts, in order; their sum is the half-even rounding of the exact sum.
 */
export function allocate(parts: readonly Money[], decimals: number): readonly Money[] {
  const unit = 10n ** BigInt(MONEY_SCALE - decimals);
  const total = roundHalfEven(
    parts.reduce<bigint>((sum, part) => sum + part, 0n),
    unit,
  );
  const floors = parts.map((part) => floorTo(part, unit));
  let missing = (total - floors.reduce<bigint>((sum, part) => sum + part, 0n)) / unit;
  const byLoss = parts
    .map((part, index) => ({ index, loss: part - floors[index]! }))
    .sort((one, other) =>
      one.loss === other.loss ? one.index - other.index : one.loss > other.loss ? -1 : 1,
    );
  const rounded = [...floors];
  for (const { index } of byLoss) {
    if (missing <= 0n) break;
    rounded[index] = rounded[index]! + unit;
    missing -= 1n;
  }
  return rounded.map(money);
}

function floorTo(amount: bigint, unit: bigint): bigint {
  const remainder = ((amount % unit) + unit) % unit;
  return amount - remainder;
}

function roundHalfEven(amount: bigint, unit: bigint): bigint {
  const floor = floorTo(amount, unit);
  const twice = (amount - floor) * 2n;
  const up = twice > unit || (twice === unit && (floor / unit) % 2n !== 0n);
  return up ? floor + unit : floor;
}
