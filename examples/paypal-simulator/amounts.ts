import { invalid, unprocessable } from "./errors.ts";
import type { PaypalMoney } from "./objects.ts";

const CURRENCIES =
  "AUD BRL CAD CNY CZK DKK EUR HKD HUF ILS JPY MYR MXN TWD NZD NOK PHP PLN GBP SGD SEK CHF THB USD".split(
    " ",
  );
/** https://developer.paypal.com/api/rest/reference/currency-codes/: "does not support decimals". */
const WHOLE = ["HUF", "JPY", "TWD"];

const decimalsOf = (currency: string): number => (WHOLE.includes(currency) ? 0 : 2);

/** An amount in the smallest unit that PayPal counts. @throws PaypalError. */
export function unitsOf(money: unknown): { units: bigint; currency: string } {
  if (typeof money !== "object" || money === null)
    throw invalid("MISSING_REQUIRED_PARAMETER", "An amount is required.");
  const { currency_code: currency, value } = money as Partial<PaypalMoney>;
  if (typeof currency !== "string" || !CURRENCIES.includes(currency))
    throw unprocessable("CURRENCY_NOT_SUPPORTED", "The currency code is not supported.");
  if (typeof value !== "string" || !/^\d{1,13}(\.\d{1,2})?$/.test(value))
    throw invalid(
      "INVALID_PARAMETER_SYNTAX",
      "The value of a field does not conform to the expected format.",
    );
  const [whole = "", fraction = ""] = value.split(".");
  if (fraction.length > decimalsOf(currency))
    throw unprocessable("DECIMALS_NOT_SUPPORTED", "The currency does not support decimals.");
  return { units: BigInt(whole + fraction.padEnd(decimalsOf(currency), "0")), currency };
}

/** Signed. */
export function moneyOf(units: bigint, currency: string): PaypalMoney {
  const decimals = decimalsOf(currency);
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, "0");
  const value = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  return { currency_code: currency, value: units < 0n ? `-${value}` : value };
}

/** 3.49 % and 0.49, as PayPal asks in the United States; no more than the amount. */
export function feeOf(units: bigint, currency: string): bigint {
  const fixed = decimalsOf(currency) === 0 ? 0n : 49n;
  const fee = (units * 349n + 5_000n) / 10_000n + fixed;
  return fee > units ? units : fee;
}
