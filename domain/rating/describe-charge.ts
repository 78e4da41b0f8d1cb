import { parseFactor } from "#domain/money/factor.ts";
import { formatMoney, type Money, parseMoney } from "#domain/money/money.ts";
import { NO_PERCENT, parsePercent } from "#domain/money/percent.ts";
import { plainTax } from "#domain/tax/taxes.ts";
import { type ChargeAmounts, chargeAmounts } from "./amounts.ts";
import type { RatingTrace } from "./rating-trace.ts";

/** As in the guide's Example 1: "$0.01500". */
const DECIMALS_MIN = 5;

/**
 * A charge step by step in words, in the order of the guide's Example 1:
 * "Base Amount: $0.01500 (time band "Peak (US)", Wed 13:00 in America/New_York)", "Discount: -$0.00075 (5% …)", …
 * @param currency ISO 4217.
 * @throws RangeError for a trace that rate() did not make.
 */
export function describeCharge(trace: RatingTrace, currency: string): string[] {
  const amounts = traceAmounts(trace);
  const card = `${trace.card}, version ${trace.version}`;
  if (amounts === null)
    return [`Total Charge: ${priceText(0n as Money, currency)} (${trace.event} has no price on ${card})`];
  return [
    `Base Amount: ${priceText(amounts.base, currency)} (${baseText(trace, currency)})`,
    `Discount: ${amounts.discount === 0n ? "" : "-"}${priceText(amounts.discount, currency)} (${discountText(trace)})`,
    `Subtotal: ${priceText(amounts.subtotal, currency)}`,
    `Tax: ${priceText(amounts.tax, currency)} (${trace.tax ?? "0"}%)`,
    `Total Charge: ${priceText(amounts.total, currency)} (${trace.event} by ${card})`,
    ...(trace.rounded ?? []).map((step) => `Rounded half-even at the 18th decimal: ${step}`),
  ];
}

/**
 * The amounts that the trace stands for, computed again: they equal those that were charged. null for an event without a price.
 * @throws RangeError for a trace that rate() did not make.
 */
export function traceAmounts(trace: RatingTrace): ChargeAmounts | null {
  if (trace.source === "none") return null;
  const rate = parseMoney(trace.rate ?? "");
  const multiplierText = trace.band?.multiplier;
  const multiplier = multiplierText === undefined ? null : parseFactor(multiplierText);
  const discountPercent = trace.discount === undefined ? NO_PERCENT : parsePercent(trace.discount);
  const taxRate = trace.tax === undefined ? NO_PERCENT : parsePercent(trace.tax);
  const readable = rate !== null && discountPercent !== null && taxRate !== null;
  if (!readable || (multiplier === null && multiplierText !== undefined))
    throw new RangeError("unreadable rating trace");
  const amounts = chargeAmounts({
    rate,
    multiplier,
    units: trace.units,
    discountPercent,
    taxes: plainTax(taxRate).taxes,
    inclusive: false,
  });
  if (amounts === null) throw new RangeError("the rating trace exceeds numeric(38,18)");
  return amounts;
}

function baseText(trace: RatingTrace, currency: string): string {
  const parts = [sourceText(trace)];
  const { band } = trace;
  if (band?.multiplier !== undefined) parts.push(`× ${band.multiplier} for time band ${quoted(band)}`);
  const unitRate = priceText(parseMoney(trace.rate ?? "") as Money, currency);
  if (trace.units !== 1) parts.push(`${trace.units} units`);
  if (trace.units !== 1 || band?.multiplier !== undefined) parts[0] = `${parts[0]} ${unitRate}`;
  return parts.join(", ");
}

function sourceText({ source, name, band, event }: RatingTrace): string {
  switch (source) {
    case "time_band":
      return band === undefined ? "time band" : `time band ${quoted(band)}`;
    case "contract":
      return "contract rate";
    case "operator":
      return `operator ${name}`;
    case "destination":
      return `destination ${name}`;
    case "base":
      return "base rate";
    case "event":
      return `price of ${event}`;
    case "none":
      break;
  }
  return "no price";
}

function quoted(band: NonNullable<RatingTrace["band"]>): string {
  return `"${band.name}", ${band.local} in ${band.zone}`;
}

function discountText({ volume, tier, discount }: RatingTrace): string {
  if (volume === undefined) return "none: volume discounts are for messages";
  if (tier === undefined) return `no tier reached at a monthly volume of ${grouped(volume)}`;
  return `${discount}%: monthly volume ${grouped(volume)}, tier from ${grouped(tier)}`;
}

/** "$0.01500", "CHF 0.01500": every digit that the amount has, at least five after the point. */
function priceText(amount: Money, currency: string): string {
  const [whole, fraction = ""] = formatMoney(amount).split(".");
  return `${symbol(currency)}${whole}.${fraction.padEnd(DECIMALS_MIN, "0")}`;
}

function symbol(currency: string): string {
  const format = new Intl.NumberFormat("en", {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
  });
  const text = format.formatToParts(0).find(({ type }) => type === "currency")?.value ?? currency;
  return /^[A-Z]+$/.test(text) ? `${text} ` : text;
}

function grouped(volume: string): string {
  return volume.replace(/\B(?=(\d{3})+$)/g, ",");
}
