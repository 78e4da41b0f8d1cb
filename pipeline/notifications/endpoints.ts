import type { Clock } from "#domain/clock.ts";
import { laneOf, type WebhookDeliveries, type WebhookDestination } from "#domain/messages/ports.ts";
import type { ControlView } from "#domain/tenants/ports.ts";
import type { CalledEndpoint } from "./attempt.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** After a first attempt that found it down the endpoint's next ones go straight to the table for this long. */
const PAUSE_MS = 30_000;
/** Endpoints remembered as slow; beyond it the oldest is forgotten and costs its next batch one short wait. */
const PAUSED_MAX = 10_000;

/** Where notifications go, and whether they may go there at once. */
export interface Endpoints {
  /** Undefined when the tenant has no webhook, or the endpoint is gone. */
  find(destination: WebhookDestination): CalledEndpoint | undefined;
  isPaused(destination: WebhookDestination): boolean;
  pause(destination: WebhookDestination): void;
  /** The endpoint answered 410: stores it. Throws Unavailable. */
  disable(destination: WebhookDestination, url: string): Promise<void>;
  /** Learns what other processes disabled, and administrators made, deleted or enabled again. Throws Unavailable. */
  refresh(): Promise<void>;
}

export function createEndpoints(
  control: Pick<ControlView, "tenant">,
  subscriptions: Pick<Subscriptions, "find" | "disable" | "refresh">,
  deliveries: Pick<WebhookDeliveries, "disableEndpoint" | "disabledEndpoints">,
  clock: Clock,
): Endpoints {
  const pausedUntil = new Map<string, number>();
  let disabled: ReadonlySet<string> = new Set();
  const ownOf = (tenantId: string | null): CalledEndpoint | undefined => {
    if (tenantId === null) return undefined;
    const webhook = control.tenant(tenantId)?.webhook ?? undefined;
    return webhook !== undefined && disabled.has(keyOf(tenantId, webhook.url)) ? undefined : webhook;
  };
  return {
    find: ({ tenantId, endpointId }) =>
      endpointId === null ? ownOf(tenantId) : subscriptions.find(endpointId),
    isPaused: (destination) => (pausedUntil.get(laneOf(destination)) ?? 0) > clock.now(),
    pause(destination) {
      const lane = laneOf(destination);
      pausedUntil.delete(lane);
      pausedUntil.set(lane, clock.now() + PAUSE_MS);
      const oldest = pausedUntil.keys().next();
      if (pausedUntil.size > PAUSED_MAX && oldest.done !== true) pausedUntil.delete(oldest.value);
    },
    async disable(destination, url) {
      const { tenantId, endpointId } = destination;
      if (endpointId !== null) subscriptions.disable(endpointId);
      else disabled = new Set([...disabled, keyOf(tenantId ?? "", url)]);
      await deliveries.disableEndpoint(destination, url, clock.now());
    },
    async refresh() {
      const [rows] = await Promise.all([deliveries.disabledEndpoints(), subscriptions.refresh()]);
      disabled = new Set(rows.map(({ tenantId, url }) => keyOf(tenantId, url)));
    },
  };
}

function keyOf(tenantId: string, url: string): string {
  return `${tenantId} ${url}`;
}
