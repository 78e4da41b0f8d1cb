import { formatMoney } from "#domain/money/money.ts";
import { parsePercent, type Percent } from "#domain/money/percent.ts";
import { type CompiledRateCard, compileRateCard } from "./compiled-rate-card.ts";
import { parseRateCard } from "./rate-card.ts";
import { PLAIN_EVENT, rate, type RatedCharge, type RatingInput } from "./rate.ts";
import { termsOfTaxRate } from "./terms.ts";
import { clockOf } from "./time-bands.ts";

/** For tests: cards, events and amounts in few words. */

export function percent(text: string): Percent {
  const value = parsePercent(text);
  if (value === null) throw new Error(text);
  return value;
}

export function compileText(source: string): CompiledRateCard {
  const parsed = parseRateCard(source);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return compileRateCard(parsed.card, { version: 1, validFrom: 0 });
}

/** A card in USD and UTC with the given rates. */
export function card(rates: object, more: object = {}): CompiledRateCard {
  return compileText(cardText(rates, more));
}

export function cardText(rates: object, more: object = {}): string {
  const head = { rate_card_id: "RC", name: "Test", currency: "USD", effective_date: "2024-01-01" };
  return JSON.stringify({ ...head, rates, ...more });
}

/** The remarks on a card, "path: message" each. */
export function remarks(rates: object, more: object = {}): string[] {
  const parsed = parseRateCard(cardText(rates, more));
  return (parsed.ok ? parsed.warnings : parsed.problems).map(({ path, message }) => `${path}: ${message}`);
}

/** A delivered SMS of a tenant in UTC without tax, at 2026-11-24T12:00Z, a Tuesday. */
export function delivered(changes: Partial<RatingInput> & Pick<RatingInput, "card">): RatingInput {
  return {
    ...PLAIN_EVENT,
    eventType: "sms.delivered",
    channel: "sms",
    at: Date.parse("2026-11-24T12:00:00Z"),
    units: 1,
    country: null,
    operator: null,
    zone: clockOf("UTC"),
    counters: new Map(),
    terms: termsOfTaxRate(percent("0")),
    ...changes,
  };
}

export function baseOf(changes: Partial<RatingInput> & Pick<RatingInput, "card">): string {
  return formatMoney(rate(delivered(changes)).base);
}

/** base, discount, subtotal, tax and total. */
export function amountsOf({ base, discount, subtotal, tax, total }: RatedCharge): string[] {
  return [base, discount, subtotal, tax, total].map(formatMoney);
}
