import { type Money, money, MONEY_SCALE } from "./money.ts";

/** ISO 4217 currencies whose minor unit is not a hundredth (list one of the standard, 2026). */
const DECIMALS: ReadonlyMap<string, number> = new Map([
  ...["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV"].map(
    (currency) => [currency, 0] as const,
  ),
  ...["XAF", "XOF", "XPF"].map((currency) => [currency, 0] as const),
  ...["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"].map((currency) => [currency, 3] as const),
  ...["CLF", "UYW"].map((currency) => [currency, 4] as const),
]);

/**
 * Decimals of a currency's minor unit by ISO 4217: 2 for USD and HUF, 0 for JPY, 3 for BHD. Never from the runtime: its data (CLDR) says what
 * people write, 0 for HUF, COP or PKR, and a provider would take the amount for a hundredth of itself.
 * @param currency an ISO 4217 code.
 */
export function minorUnits(currency: string): number {
  return DECIMALS.get(currency) ?? 2;
}

/**
 * Rounds parts of a total to a currency's minor unit so that they add up to the rounded total: each is rounded towards zero,
 * and what is missing goes, a minor unit at a time, to those that lost most (the earlier first).
 * @returns the rounded parts, in order; their sum is the half-even rounding of the exact sum.
 */
export function allocate(parts: readonly Money[], decimals: number): readonly Money[] {
  const total = roundHalfEven(
    parts.reduce<bigint>((sum, part) => sum + part, 0n),
    10n ** BigInt(MONEY_SCALE - decimals),
  );
  return allocateTo(parts, decimals, money(total));
}

/**
 * As allocate, to a total that was rounded elsewhere: parts of a part.
 * @param total whole minor units, less than one away from the exact sum.
 */
export function allocateTo(parts: readonly Money[], decimals: number, total: Money): readonly Money[] {
  const unit = 10n ** BigInt(MONEY_SCALE - decimals);
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
