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

/** numeric(38,18) needs 40 characters at most; the rest is room for exponents and idle zeros, not for a megabyte of digits. */
const TEXT_LENGTH_MAX = 128;
const EIGHTEEN_ZEROS = "0".repeat(MONEY_SCALE);

export function money(units: bigint): Money {
  return units as Money;
}

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$|^([+-]?)\.(\d+)(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * Reads a decimal string ("0.015", "1e-18", "-3.50") exactly.
 * @returns null when the text is not a decimal, has digits below 10⁻¹⁸ or does not fit numeric(38,18).
 */
export function parseMoney(text: string): Money | null {
  return parsePlain(text) ?? parseGeneral(text);
}

/** The form that SQL, Redis and our own events use: `[-]digits[.digits]`, at most 18 digits after the point. */
function parsePlain(text: string): Money | null {
  const { length } = text;
  const start = text.charCodeAt(0) === 45 /* - */ ? 1 : 0;
  let point = -1;
  // 16 integer digits or fewer are always in range, so only length is looked at here.
  if (length - start > MONEY_SCALE + 17) return null;
  for (let index = start; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 48 && code <= 57) continue;
    if (code !== 46 /* . */ || point !== -1) return null;
    point = index;
  }
  const whole = point === -1 ? length - start : point - start;
  const fraction = point === -1 ? 0 : length - point - 1;
  if (whole === 0 || whole > 16 || fraction > MONEY_SCALE) return null;
  const digits = point === -1 ? text.slice(start) : text.slice(start, point) + text.slice(point + 1);
  const units = BigInt(digits + EIGHTEEN_ZEROS.slice(fraction));
  return (start === 1 ? -units : units) as Money;
}

function parseGeneral(text: string): Money | null {
  if (text.length > TEXT_LENGTH_MAX) return null;
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
  if (amount < 0n) return `-${formatDigits((0n - amount).toString())}`;
  return formatDigits(amount.toString());
}

function formatDigits(digits: string): string {
  let end = digits.length;
  const point = end - MONEY_SCALE;
  while (end > 0 && end > point && digits.charCodeAt(end - 1) === 48) end -= 1;
  if (point > 0)
    return end === point ? digits.slice(0, point) : `${digits.slice(0, point)}.${digits.slice(point, end)}`;
  return end === 0 ? "0" : `0.${EIGHTEEN_ZEROS.slice(digits.length)}${digits.slice(0, end)}`;
}

export function add(left: Money, right: Money): Money {
  return (left + right) as Money;
}

export function subtract(left: Money, right: Money): Money {
  return (left - right) as Money;
}

export function sum(amounts: Iterable<Money>): Money {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total as Money;
}

/** Negative, zero or positive, as Array.prototype.sort expects. */
export function compare(left: Money, right: Money): -1 | 0 | 1 {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Whether numeric(38,18), and so the ledger, can hold the amount. */
export function fitsLedger(amount: bigint): boolean {
  return amount <= MONEY_MAX && amount >= 0n - MONEY_MAX;
}

/** @throws RangeError for an amount that the ledger cannot hold: a bug upstream, since every input is bounded. */
export function assertFitsLedger(amount: Money): Money {
  if (!fitsLedger(amount)) throw new RangeError("amount does not fit numeric(38,18)");
  return amount;
}
