import { describe, expect, test } from "@jest/globals";
import { array, assert, constantFrom, integer, property, record, uniqueArray } from "fast-check";
import { fraudAlert } from "../events/fraud-alert.ts";
import { type DestinationCounts, type JudgedWindow, judgeWindow, WINDOW_MS, windowOf } from "./detection.ts";

const FROM = 1_780_000_200_000;

const counts = (given: Partial<DestinationCounts>): DestinationCounts => ({
  country: "LV",
  prefix: null,
  messages: 0,
  delivered: 0,
  undelivered: 0,
  rejected: 0,
  velocityBlocked: 0,
  keywordBlocked: 0,
  ...given,
});

const judged = (rows: readonly DestinationCounts[], usual: Record<string, number> = {}): JudgedWindow => ({
  tenantId: "T1",
  from: FROM,
  counts: rows,
  baseline: {
    windows: 144,
    messages: new Map(Object.entries(usual).map(([key, value]) => [key, value * 144])),
  },
  samples: [],
  now: FROM + 1,
});

const RANGE = "3712000";
/** A thousand messages to one range, a tenth of which arrive. */
const PUMPED = { messages: 1_000, delivered: 50, undelivered: 450 };
const bothLevels = (given: Partial<DestinationCounts>): DestinationCounts[] => [
  counts(given),
  counts({ ...given, prefix: RANGE }),
];

describe("traffic pumping", () => {
  test("is a rise far beyond the usual of which little arrives, and names its range", () => {
    const [alert] = judgeWindow(judged(bothLevels(PUMPED), { "LV:": 10, [`LV:${RANGE}`]: 10 }));
    expect(alert).toMatchObject({
      id: `fraud:T1:traffic_pumping:${FROM}`,
      severity: "critical",
      window: { from: FROM, to: FROM + WINDOW_MS },
      destinations: [{ country: "LV", prefix: RANGE }],
      evidence: { messages: 1_000, expected: 10, delivered: 50, undelivered: 450 },
    });
  });

  test.each([
    ["what is usual", PUMPED, { "LV:": 900, [`LV:${RANGE}`]: 900 }],
    ["a campaign that arrives", { messages: 1_000, delivered: 480, undelivered: 20 }, {}],
    ["what is not known yet to arrive or not", { messages: 1_000, delivered: 1, undelivered: 10 }, {}],
    ["few messages", { messages: 90, delivered: 0, undelivered: 90 }, {}],
  ])("is not %s", (_, given, usual) => {
    expect(judgeWindow(judged(bothLevels(given), usual))).toEqual([]);
  });

  test("of a tenant of whom nothing is usual yet takes more", () => {
    const fresh = { windows: 0, messages: new Map<string, number>() };
    const of = (messages: number): number =>
      judgeWindow({ ...judged(bothLevels({ ...PUMPED, messages })), baseline: fresh }).length;
    expect([of(299), of(300)]).toEqual([0, 1]);
  });

  test.each([
    [190, "low"],
    [95, "medium"],
    [48, "high"],
  ])("is as severe as the rise: 990 messages where %d are usual", (usual, severity) => {
    const rows = bothLevels({ messages: 990, delivered: 0, undelivered: 60 });
    expect(judgeWindow(judged(rows, { "LV:": usual, [`LV:${RANGE}`]: usual }))).toEqual([
      expect.objectContaining({ severity }),
    ]);
  });
});

describe("counts", () => {
  test.each([
    ["velocity", { messages: 5_000, velocityBlocked: 100 }, "medium"],
    ["velocity", { messages: 5_000, velocityBlocked: 1_000 }, "high"],
    ["blocked_content", { messages: 250, keywordBlocked: 50 }, "medium"],
    ["blocked_content", { messages: 9_000, keywordBlocked: 5_000 }, "critical"],
    ["refused_destinations", { messages: 200, delivered: 100, rejected: 100 }, "medium"],
  ])("%s: %j", (pattern, given, severity) => {
    expect(judgeWindow(judged(bothLevels(given), { "LV:": 1e6, [`LV:${RANGE}`]: 1e6 }))).toEqual([
      expect.objectContaining({ pattern, severity, destinations: [{ country: "LV", prefix: RANGE }] }),
    ]);
  });

  test.each([
    { messages: 5_000, velocityBlocked: 99 },
    { messages: 251, keywordBlocked: 50 },
    { messages: 10, keywordBlocked: 49 },
    { messages: 200, delivered: 101, rejected: 100 },
  ])("below the least or the share are nothing: %j", (given) => {
    expect(judgeWindow(judged(bothLevels(given), { "LV:": 1e6, [`LV:${RANGE}`]: 1e6 }))).toEqual([]);
  });

  test("many ranges are told by their country, and a country with little of it not at all", () => {
    const ranges = Array.from({ length: 30 }, (_, index) =>
      counts({ prefix: String(3_712_000 + index), messages: 10, velocityBlocked: 10 }),
    );
    const rows = [
      counts({ messages: 300, velocityBlocked: 300 }),
      ...ranges,
      counts({ country: "GB", messages: 20, velocityBlocked: 20 }),
    ];
    expect(judgeWindow(judged(rows))[0]?.destinations).toEqual([{ country: "LV", prefix: null }]);
  });
});

test("at most one alert per pattern and window, each whole and bounded, whatever was counted", () => {
  const count = integer({ min: 0, max: 20_000 });
  const row = record({
    country: constantFrom("LV", "GB", "US", "ZZ"),
    prefix: constantFrom(null, "371", "3712000", "4477009", "1202555"),
    messages: count,
    delivered: count,
    undelivered: count,
    rejected: count,
    velocityBlocked: count,
    keywordBlocked: count,
  });
  const rows = uniqueArray(row, { maxLength: 20, selector: ({ country, prefix }) => `${country}:${prefix}` });
  assert(
    property(
      rows,
      array(count, { maxLength: 3 }),
      integer({ min: FROM, max: FROM + 1e9 }),
      (all, usual, at) => {
        const from = windowOf(at);
        const baseline = {
          windows: usual.length,
          messages: new Map(usual.map((messages, index) => [`${["LV", "GB", "US"][index]}:`, messages])),
        };
        const window = { ...judged(all), from, baseline, now: at };
        const alerts = judgeWindow(window);
        expect(new Set(alerts.map(({ pattern }) => pattern)).size).toBe(alerts.length);
        for (const alert of alerts) {
          expect(fraudAlert.parse(alert)).toEqual(alert);
          expect(alert.window.from).toBeLessThanOrEqual(at);
          expect(alert.window.to).toBeGreaterThan(at);
          expect(alert.id).toBe(`fraud:T1:${alert.pattern}:${from}`);
          for (const value of Object.values(alert.evidence)) expect(value).toBeGreaterThanOrEqual(0);
        }
        expect(judgeWindow(window)).toEqual(alerts);
      },
    ),
  );
});
