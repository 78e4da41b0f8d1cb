import { z } from "zod";
import { formatMoney, type Money, parseMoney, UNITS_PER_ONE } from "#domain/money/money.ts";
import { parseSignedPercent, type Percent } from "#domain/money/percent.ts";
import { divideHalfEven } from "#domain/money/rounding.ts";
import type { FxQuote } from "./fx-quote.ts";

/**
 * One rate as it was published, on control.rules keyed `fx:EUR/USD:<validFrom>`: so many units of `quote` for one of `base`. It prices
 * events from `validFrom` until the next one does; a charge keeps the one that it was made with.
 */
export const fxRate = z.object({
  v: z.literal(1),
  type: z.literal("fx_rate"),
  /** ISO 4217. */
  base: z.string().length(3),
  quote: z.string().length(3),
  /** Decimal string, above zero. */
  rate: z.string(),
  /** Who says so: "ECB", "desk". */
  source: z.string().min(1).max(60),
  /** Epoch ms as of which its source says so. */
  at: z.number().int(),
  /** Epoch ms, two seconds after it was stored at the earliest: by then every process knows it. */
  validFrom: z.number().int(),
});

export type FxRate = z.infer<typeof fxRate>;

/** Gives the rate in force of a pair as it was published, undefined where there is none. */
export type FxRates = (base: string, quote: string) => FxRate | undefined;

export interface FxTerms {
  /** Percent that the tenant pays on top of the rate; may be negative. */
  readonly markup: Percent;
  /** A rate older than this at the moment of the charge is refused. */
  readonly maxAgeMs: number;
}

export type FxResult =
  | { readonly ok: true; readonly quote: FxQuote }
  | { readonly ok: false; readonly problem: "unknown" | "stale"; readonly message: string };

const HUNDRED = 100n * UNITS_PER_ONE;

/** Key of a rate's record on control.rules. */
export function fxKey({ base, quote, validFrom }: FxRate): string {
  return `fx:${base}/${quote}:${validFrom}`;
}

/**
 * What one unit of `from` is in `to`: by the pair's own rate, by the inverse of the opposite one, or by both currencies' rates
 * against the pivot. Divisions are rounded half-even at the 18th decimal, once; the markup is added last.
 * @param at epoch ms of the charge: the age of the oldest rate that is used counts from here.
 */
export function quoteFx(
  rates: FxRates,
  from: string,
  to: string,
  at: number,
  { markup, maxAgeMs }: FxTerms,
  pivot = "USD",
): FxResult {
  const found = direct(rates, from, to) ?? crossed(rates, from, to, pivot);
  if (found === null) {
    const message = `there is no rate from ${from} to ${to}: publish ${from}/${to}`;
    return { ok: false, problem: "unknown", message };
  }
  if (at - found.at > maxAgeMs) {
    const message = `the rate from ${from} to ${to} is of ${new Date(found.at).toISOString()}, older than ${maxAgeMs / 1000} s: publish a new one`;
    return { ok: false, problem: "stale", message };
  }
  const effective = divideHalfEven(found.rate * (HUNDRED + markup), HUNDRED).amount;
  return {
    ok: true,
    quote: {
      pair: `${from}/${to}`,
      rate: formatMoney(found.rate),
      markup: formatMoney(markup as bigint as Money),
      source: found.source,
      at: found.at,
      effective: formatMoney(effective),
    },
  };
}

interface Found {
  readonly rate: Money;
  readonly source: string;
  readonly at: number;
}

function direct(rates: FxRates, from: string, to: string): Found | null {
  const straight = read(rates(from, to));
  if (straight !== null) return straight;
  const opposite = read(rates(to, from));
  if (opposite === null) return null;
  const rate = divideHalfEven(UNITS_PER_ONE * UNITS_PER_ONE, opposite.rate).amount;
  return rate === 0n ? null : { rate, source: `${opposite.source}, inverted`, at: opposite.at };
}

function crossed(rates: FxRates, from: string, to: string, pivot: string): Found | null {
  if (from === pivot || to === pivot) return null;
  const first = direct(rates, from, pivot);
  const second = direct(rates, pivot, to);
  if (first === null || second === null) return null;
  const rate = divideHalfEven(first.rate * second.rate, UNITS_PER_ONE).amount;
  if (rate === 0n) return null;
  const source = first.source === second.source ? first.source : `${first.source} and ${second.source}`;
  return { rate, source: `${source}, by way of ${pivot}`, at: Math.min(first.at, second.at) };
}

function read(published: FxRate | undefined): Found | null {
  if (published === undefined) return null;
  const rate = parseMoney(published.rate);
  return rate === null || rate <= 0n ? null : { rate, source: published.source, at: published.at };
}

/** A tenant's own terms, as its configuration has them. */
export const fxSettings = z.strictObject({
  /** Percent, signed decimal string. */
  markupPercent: z.string().refine((text) => parseSignedPercent(text) !== null),
  maxAgeSeconds: z.number().int().min(1).max(31_622_400),
});

/** A day and a half: a daily publication may be late. */
export const DEFAULT_FX_TERMS: FxTerms = Object.freeze({ markup: 0n as Percent, maxAgeMs: 129_600_000 });

export function fxTerms(settings: z.infer<typeof fxSettings> | undefined): FxTerms {
  if (settings === undefined) return DEFAULT_FX_TERMS;
  return {
    markup: parseSignedPercent(settings.markupPercent) ?? DEFAULT_FX_TERMS.markup,
    maxAgeMs: settings.maxAgeSeconds * 1000,
  };
}
