import { minorUnits } from "./allocate.ts";
import { type Money, MONEY_SCALE, money } from "./money.ts";

/** An amount in minor units (1999n = 19.99 USD, 1999 JPY, 1.999 KWD); null where it is no whole number of them. */
export function toMinor(amount: Money, currency: string): bigint | null {
  const unit = unitsPerMinor(currency);
  return amount % unit === 0n ? amount / unit : null;
}

/** The exact amount of so many minor units: toMinor(fromMinor(minor, c), c) is minor. */
export function fromMinor(minor: bigint, currency: string): Money {
  return money(minor * unitsPerMinor(currency));
}

/** As it is printed: "19.99", "1999", "-0.05"; always with all decimals of the currency. */
export function formatMinor(minor: bigint, currency: string): string {
  const decimals = minorUnits(currency);
  const sign = minor < 0n ? "-" : "";
  const digits = (minor < 0n ? 0n - minor : minor).toString().padStart(decimals + 1, "0");
  if (decimals === 0) return sign + digits;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

function unitsPerMinor(currency: string): bigint {
  return 10n ** BigInt(MONEY_SCALE - minorUnits(currency));
}
