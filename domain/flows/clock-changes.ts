import { zoneClock } from "#domain/rating/zone-clock.ts";
import type { FlowCalendar } from "./schedules.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** A wall-clock time of one day in a zone. */
export interface WallTime {
  readonly year: number;
  /** 1–12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

/** A time of a calendar that does not exist in its zone, or exists twice, and the one of the same day that stands for it. */
export interface ClockChange {
  readonly skip: WallTime;
  readonly instead: WallTime;
}

/**
 * The times in [from, to) (epoch ms) at which clocks are set, so that the calendar's time is skipped or comes twice: 02:30 in New York. The
 * server would leave out the first kind and fire twice at the second. @throws RangeError for an unknown zone.
 */
export function clockChanges(calendar: FlowCalendar, from: number, to: number): ClockChange[] {
  const clock = zoneClock(calendar.timezone);
  if (clock === null) throw new RangeError(`${calendar.timezone} is no IANA time zone`);
  const changes: ClockChange[] = [];
  for (let day = Math.floor(from / DAY_MS) * DAY_MS; day < to; day += DAY_MS) {
    // A day on the wall begins up to 14 hours before and ends up to 12 hours after the same day of UTC.
    const offsets = [clock.offset(day - 14 * HOUR_MS), clock.offset(day + DAY_MS + 12 * HOUR_MS)];
    if (offsets[0] === offsets[1] || !falls(calendar, day)) continue;
    const instants = (wall: number): number =>
      new Set(
        offsets.map((offset) => wall - offset).filter((instant) => instant + clock.offset(instant) === wall),
      ).size;
    const wall = day + calendar.hour * HOUR_MS + calendar.minute * 60_000;
    if (instants(wall) === 1) continue;
    const sound = (hours: number): boolean => instants(wall + hours * HOUR_MS) === 1;
    // Of the same day: the day is what a period is reckoned by.
    const later = [1, 2, 3].find((hours) => calendar.hour + hours < 24 && sound(hours));
    const earlier = [-1, -2, -3].find((hours) => calendar.hour + hours >= 0 && sound(hours));
    changes.push({ skip: wallTime(wall), instead: wallTime(wall + (later ?? earlier ?? 0) * HOUR_MS) });
  }
  return changes;
}

/** Whether the calendar fires on a day, given as its midnight on a clock without a zone. */
function falls({ every, dayOfWeek, dayOfMonth }: FlowCalendar, day: number): boolean {
  const date = new Date(day);
  if (every === "week") return date.getUTCDay() === (dayOfWeek ?? 0);
  if (every === "month") return date.getUTCDate() === (dayOfMonth ?? 1);
  return true;
}

function wallTime(wall: number): WallTime {
  const date = new Date(wall);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
  };
}
