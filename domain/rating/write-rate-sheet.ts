import { formatMoney } from "#domain/money/money.ts";
import { child } from "./json-reader.ts";
import type { ChannelRates, NamedRate, RateCard } from "./rate-card-model.ts";
import { SHEET_COLUMNS, type SheetColumn } from "./rate-sheet.ts";

export interface WrittenRateSheet {
  /** The column names, then a row per price. */
  readonly rows: readonly (readonly string[])[];
  /** Paths of the rates that a sheet cannot hold, since they have time bands of their own. */
  readonly omitted: readonly string[];
}

/** The card's base rates, and its rates by country, operator and prefix; posting them again changes nothing. */
export function writeRateSheet(card: RateCard): WrittenRateSheet {
  const rows: string[][] = [[...SHEET_COLUMNS]];
  const omitted: string[] = [];
  for (const [channel, rates] of card.rates) {
    if (rates.baseRate !== null) rows.push(rowOf({ channel, rate: formatMoney(rates.baseRate) }));
    for (const [column, field] of NAMED_FIELDS) {
      for (const named of namedRates(rates, column)) {
        if (hasBands(named)) omitted.push(child(`rates.${channel}.${field}`, named.name));
        else rows.push(...rowsOf(channel, column, named));
      }
    }
  }
  return { rows, omitted };
}

/** Where a card's JSON keeps what a column names. */
export const NAMED_FIELDS = [
  ["country", "destination_rates"],
  ["operator", "operator_rates"],
  ["prefix", "prefix_rates"],
] as const;

type NamedKind = (typeof NAMED_FIELDS)[number][0];

/** A channel's rates of one kind. */
export function namedRates(rates: ChannelRates, kind: NamedKind): Iterable<NamedRate> {
  return ratesByKey(rates, kind).values();
}

export function ratesByKey(rates: ChannelRates, kind: NamedKind): ReadonlyMap<string, NamedRate> {
  if (kind === "country") return rates.destinationRates;
  return kind === "operator" ? rates.operatorRates : rates.prefixRates;
}

function hasBands({ rates }: NamedRate): boolean {
  return rates.some(({ rate, timeBands }) => rate === null || timeBands.length > 0);
}

function rowsOf(channel: string, kind: NamedKind, { name, rates }: NamedRate): string[][] {
  return rates.flatMap(({ rate, validFrom, validTo }) =>
    rate === null
      ? []
      : [
          rowOf({
            channel,
            [kind]: name,
            rate: formatMoney(rate),
            valid_from: validFrom ?? "",
            valid_to: validTo ?? "",
          }),
        ],
  );
}

function rowOf(cells: Partial<Record<SheetColumn, string>>): string[] {
  return SHEET_COLUMNS.map((column) => cells[column] ?? "");
}
