/** Decimal strings as whole numbers of their last digit; amounts of documents have any size, so money's bounds do not hold here. */

/** "19.99" with 4 decimals is 199900n. @throws RangeError where it is no decimal, or has more decimals. */
export function unitsOf(decimal: string, decimals: number): bigint {
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal);
  const fraction = parts?.[3] ?? "";
  if (parts === null || fraction.length > decimals)
    throw new RangeError(`"${decimal}" is no decimal of at most ${decimals} places`);
  const units = BigInt(parts[2] + fraction.padEnd(decimals, "0"));
  return parts[1] === "-" ? -units : units;
}

/** The text of so many units: decimalOf(199900n, 4) is "19.9900". */
export function decimalOf(units: bigint, decimals: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, "0");
  const sign = units < 0n ? "-" : "";
  return decimals === 0 ? sign + digits : `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** How many digits stand after the point. */
export function decimalsOf(decimal: string): number {
  const point = decimal.indexOf(".");
  return point < 0 ? 0 : Math.min(decimal.length - point - 1, 100);
}

/** The same, with what is beyond `decimals` places rounded half away from zero. */
export function roundedUnits(decimal: string, decimals: number): bigint {
  const places = decimalsOf(decimal);
  const units = unitsOf(decimal, places);
  if (places <= decimals) return units * 10n ** BigInt(decimals - places);
  const unit = 10n ** BigInt(places - decimals);
  return units < 0n ? -((unit / 2n - units) / unit) : (units + unit / 2n) / unit;
}
