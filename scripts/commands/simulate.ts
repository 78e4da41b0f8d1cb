import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Outcome } from "../../tests/simulation/simulate-seed.ts";
import { print, progress, seconds, table } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";
import { parseFlags, type CatalystCommand } from "./command.ts";

const name = "simulate";
const usage = `catalyst simulate [--seeds N] [--seed S] [--json]

  Runs the billing stage through N lives (default 10,000) against simulated Kafka, Redis and PostgreSQL: processes die between any two
  effects, answers get lost, records come twice, late and with other bodies, Redis forgets, goes back in time and refuses to write.
  After every transaction: debits equal credits, no sequence has a gap, no event is charged twice, no wallet goes beyond its limit.
  --seed   the first seed (default 1); a seed that fails is printed, and fails again in the same way
  Exit code 0: every seed held. 1: one did not; it is told with its last effects.`;

const SEEDS = 10_000;
/** Seeds that a thread takes at once. */
const PORTION = 500;

interface Sum {
  seeds: number;
  steps: number;
  entries: number;
  kills: number;
  wipes: number;
  conflicts: number;
}

function wholeNumber(flag: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0)
    throw new UsageError(`--${flag} takes a whole number from 1 on; not ${text}`);
  return Number(text);
}

async function run(args: readonly string[]): Promise<number> {
  const { values } = parseFlags({ name, usage }, args, {
    seeds: { type: "string" },
    seed: { type: "string" },
    json: { type: "boolean" },
  });
  const first = wholeNumber("seed", values.seed, 1);
  const count = wholeNumber("seeds", values.seeds, values.seed === undefined ? SEEDS : 1);
  const startedAt = Date.now();
  const { sum, failures } = await simulateAll(first, count);
  const took = Date.now() - startedAt;
  if (values.json === true) print(JSON.stringify({ first, ...sum, milliseconds: took, failures }));
  else {
    print(
      table([
        [
          "SEEDS",
          "EFFECTS",
          "LEDGER ENTRIES",
          "PROCESSES KILLED",
          "REDIS LOST",
          "IDS ABUSED",
          "BROKEN",
          "TOOK",
        ],
        [...Object.values(sum).map(String), String(failures.length), seconds(took)],
      ]),
    );
    for (const failure of failures) print(`\n${failure}`);
  }
  return failures.length === 0 ? 0 : 1;
}

/** A thread per processor; each takes the next portion until one seed fails or all are done. */
async function simulateAll(first: number, count: number): Promise<{ sum: Sum; failures: string[] }> {
  const sum: Sum = { seeds: 0, steps: 0, entries: 0, kills: 0, wipes: 0, conflicts: 0 };
  const failures: string[] = [];
  let next = first;
  const portion = (): number[] => {
    const seeds: number[] = [];
    while (next < first + count && seeds.length < PORTION) seeds.push(next++);
    return seeds;
  };
  const threads = Array.from(
    { length: Math.min(availableParallelism(), Math.ceil(count / PORTION)) },
    () =>
      new Promise<void>((resolve, reject) => {
        const worker = new Worker(new URL("../../tests/simulation/simulate-portion.ts", import.meta.url));
        const give = (): void => {
          const seeds = failures.length > 0 ? [] : portion();
          // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
          if (seeds.length > 0) worker.postMessage(seeds);
          else void worker.terminate().then(() => resolve(), reject);
        };
        worker.on("error", reject);
        worker.on("message", (answer: readonly (Outcome | string)[]) => {
          for (const one of answer) {
            sum.seeds += 1;
            if (typeof one === "string") failures.push(one);
            else
              for (const key of ["steps", "entries", "kills", "wipes", "conflicts"] as const)
                sum[key] += one[key];
          }
          progress(`  ${sum.seeds} of ${count} seeds, ${sum.steps} effects, ${failures.length} broken`);
          give();
        });
        give();
      }),
  );
  await Promise.all(threads);
  return { sum, failures };
}

export const command: CatalystCommand = {
  name,
  summary: "billing under every fault that a seed can think of, without servers",
  usage,
  run,
};
