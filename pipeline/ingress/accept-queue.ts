import { type AcceptOutcome, refused, type Submission } from "#domain/messages/submission.ts";
import type { AcceptQueue, AcceptQueueOptions, Ingress } from "./ingress.ts";

/** While one batch waits for Kafka the next one is priced and reserved; a third would only make both smaller. */
const BATCHES_IN_FLIGHT = 2;

interface Waiting {
  readonly submission: Submission;
  readonly resolve: (outcome: AcceptOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes batches of single submissions: what arrives in one turn of the event loop, or while batches are in flight, goes
 * together. No timer: an idle queue adds less than a millisecond, a busy one makes larger batches.
 */
export function createAcceptQueue(ingress: Ingress, options: AcceptQueueOptions): AcceptQueue {
  const { maxBatch, maxQueued } = options;
  let waiting: Waiting[] = [];
  let inFlightBatches = 0;
  let dropped = 0;
  let scheduled = false;
  let draining = false;
  let whenIdle: (() => void)[] = [];

  function schedule(): void {
    if (scheduled || inFlightBatches >= BATCHES_IN_FLIGHT || waiting.length === 0) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      const batch = waiting.slice(0, maxBatch);
      waiting = waiting.slice(maxBatch);
      void run(batch);
      schedule();
    });
  }

  async function run(batch: readonly Waiting[]): Promise<void> {
    inFlightBatches += 1;
    try {
      const outcomes = await ingress.accept(batch.map(({ submission }) => submission));
      for (const [index, { resolve }] of batch.entries()) resolve(outcomes[index]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    inFlightBatches -= 1;
    schedule();
    if (inFlightBatches > 0 || waiting.length > 0) return;
    for (const wake of whenIdle) wake();
    whenIdle = [];
  }

  return {
    submit(submission) {
      if (draining) {
        return Promise.resolve(refused("unavailable", "The gateway is stopping: submit the message again."));
      }
      if (waiting.length >= maxQueued) {
        dropped += 1;
        return Promise.resolve(
          refused(
            "unavailable",
            "Too many messages wait to be accepted: submit the message again a little later.",
          ),
        );
      }
      return new Promise((resolve, reject) => {
        waiting.push({ submission, resolve, reject });
        schedule();
      });
    },
    stats: () => ({ queued: waiting.length, inFlightBatches, dropped }),
    drain() {
      draining = true;
      if (inFlightBatches === 0 && waiting.length === 0) return Promise.resolve();
      return new Promise((resolve) => {
        whenIdle.push(resolve);
      });
    },
  };
}
