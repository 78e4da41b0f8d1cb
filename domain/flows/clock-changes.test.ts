import { describe, expect, test } from "@jest/globals";
import type { FlowCalendar } from "./schedules.ts";
import { clockChanges } from "./clock-changes.ts";

const daily = (timezone: string, hour: number, minute = 0): FlowCalendar => ({
  every: "day",
  timezone,
  hour,
  minute,
});
const YEAR = [Date.UTC(2027, 0, 1), Date.UTC(2028, 0, 1)] as const;
const told = (calendar: FlowCalendar): string[] =>
  clockChanges(calendar, ...YEAR).map(
    ({ skip, instead }) =>
      `${skip.month}-${skip.day} ${skip.hour}:${skip.minute} → ${instead.month}-${instead.day} ${instead.hour}:${instead.minute}`,
  );

describe("times at which clocks are set", () => {
  test("02:30 in New York is skipped in March, 01:30 comes twice in November, noon is always once", () => {
    expect(told(daily("America/New_York", 2, 30))).toEqual(["3-14 2:30 → 3-14 3:30"]);
    expect(told(daily("America/New_York", 1, 30))).toEqual(["11-7 1:30 → 11-7 2:30"]);
    expect(told(daily("America/New_York", 12))).toEqual([]);
  });

  test("midnight is skipped in Cairo, and 23:00 comes twice", () => {
    expect(told(daily("Africa/Cairo", 0))).toEqual(["4-30 0:0 → 4-30 1:0"]);
    expect(told(daily("Africa/Cairo", 23))).toEqual(["10-28 23:0 → 10-28 22:0"]);
  });

  test("only days on which the calendar fires count", () => {
    const weekly = { ...daily("America/New_York", 2, 30), every: "week" } as const;
    expect(told({ ...weekly, dayOfWeek: 0 })).toHaveLength(1);
    expect(told({ ...weekly, dayOfWeek: 1 })).toEqual([]);
    const monthly = { ...daily("America/New_York", 2, 30), every: "month" } as const;
    expect(told({ ...monthly, dayOfMonth: 14 })).toHaveLength(1);
    expect(told({ ...monthly, dayOfMonth: 15 })).toEqual([]);
  });

  test("a zone without summer time has none, one that is unknown is refused", () => {
    expect(told(daily("Asia/Tokyo", 2))).toEqual([]);
    expect(() => told(daily("Mars/Olympus", 2))).toThrow("Mars/Olympus is no IANA time zone");
  });
});
