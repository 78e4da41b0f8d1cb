import type { Clock } from "#domain/clock.ts";
import type { MessageStatus } from "#domain/events/message-status.ts";
import type { MessageSubmitted } from "#domain/events/message-submitted.ts";
import type { StageHandler } from "#domain/events/ports.ts";
import type { WebhookDeliveries, WebhookDelivery, WebhookSender } from "#domain/messages/ports.ts";
import type { WebhookEvents } from "#domain/webhooks/ports.ts";
import { attemptDelivery, type CalledEndpoint } from "./attempt.ts";
import type { Endpoints } from "./endpoints.ts";
import { messageEvent } from "./message-events.ts";
import { toDelivery } from "./payload.ts";
import { nextAttemptAt } from "./schedule.ts";
import type { Subscriptions } from "./subscriptions.ts";

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
  readonly subscriptions: Pick<Subscriptions, "isWanted">;
  readonly events: WebhookEvents;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

type Deferred = Parameters<WebhookDeliveries["defer"]>[0][number];

/**
 * Tells tenants by webhook what became of their messages. The first attempt is made at once, within a short deadline; all that does
 * not get through is stored for the retrier before the batch is done, so a slow endpoint delays nobody. What endpoints have subscribed to is
 * stored, too.
 */
export function createNotificationsHandler(
  dependencies: NotificationsDependencies,
): StageHandler<MessageStatus | MessageSubmitted> {
  return async (records) => {
    const startedAt = dependencies.clock.now();
    await announce(
      records.map(({ event }) => event),
      dependencies,
    );
    const queues = queueByTenant(
      records.map(({ event }) => event).filter((event) => event.type === "message.status"),
      dependencies.endpoints,
      startedAt,
    );
    const deferred: Deferred[] = [];
    let free = CALLS_MAX;
    const lanes: Promise<void>[] = [];
    for (const queue of queues.values()) {
      const width = dependencies.endpoints.isPaused(queue[0]!)
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

async function announce(
  events: readonly (MessageStatus | MessageSubmitted)[],
  { subscriptions, events: endpoints }: NotificationsDependencies,
): Promise<void> {
  const told = events
    .map(messageEvent)
    .filter((event) => event !== null)
    .filter(({ type, tenantId }) => subscriptions.isWanted(type, tenantId ?? ""));
  if (told.length > 0) await endpoints.announce(told);
}

function queueByTenant(
  statuses: readonly MessageStatus[],
  endpoints: Endpoints,
  now: number,
): Map<string | null, WebhookDelivery[]> {
  const unique = new Map<string, WebhookDelivery>();
  for (const status of statuses) {
    if (status.state === "sent") continue;
    const delivery = toDelivery(status, now);
    if (endpoints.find(delivery) === undefined) continue;
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
    const next = queue[0]!;
    const endpoint = endpoints.find(next);
    if (endpoint === undefined) {
      queue.length = 0;
      return;
    }
    if (endpoints.isPaused(next)) return;
    queue.shift();
    await attempt(next, endpoint, timeLeft, dependencies, deferred);
  }
}

async function attempt(
  delivery: WebhookDelivery,
  endpoint: CalledEndpoint,
  timeoutMs: number,
  { endpoints, sender, clock, random }: NotificationsDependencies,
  deferred: Deferred[],
): Promise<void> {
  const outcome = await attemptDelivery(sender, clock, endpoint, delivery, timeoutMs);
  if (outcome.kind === "gone") await endpoints.disable(delivery, endpoint.url);
  if (outcome.kind !== "failed") return;
  if (outcome.endpointDown) endpoints.pause(delivery);
  const next = nextAttemptAt(1, clock.now(), outcome.retryAfterMs, random());
  deferred.push({ delivery, attempts: 1, nextAttemptAt: next ?? clock.now(), error: outcome.error });
}
