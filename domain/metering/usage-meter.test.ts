import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { billingEvent } from "#domain/events/billing-event.ts";
import { meteredEvent, startedUnits, type MeterReading } from "./meters.ts";
import { createUsageMeter, shareOut } from "./usage-meter.ts";

const HOUR = 3_600_000;

function setUp() {
  const state = { now: 100 * HOUR, cpu: 0 };
  const meter = createUsageMeter({ now: () => state.now }, () => state.cpu);
  return { state, meter };
}

const of = (readings: readonly MeterReading[]): [string, string, number, number][] =>
  readings
    .map(({ tenantId, meter, hour, quantity }): [string, string, number, number] => [
      tenantId,
      meter,
      hour / HOUR,
      quantity,
    ])
    .sort((left, right) => (left.join() < right.join() ? -1 : 1));

describe("a process's meter", () => {
  test("counts calls and bytes by the hour, and shares processor time out by calls", () => {
    const { state, meter } = setUp();
    meter.count("A", 100);
    meter.count("A", 0);
    meter.count("B", 7);
    state.cpu = 300;
    expect(of(meter.readings())).toEqual([
      ["A", "api.calls", 100, 2],
      ["A", "bandwidth.gb", 100, 100],
      ["A", "compute.cpu_hour", 100, 200],
      ["B", "api.calls", 100, 1],
      ["B", "bandwidth.gb", 100, 7],
      ["B", "compute.cpu_hour", 100, 100],
    ]);
  });

  test("gives what is new only, as what the hour has come to", () => {
    const { meter } = setUp();
    meter.count("A", 0);
    meter.settle(meter.readings(), []);
    expect(meter.readings()).toEqual([]);
    meter.count("A", 0);
    expect(of(meter.readings())).toEqual([["A", "api.calls", 100, 2]]);
  });

  test("keeps what could not be stored, over the turn of the hour", () => {
    const { state, meter } = setUp();
    meter.count("A", 0);
    meter.readings();
    state.now += HOUR;
    meter.count("A", 0);
    const readings = meter.readings();
    expect(of(readings)).toEqual([
      ["A", "api.calls", 100, 1],
      ["A", "api.calls", 101, 1],
    ]);
    meter.settle(readings, []);
    expect(meter.readings()).toEqual([]);
  });

  test("carries what came after its hour was closed into the present hour, less what was stored", () => {
    const { state, meter } = setUp();
    meter.count("A", 0);
    meter.settle(meter.readings(), []);
    meter.count("A", 0);
    meter.count("A", 0);
    state.now += 2 * HOUR;
    const late = meter.readings();
    meter.settle(late, late);
    expect(of(meter.readings())).toEqual([["A", "api.calls", 102, 2]]);
  });

  test("shares add up to the whole, whatever the weights", () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 30 }),
        (total, weights) => {
          const shares = shareOut(total, new Map(weights.map((weight, index) => [`T${index}`, weight])));
          expect(shares.reduce((sum, [, share]) => sum + share, 0)).toBe(total);
          expect(shares.every(([, share]) => share >= 0)).toBe(true);
        },
      ),
    );
    expect(shareOut(10, new Map())).toEqual([]);
  });
});

describe("units", () => {
  test("of a month are those of its whole quantity, however it was cut into hours", () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(0n, 3_000_000_000n), { maxLength: 50 }), (hours) => {
        let before = 0n;
        let units = 0n;
        for (const quantity of hours) {
          units += startedUnits("bandwidth.gb", before, quantity);
          before += quantity;
        }
        expect(units).toBe((before + 999_999_999n) / 1_000_000_000n);
      }),
    );
  });

  test("stand on an event that is the same whenever it is made", () => {
    const quantity = { tenantId: "TENANT-001", meter: "api.calls", at: 360_000_000, quantity: 12n } as const;
    const event = meteredEvent(quantity, "W", 12n);
    expect(billingEvent.parse(event)).toEqual(event);
    expect(event).toMatchObject({ id: "meter.TENANT-001.360000000:api.calls:1", units: 12, channel: "api" });
    expect(meteredEvent(quantity, "W", 12n)).toEqual(event);
  });
});
