import type { TimeBand } from "./rate-card-model.ts";
import { type ZoneClock, zoneClock } from "./zone-clock.ts";

const WEEK_HOURS = 168;
const NO_BAND = -1;

/** A list of bands as one table of the week per zone: which band rules each wall-clock hour. */
export interface TimeBandTable {
  readonly zones: readonly { readonly clock: ZoneClock; readonly bandByHour: Int16Array }[];
}

/** @throws RangeError for a zone that parseRateCard would have refused. */
export function compileTimeBands(bands: readonly TimeBand[], cardTimezone: string): TimeBandTable {
  const byZone = new Map<string, { clock: ZoneClock; bandByHour: Int16Array }>();
  for (const [index, band] of bands.entries()) {
    const zone = band.timezone ?? cardTimezone;
    const table = byZone.get(zone) ?? {
      clock: clockOf(zone),
      bandByHour: new Int16Array(WEEK_HOURS).fill(NO_BAND),
    };
    byZone.set(zone, table);
    for (const hour of hoursOfWeek(band)) {
      // The first band in the list that matches rules.
      if (table.bandByHour[hour] === NO_BAND) table.bandByHour[hour] = index;
    }
  }
  return { zones: [...byZone.values()] };
}

/** Index of the first band in the list that covers the instant (epoch ms), -1 if none does. */
export function matchTimeBand(table: TimeBandTable, at: number): number {
  let first = NO_BAND;
  for (const { clock, bandByHour } of table.zones) {
    const index = bandByHour[clock.hourOfWeek(at)] ?? NO_BAND;
    if (index !== NO_BAND && (first === NO_BAND || index < first)) first = index;
  }
  return first;
}

/** The hours since Sunday 00:00 that the band covers; one that crosses midnight belongs to the day on which it starts. */
export function hoursOfWeek(band: TimeBand): readonly number[] {
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
