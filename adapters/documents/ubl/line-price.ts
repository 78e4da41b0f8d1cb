import type { InvoiceLine } from "#domain/invoicing/invoice.ts";
import { decimalOf, decimalsOf, unitsOf } from "../content/decimals.ts";

/** Quantity and price as EN 16931 wants them: no price is negative, and quantity × price / base is the gross amount. */
export interface LinePrice {
  readonly quantity: string;
  readonly price: string;
  /** Null: one. */
  readonly base: string | null;
}

/** What an amount may differ from quantity × price, in minor units (PEPPOL-EN16931-R120). */
const SLACK = 2n;

/**
 * A line whose amount is what its quantity costs says so; another (of several rates, say) prices its whole quantity at once.
 * @param gross before discounts, in units of `decimals` places.
 */
export function linePrice({ quantity, unitRate }: InvoiceLine, gross: bigint, decimals: number): LinePrice {
  const count = unsigned(quantity);
  const rate = unsigned(unitRate);
  const size = gross < 0n ? -gross : gross;
  const sign = gross < 0n ? "-" : "";
  if (isCost(count, rate, size, decimals)) return { quantity: sign + count, price: rate, base: null };
  const price = decimalOf(size, decimals);
  return /[1-9]/.test(count)
    ? { quantity: sign + count, price, base: count }
    : { quantity: `${sign}1`, price, base: null };
}

function isCost(count: string, rate: string, size: bigint, decimals: number): boolean {
  const places = decimalsOf(count) + decimalsOf(rate) + decimals;
  const cost = unitsOf(count, decimalsOf(count)) * unitsOf(rate, decimalsOf(rate)) * 10n ** BigInt(decimals);
  const scale = 10n ** BigInt(places - decimals);
  const away = cost - size * scale;
  return (away < 0n ? -away : away) <= SLACK * scale;
}

function unsigned(decimal: string): string {
  return decimal.startsWith("-") ? decimal.slice(1) : decimal;
}
