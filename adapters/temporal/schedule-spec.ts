import type { CalendarSpec, ScheduleSpec } from "@temporalio/client";
import type { temporal } from "@temporalio/proto";
import { isDeepStrictEqual } from "node:util";
import { type ClockChange, clockChanges, type WallTime } from "#domain/flows/clock-changes.ts";
import type { FlowCalendar } from "#domain/flows/schedules.ts";

const DAYS = ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"] as const;
const MONTHS = [
  "JANUARY",
  "FEBRUARY",
  "MARCH",
  "APRIL",
  "MAY",
  "JUNE",
  "JULY",
  "AUGUST",
  "SEPTEMBER",
  "OCTOBER",
  "NOVEMBER",
  "DECEMBER",
] as const;

/** Beyond it nobody knows when clocks will be set; a schedule that is put again looks ahead anew. */
const LOOK_AHEAD_YEARS = 10;

type Spec = temporal.api.schedule.v1.IScheduleSpec;
type Calendar = temporal.api.schedule.v1.IStructuredCalendarSpec;

/** The calendar, with what stands for each time that setting the clocks leaves out or repeats. */
export function specOf(calendar: FlowCalendar, now: number): ScheduleSpec {
  const { every, timezone, hour, minute, dayOfWeek = 0, dayOfMonth = 1 } = calendar;
  const changes = changesOf(calendar, now);
  const regular: CalendarSpec = {
    hour,
    minute,
    ...(every === "week" ? { dayOfWeek: DAYS[dayOfWeek] ?? "SUNDAY" } : {}),
    ...(every === "month" ? { dayOfMonth } : {}),
  };
  return {
    timezone,
    calendars: [regular, ...changes.map(({ instead }) => onceAt(instead))],
    skip: changes.map(({ skip }) => onceAt(skip)),
  };
}

function changesOf(calendar: FlowCalendar, now: number): ClockChange[] {
  const year = new Date(now).getUTCFullYear();
  return clockChanges(calendar, Date.UTC(year, 0), Date.UTC(year + LOOK_AHEAD_YEARS, 0));
}

function onceAt({ year, month, day, hour, minute }: WallTime): CalendarSpec {
  return { year, month: MONTHS[month - 1] ?? "JANUARY", dayOfMonth: day, hour, minute };
}

/** What `specOf` made, as the server gives it back. */
export function calendarOf({ structuredCalendar, timezoneName }: Spec): FlowCalendar {
  const regular = structuredCalendar?.find(({ year }) => (year ?? []).length === 0) ?? {};
  const dayOfWeek = single(regular.dayOfWeek);
  const dayOfMonth = single(regular.dayOfMonth);
  return {
    every: dayOfWeek !== null ? "week" : dayOfMonth !== null ? "month" : "day",
    timezone: timezoneName || "UTC",
    hour: single(regular.hour) ?? 0,
    minute: single(regular.minute) ?? 0,
    ...(dayOfWeek === null ? {} : { dayOfWeek }),
    ...(dayOfMonth === null ? {} : { dayOfMonth }),
  };
}

/** Whether the server's spec is the one that `specOf` makes now. */
export function isSpecOf(stands: Spec, calendar: FlowCalendar, now: number): boolean {
  const changes = changesOf(calendar, now);
  const once = [...(stands.structuredCalendar ?? []).slice(1), ...(stands.excludeStructuredCalendar ?? [])];
  return isDeepStrictEqual(
    [specOf(calendarOf(stands), now).calendars?.[0], stands.timezoneName || "UTC", once.map(wallTimeOf)],
    [
      specOf(calendar, now).calendars?.[0],
      calendar.timezone,
      [...changes.map(({ instead }) => instead), ...changes.map(({ skip }) => skip)],
    ],
  );
}

function wallTimeOf({ year, month, dayOfMonth, hour, minute }: Calendar): WallTime {
  return {
    year: single(year) ?? 0,
    month: single(month) ?? 0,
    day: single(dayOfMonth) ?? 0,
    hour: single(hour) ?? 0,
    minute: single(minute) ?? 0,
  };
}

/** The one value of a field, null where it has several. */
function single(ranges: Calendar["hour"]): number | null {
  const [range, ...more] = ranges ?? [];
  if (range === undefined || more.length > 0) return null;
  const start = range.start ?? 0;
  return (range.end ?? start) > start ? null : start;
}
