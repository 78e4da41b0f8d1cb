import type { ZoneClock } from "./zone-clock.ts";
import { startOfDay } from "./zone-clock.ts";

const DAY_MS = 86_400_000;

/** The zone's calendar day (YYYY-MM-DD) at `at` (epoch ms). */
export function dayAt(clock: ZoneClock, at: number): string {
  return dayText(clock.dayNumber(at));
}

/** The first day that begins so many days of 24 hours after `now` (epoch ms) or later. */
export function noticeDay(clock: ZoneClock, now: number, days: number): string {
  const end = now + days * DAY_MS;
  const number = clock.dayNumber(end);
  const begins = startOfDay(clock, dayText(number)) ?? end;
  return dayText(begins < end ? number + 1 : number);
}

function dayText(dayNumber: number): string {
  return new Date(dayNumber * DAY_MS).toISOString().slice(0, 10);
}
