import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { INSTANT_MAX, ZoneClock, zoneClock } from "./zone-clock.ts";

const HOUR_MS = 3_600_000;

function at(text: string): number {
  return Date.parse(text);
}

describe("ZoneClock", () => {
  test("reads the wall clock across the gap and the fold of New York", () => {
    const clock = new ZoneClock("America/New_York");
    expect(clock.label(at("2024-12-25T18:00:00Z"))).toBe("Wed 13:00");
    expect(clock.hourOfWeek(at("2024-12-25T18:00:00Z"))).toBe(3 * 24 + 13);
    expect(clock.label(at("2024-03-10T06:59:59Z"))).toBe("Sun 01:59");
    expect(clock.label(at("2024-03-10T07:00:00Z"))).toBe("Sun 03:00");
    expect(clock.label(at("2024-11-03T05:30:00Z"))).toBe("Sun 01:30");
    expect(clock.label(at("2024-11-03T06:30:00Z"))).toBe("Sun 01:30");
    expect(clock.label(at("2024-11-03T07:00:00Z"))).toBe("Sun 02:00");
  });

  test("finds a change that is not on a quarter hour: St John's at 00:01", () => {
    const clock = new ZoneClock("America/St_Johns");
    expect(clock.label(at("2011-03-13T03:30:59.999Z"))).toBe("Sun 00:00");
    expect(clock.label(at("2011-03-13T03:31:00Z"))).toBe("Sun 01:01");
  });

  test("knows zones off the hour, and instants before 1970", () => {
    expect(new ZoneClock("Asia/Kathmandu").label(at("2024-01-01T18:14:00Z"))).toBe("Mon 23:59");
    expect(new ZoneClock("Asia/Kathmandu").label(at("2024-01-01T18:15:00Z"))).toBe("Tue 00:00");
    expect(new ZoneClock("UTC").label(at("1969-12-31T23:59:59.999Z"))).toBe("Wed 23:59");
    expect(new ZoneClock("UTC").label(-INSTANT_MAX)).toMatch(/00:00$/);
    expect(new ZoneClock("UTC").label(INSTANT_MAX)).toMatch(/00:00$/);
  });

  test("agrees with Intl at any instant", () => {
    const zones = [
      "America/New_York",
      "Europe/London",
      "Australia/Lord_Howe",
      "Asia/Kolkata",
      "America/Santiago",
      "Africa/Casablanca",
    ];
    const instants = fc.integer({ min: at("1995-01-01T00:00:00Z"), max: at("2035-01-01T00:00:00Z") });
    fc.assert(
      fc.property(fc.constantFrom(...zones), instants, (zone, instant) => {
        const format = new Intl.DateTimeFormat("en-US", {
          timeZone: zone,
          weekday: "short",
          hour: "2-digit",
          minute: "2-digit",
          hourCycle: "h23",
        });
        const parts = Object.fromEntries(
          format.formatToParts(instant).map(({ type, value }) => [type, value]),
        );
        expect(zoneClock(zone)?.label(instant)).toBe(
          `${parts["weekday"]} ${parts["hour"]}:${parts["minute"]}`,
        );
      }),
      { numRuns: 300 },
    );
  });

  test("begins a day where the calendar does", () => {
    expect(new ZoneClock("America/New_York").startOfDay(2024, 1, 1)).toBe(at("2024-01-01T05:00:00Z"));
    expect(new ZoneClock("America/New_York").startOfDay(2024, 3, 10)).toBe(at("2024-03-10T05:00:00Z"));
    expect(new ZoneClock("America/New_York").startOfDay(2024, 3, 11)).toBe(at("2024-03-11T04:00:00Z"));
    // Beirut's clocks jump from 00:00 to 01:00, Havana's fall back to 00:00 so that midnight comes twice.
    expect(new ZoneClock("Asia/Beirut").startOfDay(2022, 3, 27)).toBe(at("2022-03-26T22:00:00Z"));
    expect(new ZoneClock("America/Havana").startOfDay(2023, 11, 5)).toBe(at("2023-11-05T04:00:00Z"));
    expect(new ZoneClock("Pacific/Kiritimati").startOfDay(2024, 1, 1)).toBe(at("2023-12-31T10:00:00Z"));
  });

  test("stays right when its cache has been emptied", () => {
    const clock = new ZoneClock("America/New_York");
    const start = at("2020-01-01T00:30:00Z");
    for (let hour = 0; hour < 20_500; hour += 1) clock.offset(start + hour * HOUR_MS);
    expect(clock.label(at("2024-03-10T07:00:00Z"))).toBe("Sun 03:00");
    expect(clock.label(start)).toBe("Tue 19:30");
  });
});

test("only IANA names are zones", () => {
  expect(zoneClock("Europe/Berlin")?.zone).toBe("Europe/Berlin");
  expect(zoneClock("Europe/Berlin")).toBe(zoneClock("Europe/Berlin"));
  for (const name of ["Mars/Olympus", "+05:00", "", "local"]) expect(zoneClock(name)).toBeNull();
});
