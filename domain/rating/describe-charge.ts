import { formatMoney, type Money, money, ZERO } from "#domain/money/money.ts";
import type { ChargeAmounts } from "./amounts.ts";
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
    return [`Total Charge: ${priceText(ZERO, currency)} (${trace.event} has no price on ${card})`];
  const upTo = trace.trueUp === undefined ? trace.event : "true-up";
  return [
    ...(trace.trueUp === undefined
      ? [`Base Amount: ${priceText(amounts.base, currency)} (${baseText(trace, currency)})`]
      : []),
    `Discount: ${priceText(negated(amounts.discount), currency)} (${discountText(trace, currency)})`,
    `Subtotal: ${priceText(amounts.subtotal, currency)}`,
    `Tax: ${priceText(amounts.tax, currency)} (${taxesText(trace, amounts, currency)})`,
    `Total Charge: ${priceText(amounts.total, currency)} (${upTo} ${trace.trueUp === undefined ? "by" : "of"} ${card})`,
    ...marginTexts(trace, currency),
    ...(trace.rounded ?? []).map((step) => `Rounded half-even at the 18th decimal: ${step}`),
  ];
}

/** The list price is in the card's currency, which is the wallet's unless the amount was exchanged. */
function baseText(trace: RatingTrace, currency: string): string {
  const { band, pulse, size, formula, surge, markup, fx } = trace;
  const listed = fx === undefined ? currency : fx.pair.slice(0, fx.pair.indexOf("/"));
  const price = (text: string): string =>
    fx === undefined ? decimalText(text, listed) : `${listed} ${digits(text)}`;
  const parts = [sourceText(trace)];
  if (band?.multiplier !== undefined) parts.push(`× ${band.multiplier} for time band ${quoted(band)}`);
  else if (band !== undefined && trace.source !== "time_band") parts.push(`time band ${quoted(band)}`);
  const units = trace.per === "event" ? 1 : trace.units;
  if (pulse !== undefined) {
    const { attribute, billed, initial, increment, unit } = pulse;
    parts.push(`${billed} of ${attribute} billed in pulses of ${initial}/${increment}, rate per ${unit}`);
  }
  if (size !== undefined)
    parts.push(`${size.started} × ${price(size.rate)} per ${size.per} of ${size.attribute}`);
  if (units !== 1) parts.push(`${units} units`);
  if (formula !== undefined) {
    const values = Object.entries(formula.values).map(([name, value]) => `${name} ${value}`);
    const given = values.length === 0 ? "" : ` with ${values.join(", ")}`;
    parts.push(`formula ${formula.text} = ${price(formula.amount)}${given}`);
  }
  if (surge !== undefined) {
    const load = surge.load === undefined ? "" : ` at a load of ${surge.load}%`;
    parts.push(`× ${surge.multiplier} for surge "${surge.name}"${load}`);
  }
  if (markup !== undefined)
    parts.push(markup.startsWith("-") ? `- ${markup.slice(1)}% markdown` : `+ ${markup}% markup`);
  if (fx !== undefined) parts.push(exchangeText(fx));
  const plain = [band?.multiplier, pulse, size, formula, surge, markup, fx].every(
    (part) => part === undefined,
  );
  const alone = formula !== undefined && trace.rate === "0";
  if ((!plain || units !== 1) && !alone && trace.rate !== undefined)
    parts[0] = `${parts[0]} ${price(trace.rate)}`;
  return parts.join(", ");
}

function exchangeText({ pair, source, at, markup, effective }: NonNullable<RatingTrace["fx"]>): string {
  const marked = markup === "0" ? "" : `, with ${markup}% markup`;
  return `× ${effective} ${pair} of ${source}, ${new Date(at).toISOString()}${marked}`;
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
    case "true_up":
    case "none":
      break;
  }
  return "no price";
}

function quoted(band: NonNullable<RatingTrace["band"]>): string {
  return `"${band.name}", ${band.local} in ${band.zone}`;
}

function discountText(trace: RatingTrace, currency: string): string {
  const { volume, tier, discount, discounts, combine, trueUp } = trace;
  if (trueUp !== undefined) {
    const sum = decimalText(trueUp.sum, currency);
    const earlier = `${trueUp.to}% in place of ${trueUp.from}% on ${sum}, the prices of this month's earlier charges`;
    return `${earlier}: monthly volume ${grouped(volume ?? "0")}, tier from ${grouped(tier ?? "0")}`;
  }
  if (discounts !== undefined) {
    const cap = combine === undefined || combine.max === "100" ? "" : `; at most ${combine.max}% together`;
    const parts = discounts.map((one) => appliedText(one, trace, currency));
    return parts.join(combine?.how === "compounding" ? "; then " : "; ") + cap;
  }
  if (volume === undefined) return "none: volume discounts are for messages";
  if (tier === undefined) return `no tier reached at a monthly volume of ${grouped(volume)}`;
  return `${discount}%: monthly volume ${grouped(volume)}, tier from ${grouped(tier)}`;
}

function appliedText(
  { kind, name, percent, most }: NonNullable<RatingTrace["discounts"]>[number],
  { volume = "0" }: RatingTrace,
  currency: string,
): string {
  const cap = most === undefined ? "" : `, at most ${decimalText(most, currency)}`;
  switch (kind) {
    case "volume":
      return `${percent}%: monthly volume ${grouped(volume)}, tier from ${grouped(name)}${cap}`;
    case "promotion":
      return `${percent}%: promotion ${name}${cap}`;
    case "loyalty":
    case "bulk":
      break;
  }
  return `${percent}%: ${kind}, ${name}${cap}`;
}

function taxesText(trace: RatingTrace, { taxes }: ChargeAmounts, currency: string): string {
  if (trace.reverseCharge !== undefined)
    return `reverse charge, customer's registration ${trace.reverseCharge}`;
  const exempt = (trace.exempt ?? []).map(
    ({ tax, certificate }) => `exempt from ${tax} by certificate ${certificate}`,
  );
  if (trace.taxes === undefined) return [`${trace.tax ?? "0"}%`, ...exempt].join("; ");
  const levied = trace.taxes.map(({ name, percent, compound }, index) => {
    const amount = priceText(taxes[index]?.amount ?? ZERO, currency);
    return `${name} ${percent}%${compound === true ? " on net and earlier taxes" : ""} ${amount}`;
  });
  if (trace.inclusive === true) levied.push("included in the price");
  return [levied.join(", "), ...exempt].join("; ");
}

function marginTexts({ cost, commission }: RatingTrace, currency: string): string[] {
  const texts: string[] = [];
  if (cost !== undefined) {
    const unit = `${cost.currency} ${digits(cost.rate)}`;
    texts.push(`Cost: ${decimalText(cost.amount, currency)} (${cost.sheet}, ${cost.row}: ${unit} per unit)`);
  }
  if (commission !== undefined) {
    const { partner, percent, of, amount } = commission;
    texts.push(`Commission: ${decimalText(amount, currency)} (${percent}% of ${of} to ${partner})`);
  }
  return texts;
}

/** "$0.01500", "CHF 0.01500", "-$0.00075": every digit that the amount has, at least five after the point. */
function priceText(amount: Money, currency: string): string {
  return decimalText(formatMoney(amount), currency);
}

function decimalText(decimal: string, currency: string): string {
  const negative = decimal.startsWith("-");
  return `${negative ? "-" : ""}${symbol(currency)}${digits(negative ? decimal.slice(1) : decimal)}`;
}

function digits(decimal: string): string {
  const [whole, fraction = ""] = decimal.split(".");
  return `${whole}.${fraction.padEnd(DECIMALS_MIN, "0")}`;
}

function negated(amount: Money): Money {
  return money(0n - amount);
}

/** Intl takes tens of microseconds to make a format; there are some 300 currencies. */
const symbols = new Map<string, string>();

function symbol(currency: string): string {
  let known = symbols.get(currency);
  if (known === undefined) symbols.set(currency, (known = readSymbol(currency)));
  return known;
}

function readSymbol(currency: string): string {
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
