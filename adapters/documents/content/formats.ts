import { decimalsOf } from "./decimals.ts";
import { printable } from "./plain-text.ts";

/** Numbers and days as a language writes them. Amounts are decimal strings and stay exact. */
export interface Formats {
  /** With the decimals that it has: "1,234.50". */
  number(decimal: string): string;
  /** With the currency: "$1,234.50". */
  money(decimal: string): string;
  /** "7.5" → "7.5%" */
  percent(decimal: string): string;
  /** "2026-11-28" → "Nov 28, 2026" */
  day(day: string): string;
  /** Both days are part of it. */
  days(first: string, last: string): string;
  /** ISO 3166-1 alpha-2 → its name. */
  country(code: string): string;
}

/** A tag that is none, or that the runtime does not know, is English. */
export function localeOf(language: string): Intl.Locale {
  try {
    const locale = new Intl.Locale(language);
    return Intl.DateTimeFormat.supportedLocalesOf([locale.baseName]).length > 0
      ? new Intl.Locale(locale.baseName)
      : new Intl.Locale("en");
  } catch {
    return new Intl.Locale("en");
  }
}

/** As many languages and currencies as a busy issuer has; beyond that the oldest is made again. */
const KEPT = 200;
const kept = new Map<string, Formats>();

export function formatsOf(locale: Intl.Locale, currency: string): Formats {
  const key = `${locale.baseName} ${currency}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const made = makeFormats(locale.baseName, currency);
  const oldest = kept.keys().next().value;
  if (kept.size >= KEPT && oldest !== undefined) kept.delete(oldest);
  kept.set(key, made);
  return made;
}

function makeFormats(locale: string, currency: string): Formats {
  const dates = new Intl.DateTimeFormat(locale, {
    year: "numeric",
    month: "short",
    day: "numeric",
    timeZone: "UTC",
    calendar: "gregory",
  });
  const countries = new Intl.DisplayNames(locale, { type: "region" });
  const percents = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 6 });
  const numbers = byDecimals((digits) => new Intl.NumberFormat(locale, digits));
  // What the runtime refuses as a currency is none of three letters.
  const known = /^[A-Z]{3}$/i.test(currency);
  const amounts = byDecimals(
    (digits) => new Intl.NumberFormat(locale, known ? { style: "currency", currency, ...digits } : digits),
  );
  return {
    number: (decimal) => numbers(decimal).format(exact(decimal)),
    money: (decimal) => amounts(decimal).format(exact(decimal)) + (known ? "" : ` ${printable(currency)}`),
    percent: (decimal) => percents.format(exact(`${decimal}e-2`)),
    day: (day) => dates.format(instantOf(day)),
    days: (first, last) => dates.formatRange(instantOf(first), instantOf(last)),
    country: (code) => (/^[A-Z]{2}$/.test(code) ? (countries.of(code) ?? code) : code),
  };
}

type Digits = { readonly minimumFractionDigits: number; readonly maximumFractionDigits: number };

/** A formatter that shows as many decimals as are written, which may be eighteen. */
function byDecimals(make: (digits: Digits) => Intl.NumberFormat): (decimal: string) => Intl.NumberFormat {
  const made: Intl.NumberFormat[] = [];
  return (decimal) => {
    const decimals = decimalsOf(decimal);
    return (made[decimals] ??= make({ minimumFractionDigits: decimals, maximumFractionDigits: decimals }));
  };
}

function exact(decimal: string): Intl.StringNumericLiteral {
  return decimal as Intl.StringNumericLiteral;
}

function instantOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

/** Periods are half open; people read the last day that is part of them. */
export function dayBefore(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
}
