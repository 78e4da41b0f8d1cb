import type { Clock } from "#domain/clock.ts";
import type { MessageStatus } from "#domain/events/message-status.ts";
import type { StageHandler } from "#domain/events/ports.ts";
import type { WebhookDeliveries, WebhookDelivery, WebhookSender } from "#domain/messages/ports.ts";
import { attemptDelivery, type WebhookEndpoint } from "./attempt.ts";
import type { Endpoints } from "./endpoints.ts";
import { toDelivery } from "./payload.ts";
import { nextAttemptAt } from "./schedule.ts";

/** What a batch may wait for endpoints; what is not through by then goes to the table. */
const BATCH_MS_MAX = 2_000;
/** Calls to one endpoint at a time. */
const PER_ENDPOINT_MAX = 8;
/** Calls of one batch at a time: sockets and memory of one process. */
const CALLS_MAX = 128;

export interface NotificationsDependencies {
  readonly endpoints: Endpoints;
  readonly sender: WebhookSender;
  readonly deliveries: Pick<WebhookDeliveries, "defer">;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

type Deferred = Parameters<WebhookDeliveries["defer"]>[0][number];

/**
 * Tells tenants by webhook what became of their messages. The first attempt is made at once, within a short deadline; all that does
 * not get through is stored for the retrier before the batch is done, so a slow endpoint delays nobody.
 */
export function createNotificationsHandler(
  dependencies: NotificationsDependencies,
): StageHandler<MessageStatus> {
  return async (records) => {
    const startedAt = dependencies.clock.now();
    const queues = queueByTenant(
      records.map(({ event }) => event),
      dependencies.endpoints,
      startedAt,
    );
    const deferred: Deferred[] = [];
    let free = CALLS_MAX;
    const lanes: Promise<void>[] = [];
    for (const [tenantId, queue] of queues) {
      const width = dependencies.endpoints.isPaused(tenantId)
        ? 0
        : Math.min(PER_ENDPOINT_MAX, queue.length, free);
      free -= width;
      for (let lane = 0; lane < width; lane += 1)
        lanes.push(workOff(queue, startedAt, dependencies, deferred));
    }
    await Promise.all(lanes);
    for (const queue of queues.values()) {
      for (const delivery of queue)
        deferred.push({ delivery, attempts: 0, nextAttemptAt: startedAt, error: null });
    }
    if (deferred.length > 0) await dependencies.deliveries.defer(deferred);
  };
}

function queueByTenant(
  statuses: readonly MessageStatus[],
  endpoints: Endpoints,
  now: number,
): Map<string, WebhookDelivery[]> {
  const unique = new Map<string, WebhookDelivery>();
  for (const status of statuses) {
    if (status.state === "sent" || endpoints.find(status.tenantId) === undefined) continue;
    const delivery = toDelivery(status, now);
    if (!unique.has(delivery.webhookId)) unique.set(delivery.webhookId, delivery);
  }
  return Map.groupBy(unique.values(), ({ tenantId }) => tenantId);
}

/** One lane of an endpoint: takes from its queue until the queue, the batch's time or the endpoint's patience ends. */
async function workOff(
  queue: WebhookDelivery[],
  startedAt: number,
  dependencies: NotificationsDependencies,
  deferred: Deferred[],
): Promise<void> {
  const { endpoints, clock } = dependencies;
  while (queue.length > 0) {
    const timeLeft = startedAt + BATCH_MS_MAX - clock.now();
    if (timeLeft <= 0) return;
    const tenantId = queue[0]!.tenantId;
    const endpoint = endpoints.find(tenantId);
    if (endpoint === undefined) {
      queue.length = 0;
      return;
    }
    if (endpoints.isPaused(tenantId)) return;
    await attempt(queue.shift()!, endpoint, timeLeft, dependencies, deferred);
  }
}

async function attempt(
  delivery: WebhookDelivery,
  endpoint: WebhookEndpoint,
  timeoutMs: number,
  { endpoints, sender, clock, random }: NotificationsDependencies,
  deferred: Deferred[],
): Promise<void> {
  const outcome = await attemptDelivery(sender, clock, endpoint, delivery, timeoutMs);
  if (outcome.kind === "gone") await endpoints.disable(delivery.tenantId, endpoint.url);
  if (outcome.kind !== "failed") return;
  if (outcome.endpointDown) endpoints.pause(delivery.tenantId);
  const next = nextAttemptAt(1, clock.now(), outcome.retryAfterMs, random());
  deferred.push({ delivery, attempts: 1, nextAttemptAt: next ?? clock.now(), error: outcome.error });
}
