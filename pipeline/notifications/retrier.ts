import type { Clock } from "#domain/clock.ts";
import type { ClaimedDelivery, WebhookDeliveries, WebhookSender } from "#domain/messages/ports.ts";
import { attemptDelivery } from "./attempt.ts";
import type { Endpoints } from "./endpoints.ts";
import { nextAttemptAt } from "./schedule.ts";

/** Standard Webhooks asks for 15 to 30 s. */
const TIMEOUT_MS = 15_000;
/** Claimed deliveries are started within this long; what is left comes back when its lease ends. */
const START_MS_MAX = 40_000;
/** Longer than the last attempt can take: a lease that ended early would have two processes call at once. */
const LEASE_MS = START_MS_MAX + TIMEOUT_MS + 5_000;
/** Deliveries claimed of one tenant at a time, and of all: bounds of memory, at up to 20 kB each. */
const CLAIM_PER_TENANT_MAX = 500;
const CLAIM_MAX = 2_000;
/** Calls to one tenant's endpoint at a time. */
const PER_TENANT_MAX = 8;
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

/** Tries stored deliveries again. A tenant whose calls are still under way is given no more, so a hanging endpoint holds few. */
export function createWebhookRetrier(dependencies: WebhookRetrierDependencies): WebhookRetrier {
  const busy = new Map<string, Promise<void>>();
  return {
    async run() {
      const { endpoints, deliveries, clock } = dependencies;
      await endpoints.refresh();
      if (busy.size >= CALLS_MAX / PER_TENANT_MAX) return 0;
      const claimed = await deliveries.claim({
        now: clock.now(),
        leaseMs: LEASE_MS,
        perTenant: CLAIM_PER_TENANT_MAX,
        limit: CLAIM_MAX,
        except: [...busy.keys()],
      });
      const startUntil = clock.now() + START_MS_MAX;
      for (const [tenantId, queue] of Map.groupBy(claimed, (delivery) => delivery.tenantId)) {
        const lanes = Array.from({ length: PER_TENANT_MAX }, () => workOff(queue, startUntil, dependencies));
        busy.set(
          tenantId,
          Promise.all(lanes).then(() => void busy.delete(tenantId)),
        );
      }
      return claimed.length;
    },
    async settled() {
      await Promise.all(busy.values());
    },
  };
}

/** One lane of a tenant's queue; ends early, for all of them, when the endpoint turns out to be down. */
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
  const { webhookId, tenantId, attempts } = delivery;
  const endpoint = endpoints.find(tenantId);
  if (endpoint === undefined) {
    await deliveries.failed(webhookId, null, "the tenant has no webhook any more", clock.now());
    return "done";
  }
  const outcome = await attemptDelivery(sender, clock, endpoint, delivery, TIMEOUT_MS);
  if (outcome.kind === "delivered") await deliveries.delivered([webhookId]);
  if (outcome.kind === "gone") {
    await endpoints.disable(tenantId, endpoint.url);
    await deliveries.failed(webhookId, null, "status 410", clock.now());
  }
  if (outcome.kind !== "failed") return "done";
  const next = nextAttemptAt(attempts + 1, clock.now(), outcome.retryAfterMs, random());
  await deliveries.failed(webhookId, next, outcome.error, clock.now());
  return outcome.endpointDown ? "endpoint down" : "done";
}
