import { describe, expect, test } from "@jest/globals";
import { simulateSeed } from "./simulate-seed.ts";

const SEEDS = process.env["CATALYST_TEST_ALL"] === "1" ? 20_000 : 1_000;

describe("billing, simulated", () => {
  test(`${SEEDS} lives: nothing is lost, charged twice or overspent`, async () => {
    let [kills, wipes, conflicts] = [0, 0, 0];
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const outcome = await simulateSeed(seed);
      kills += outcome.kills;
      wipes += outcome.wipes;
      conflicts += outcome.conflicts;
    }
    // The faults did happen.
    expect(Math.min(kills, wipes, conflicts)).toBeGreaterThan(SEEDS);
  }, 900_000);

  test("a seed is one life: again the same, to the last effect", async () => {
    for (const seed of [7, 4_711, 1_000_003])
      expect(await simulateSeed(seed)).toEqual(await simulateSeed(seed));
    expect((await simulateSeed(1)).digest).not.toBe((await simulateSeed(2)).digest);
  });
});
