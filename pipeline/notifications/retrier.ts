import type { Clock } from "#domain/clock.ts";
import {
  laneOf,
  type ClaimedDelivery,
  type WebhookDeliveries,
  type WebhookSender,
} from "#domain/messages/ports.ts";
import { attemptDelivery } from "./attempt.ts";
import type { Endpoints } from "./endpoints.ts";
import { nextAttemptAt } from "./schedule.ts";

/** Standard Webhooks asks for 15 to 30 s. */
const TIMEOUT_MS = 15_000;
/** Claimed deliveries are started within this long; what is left comes back when its lease ends. */
const START_MS_MAX = 40_000;
/** Longer than the last attempt can take: a lease that ended early would have two processes call at once. */
const LEASE_MS = START_MS_MAX + TIMEOUT_MS + 5_000;
/** Deliveries claimed of one lane at a time, and of all: bounds of memory, at up to 20 kB each. */
const CLAIM_PER_LANE_MAX = 500;
const CLAIM_MAX = 2_000;
/** Calls to one endpoint at a time. */
const PER_LANE_MAX = 8;
/** Calls under way: more than 32 endpoints must hang at once before others wait. */
const CALLS_MAX = 256;

export interface WebhookRetrierDependencies {
  readonly endpoints: Endpoints;
  readonly sender: WebhookSender;
  readonly deliveries: Pick<WebhookDeliveries, "claim" | "delivered" | "failed">;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** A result that could not be stored; the lease's end brings the delivery back. */
  readonly onError: (error: unknown) => void;
}

export interface WebhookRetrier {
  /** Starts what is due, without waiting for endpoints. Called every second. Returns how many were started. Throws Unavailable. */
  run(): Promise<number>;
  /** Resolves when no call is under way. */
  settled(): Promise<void>;
}

/** Tries stored deliveries again. A lane whose calls are still under way is given no more, so a hanging endpoint holds few. */
export function createWebhookRetrier(dependencies: WebhookRetrierDependencies): WebhookRetrier {
  const busy = new Map<string, Promise<void>>();
  return {
    async run() {
      const { endpoints, deliveries, clock } = dependencies;
      if (busy.size >= CALLS_MAX / PER_LANE_MAX) return 0;
      const claimed = await deliveries.claim({
        now: clock.now(),
        leaseMs: LEASE_MS,
        perLane: CLAIM_PER_LANE_MAX,
        limit: CLAIM_MAX,
        except: [...busy.keys()],
      });
      // After the claim: whatever has a delivery was there before it.
      await endpoints.refresh();
      const startUntil = clock.now() + START_MS_MAX;
      for (const [lane, queue] of Map.groupBy(claimed, laneOf)) {
        const lanes = Array.from({ length: PER_LANE_MAX }, () => workOff(queue, startUntil, dependencies));
        busy.set(
          lane,
          Promise.all(lanes).then(() => void busy.delete(lane)),
        );
      }
      return claimed.length;
    },
    async settled() {
      await Promise.all(busy.values());
    },
  };
}

/** One of those who work a lane off; ends early, for all of them, when the endpoint turns out to be down. */
async function workOff(
  queue: ClaimedDelivery[],
  startUntil: number,
  dependencies: WebhookRetrierDependencies,
): Promise<void> {
  while (queue.length > 0 && dependencies.clock.now() < startUntil) {
    const delivery = queue.shift()!;
    try {
      if ((await retry(delivery, dependencies)) === "endpoint down") queue.length = 0;
    } catch (error) {
      dependencies.onError(error);
    }
  }
}

async function retry(
  delivery: ClaimedDelivery,
  { endpoints, sender, deliveries, clock, random }: WebhookRetrierDependencies,
): Promise<"done" | "endpoint down"> {
  const { attempts } = delivery;
  const endpoint = endpoints.find(delivery);
  if (endpoint === undefined) {
    await deliveries.failed(delivery, null, "there is no such webhook any more", clock.now());
    return "done";
  }
  const outcome = await attemptDelivery(sender, clock, endpoint, delivery, TIMEOUT_MS);
  if (outcome.kind === "delivered") await deliveries.delivered(delivery);
  if (outcome.kind === "gone") {
    await endpoints.disable(delivery, endpoint.url);
    await deliveries.failed(delivery, null, "status 410", clock.now());
  }
  if (outcome.kind !== "failed") return "done";
  const next = nextAttemptAt(attempts + 1, clock.now(), outcome.retryAfterMs, random());
  await deliveries.failed(delivery, next, outcome.error, clock.now());
  return outcome.endpointDown ? "endpoint down" : "done";
}
