import { dayNumber, type ZoneClock } from "#domain/rating/zone-clock.ts";

export const CYCLES = ["daily", "weekly", "monthly"] as const;
export type Cycle = (typeof CYCLES)[number];

/** Days YYYY-MM-DD of a zone, half open, and the instants (epoch ms) at which they begin there. */
export interface Period {
  readonly from: string;
  readonly to: string;
  readonly fromAt: number;
  readonly toAt: number;
  /** IANA. */
  readonly timezone: string;
}

const DAY_MS = 86_400_000;

/** The cycle's period that ended last at `at` (epoch ms). Weeks begin on Monday. */
export function lastEndedPeriod(cycle: Cycle, zone: ZoneClock, at: number): Period {
  const start = cycleStart(cycle, zone.dayNumber(at));
  return periodOf(zone, cycleStart(cycle, start - 1), start);
}

/**
 * What is closed with the end of `day`: from the cycle's own beginning, so that the month so far can be closed on any day.
 * @returns null for a text that names no day of the calendar.
 */
export function periodThrough(cycle: Cycle, zone: ZoneClock, day: string): Period | null {
  const last = dayNumber(day);
  return last === null ? null : periodOf(zone, cycleStart(cycle, last), last + 1);
}

/** The same end, from the day (inclusive) on which the close before it ended. */
export function periodFrom(zone: ZoneClock, period: Period, from: string): Period {
  const first = dayNumber(from);
  const end = dayNumber(period.to);
  if (first === null || end === null) throw new RangeError("a period runs between days of the calendar");
  return periodOf(zone, first, end);
}

/** Today plus `days` on the zone's calendar, YYYY-MM-DD. */
export function dayAfter(zone: ZoneClock, at: number, days: number): string {
  return dayText(zone.dayNumber(at) + days);
}

/** "2026-11-27", the last day of a period that ends with it. */
export function lastDay({ to }: Period): string {
  return dayText((dayNumber(to) ?? 0) - 1);
}

function periodOf(zone: ZoneClock, first: number, end: number): Period {
  return {
    from: dayText(first),
    to: dayText(end),
    fromAt: startOf(zone, first),
    toAt: startOf(zone, end),
    timezone: zone.zone,
  };
}

function cycleStart(cycle: Cycle, day: number): number {
  if (cycle === "daily") return day;
  // 1970-01-01 was a Thursday.
  if (cycle === "weekly") return day - ((((day + 3) % 7) + 7) % 7);
  return day - (new Date(day * DAY_MS).getUTCDate() - 1);
}

function startOf(zone: ZoneClock, day: number): number {
  const date = new Date(day * DAY_MS);
  return zone.startOfDay(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
}

function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
