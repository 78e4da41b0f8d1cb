import { formatMoney, parseMoney, type Money } from "#domain/money/money.ts";
import { plainArray } from "./array-literal.ts";

export function moneyArray(values: readonly Money[]): string {
  return plainArray(values.map(formatMoney));
}

/** A numeric(38,18) as the driver gives it: text. */
export function storedMoney(text: string): Money {
  const amount = parseMoney(text);
  if (amount === null) throw new Error("PostgreSQL gave an amount that is not numeric(38,18)");
  return amount;
}

/** The first day of the month (UTC) in which the event was accepted: the ledger's partition. */
export function acceptedMonth(acceptedAt: number): string {
  return `${new Date(acceptedAt).toISOString().slice(0, 7)}-01`;
}
