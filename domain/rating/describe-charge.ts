import { formatMoney, type Money, parseMoney } from "#domain/money/money.ts";
import type { RatingTrace } from "./rating-trace.ts";
import { traceAmounts } from "./replay-trace.ts";

export { traceAmounts } from "./replay-trace.ts";

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

function baseText(trace: RatingTrace, currency: string): string {
  const { band, pulse, size } = trace;
  const parts = [sourceText(trace)];
  if (band?.multiplier !== undefined) parts.push(`× ${band.multiplier} for time band ${quoted(band)}`);
  else if (band !== undefined && trace.source !== "time_band") parts.push(`time band ${quoted(band)}`);
  const unitRate = priceText(parseMoney(trace.rate ?? "") as Money, currency);
  const units = trace.per === "event" ? 1 : trace.units;
  if (pulse !== undefined) {
    const { attribute, billed, initial, increment, unit } = pulse;
    parts.push(`${billed} of ${attribute} billed in pulses of ${initial}/${increment}, rate per ${unit}`);
  }
  if (size !== undefined) {
    const price = priceText(parseMoney(size.rate) as Money, currency);
    parts.push(`${size.started} × ${price} per ${size.per} of ${size.attribute}`);
  }
  if (units !== 1) parts.push(`${units} units`);
  const { multiplier } = band ?? {};
  const plain = multiplier === undefined && pulse === undefined && size === undefined && units === 1;
  if (!plain) parts[0] = `${parts[0]} ${unitRate}`;
  return parts.join(", ");
}

function sourceText({ source, name, band, event }: RatingTrace): string {
  switch (source) {
    case "time_band":
      return band === undefined ? "time band" : `time band ${quoted(band)}`;
    case "contract":
      return name === undefined ? "contract rate" : `contract ${name}`;
    case "operator":
      return `operator ${name}`;
    case "prefix":
      return `prefix ${name}`;
    case "attribute":
      return `rate for ${name}`;
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
