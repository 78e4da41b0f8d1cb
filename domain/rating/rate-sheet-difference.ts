import { formatMoney, type Money, money } from "#domain/money/money.ts";
import { divideHalfEven } from "#domain/money/rounding.ts";
import type { ChannelRates, DatedRate, RateCard } from "./rate-card-model.ts";
import type { SheetRateKind } from "./rate-sheet.ts";
import { NAMED_FIELDS, ratesByKey } from "./write-rate-sheet.ts";

/** What one place pays before and after, over the days on which both stay the same. */
export interface RateChange {
  readonly channel: string;
  readonly kind: SheetRateKind;
  /** Country, operator or prefix; "" for base. */
  readonly name: string;
  /** YYYY-MM-DD, [from, to); null: without end. */
  readonly from: string;
  readonly to: string | null;
  readonly change: "added" | "removed" | "increased" | "decreased";
  readonly before: Money | null;
  readonly after: Money | null;
  /** "-12.5"; null where there is nothing to compare with. */
  readonly percent: string | null;
  /** Whether somebody pays more: also one cut out of a shorter prefix or the base rate, or falling back to it. */
  readonly raises: boolean;
}

export interface SheetDifference {
  readonly added: number;
  readonly removed: number;
  readonly increased: number;
  readonly decreased: number;
  readonly changes: readonly RateChange[];
  /** Beyond the first 10,000. */
  readonly dropped: number;
  /** The changes for the worse, listed or not. */
  readonly raises: readonly RateChange[];
}

/** Nobody reads more; the rest is counted. */
const CHANGES_MAX = 10_000;

/** How the rates that a sheet can hold differ between two cards, from a day (YYYY-MM-DD) on. */
export function sheetDifference(before: RateCard, after: RateCard, fromDay: string): SheetDifference {
  const counts = { added: 0, removed: 0, increased: 0, decreased: 0 };
  const changes: RateChange[] = [];
  const raises: RateChange[] = [];
  let total = 0;
  for (const change of allChanges(before, after, fromDay)) {
    total += 1;
    counts[change.change] += 1;
    if (changes.length < CHANGES_MAX) changes.push(change);
    if (change.raises) raises.push(change);
  }
  return { ...counts, changes, dropped: total - changes.length, raises };
}

function* allChanges(before: RateCard, after: RateCard, fromDay: string): Generator<RateChange> {
  for (const channel of new Set([...before.rates.keys(), ...after.rates.keys()])) {
    const sides = { old: before.rates.get(channel), new: after.rates.get(channel) };
    yield* placeChanges({ channel, kind: "base", key: "", name: "", fromDay }, sides);
    for (const [kind] of NAMED_FIELDS) {
      const old = sides.old === undefined ? NONE : ratesByKey(sides.old, kind);
      const now = sides.new === undefined ? NONE : ratesByKey(sides.new, kind);
      for (const key of new Set([...old.keys(), ...now.keys()])) {
        const name = (now.get(key) ?? old.get(key))?.name ?? key;
        yield* placeChanges({ channel, kind, key, name, fromDay }, sides);
      }
    }
  }
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

interface Place {
  readonly channel: string;
  readonly kind: SheetRateKind;
  readonly key: string;
  readonly name: string;
  readonly fromDay: string;
}

interface Sides {
  readonly old: ChannelRates | undefined;
  readonly new: ChannelRates | undefined;
}

/** The days on which a place's price differs, one change for each run of days with the same prices. */
function* placeChanges(place: Place, sides: Sides): Generator<RateChange> {
  const oldRates = ratesOf(sides.old, place);
  const newRates = ratesOf(sides.new, place);
  const days = boundaries([...oldRates, ...newRates], place.fromDay);
  let run: { readonly from: string; readonly before: Money | null; readonly after: Money | null } | null =
    null;
  for (const day of days) {
    const before = inForce(oldRates, day);
    const after = inForce(newRates, day);
    if (run !== null && run.before === before && run.after === after) continue;
    if (run !== null) yield* changeOf(place, sides, { ...run, to: day });
    run = { from: day, before, after };
  }
  if (run !== null) yield* changeOf(place, sides, { ...run, to: null });
}

function* changeOf(
  place: Place,
  sides: Sides,
  { from, to, before, after }: Pick<RateChange, "from" | "to" | "before" | "after">,
): Generator<RateChange> {
  if (before === after) return;
  const paidBefore = before ?? fallback(sides.old, place, from);
  const paidAfter = after ?? fallback(sides.new, place, from) ?? 0n;
  yield {
    channel: place.channel,
    kind: place.kind,
    name: place.name,
    from,
    to,
    change: kindOfChange(before, after),
    before,
    after,
    percent: percentOf(before, after),
    raises: paidBefore !== null && paidAfter > paidBefore,
  };
}

function kindOfChange(before: Money | null, after: Money | null): RateChange["change"] {
  if (before === null) return "added";
  if (after === null) return "removed";
  return after > before ? "increased" : "decreased";
}

/** To two decimals. */
function percentOf(before: Money | null, after: Money | null): string | null {
  if (before === null || after === null || before === 0n) return null;
  const hundredths = divideHalfEven((after - before) * 10_000n, before).amount;
  return formatMoney(money(hundredths * 10n ** 16n));
}

function ratesOf(rates: ChannelRates | undefined, { kind, key }: Place): readonly DatedRate[] {
  if (rates === undefined) return [];
  if (kind !== "base") return ratesByKey(rates, kind).get(key)?.rates ?? [];
  return rates.baseRate === null
    ? []
    : [{ rate: rates.baseRate, validFrom: null, validTo: null, timeBands: [] }];
}

/** The first day, and each later one on which a rate begins or ends, in order. */
function boundaries(rates: readonly DatedRate[], fromDay: string): readonly string[] {
  const later = rates
    .flatMap(({ validFrom, validTo }) => [validFrom, validTo])
    .filter((day): day is string => day !== null && day > fromDay);
  return [fromDay, ...[...new Set(later)].sort()];
}

function inForce(rates: readonly DatedRate[], day: string): Money | null {
  const found = rates.find(
    ({ validFrom, validTo }) =>
      (validFrom === null || validFrom <= day) && (validTo === null || day < validTo),
  );
  return found?.rate ?? null;
}

/** What a place without a rate of its own pays: the longest shorter prefix's, else the base rate. */
function fallback(rates: ChannelRates | undefined, { kind, key }: Place, day: string): Money | null {
  if (rates === undefined || kind === "base") return null;
  for (let length = kind === "prefix" ? key.length - 1 : 0; length > 0; length -= 1) {
    const shorter = inForce(rates.prefixRates.get(key.slice(0, length))?.rates ?? [], day);
    if (shorter !== null) return shorter;
  }
  return rates.baseRate;
}
