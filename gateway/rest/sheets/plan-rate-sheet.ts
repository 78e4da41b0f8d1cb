import { formatMoney } from "#domain/money/money.ts";
import { applyRateSheet, type SheetMode } from "#domain/rating/apply-rate-sheet.ts";
import { dayAt, noticeDay } from "#domain/rating/notice.ts";
import type { RateCard } from "#domain/rating/rate-card-model.ts";
import { effectiveFrom } from "#domain/rating/rate-card.ts";
import { keyOf, type SheetRate } from "#domain/rating/rate-sheet.ts";
import {
  type RateChange,
  type SheetDifference,
  sheetDifference,
} from "#domain/rating/rate-sheet-difference.ts";
import { startOfDay, zoneClock } from "#domain/rating/zone-clock.ts";
import type { StoredRateCard } from "../dependencies.ts";
import type { FieldError } from "../problems.ts";
import { versionAt } from "../rate-card-versions.ts";
import { readRateCard } from "../store-rate-card.ts";
import { readRates, sheetError } from "./read-rates.ts";
import type { SheetBody } from "./sheet-body.ts";

/** A later version holds two seconds after it is stored at the earliest. */
const LEAD_MS = 2_000;
/** Nobody reads a refusal by ten thousand rows. */
const EARLY_MAX = 100;

export interface SheetWishes {
  readonly mode: SheetMode;
  /** YYYY-MM-DD of the card's zone; null: the card's own effective_date. */
  readonly effectiveDate: string | null;
  /** How long before a higher price holds it is to be told. */
  readonly noticeDays: number;
}

/** What posting a sheet would do; `errors` refuse it, `early` are the prices that rise before their notice is over. */
export type SheetPlan =
  | { readonly kind: "wrong"; readonly errors: readonly FieldError[] }
  | {
      readonly kind: "ready";
      readonly source: string;
      /** Epoch ms: from when the new version prices events, were it stored now. */
      readonly validFrom: number;
      /** The version that is in force then without it. */
      readonly compared: number;
      readonly difference: SheetDifference;
      readonly warnings: readonly FieldError[];
      readonly early: readonly FieldError[];
    };

/** @param versions every version of the card, the latest first; at least one. */
export async function planRateSheet(
  versions: readonly StoredRateCard[],
  sheet: SheetBody,
  wishes: SheetWishes,
  now: number,
): Promise<SheetPlan> {
  const read = await readRates(sheet, true);
  if (!read.ok) return { kind: "wrong", errors: read.errors };
  const latest = versions[0] as StoredRateCard;
  const applied = applyRateSheet(latest.source, read.rates, wishes.mode, wishes.effectiveDate);
  if (!applied.ok) return { kind: "wrong", errors: applied.errors.map(sheetError) };
  const parsed = await readRateCard(applied.source);
  if (!parsed.ok) return { kind: "wrong", errors: parsed.problems };
  const validFrom = Math.max(effectiveFrom(parsed.card), now + LEAD_MS);
  const compared = versionAt(versions, validFrom) ?? latest;
  const clock = zoneClock(parsed.card.timezone)!;
  const difference = sheetDifference(await storedCard(compared), parsed.card, dayAt(clock, validFrom));
  const superseded = versions.filter((one) => one.validFrom > validFrom).map((one) => supersededBy(one));
  return {
    kind: "ready",
    source: applied.source,
    validFrom,
    compared: compared.version,
    difference,
    warnings: [...read.warnings, ...superseded, ...parsed.warnings],
    early:
      wishes.noticeDays === 0
        ? []
        : tooEarly(difference.raises, read.rates, noticeDay(clock, now, wishes.noticeDays), startsBefore),
  };

  function startsBefore({ from }: RateChange, day: string): boolean {
    return (startOfDay(clock, from) ?? 0) < (startOfDay(clock, day) ?? 0);
  }
}

async function storedCard({ source, rateCardId, version }: StoredRateCard): Promise<RateCard> {
  const parsed = await readRateCard(source);
  if (!parsed.ok) throw new Error(`stored card ${rateCardId}:${version} cannot be read`);
  return parsed.card;
}

function supersededBy({ version, validFrom }: StoredRateCard): FieldError {
  const message = `version ${version} holds from ${new Date(validFrom).toISOString()} and will take over without these rates`;
  return { path: "effective_date", message };
}

/** The first rises before `day`, each by the row that brings it. */
function tooEarly(
  raises: readonly RateChange[],
  rates: readonly SheetRate[],
  day: string,
  isBefore: (change: RateChange, day: string) => boolean,
): readonly FieldError[] {
  const early = raises.filter((change) => isBefore(change, day));
  const rows = new Map(rates.map((rate) => [keyOf(rate), rate.row]));
  const listed = early.slice(0, EARLY_MAX).map((change) => {
    const { channel, kind, name, from, before, after } = change;
    const row = rows.get(keyOf(change));
    const path = row === undefined ? `${channel} ${kind} ${name}`.trim() : `row ${row}, rate`;
    const prices = `${before === null ? "none" : formatMoney(before)} to ${after === null ? "none" : formatMoney(after)}`;
    const message = `rises from ${prices} on ${from}, before its notice is over: the first day is ${day}`;
    return { path, message };
  });
  const more = early.length - listed.length;
  return more === 0 ? listed : [...listed, { path: "", message: `and ${more} more that rise too early` }];
}
