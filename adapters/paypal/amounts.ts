import { Rejected } from "#domain/errors.ts";
import { minorUnits } from "#domain/money/allocate.ts";

/** https://developer.paypal.com/api/rest/reference/currency-codes/ */
const CURRENCIES: ReadonlySet<string> = new Set(
  "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB TWD USD".split(
    " ",
  ),
);
/** Whole units only, whatever ISO 4217 says. */
const WHOLE: ReadonlySet<string> = new Set(["HUF", "JPY", "TWD"]);
/** Ten million of any currency: above what one payment may be. */
const AMOUNT_MAX = 10_000_000n;

export interface PaypalAmount {
  readonly currency_code: string;
  readonly value: string;
}

/** Minor units (ISO 4217) as PayPal writes them. Nothing is rounded. @throws Rejected with a remedy. */
export function toPaypalAmount(amountMinor: bigint, currency: string): PaypalAmount {
  if (!CURRENCIES.has(currency))
    throw refused(currency, "PayPal does not take this currency: collect it otherwise");
  const scale = 10n ** BigInt(minorUnits(currency));
  const whole = amountMinor / scale;
  const fraction = amountMinor % scale;
  if (amountMinor <= 0n || whole >= AMOUNT_MAX)
    throw refused(currency, "an amount must be above zero and below ten million: split it");
  if (WHOLE.has(currency) && fraction !== 0n)
    throw refused(currency, "PayPal takes whole units only: round the amount");
  const decimals = WHOLE.has(currency) ? "" : `.${fraction.toString().padStart(minorUnits(currency), "0")}`;
  return { currency_code: currency, value: `${whole}${decimals}` };
}

/** What PayPal writes (signed) as minor units. @throws RangeError on a text that is no amount: it would be lost money. */
export function fromPaypalAmount({ currency_code: currency, value }: PaypalAmount): bigint {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value);
  const decimals = minorUnits(currency);
  const fraction = match?.[3] ?? "";
  if (match === null || fraction.replace(/0+$/, "").length > decimals)
    throw new RangeError(`PayPal wrote an amount that ${currency} does not have: ${value}`);
  const minor = BigInt(`${match[2]}${fraction.slice(0, decimals).padEnd(decimals, "0")}`);
  return match[1] === "-" ? -minor : minor;
}

function refused(currency: string, why: string): Rejected {
  return new Rejected(
    "paypal",
    "amount_not_collectable",
    `PayPal cannot collect this amount in ${currency}: ${why}`,
  );
}
