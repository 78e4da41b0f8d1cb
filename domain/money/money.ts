/**
 * Money is an exact integer count of 10⁻¹⁸ currency units, so that a price of
 * 0.000000000000000001 is 1n. Plain numbers never hold money.
 */
export type Money = bigint & { readonly __money: unique symbol };

/** Digits after the point that every amount carries. */
export const MONEY_SCALE = 18;
export const UNITS_PER_ONE = 10n ** 18n;
/** numeric(38,18) leaves 20 integer digits: what the ledger can store. */
export const MONEY_MAX: Money = (10n ** 38n - 1n) as Money;
export const ZERO: Money = 0n as Money;

export function money(units: bigint): Money {
  return units as Money;
}

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$|^([+-]?)\.(\d+)(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * Reads a decimal string ("0.015", "1e-18", "-3.50") exactly.
 * @returns null when the text is not a decimal, has digits below 10⁻¹⁸ or does not fit numeric(38,18).
 */
export function parseMoney(text: string): Money | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const sign = match[1] ?? match[5] ?? "";
  const whole = match[2] ?? "0";
  const fraction = match[3] ?? match[6] ?? "";
  const exponent = Number(match[4] ?? match[7] ?? "0") + MONEY_SCALE - fraction.length;
  const digits = BigInt(whole + fraction);
  if (exponent >= 0) return inRange(digits * 10n ** BigInt(exponent), sign);
  const divisor = 10n ** BigInt(-exponent);
  if (digits % divisor !== 0n) return null;
  return inRange(digits / divisor, sign);
}

function inRange(units: bigint, sign: string): Money | null {
  if (units > MONEY_MAX) return null;
  return (sign === "-" ? -units : units) as Money;
}

/** The canonical decimal text: no exponent, no superfluous zero ("0.01539", "100", "-0.5"). */
export function formatMoney(amount: Money): string {
  const negative = amount < 0n;
  const digits = (negative ? -amount : amount).toString().padStart(MONEY_SCALE + 1, "0");
  const whole = digits.slice(0, -MONEY_SCALE);
  const fraction = digits.slice(-MONEY_SCALE).replace(/0+$/, "");
  return `${negative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}
