import type { ZoneClock } from "./zone-clock.ts";

/**
 * Whole months from `since` to `at` (epoch ms) on the zone's calendar: from 31 January one is full on 28 February.
 * 0 where `at` is earlier.
 */
export function tenureMonths(zone: ZoneClock, since: number, at: number): number {
  const from = calendarDay(zone, since);
  const to = calendarDay(zone, at);
  const months = (to.year - from.year) * 12 + to.month - from.month;
  const lastDay = new Date(Date.UTC(to.year, to.month + 1, 0)).getUTCDate();
  return Math.max(0, to.day < Math.min(from.day, lastDay) ? months - 1 : months);
}

function calendarDay(zone: ZoneClock, at: number): { year: number; month: number; day: number } {
  const local = new Date(at + zone.offset(at));
  return { year: local.getUTCFullYear(), month: local.getUTCMonth(), day: local.getUTCDate() };
}
