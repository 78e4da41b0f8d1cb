import { invalid } from "./errors.ts";
import { text, type Params } from "./form.ts";

const ZERO_DECIMAL = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split(" ");
/** Whole units only, written with two decimals. */
const WHOLE_OF_TWO = ["isk", "ugx"];
const THREE_DECIMAL = ["bhd", "jod", "kwd", "omr", "tnd"];
/** ISO 4217 codes that Stripe does not take. */
const UNKNOWN = ["iqd", "lyd", "clf", "uyi", "uyw", "irr", "kpw", "syp", "xxx", "xau", "xag"];
const AMOUNT_MAX = 99_999_999;
/** Stripe's own minimum differs by currency (50 cents); the simulator asks for one unit. */
const AMOUNT_MIN = 1;

/** Amount and currency of a request, by Stripe's rules (https://docs.stripe.com/currencies). @throws StripeError. */
export function amountOf(params: Params, name = "amount"): { amount: number; currency: string } {
  const currency = (text(params, "currency") ?? "").toLowerCase();
  if (!/^[a-z]{3}$/.test(currency) || UNKNOWN.includes(currency))
    throw invalid(`Invalid currency: ${currency}.`, { param: "currency", code: "invalid_currency" });
  return { amount: checkAmount(text(params, name), currency, name), currency };
}

export function checkAmount(written: string | null, currency: string, param: string): number {
  if (written === null)
    throw invalid(`Missing required param: ${param}.`, { param, code: "parameter_missing" });
  if (!/^-?\d+$/.test(written))
    throw invalid(`Invalid integer: ${written}`, { param, code: "parameter_invalid_integer" });
  const amount = Number(written);
  if (amount < AMOUNT_MIN) throw invalid("Amount must be at least 1.", { param, code: "amount_too_small" });
  if (amount > AMOUNT_MAX)
    throw invalid("Amount must be no more than 99999999.", { param, code: "amount_too_large" });
  if (WHOLE_OF_TWO.includes(currency) && amount % 100 !== 0)
    throw invalid(`Invalid amount. Currency ${currency.toUpperCase()} has become effectively zero-decimal.`, {
      param,
      code: "invalid_charge_amount_no_decimal_compatible",
    });
  if (THREE_DECIMAL.includes(currency) && amount % 10 !== 0)
    throw invalid("Invalid amount: the last digit of three-decimal currencies must be 0.", { param });
  return amount;
}

/** 2.9 % and 30 of the smallest unit, rounded as Stripe's statements show it; no more than the amount. */
export function feeOf(amount: number, currency: string): number {
  const fixed = ZERO_DECIMAL.includes(currency) ? 0 : 30;
  return Math.min(amount, Math.round((amount * 29) / 1000) + fixed);
}
