import { type CompiledSupplierSheet, unitCost } from "#domain/cost/supplier-sheet.ts";
import type { UnitCost } from "#domain/cost/unit-cost.ts";
import { type FxRates, quoteFx } from "#domain/fx/fx-rates.ts";
import { multiplyByFactor, parseFactor } from "#domain/money/factor.ts";
import { formatMoney, type Money, parseMoney, subtract, UNITS_PER_ONE } from "#domain/money/money.ts";
import { applyPercent, NO_PERCENT } from "#domain/money/percent.ts";
import { divideHalfEven } from "#domain/money/rounding.ts";
import { child } from "./json-reader.ts";
import type { CardRemark, ChannelRates, DatedRate, RateCard } from "./rate-card-model.ts";

/** What the card is compared with: each connector's sheet in force at `at` (epoch ms). */
export interface SupplierSide {
  readonly sheets: readonly CompiledSupplierSheet[];
  readonly fx: FxRates;
  readonly at: number;
}

/** Connectors lead to SMS centres: no other channel has a supplier with a sheet. */
const CHANNEL = "sms";
/** Nobody reads more. */
const REMARKS_MAX = 100;
const ANYWHERE = { prefix: null, operator: null, country: null };
const NO_MARKUP = { markup: NO_PERCENT, maxAgeMs: Number.POSITIVE_INFINITY };
const ONE = parseFactor("1")!;

/** A price of the card, and the suppliers' rows that it is to cover. */
interface Sold {
  readonly path: string;
  readonly rate: Money;
  readonly costs: (sheet: CompiledSupplierSheet) => readonly (UnitCost | null)[];
}

/**
 * Where the card's SMS prices, at their lowest (after the deepest volume discount, in the cheapest band that multiplies), are below what a
 * supplier takes for the same destinations. At most 100 remarks, one for each price and connector, the dearest row named.
 */
export function belowCost(card: RateCard, side: SupplierSide): CardRemark[] {
  const rates = card.rates.get(CHANNEL);
  if (rates === undefined) return [];
  const remarks: CardRemark[] = [];
  for (const sheet of side.sheets) {
    const exchange = exchangeTo(card, sheet, side);
    if (exchange === null) {
      const message = `what ${sheet.connector} takes in ${sheet.currency} cannot be compared with the card: publish ${sheet.currency}/${card.currency}`;
      remarks.push({ path: "currency", message });
      continue;
    }
    for (const sold of pricesOf(card, rates, side.at)) {
      const remark = compare(card, rates, sold, sheet, exchange);
      if (remark !== null) remarks.push(remark);
      if (remarks.length >= REMARKS_MAX) return remarks;
    }
  }
  return remarks;
}

type Exchange = (cost: Money) => Money;

function exchangeTo(
  card: RateCard,
  { currency }: CompiledSupplierSheet,
  side: SupplierSide,
): Exchange | null {
  if (currency === card.currency) return (cost) => cost;
  const quoted = quoteFx(side.fx, currency, card.currency, side.at, NO_MARKUP);
  if (!quoted.ok) return null;
  const rate = parseMoney(quoted.quote.effective)!;
  return (cost) => divideHalfEven(cost * rate, UNITS_PER_ONE).amount;
}

function compare(
  card: RateCard,
  rates: ChannelRates,
  { path, rate, costs }: Sold,
  sheet: CompiledSupplierSheet,
  exchange: Exchange,
): CardRemark | null {
  const lowest = lowestOf(card, rates, rate);
  let dearest: { readonly row: string; readonly amount: Money } | null = null;
  let count = 0;
  for (const cost of costs(sheet)) {
    if (cost === null) continue;
    const amount = exchange(cost.rate);
    if (amount <= lowest) continue;
    count += 1;
    if (dearest === null || amount > dearest.amount) dearest = { row: cost.row, amount };
  }
  if (dearest === null) return null;
  const comes =
    lowest === rate ? formatMoney(rate) : `${formatMoney(rate)}, at its lowest ${formatMoney(lowest)},`;
  const more = count > 1 ? ` and for ${count - 1} more` : "";
  const message = `${comes} is below what ${sheet.connector} takes for ${dearest.row} (${formatMoney(dearest.amount)} ${card.currency})${more}`;
  return { path, message };
}

function lowestOf({ volumeDiscounts }: RateCard, { timeBands }: ChannelRates, rate: Money): Money {
  const multipliers = timeBands.flatMap((band) =>
    band.rate === null && band.multiplier !== null ? [band.multiplier] : [],
  );
  const multiplier = multipliers.reduce((least, one) => (one < least ? one : least), ONE);
  const discount = volumeDiscounts.reduce(
    (most, tier) => (tier.discount > most ? tier.discount : most),
    NO_PERCENT,
  );
  const banded = multiplyByFactor(rate, multiplier).amount;
  return subtract(banded, applyPercent(banded, discount).amount);
}

/** Every price that may be a message's, each with the rows that no narrower price of the card answers for. */
function* pricesOf(card: RateCard, rates: ChannelRates, at: number): Generator<Sold> {
  const path = child("rates", CHANNEL);
  yield* everywherePrices(card, rates, path);
  for (const [key, { name, rates: dated }] of rates.operatorRates)
    yield* sold(child(child(path, "operator_rates"), name), dated, (sheet) =>
      sheet.operators.has(key) ? [unitCost(sheet, { ...ANYWHERE, operator: key }, at)] : [],
    );
  for (const [prefix, { name, rates: dated }] of rates.prefixRates)
    yield* sold(child(child(path, "prefix_rates"), name), dated, (sheet) =>
      prefixCosts(sheet, rates, prefix, at),
    );
  for (const [country, { name, rates: dated }] of rates.destinationRates)
    yield* sold(child(child(path, "destination_rates"), name), dated, (sheet) => [
      unitCost(sheet, { ...ANYWHERE, country }, at),
    ]);
  if (rates.baseRate === null) return;
  const base: readonly DatedRate[] = [
    { rate: rates.baseRate, validFrom: null, validTo: null, timeBands: [] },
  ];
  yield* sold(child(path, "base_rate"), base, (sheet) => [
    unitCost(sheet, ANYWHERE, at),
    ...[...sheet.countries.keys()]
      .filter((country) => !rates.destinationRates.has(country))
      .map((country) => unitCost(sheet, { ...ANYWHERE, country }, at)),
  ]);

  /** Contracts, and bands that come before every other source, answer for each destination. */
  function* everywherePrices(
    { precedence }: RateCard,
    { contractRate, contractRates, timeBands }: ChannelRates,
    of: string,
  ): Generator<Sold> {
    const countries = (sheet: CompiledSupplierSheet) => [
      unitCost(sheet, ANYWHERE, at),
      ...[...sheet.countries.keys()].map((country) => unitCost(sheet, { ...ANYWHERE, country }, at)),
    ];
    yield* sold(child(of, "contract_rate"), contractRate, countries);
    for (const { name, rates: dated } of contractRates.values())
      yield* sold(child(child(of, "contract_rates"), name), dated, countries);
    if (!precedence.includes("time_band")) return;
    for (const [index, { rate }] of timeBands.entries()) {
      const own = child(child(child(of, "time_bands"), index), "rate");
      if (rate !== null) yield { path: own, rate, costs: countries };
    }
  }
}

/** The row that the prefix falls under, and those within it that no longer prefix of the card answers for. */
function prefixCosts(
  sheet: CompiledSupplierSheet,
  { prefixRates }: ChannelRates,
  prefix: string,
  at: number,
): readonly (UnitCost | null)[] {
  const within = [...sheet.prefixes.keys()].filter(
    (row) => row.length > prefix.length && row.startsWith(prefix),
  );
  const left = within.filter((row) => {
    for (let length = row.length; length > prefix.length; length--)
      if (prefixRates.has(row.slice(0, length))) return false;
    return true;
  });
  const covered = sheet.prefixLengths.some(
    (length) => length <= prefix.length && sheet.prefixes.has(prefix.slice(0, length)),
  );
  return [...(covered ? [prefix] : []), ...left].map((row) =>
    unitCost(sheet, { ...ANYWHERE, prefix: row }, at),
  );
}

/** A list of one price is the price itself; its bands, where the card nests them, are prices of their own. */
function* sold(path: string, dated: readonly DatedRate[], costs: Sold["costs"]): Generator<Sold> {
  for (const [index, { rate, timeBands }] of dated.entries()) {
    const own = dated.length === 1 ? path : child(path, index);
    if (rate !== null) yield { path: own, rate, costs };
    for (const [position, band] of timeBands.entries())
      if (band.rate !== null)
        yield { path: child(child(child(own, "time_bands"), position), "rate"), rate: band.rate, costs };
  }
}
