import { eventBody } from "#domain/webhooks/events.ts";
import type { WebhookEvents } from "#domain/webhooks/ports.ts";
import { textArray } from "./array-literal.ts";
import { onPostgres, type Pool } from "./pool.ts";

/** What is delivered already is stored again where it is announced again: under its own id, which receivers know. */
const ANNOUNCE = `
  INSERT INTO webhook_deliveries (webhook_id, tenant_id, endpoint_id, body, attempts, created_at, next_attempt_at)
  SELECT v.id, e.tenant_id, e.endpoint_id, v.body, 0, clock_timestamp(), clock_timestamp()
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS v (id, type, tenant_id, body)
  JOIN webhook_endpoints e ON v.type = ANY (e.events) AND (e.tenant_id IS NULL OR e.tenant_id = v.tenant_id)
  WHERE e.deleted_at IS NULL AND e.disabled_at IS NULL
  ON CONFLICT DO NOTHING`;

/** Stores what endpoints are to be told; the retrier of the notifications delivers it. */
export function createWebhookEvents(pool: Pool): WebhookEvents {
  return {
    async announce(events) {
      if (events.length === 0) return;
      const values = [
        textArray(events.map(({ id }) => id)),
        textArray(events.map(({ type }) => type)),
        textArray(events.map(({ tenantId }) => tenantId)),
        textArray(events.map(eventBody)),
      ];
      await onPostgres(() => pool.query(ANNOUNCE, values));
    },
  };
}
