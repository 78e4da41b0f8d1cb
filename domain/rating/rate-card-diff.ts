import { isLosslessNumber, parse } from "lossless-json";
import { formatMoney, parseMoney } from "#domain/money/money.ts";
import { canonicalEventType } from "./event-types.ts";
import { child, isObject } from "./json-reader.ts";

/** One difference between two cards' texts; values as JSON text, null where the path does not exist. */
export interface RateCardChange {
  /** "rates.sms.operator_rates.Verizon" */
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Nobody reads more; the rest is counted. */
const CHANGES_MAX = 10_000;

export interface RateCardDiff {
  readonly changes: readonly RateCardChange[];
  /** Beyond the first 10,000. */
  readonly dropped: number;
}

/** Lists whose entries have a name of their own: they are compared by it, so that one inserted above changes nothing below. */
const NAMED_BY: Readonly<Record<string, readonly string[]>> = {
  volume_discounts: ["min_volume"],
  loyalty_discounts: ["min_months"],
  bulk_discounts: ["min_messages"],
  promotions: ["code"],
  surge: ["name"],
  contract_rates: ["contract", "valid_from"],
};

/**
 * What changes from one card to another, by path, in the order of the first. 0.010 and 0.01 are the same, as are a number and
 * its text, and sms.deliver and sms.delivered.
 * @param before JSON text of a card that parseRateCard accepted.
 * @throws SyntaxError for other text.
 */
export function diffRateCards(before: string, after: string): RateCardDiff {
  const changes: RateCardChange[] = [];
  let dropped = 0;
  for (const change of differences(parse(before), parse(after), "", "")) {
    if (changes.length < CHANGES_MAX) changes.push(change);
    else dropped += 1;
  }
  return { changes, dropped };
}

function* differences(before: unknown, after: unknown, path: string, key: string): Generator<RateCardChange> {
  const left = entriesOf(before, key);
  const right = entriesOf(after, key);
  if (left === null || right === null) {
    if (canonical(before) !== canonical(after)) yield { path, before: shown(before), after: shown(after) };
    return;
  }
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const entry = left.get(name) ?? right.get(name);
    const label = entry?.label ?? name;
    const entryPath =
      typeof label === "string" && label.startsWith("[") ? `${path}${label}` : child(path, label);
    yield* differences(left.get(name)?.value, right.get(name)?.value, entryPath, name);
  }
}

interface Entry {
  readonly label: string | number;
  readonly value: unknown;
}

/** An object's or list's entries by what identifies them; null for a plain value. */
function entriesOf(value: unknown, key: string): ReadonlyMap<string, Entry> | null {
  if (Array.isArray(value)) return listEntries(value as readonly unknown[], key);
  if (!isObject(value)) return null;
  const entries = new Map<string, Entry>();
  for (const [name, entry] of Object.entries(value)) {
    if (entry !== null) entries.set(canonicalEventType(name), { label: name, value: entry });
  }
  return entries;
}

function listEntries(list: readonly unknown[], key: string): ReadonlyMap<string, Entry> | null {
  if (!list.some(isObject)) return null;
  const names = NAMED_BY[key];
  const entries = new Map<string, Entry>();
  for (const [index, value] of list.entries()) {
    const label = names === undefined || !isObject(value) ? `[${index}]` : labelOf(value, names);
    entries.set(entries.has(label) ? `${label}[${index}]` : label, { label, value });
  }
  return entries;
}

/** [min_volume=10000] */
function labelOf(value: Readonly<Record<string, unknown>>, names: readonly string[]): string {
  const parts = names.flatMap((name) => (value[name] === undefined ? [] : [`${name}=${plain(value[name])}`]));
  return `[${parts.join(" ")}]`;
}

/** Equal for what means the same. */
function canonical(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (isObject(value))
    return `{${Object.entries(value)
      .map(([name, entry]) => `${name}:${canonical(entry)}`)
      .join()}}`;
  return plain(value);
}

function plain(value: unknown): string {
  const text = isLosslessNumber(value) ? value.value : String(value);
  const amount = parseMoney(text);
  return amount === null ? text : formatMoney(amount);
}

/** As JSON, numbers as the card spells them. */
function shown(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (isLosslessNumber(value)) return value.value;
  if (Array.isArray(value)) return `[${value.map((entry) => shown(entry) ?? "null").join(",")}]`;
  if (isObject(value)) {
    const fields = Object.entries(value).map(([name, entry]) => `${JSON.stringify(name)}:${shown(entry)}`);
    return `{${fields.join(",")}}`;
  }
  return JSON.stringify(value);
}
