import type { WebhookEventType } from "#domain/webhooks/events.ts";
import type { WebhookEndpoint, WebhookEndpointFeed } from "#domain/webhooks/ports.ts";
import type { CalledEndpoint } from "./attempt.ts";

/** The webhook endpoints that there are, as this process knows them. */
export interface Subscriptions {
  /** Undefined when it is gone or wants nothing any more. */
  find(endpointId: string): CalledEndpoint | undefined;
  /** Whether anybody wants to be told of such a thing of this tenant. */
  isWanted(type: WebhookEventType, tenantId: string): boolean;
  disable(endpointId: string): void;
  /** Learns what was made, disabled and deleted. Throws Unavailable. */
  refresh(): Promise<void>;
}

/** @param secretOf the signing secret of an endpoint. */
export function createSubscriptions(
  feed: WebhookEndpointFeed,
  secretOf: (endpointId: string) => string,
): Subscriptions {
  const endpoints = new Map<string, WebhookEndpoint>();
  let wanted: ReadonlySet<string> = new Set();
  let since: number | null = null;
  return {
    find(endpointId) {
      const found = endpoints.get(endpointId);
      return found === undefined ? undefined : { url: found.url, secret: secretOf(endpointId) };
    },
    isWanted: (type, tenantId) => wanted.has(keyOf(type, null)) || wanted.has(keyOf(type, tenantId)),
    disable: (endpointId) => void endpoints.delete(endpointId),
    async refresh() {
      const changed = await feed.changes(since);
      since = changed.until;
      for (const { isDeleted, ...endpoint } of changed.endpoints) {
        if (isDeleted || endpoint.disabledAt !== null) endpoints.delete(endpoint.endpointId);
        else endpoints.set(endpoint.endpointId, endpoint);
      }
      if (changed.endpoints.length === 0) return;
      wanted = new Set(
        [...endpoints.values()].flatMap(({ events, tenantId }) =>
          events.map((type) => keyOf(type, tenantId)),
        ),
      );
    },
  };
}

function keyOf(type: WebhookEventType, tenantId: string | null): string {
  return `${type} ${tenantId ?? ""}`;
}
