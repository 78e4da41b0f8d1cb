import { parentPort } from "node:worker_threads";
import { simulateSeed, type Outcome } from "./simulate-seed.ts";

/** An outcome for each seed, up to the first that breaks, which answers with the text of what broke. */
async function simulatePortion(seeds: readonly number[]): Promise<(Outcome | string)[]> {
  const answers: (Outcome | string)[] = [];
  for (const seed of seeds) {
    try {
      answers.push(await simulateSeed(seed));
    } catch (error) {
      return [...answers, (error as Error).message];
    }
  }
  return answers;
}

/** A thread of `catalyst simulate`. */
parentPort?.on("message", (seeds: readonly number[]) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
  void simulatePortion(seeds).then((answers) => parentPort?.postMessage(answers));
});
