import { type Money, parseMoney } from "#domain/money/money.ts";
import { operatorKey } from "./channel-rates.ts";
import { RATING_CHANNELS } from "./event-types.ts";
import type { DatedRate } from "./rate-card-model.ts";
import { PRICE_MAX } from "./time-band-reader.ts";
import { dayNumber } from "./zone-clock.ts";

/** What a row of a sheet prices; `base`: everything of the channel that no other row prices. */
export type SheetRateKind = "base" | "country" | "operator" | "prefix";

export const SHEET_COLUMNS = [
  "channel",
  "country",
  "prefix",
  "operator",
  "rate",
  "valid_from",
  "valid_to",
] as const;
export type SheetColumn = (typeof SHEET_COLUMNS)[number];

/** One price of a sheet. */
export interface SheetRate {
  /** In the file; 1 is the row of the column names. */
  readonly row: number;
  readonly channel: string;
  readonly kind: SheetRateKind;
  /** As the sheet spells it; "" for base. */
  readonly name: string;
  readonly rate: Money;
  /** YYYY-MM-DD, [from, to); null: open. */
  readonly validFrom: string | null;
  readonly validTo: string | null;
}

export interface SheetRemark {
  readonly row: number;
  /** As the sheet names it; null for the row as a whole. */
  readonly column: string | null;
  readonly message: string;
}

export type RateSheetRead =
  | { readonly ok: true; readonly rates: readonly SheetRate[]; readonly warnings: readonly SheetRemark[] }
  /** `dropped`: how many more there are than the 1,000 that are listed. */
  | { readonly ok: false; readonly errors: readonly SheetRemark[]; readonly dropped: number };

/** A carrier's sheet of the world has some 50,000 rows. */
export const SHEET_ROWS_MAX = 200_000;
/** As a card's lists of dated rates. */
const RATES_OF_A_KEY_MAX = 100;
const ERRORS_MAX = 1_000;
const WARNINGS_MAX = 100;

/** What suppliers call the columns. */
const ALIASES: Readonly<Record<string, SheetColumn>> = {
  destination: "country",
  iso: "country",
  country_iso: "country",
  code: "prefix",
  dial_code: "prefix",
  network: "operator",
  price: "rate",
  effective_date: "valid_from",
  effective_from: "valid_from",
  end_date: "valid_to",
  effective_to: "valid_to",
};

/** The channel of a sheet without such a column. */
export const NO_CHANNEL = "";

/**
 * Reads a sheet: the first row names the columns. Every mistake is named by row and column with what to do about it.
 * @param rows cells as text; rows without any are skipped.
 * @param channels whether each row names its channel (a rate card's sheet) or there is no such column (a supplier's).
 */
export function readRateSheet(rows: readonly (readonly string[])[], channels: boolean): RateSheetRead {
  const reader = new SheetReader();
  if (rows.length > SHEET_ROWS_MAX + 1) {
    reader.report(SHEET_ROWS_MAX + 2, null, `a sheet has at most ${SHEET_ROWS_MAX} rows: split it`);
    return reader.result();
  }
  const columns = readColumns(reader, rows[0] ?? [], channels);
  if (columns === null) return reader.result();
  for (const [index, cells] of rows.entries()) {
    if (index > 0 && cells.some((cell) => cell.trim() !== "")) reader.row(index + 1, cells, columns);
  }
  if (reader.isEmpty) reader.report(1, null, "the sheet has no rows below the column names: add some");
  return reader.result();
}

type Columns = ReadonlyMap<SheetColumn, { readonly index: number; readonly title: string }>;

/** By the sheet's column names; null when rows cannot be read by them. */
function readColumns(reader: SheetReader, titles: readonly string[], channels: boolean): Columns | null {
  const columns = new Map<SheetColumn, { readonly index: number; readonly title: string }>();
  const known = SHEET_COLUMNS.filter((name) => channels || name !== "channel");
  let complete = true;
  const refuse = (title: string | null, message: string): void => {
    complete = false;
    reader.report(1, title, message);
  };
  for (const [index, title] of titles.entries()) {
    if (title.trim() === "") continue;
    const shown = title.trim().slice(0, 64);
    const name = columnOf(title, known);
    const earlier = name === undefined ? undefined : columns.get(name);
    if (name === undefined)
      refuse(shown, `is no column of a sheet: remove it, or rename it to one of ${known.join(", ")}`);
    else if (earlier !== undefined)
      refuse(shown, `is the same column as ${earlier.title}: remove one of the two`);
    else columns.set(name, { index, title: shown });
  }
  for (const name of channels ? (["channel", "rate"] as const) : (["rate"] as const)) {
    if (!columns.has(name)) refuse(name, "this column is missing: add it");
  }
  return complete ? columns : null;
}

function hasTitle(columns: Columns, index: number): boolean {
  for (const column of columns.values()) if (column.index === index) return true;
  return false;
}

function columnOf(title: string, known: readonly SheetColumn[]): SheetColumn | undefined {
  const name = title
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, "_");
  const alias = Object.hasOwn(ALIASES, name) ? ALIASES[name] : name;
  return known.find((column) => column === alias);
}

/** Takes rows one by one and collects what is wrong. */
class SheetReader {
  readonly #rates: SheetRate[] = [];
  readonly #byKey = new Map<string, SheetRate[]>();
  readonly #errors: SheetRemark[] = [];
  readonly #warnings: SheetRemark[] = [];
  #dropped = 0;
  #rows = 0;

  get isEmpty(): boolean {
    return this.#rows === 0;
  }

  report(row: number, column: string | null, message: string): null {
    if (this.#errors.length < ERRORS_MAX) this.#errors.push({ row, column, message });
    else this.#dropped += 1;
    return null;
  }

  row(row: number, cells: readonly string[], columns: Columns): void {
    this.#rows += 1;
    if (cells.some((cell, index) => cell.trim() !== "" && !hasTitle(columns, index)))
      this.report(row, null, "has cells beyond the column names: does a comma split a price in two?");
    const text = (name: SheetColumn): string => {
      const column = columns.get(name);
      return column === undefined ? "" : (cells[column.index] ?? "").trim();
    };
    const complain = (name: SheetColumn, message: string): null =>
      this.report(row, columns.get(name)?.title ?? name, message);
    const channel = columns.has("channel") ? readChannel(text("channel"), complain) : NO_CHANNEL;
    const place = this.#place(row, text, complain);
    const rate = readRate(text("rate"), complain);
    const validFrom = readDay("valid_from", text("valid_from"), complain);
    const validTo = readDay("valid_to", text("valid_to"), complain);
    if (channel === null || place === null || rate === null || validFrom === "" || validTo === "") return;
    if (validFrom !== null && validTo !== null && validTo <= validFrom)
      complain("valid_to", "must be later than valid_from: it is the first day without");
    else if (channel !== NO_CHANNEL && place.kind === "base" && (validFrom ?? validTo) !== null)
      complain(
        validFrom === null ? "valid_to" : "valid_from",
        "a channel's base rate has no days: name a country, prefix or operator, or post the sheet with an effective date",
      );
    else this.#add({ row, channel, ...place, rate, validFrom, validTo });
  }

  result(): RateSheetRead {
    if (this.#errors.length > 0) return { ok: false, errors: this.#errors, dropped: this.#dropped };
    return { ok: true, rates: this.#rates, warnings: this.#warnings };
  }

  #place(
    row: number,
    text: (name: SheetColumn) => string,
    complain: Complain,
  ): Pick<SheetRate, "kind" | "name"> | null {
    const given = (["country", "prefix", "operator"] as const).filter((name) => text(name) !== "");
    const [kind] = given;
    if (kind === undefined) return { kind: "base", name: "" };
    if (given.length > 1)
      return this.report(row, null, `names ${given.join(" and ")}: keep one, and make rows of their own`);
    const name = PLACES[kind](text(kind), complain);
    return name === null ? null : { kind, name };
  }

  #add(rate: SheetRate): void {
    const key = keyOf(rate);
    const others = this.#byKey.get(key) ?? [];
    const same = others.find(
      ({ validFrom, validTo }) => validFrom === rate.validFrom && validTo === rate.validTo,
    );
    if (same !== undefined) {
      this.report(rate.row, null, `prices the same as row ${same.row}: remove one of the two`);
      return;
    }
    if (others.length >= RATES_OF_A_KEY_MAX) {
      this.report(
        rate.row,
        null,
        `is the same place with more than ${RATES_OF_A_KEY_MAX} periods: remove some`,
      );
      return;
    }
    const above = others.find((other) => hides(other, rate));
    if (above !== undefined && this.#warnings.length < WARNINGS_MAX) {
      const message = `is hidden by row ${above.row}, which prices the same place on these days and stands above: set that row's valid_to`;
      this.#warnings.push({ row: rate.row, column: null, message });
    }
    others.push(rate);
    this.#byKey.set(key, others);
    this.#rates.push(rate);
  }
}

type Complain = (column: SheetColumn, message: string) => null;

function readChannel(text: string, complain: Complain): string | null {
  const channel = text.toLowerCase();
  if (RATING_CHANNELS.includes(channel)) return channel;
  const what = channel === "" ? "is required" : "is no channel";
  return complain("channel", `${what}: write one of ${RATING_CHANNELS.join(", ")}`);
}

/** Text of a cell that names a place, brought to the card's form; null when it is none. */
const PLACES: Readonly<
  Record<"country" | "prefix" | "operator", (text: string, complain: Complain) => string | null>
> = {
  country: (text, complain) =>
    /^[A-Za-z]{2}$/.test(text)
      ? text.toUpperCase()
      : complain("country", "must be an ISO 3166-1 code of two letters such as US, not a name"),
  prefix: (text, complain) => {
    const digits = text.replace(/^\+/, "");
    if (/^[1-9]\d{0,8}$/.test(digits)) return digits;
    return complain(
      "prefix",
      "must be the 1 to 9 leading digits of numbers in E.164, one prefix a row, such as 447700",
    );
  },
  operator: (text, complain) =>
    text.length <= 100 && text !== "__proto__" && !/[\p{Cc}\p{Cs}]/u.test(text)
      ? text
      : complain("operator", "must be a name of 1 to 100 printable characters"),
};

function readRate(text: string, complain: Complain): Money | null {
  if (text === "") return complain("rate", "is required: write a price, 0 for free");
  const rate = parseMoney(text);
  if (rate !== null && rate >= 0n && rate <= PRICE_MAX) return rate;
  const comma = /^\d+,\d+$/.test(text) ? ": write a point, not a comma, before the decimals" : "";
  return complain(
    "rate",
    `must be a price from 0 to 1000000000000 with at most 18 decimals, without a currency sign${comma}`,
  );
}

/** null when the cell is empty; "" when it holds no day. */
function readDay(column: "valid_from" | "valid_to", text: string, complain: Complain): string | null {
  if (text === "") return null;
  if (dayNumber(text) !== null) return text;
  complain(column, "must be a calendar day such as 2026-01-31, year first");
  return "";
}

/** Equal for rates of the same place. */
export function keyOf({ channel, kind, name }: Pick<SheetRate, "channel" | "kind" | "name">): string {
  return `${channel}\n${kind}\n${kind === "operator" ? operatorKey(name) : name}`;
}

type Days = Pick<DatedRate, "validFrom" | "validTo">;

/** Whether every day of the other is one of these. */
export function covers(days: Days, other: Days): boolean {
  return !startsEarlier(other, days) && !endsLater(other, days);
}

/** Whether the lower rate begins while the upper one, which is read first, holds: hardly what was meant. */
function hides(upper: Days, lower: Days): boolean {
  if (covers(upper, lower)) return true;
  const inside = upper.validTo === null || (lower.validFrom !== null && lower.validFrom < upper.validTo);
  return startsEarlier(upper, lower) && inside;
}

function startsEarlier({ validFrom: one }: Days, { validFrom: other }: Days): boolean {
  return other !== null && (one === null || one < other);
}

function endsLater({ validTo: one }: Days, { validTo: other }: Days): boolean {
  return other !== null && (one === null || one > other);
}
