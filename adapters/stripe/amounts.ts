import { Rejected } from "#domain/errors.ts";
import { minorUnits } from "#domain/money/allocate.ts";

/** Decimals of the unit in which Stripe counts, where they are not ISO 4217's (https://docs.stripe.com/currencies, special cases). */
const OWN_DECIMALS: Readonly<Record<string, number>> = { ISK: 2, UGX: 2, MGA: 0 };
/** Whole units only, though they are written with two decimals. */
const WHOLE: ReadonlySet<string> = new Set(["ISK", "UGX"]);
/** In ISO 4217 with more than two decimals, or without a use: Stripe takes none of them. */
const REFUSED: ReadonlySet<string> = new Set(["IQD", "LYD", "CLF", "UYI", "UYW"]);
/** Eight digits (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts). */
const AMOUNT_MAX = 99_999_999n;

function decimals(currency: string): number {
  return OWN_DECIMALS[currency] ?? minorUnits(currency);
}

/**
 * Minor units (ISO 4217) as Stripe counts them. Nothing is rounded: what Stripe cannot collect exactly is refused.
 * @throws Rejected with a remedy.
 */
export function toStripeAmount(amountMinor: bigint, currency: string): number {
  if (REFUSED.has(currency))
    throw refused(currency, "Stripe does not take this currency: collect it otherwise");
  const shift = decimals(currency) - minorUnits(currency);
  const divisor = 10n ** BigInt(Math.max(0, -shift));
  if (amountMinor % divisor !== 0n)
    throw refused(currency, "Stripe takes whole units only: round the amount");
  const amount = (amountMinor * 10n ** BigInt(Math.max(0, shift))) / divisor;
  if (decimals(currency) === 3 && amount % 10n !== 0n)
    throw refused(currency, "Stripe takes two of its three decimals only: the last digit must be 0");
  if (amount <= 0n || amount > AMOUNT_MAX)
    throw refused(
      currency,
      `an amount must be above zero and at most ${AMOUNT_MAX} of Stripe's units: split it`,
    );
  return Number(amount);
}

/** What Stripe counts (signed) as minor units. @throws RangeError on a fraction of one: it would be lost money. */
export function fromStripeAmount(amount: number, currency: string): bigint {
  const code = currency.toUpperCase();
  const shift = decimals(code) - minorUnits(code);
  const divisor = 10n ** BigInt(Math.max(0, shift));
  const scaled = BigInt(amount) * 10n ** BigInt(Math.max(0, -shift));
  if (scaled % divisor !== 0n && WHOLE.has(code)) return roundHalfUp(scaled, divisor);
  return scaled / divisor;
}

/** Only fees of whole-unit currencies have fractions; a half goes away from zero. */
function roundHalfUp(amount: bigint, divisor: bigint): bigint {
  const half = divisor / 2n;
  return (amount < 0n ? amount - half : amount + half) / divisor;
}

function refused(currency: string, why: string): Rejected {
  return new Rejected(
    "stripe",
    "amount_not_collectable",
    `Stripe cannot collect this amount in ${currency}: ${why}`,
  );
}
