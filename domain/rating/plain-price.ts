import type { ChargeAmounts } from "./amounts.ts";
import type { CompiledEvent, CompiledRateCard, CompiledTier } from "./compiled-rate-card.ts";
import type { CompiledBand, RateQuote } from "./compiled-rates.ts";
import type { FoundDiscounts } from "./find-discounts.ts";
import type { FoundRate } from "./lookup-rate.ts";
import type { AmountTexts, RatedCharge } from "./rated-charge.ts";
import type { RatingInput } from "./rating-input.ts";
import type { RatingTrace } from "./rating-trace.ts";
import type { TenantTerms } from "./terms.ts";

/** What one unit at one rate, in one tier and under one tenant's terms comes to; only volume and local time differ from event to event. */
interface PlainPrice {
  readonly event: string;
  readonly quote: RateQuote;
  readonly band: CompiledBand | null;
  readonly tier: CompiledTier | null;
  readonly amounts: ChargeAmounts;
  readonly texts: AmountTexts;
  /** Of the event that was worked out. */
  readonly trace: RatingTrace;
  /** The trace's JSON before the band's local time, between it and the volume, and after that. */
  readonly head: string;
  readonly middle: string;
  readonly tail: string;
}

/** A card has some rates times some tiers for each tenant; one that has more begins anew now and then. */
const PRICES_MAX = 5_000;

/** Prices of one card and one tenant's terms that were worked out before. */
export class PlainPrices {
  readonly #byQuote = new Map<RateQuote, PlainPrice[]>();
  #size = 0;

  find(event: string, { quote, band }: FoundRate, tier: CompiledTier | null): PlainPrice | null {
    const prices = this.#byQuote.get(quote);
    if (prices === undefined) return null;
    for (const price of prices)
      if (price.tier === tier && price.band === band && price.event === event) return price;
    return null;
  }

  keep(price: PlainPrice): void {
    if (this.#size >= PRICES_MAX) {
      this.#byQuote.clear();
      this.#size = 0;
    }
    const prices = this.#byQuote.get(price.quote);
    if (prices === undefined) this.#byQuote.set(price.quote, [price]);
    else prices.push(price);
    this.#size += 1;
  }
}

const byCard = new WeakMap<CompiledRateCard, WeakMap<TenantTerms, PlainPrices>>();
/** Billing prices a wallet's events together: nearly always the one before. */
let last: {
  readonly card: CompiledRateCard;
  readonly terms: TenantTerms;
  readonly prices: PlainPrices;
} | null = null;

/**
 * The prices known for the event's card and terms; null where its price depends on more than rate, band, tier and taxes, or moves more than
 * the month's volume. Cards and terms are immutable, so what was worked out once holds for good.
 */
export function plainPrices({ pricing }: CompiledEvent, input: RatingInput): PlainPrices | null {
  const { card, terms, units, fx, cost } = input;
  if (units !== 1 || pricing !== null || fx !== null || cost !== null) return null;
  if (!card.onlyVolume || card.wholeVolume || card.surges.length > 0) return null;
  if (terms.markup !== 0n || terms.partner !== null || terms.taxes.exemptions.length > 0) return null;
  if (last === null || last.card !== card || last.terms !== terms)
    last = { card, terms, prices: pricesOf(card, terms) };
  return last.prices;
}

function pricesOf(card: CompiledRateCard, terms: TenantTerms): PlainPrices {
  let byTerms = byCard.get(card);
  if (byTerms === undefined) byCard.set(card, (byTerms = new WeakMap()));
  let prices = byTerms.get(terms);
  if (prices === undefined) byTerms.set(terms, (prices = new PlainPrices()));
  return prices;
}

/** What is worth keeping of a charge that was worked out in full. */
export function plainPriceOf(
  event: string,
  { quote, band }: FoundRate,
  tier: CompiledTier | null,
  amounts: ChargeAmounts,
  charge: RatedCharge,
): PlainPrice {
  const [head, rest] = splitAfter(charge.traceText, `"local":"`);
  const [middle, tail] = splitAfter(rest, `"volume":"`);
  const { texts, trace } = charge;
  return { event, quote, band, tier, amounts, texts, trace, head, middle, tail };
}

/** A key with its colon stands nowhere else in JSON: within a string its quotes would be escaped. Leaves the value's own text out. */
function splitAfter(json: string, key: string): [before: string, after: string] {
  const at = json.indexOf(key);
  if (at === -1) return ["", json];
  const value = at + key.length;
  return [json.slice(0, value), json.slice(json.indexOf(`"`, value))];
}

const NO_COUNTERS: RatedCharge["counters"] = Object.freeze([]);

/** A charge at a price that is known. */
export class PlainCharge implements RatedCharge {
  readonly priced = true;
  readonly volume: RatedCharge["volume"];
  readonly counters = NO_COUNTERS;
  readonly trueUp = null;
  readonly commission = null;
  readonly cost = null;
  readonly #price: PlainPrice;
  readonly #at: number;
  readonly #after: bigint | null;

  constructor(price: PlainPrice, { volume }: FoundDiscounts, at: number) {
    this.#price = price;
    this.#at = at;
    this.#after = volume === null ? null : volume.after;
    this.volume = price.amounts.base > 0n ? volume : null;
  }

  get base() {
    return this.#price.amounts.base;
  }
  get discountPercent() {
    return this.#price.amounts.discountPercent;
  }
  get discount() {
    return this.#price.amounts.discount;
  }
  get subtotal() {
    return this.#price.amounts.subtotal;
  }
  get taxes() {
    return this.#price.amounts.taxes;
  }
  get tax() {
    return this.#price.amounts.tax;
  }
  get total() {
    return this.#price.amounts.total;
  }
  get texts() {
    return this.#price.texts;
  }
  get traceText(): string {
    const { head, middle, tail, band } = this.#price;
    const local = band === null ? "" : band.clock.label(this.#at);
    return this.#after === null ? head + local + tail : head + local + middle + this.#after.toString() + tail;
  }
  get trace(): RatingTrace {
    const { trace, band } = this.#price;
    return {
      ...trace,
      ...(trace.band === undefined || band === null
        ? {}
        : { band: { ...trace.band, local: band.clock.label(this.#at) } }),
      ...(this.#after === null ? {} : { volume: this.#after.toString() }),
    };
  }
}
