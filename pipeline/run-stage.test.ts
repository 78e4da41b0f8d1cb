import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Poison, Unavailable } from "#domain/errors.ts";
import type { OutgoingRecord, RawRecord } from "#domain/events/ports.ts";
import { createLogger } from "#platform/logger.ts";
import { createMetrics } from "#platform/metrics.ts";
import { createStageRunner, StageStopped, type StageDependencies } from "./run-stage.ts";
import { STAGES } from "./stages.ts";

interface Numbered {
  readonly n: number;
}

function raw(offset: number, text: string): RawRecord {
  const value = new TextEncoder().encode(text);
  return {
    topic: "messaging.sms.cleared",
    partition: 0,
    offset: BigInt(offset),
    key: "k",
    value,
    headers: {},
  };
}

const numbered = (n: number): RawRecord => raw(n, JSON.stringify({ n }));

function setUp(
  handle: (numbers: readonly number[]) => void,
  overrides: Partial<StageDependencies<Numbered>> = {},
) {
  const buried: OutgoingRecord[] = [];
  const pauses: number[] = [];
  const run = createStageRunner<Numbered>({
    stage: STAGES.sms,
    decode: (_topic, json) => {
      if (typeof (json as Numbered).n !== "number") throw new Error("n: is not a number");
      return json as Numbered;
    },
    handler: (records) => {
      handle(records.map(({ event }) => event.n));
      return Promise.resolve();
    },
    publisher: {
      publish: (records) => {
        buried.push(...records);
        return Promise.resolve();
      },
    },
    metrics: createMetrics("test"),
    logger: createLogger("test", "silent"),
    clock: { now: () => 0 },
    pause: (ms) => {
      pauses.push(ms);
      return Promise.resolve(true);
    },
    ...overrides,
  });
  return { run, buried, pauses };
}

describe("createStageRunner", () => {
  test("what is not JSON, not UTF-8, empty or of another shape goes to the dead letter with its origin; the rest is handled", async () => {
    const handled: number[] = [];
    const { run, buried } = setUp((numbers) => handled.push(...numbers));
    const bytes: RawRecord = { ...numbered(2), offset: 2n, value: new Uint8Array([0x7b, 0xff]) };
    await run([
      numbered(1),
      bytes,
      raw(3, "not json"),
      raw(4, '{"n":"x"}'),
      { ...numbered(5), value: null },
      numbered(6),
    ]);
    expect(handled).toEqual([1, 6]);
    expect(buried.map(({ headers }) => headers?.["x-origin-offset"])).toEqual(["2", "3", "4", "5"]);
    expect(buried[1]).toMatchObject({
      topic: "sms.dead-letter",
      key: "k",
      headers: {
        "x-origin-topic": "messaging.sms.cleared",
        "x-attempt": "1",
        "x-error": "the record is not JSON",
      },
    });
    expect(buried[0]?.value).toEqual(bytes.value);
  });

  test("one poison record among many is found, the others are each handled to the end", () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.nat(), async (size, choice) => {
        const bad = choice % size;
        const done = new Set<number>();
        const { run, buried } = setUp((numbers) => {
          if (numbers.includes(bad)) throw new Poison("can never be");
          for (const n of numbers) done.add(n);
        });
        await run(Array.from({ length: size }, (_, n) => numbered(n)));
        expect(buried.map(({ headers }) => headers?.["x-origin-offset"])).toEqual([String(bad)]);
        expect(done.size).toBe(size - 1);
      }),
      { numRuns: 50 },
    ));

  test("a bug is tried three times before its record is given up", async () => {
    let attempts = 0;
    const { run, buried } = setUp(() => {
      attempts += 1;
      throw new TypeError("bug");
    });
    await run([numbered(1)]);
    expect([attempts, buried.length, buried[0]?.headers?.["x-error-class"]]).toEqual([3, 1, "TypeError"]);
  });

  test("an absent server is waited for with growing pauses; nothing is buried", async () => {
    let attempts = 0;
    const { run, buried, pauses } = setUp(() => {
      attempts += 1;
      if (attempts < 12) throw new Unavailable("postgres");
    });
    await run([numbered(1), numbered(2)]);
    expect(buried).toEqual([]);
    expect(pauses).toHaveLength(11);
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    expect(Math.max(...pauses)).toBe(5_000);
  });

  test("a process that stops while it waits commits nothing", async () => {
    const { run } = setUp(
      () => {
        throw new Unavailable("kafka");
      },
      { pause: () => Promise.resolve(false) },
    );
    await expect(run([numbered(1)])).rejects.toBeInstanceOf(StageStopped);
  });

  test("a redriven record counts its attempts", async () => {
    const { run, buried } = setUp(() => {
      throw new Poison("still");
    });
    await run([{ ...numbered(1), headers: { "x-attempt": "4" } }]);
    expect(buried[0]?.headers?.["x-attempt"]).toBe("5");
  });

  test("a redriven record is handled by the stage that buried it, and by no other reader of the topic", async () => {
    const handled: number[] = [];
    const { run, buried } = setUp((numbers) => handled.push(...numbers));
    await run([
      { ...numbered(1), headers: { "x-redrive-stage": "sms" } },
      { ...numbered(2), headers: { "x-redrive-stage": "timeline" } },
      numbered(3),
    ]);
    expect([handled, buried]).toEqual([[1, 3], []]);
  });
});
