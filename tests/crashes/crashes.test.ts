import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { FLOWS_PATH } from "#adapters/temporal/worker.ts";
import { testAllVariable } from "../../scripts/test-environment.ts";
import { eventually } from "../pipeline/world.ts";
import { wordsOf, type Boundary } from "./boundary.ts";
import { attachCrashWorld, type CrashedFlow, type CrashWorld } from "./crash-world.ts";
import { CRASHED_FLOWS } from "./crashed-flows.ts";

const ALL = process.env[testAllVariable] === "1";
/** What happens beside a flow (a mail, an entry of the ledger) follows its end by so much at most. */
const EFFECTS_MS_MAX = 15_000;
const TEST_MS_MAX = ALL ? 1_200_000 : 180_000;

let world: CrashWorld;
beforeAll(async () => {
  world = await attachCrashWorld();
}, 180_000);
afterAll(() => world.close());

/** Both moments of each activity of a run that nobody disturbed. */
function matrix(activities: readonly string[]): Boundary[] {
  const seen = new Map<string, number>();
  return activities.flatMap((activity): Boundary[] => {
    const nth = (seen.get(activity) ?? 0) + 1;
    seen.set(activity, nth);
    return [
      { activity, nth, moment: "before" },
      { activity, nth, moment: "after" },
    ];
  });
}

/** What came of it: what is expected, or what stands there instead. */
async function effectsOf(crashed: CrashedFlow, boundary: Boundary | null) {
  const { run, flow, activities } = await world.run(crashed, boundary);
  const wanted = JSON.stringify(sorted(crashed.expected));
  const effects = await eventually(
    () => run.effects(flow),
    (now) => JSON.stringify(sorted(now)) === wanted,
    EFFECTS_MS_MAX,
  );
  return { effects, activities };
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}

test("every flow is among them but the one that only mails", () => {
  const flows = [...readFileSync(FLOWS_PATH, "utf8").matchAll(/^export \{ (\w+) \}/gm)].map(
    ([, name]) => name,
  );
  expect(CRASHED_FLOWS.map(({ flow }) => flow).toSorted()).toEqual(
    flows.filter((name) => name !== "invoiceMailing").toSorted(),
  );
});

describe.each(CRASHED_FLOWS.map((crashed) => [crashed.flow, crashed] as const))("%s", (_, crashed) => {
  test(
    "killed with -9 at the boundaries of its activities, it ends as if nothing had happened",
    async () => {
      const { effects, activities } = await effectsOf(crashed, null);
      expect(effects).toEqual(crashed.expected);
      const boundaries = matrix(activities);
      expect(boundaries.map(wordsOf)).toEqual(expect.arrayContaining(crashed.sample.map(wordsOf)));
      const wrong: Record<string, string> = {};
      for (const boundary of ALL ? boundaries : crashed.sample) {
        const startedAt = performance.now();
        await effectsOf(crashed, boundary).catch((error: unknown) => {
          wrong[wordsOf(boundary)] = error instanceof Error ? error.message : String(error);
        });
        const took = Math.round(performance.now() - startedAt);
        const verdict = wrong[wordsOf(boundary)] ?? "ends, each effect once";
        process.stderr.write(`    ${crashed.flow}, ${wordsOf(boundary)}: ${verdict} (${took} ms)\n`);
      }
      expect(wrong).toEqual({});
    },
    TEST_MS_MAX,
  );
});
