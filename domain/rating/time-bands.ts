import type { TimeBand } from "./rate-card-model.ts";
import { dayNumber, type ZoneClock, zoneClock } from "./zone-clock.ts";

const WEEK_HOURS = 168;
const NO_BAND = -1;

/** A list of bands as tables of the week, one per zone. */
export interface TimeBandTable {
  readonly zones: readonly ZoneBands[];
}

interface ZoneBands {
  readonly clock: ZoneClock;
  /** Which band rules each wall-clock hour. */
  readonly bandByHour: Int16Array;
  /** Set where dates or holidays decide too: the bands of each hour in their order. */
  readonly candidatesByHour: readonly (readonly Candidate[])[] | null;
}

/** A band on one hour of the week. Days count from 1970-01-01; the condition is of the day on which the band starts. */
interface Candidate {
  readonly index: number;
  /** 1 where the band started the day before. */
  readonly daysAgo: number;
  readonly fromDay: number;
  readonly toDay: number;
  readonly holidays: TimeBand["holidays"];
  readonly isHoliday: ReadonlySet<number>;
}

/** @throws RangeError for a zone that parseRateCard would have refused. */
export function compileTimeBands(
  bands: readonly TimeBand[],
  cardTimezone: string,
  holidays: readonly string[] = [],
): TimeBandTable {
  const isHoliday = new Set(holidays.map((day) => dayOf(day)));
  const byZone = new Map<string, { band: TimeBand; index: number }[]>();
  for (const [index, band] of bands.entries()) {
    const zone = band.timezone ?? cardTimezone;
    const listed = byZone.get(zone) ?? [];
    byZone.set(zone, listed);
    listed.push({ band, index });
  }
  return {
    zones: [...byZone].map(([zone, listed]) => ({
      clock: clockOf(zone),
      bandByHour: compileHours(listed),
      candidatesByHour: listed.some(({ band }) => isConditional(band))
        ? compileCandidates(listed, isHoliday)
        : null,
    })),
  };
}

function isConditional({ validFrom, validTo, holidays }: TimeBand): boolean {
  return validFrom !== null || validTo !== null || holidays !== null;
}

/** The first band in the list that covers an hour rules it. */
function compileHours(listed: readonly { band: TimeBand; index: number }[]): Int16Array {
  const bandByHour = new Int16Array(WEEK_HOURS).fill(NO_BAND);
  for (const { band, index } of listed) {
    for (const hour of hoursOfWeek(band)) {
      if (bandByHour[hour] === NO_BAND) bandByHour[hour] = index;
    }
  }
  return bandByHour;
}

function compileCandidates(
  listed: readonly { band: TimeBand; index: number }[],
  isHoliday: ReadonlySet<number>,
): readonly (readonly Candidate[])[] {
  const byHour = Array.from({ length: WEEK_HOURS }, (): Candidate[] => []);
  for (const { band, index } of listed) {
    const candidate = {
      index,
      fromDay: band.validFrom === null ? -Infinity : dayOf(band.validFrom),
      toDay: band.validTo === null ? Infinity : dayOf(band.validTo),
      holidays: band.holidays,
      isHoliday,
    };
    const crosses = band.endHour < band.startHour;
    for (const hour of hoursOfWeek(band)) {
      byHour[hour]?.push({ ...candidate, daysAgo: crosses && hour % 24 < band.endHour ? 1 : 0 });
    }
  }
  return byHour;
}

/** Index of the first band in the list that covers the instant (epoch ms), -1 if none does. */
export function matchTimeBand(table: TimeBandTable, at: number): number {
  let first = NO_BAND;
  for (const zone of table.zones) {
    const hour = zone.clock.hourOfWeek(at);
    const index =
      zone.candidatesByHour === null
        ? (zone.bandByHour[hour] ?? NO_BAND)
        : firstInForce(zone.candidatesByHour[hour] ?? [], zone.clock.dayNumber(at));
    if (index !== NO_BAND && (first === NO_BAND || index < first)) first = index;
  }
  return first;
}

function firstInForce(candidates: readonly Candidate[], today: number): number {
  for (const { index, daysAgo, fromDay, toDay, holidays, isHoliday } of candidates) {
    const day = today - daysAgo;
    if (day < fromDay || day >= toDay) continue;
    if (holidays !== null && isHoliday.has(day) !== (holidays === "only")) continue;
    return index;
  }
  return NO_BAND;
}

/** The hours since Sunday 00:00 that the band covers; one that crosses midnight belongs to the day on which it starts. */
export function hoursOfWeek(band: Pick<TimeBand, "startHour" | "endHour" | "daysOfWeek">): readonly number[] {
  const length =
    band.endHour > band.startHour ? band.endHour - band.startHour : 24 - band.startHour + band.endHour;
  return band.daysOfWeek.flatMap((day) =>
    Array.from({ length }, (_, offset) => (day * 24 + band.startHour + offset) % WEEK_HOURS),
  );
}

export function clockOf(zone: string): ZoneClock {
  const clock = zoneClock(zone);
  if (clock === null) throw new RangeError(`unknown time zone ${zone}`);
  return clock;
}

function dayOf(day: string): number {
  const number = dayNumber(day);
  if (number === null) throw new RangeError(`no calendar day: ${day}`);
  return number;
}
