import type { Money } from "#domain/money/money.ts";
import type { Percent } from "#domain/money/percent.ts";
import type { TaxAmount } from "#domain/tax/taxes.ts";
import type { RatingTrace } from "./rating-trace.ts";
import type { CounterKey } from "./volume-counters.ts";

/** What an event costs, in the wallet's currency. subtotal + tax = total. */
export interface RatedCharge {
  /** False when the card has no price for the event: every amount is zero. */
  readonly priced: boolean;
  readonly base: Money;
  /** All discounts together, in percent of base. */
  readonly discountPercent: Percent;
  readonly discount: Money;
  /** Without tax: base − discount, less the tax within where the price includes it. */
  readonly subtotal: Money;
  readonly taxes: readonly TaxAmount[];
  /** Their sum. */
  readonly tax: Money;
  readonly total: Money;
  /** The units counter that the event moves and its value after it; null for free events and platform services, which move none. */
  readonly volume: { readonly counter: CounterKey; readonly after: bigint } | null;
  /** The other counters that it moves, with their values after it. */
  readonly counters: readonly (readonly [CounterKey, bigint])[];
  readonly trueUp: TrueUp | null;
  /** What the partner gets of it; null without a partner. */
  readonly commission: { readonly partnerId: string; readonly amount: Money } | null;
  /** What the supplier takes, null when unknown. */
  readonly cost: Money | null;
  readonly trace: RatingTrace;
  /** The same as JSON. */
  readonly traceText: string;
  /** The amounts in decimal. */
  readonly texts: AmountTexts;
}

export interface AmountTexts {
  readonly base: string;
  readonly discount: string;
  readonly subtotal: string;
  readonly tax: string;
  readonly total: string;
}

/**
 * What a tier that applies to the whole month changes on the month's earlier charges when the event reaches it. Negative amounts give back.
 * Entered as a charge of its own.
 */
export interface TrueUp {
  /** Zero. */
  readonly base: Money;
  readonly subtotal: Money;
  readonly tax: Money;
  readonly total: Money;
  readonly trace: RatingTrace;
}
