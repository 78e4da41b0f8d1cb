import { Poison } from "#domain/errors.ts";
import { formatMoney } from "#domain/money/money.ts";
import { formatPercent } from "#domain/money/percent.ts";
import { listPrice, type PriceTerms } from "./amounts.ts";
import type { RateQuote } from "./compiled-rates.ts";
import type { Formula } from "./formula.ts";
import type { RatedCharge } from "./rated-charge.ts";
import type { RatingInput } from "./rating-input.ts";
import { tenureMonths } from "./tenure.ts";

const ATTRIBUTE_PREFIX = "attr_";

export interface FormulaPrice extends NonNullable<PriceTerms["formula"]> {
  readonly text: string;
  /** Of the variables that it names. */
  readonly values: Readonly<Record<string, string>>;
}

/** What an event's formula gives in place of its list price. @throws Poison where it gives no price. */
export function formulaPrice(
  formula: Formula,
  input: RatingInput,
  {
    quote,
    terms,
    volume,
  }: {
    readonly quote: RateQuote;
    readonly terms: PriceTerms;
    readonly volume: RatedCharge["volume"];
  },
): FormulaPrice {
  const values: Record<string, string> = {};
  const result = formula.evaluate((variable) => {
    const value =
      variable === "rate"
        ? quote.text
        : variable === "base"
          ? formatMoney(listPrice(terms, []))
          : variable === "volume"
            ? (volume?.after ?? 0n).toString()
            : valueOf(variable, input);
    if (value !== null) values[variable] = value;
    return value;
  });
  if (!result.ok) throw new Poison(`the formula of ${input.eventType} ${result.message}`);
  return { text: formula.text, values, amount: result.amount, exact: result.exact };
}

/** Hours and weekdays (0 = Sunday) are those of the card's zone. */
function valueOf(variable: string, input: RatingInput): string | null {
  const { card, at, units, load, requestSize, terms, zone, attributes } = input;
  switch (variable) {
    case "units":
      return String(units);
    case "load":
      return load === null ? null : formatPercent(load);
    case "request_size":
      return String(requestSize);
    case "hour":
      return String(card.clock.hourOfWeek(at) % 24);
    case "weekday":
      return String(Math.floor(card.clock.hourOfWeek(at) / 24));
    case "tenure_months":
      return terms.customerSince === null ? "0" : String(tenureMonths(zone, terms.customerSince, at));
  }
  const attribute = variable.slice(ATTRIBUTE_PREFIX.length);
  return Object.hasOwn(attributes, attribute) ? (attributes[attribute] ?? null) : null;
}
