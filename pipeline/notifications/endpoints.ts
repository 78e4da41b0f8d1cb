import type { Clock } from "#domain/clock.ts";
import type { WebhookDeliveries } from "#domain/messages/ports.ts";
import type { ControlView } from "#domain/tenants/ports.ts";
import type { WebhookEndpoint } from "./attempt.ts";

/** After a first attempt that found it down the endpoint's next ones go straight to the table for this long. */
const PAUSE_MS = 30_000;
/** Endpoints remembered as slow; beyond it the oldest is forgotten and costs its next batch one short wait. */
const PAUSED_MAX = 10_000;

/** Where a tenant's notifications go, and whether they may go there at once. */
export interface Endpoints {
  /** Undefined when the tenant has no webhook or its endpoint is gone. */
  find(tenantId: string): WebhookEndpoint | undefined;
  isPaused(tenantId: string): boolean;
  pause(tenantId: string): void;
  /** The endpoint answered 410: stores it. Throws Unavailable. */
  disable(tenantId: string, url: string): Promise<void>;
  /** Learns what other processes disabled and administrators enabled again. Throws Unavailable. */
  refresh(): Promise<void>;
}

export function createEndpoints(
  control: Pick<ControlView, "tenant">,
  deliveries: Pick<WebhookDeliveries, "disableEndpoint" | "disabledEndpoints">,
  clock: Clock,
): Endpoints {
  const pausedUntil = new Map<string, number>();
  let disabled: ReadonlySet<string> = new Set();
  return {
    find(tenantId) {
      const webhook = control.tenant(tenantId)?.webhook ?? undefined;
      return webhook !== undefined && disabled.has(keyOf(tenantId, webhook.url)) ? undefined : webhook;
    },
    isPaused: (tenantId) => (pausedUntil.get(tenantId) ?? 0) > clock.now(),
    pause(tenantId) {
      pausedUntil.delete(tenantId);
      pausedUntil.set(tenantId, clock.now() + PAUSE_MS);
      const oldest = pausedUntil.keys().next();
      if (pausedUntil.size > PAUSED_MAX && oldest.done !== true) pausedUntil.delete(oldest.value);
    },
    async disable(tenantId, url) {
      disabled = new Set([...disabled, keyOf(tenantId, url)]);
      await deliveries.disableEndpoint(tenantId, url, clock.now());
    },
    async refresh() {
      const rows = await deliveries.disabledEndpoints();
      disabled = new Set(rows.map(({ tenantId, url }) => keyOf(tenantId, url)));
    },
  };
}

function keyOf(tenantId: string, url: string): string {
  return `${tenantId} ${url}`;
}
