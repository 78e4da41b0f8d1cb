import { isLosslessNumber, LosslessNumber, parse, stringify } from "lossless-json";
import { formatMoney, type Money, parseMoney } from "#domain/money/money.ts";
import { operatorKey } from "./channel-rates.ts";
import { canonicalEventType, principalEvent } from "./event-types.ts";
import { absent, isObject } from "./json-reader.ts";
import { covers, type SheetRate, type SheetRemark } from "./rate-sheet.ts";
import { NAMED_FIELDS } from "./write-rate-sheet.ts";

/**
 * `merge`: each row holds on its days, and what the card says of other days and places stays. `replace`: of the channels that the sheet
 * names, rates by country, operator and prefix that it leaves out go. Neither takes a base rate away, nor a rate with time bands of its own.
 */
export type SheetMode = "merge" | "replace";

export type AppliedRateSheet =
  | { readonly ok: true; readonly source: string }
  | { readonly ok: false; readonly errors: readonly SheetRemark[] };

type Fields = Record<string, unknown>;

/**
 * A card's text with a sheet's rates; everything else keeps its digits, and a sheet that changes nothing gives the text as it was.
 * @param source JSON text of a card that parseRateCard accepted.
 * @param effectiveDate the new text's effective_date; null leaves the card's.
 */
export function applyRateSheet(
  source: string,
  rates: readonly SheetRate[],
  mode: SheetMode,
  effectiveDate: string | null = null,
): AppliedRateSheet {
  const card = parse(source) as Fields;
  const before = stringify(card);
  const errors: SheetRemark[] = [];
  const channels = { ...(card["rates"] as Fields) };
  for (const [channel, rows] of grouped(rates, (rate) => rate.channel)) {
    const fields = { ...(isObject(channels[channel]) ? channels[channel] : {}) };
    applyToChannel(fields, channel, rows, mode, errors);
    channels[channel] = fields;
  }
  if (errors.length > 0) return { ok: false, errors };
  const changed = { ...card, rates: channels };
  const after = stringify(effectiveDate === null ? changed : { ...changed, effective_date: effectiveDate });
  return { ok: true, source: after === undefined || after === before ? source : after };
}

function applyToChannel(
  fields: Fields,
  channel: string,
  rows: readonly SheetRate[],
  mode: SheetMode,
  errors: SheetRemark[],
): void {
  const base = rows.find(({ kind }) => kind === "base");
  if (base !== undefined) setBaseRate(fields, channel, base.rate);
  for (const [kind, field] of NAMED_FIELDS) {
    const named = rows.filter((row) => row.kind === kind);
    if (named.length === 0 && (mode === "merge" || !isObject(fields[field]))) continue;
    fields[field] = applyNamed(isObject(fields[field]) ? fields[field] : {}, kind, named, mode, errors);
  }
}

/** Where the card has it: as base_rate, or as the price of the channel's principal event. */
function setBaseRate(fields: Fields, channel: string, rate: Money): void {
  const events = isObject(fields["events"]) ? fields["events"] : {};
  const principal = Object.keys(events).find((name) => canonicalEventType(name) === principalEvent(channel));
  if (principal === undefined || absent(events[principal])) {
    fields["base_rate"] = priced(fields["base_rate"], rate);
    return;
  }
  const event = events[principal];
  const price = isObject(event) ? { ...event, rate: priced(event["rate"], rate) } : priced(event, rate);
  fields["events"] = { ...events, [principal]: price };
}

/** The value as it is spelt where it means the same. */
function priced(value: unknown, rate: Money): unknown {
  return amountOf(value) === rate ? value : new LosslessNumber(formatMoney(rate));
}

function applyNamed(
  existing: Readonly<Record<string, unknown>>,
  kind: SheetRate["kind"],
  rows: readonly SheetRate[],
  mode: SheetMode,
  errors: SheetRemark[],
): Fields {
  const keyOf = (name: string): string => (kind === "operator" ? operatorKey(name) : name);
  const entries = new Map<string, { readonly name: string; readonly value: unknown }>();
  const sheet = grouped(rows, ({ name }) => keyOf(name));
  for (const [name, value] of Object.entries(existing)) {
    if (mode === "merge" || sheet.has(keyOf(name)) || hasBands(value))
      entries.set(keyOf(name), { name, value });
  }
  for (const [key, sheetRates] of sheet) {
    const entry = entries.get(key);
    const first = sheetRates[0] as SheetRate;
    if (hasBands(entry?.value)) {
      const message =
        "this rate has time bands of its own, which a sheet cannot hold: remove the row and change the card's JSON";
      errors.push({ row: first.row, column: kind, message });
      continue;
    }
    const value = ratesValue(entry?.value, sheetRates, mode);
    entries.set(key, { name: entry?.name ?? first.name, value });
  }
  return Object.fromEntries([...entries.values()].map(({ name, value }) => [name, value]));
}

interface JsonRate {
  readonly rate: Money;
  readonly validFrom: string | null;
  readonly validTo: string | null;
}

/** The sheet's rates are read before the card's, so they hold on their days; the card's that no longer hold on any are dropped. */
function ratesValue(value: unknown, sheet: readonly SheetRate[], mode: SheetMode): unknown {
  const existing = jsonRates(value);
  const kept = mode === "replace" ? [] : existing.filter((rate) => !sheet.some((row) => covers(row, rate)));
  const rates = [...sheet, ...kept];
  const same =
    rates.length === existing.length && rates.every((rate, index) => sameRate(rate, existing[index]));
  return same ? value : jsonOf(rates);
}

function sameRate(one: JsonRate, other: JsonRate | undefined): boolean {
  return one.rate === other?.rate && one.validFrom === other.validFrom && one.validTo === other.validTo;
}

function jsonOf(rates: readonly JsonRate[]): unknown {
  const objects = rates.map(({ rate, validFrom, validTo }) => ({
    rate: new LosslessNumber(formatMoney(rate)),
    ...(validFrom === null ? {} : { valid_from: validFrom }),
    ...(validTo === null ? {} : { valid_to: validTo }),
  }));
  const [only] = objects;
  if (objects.length > 1 || only === undefined) return objects;
  return Object.keys(only).length === 1 ? only.rate : only;
}

function entriesOf(value: unknown): readonly unknown[] {
  if (absent(value)) return [];
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}

function jsonRates(value: unknown): readonly JsonRate[] {
  return entriesOf(value).map((entry) => {
    const fields = isObject(entry) ? entry : { rate: entry };
    const day = (name: string): string | null => (typeof fields[name] === "string" ? fields[name] : null);
    return {
      rate: amountOf(fields["rate"]) as Money,
      validFrom: day("valid_from"),
      validTo: day("valid_to"),
    };
  });
}

/** Whether a rate has bands of its own, or nothing but them. */
function hasBands(value: unknown): boolean {
  return entriesOf(value).some((entry) => isObject(entry) && !absent(entry["time_bands"]));
}

function amountOf(value: unknown): Money | null {
  if (isLosslessNumber(value)) return parseMoney(value.value);
  return typeof value === "string" ? parseMoney(value) : null;
}

function grouped(
  rates: readonly SheetRate[],
  keyOf: (rate: SheetRate) => string,
): ReadonlyMap<string, readonly SheetRate[]> {
  const groups = new Map<string, SheetRate[]>();
  for (const rate of rates) {
    const group = groups.get(keyOf(rate));
    if (group === undefined) groups.set(keyOf(rate), [rate]);
    else group.push(rate);
  }
  return groups;
}
