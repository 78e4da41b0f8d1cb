import { describe, expect, test } from "@jest/globals";
import { zoneClock, type ZoneClock } from "#domain/rating/zone-clock.ts";
import { lastDay, lastEndedPeriod, periodFrom, periodThrough } from "./period.ts";
import { invoicingSchedule } from "./schedule.ts";

const zone = (name: string): ZoneClock => zoneClock(name) as ZoneClock;
const iso = (at: number): string => new Date(at).toISOString();

describe("the period that ended last", () => {
  test.each([
    ["daily", "America/New_York", "2026-11-28T05:10:00Z", "2026-11-27", "2026-11-28"],
    // Ten past midnight in New York has not come yet.
    ["daily", "America/New_York", "2026-11-28T04:10:00Z", "2026-11-26", "2026-11-27"],
    ["weekly", "Europe/Berlin", "2026-11-30T00:00:00Z", "2026-11-23", "2026-11-30"],
    ["weekly", "Europe/Berlin", "2026-11-29T22:00:00Z", "2026-11-16", "2026-11-23"],
    ["monthly", "Asia/Kolkata", "2026-11-30T18:40:00Z", "2026-11-01", "2026-12-01"],
    ["monthly", "Asia/Kolkata", "2026-11-30T18:20:00Z", "2026-10-01", "2026-11-01"],
    ["monthly", "UTC", "2028-03-15T00:00:00Z", "2028-02-01", "2028-03-01"],
  ] as const)("%s in %s at %s is %s to %s", (cycle, name, at, from, to) => {
    expect(lastEndedPeriod(cycle, zone(name), Date.parse(at))).toMatchObject({ from, to, timezone: name });
  });

  test("a day in which clocks change has 23 or 25 hours", () => {
    const hours = (day: string): number => {
      const period = periodThrough("daily", zone("Europe/Berlin"), day);
      return ((period?.toAt ?? 0) - (period?.fromAt ?? 0)) / 3_600_000;
    };
    expect([hours("2026-03-29"), hours("2026-10-25"), hours("2026-11-27")]).toEqual([23, 25, 24]);
  });

  test("a month begins where the zone's calendar turns", () => {
    const period = periodThrough("monthly", zone("America/New_York"), "2026-11-30");
    expect([iso(period?.fromAt ?? 0), iso(period?.toAt ?? 0)]).toEqual([
      "2026-11-01T04:00:00.000Z",
      "2026-12-01T05:00:00.000Z",
    ]);
  });

  test("ends are kept when the beginning is another", () => {
    const period = periodThrough("daily", zone("UTC"), "2026-11-27");
    if (period === null) throw new Error("no day");
    expect(periodFrom(zone("UTC"), period, "2026-11-20")).toMatchObject({
      from: "2026-11-20",
      to: "2026-11-28",
      toAt: period.toAt,
    });
    expect(lastDay(period)).toBe("2026-11-27");
    expect(periodThrough("daily", zone("UTC"), "2026-02-30")).toBeNull();
  });
});

test("a tenant's schedule fires after midnight in its zone, by its cycle", () => {
  const tenant = { tenantId: "TENANT-001", timezone: "Asia/Kolkata" };
  expect(invoicingSchedule(tenant)).toMatchObject({
    scheduleId: "invoicing-TENANT-001",
    flow: "invoicing",
    taskQueue: "billing",
    calendar: { every: "day", timezone: "Asia/Kolkata", hour: 0, minute: 10 },
    input: { tenantId: "TENANT-001", walletId: null, through: null },
  });
  const invoicing = {
    paymentTermDays: 14,
    earlyPayment: null,
    commitment: null,
    language: "en",
    paper: "A4",
  } as const;
  expect(
    invoicingSchedule({ ...tenant, invoicing: { ...invoicing, cycle: "weekly" } }).calendar,
  ).toMatchObject({
    every: "week",
    dayOfWeek: 1,
  });
  expect(
    invoicingSchedule({ ...tenant, invoicing: { ...invoicing, cycle: "monthly" } }).calendar,
  ).toMatchObject({
    every: "month",
    dayOfMonth: 1,
  });
});
