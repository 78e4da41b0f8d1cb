import type { WebhookEventType } from "#domain/webhooks/events.ts";
import type {
  EndpointScope,
  WebhookEndpoint,
  WebhookEndpointFeed,
  WebhookEndpointStore,
} from "#domain/webhooks/ports.ts";
import { asTenant, inTransaction, onPostgres, type Pool } from "./pool.ts";

/** Of one tenant. */
const PER_TENANT_MAX = 20;
/** Of every tenant: each of the operator's own canvases that waits for something has one. */
const OF_EVERY_TENANT_MAX = 500;
const LISTED_MAX = 1_000;

interface Row {
  readonly endpoint_id: string;
  readonly tenant_id: string | null;
  readonly url: string;
  readonly events: readonly WebhookEventType[];
  readonly description: string | null;
  readonly created_at: Date;
  readonly disabled_at: Date | null;
}

const COLUMNS = "endpoint_id, tenant_id, url, events, description, created_at, disabled_at";

/** Webhook endpoints as their owners see them. */
export function createWebhookEndpoints(pool: Pool): WebhookEndpointStore {
  const rows = (scope: EndpointScope, text: string, values: unknown[]): Promise<Row[]> =>
    scope === null
      ? onPostgres(async () => (await pool.query<Row>(text, values)).rows)
      : asTenant(pool, scope, async (client) => (await client.query<Row>(text, values)).rows);

  return {
    create: (endpoint) =>
      inTransaction(pool, async (client) => {
        const { endpointId, tenantId, url, events, description, createdAt } = endpoint;
        await client.query("SELECT pg_advisory_xact_lock(hashtext('webhook endpoints'), hashtext($1))", [
          tenantId ?? "",
        ]);
        const max = tenantId === null ? OF_EVERY_TENANT_MAX : PER_TENANT_MAX;
        const found = await client.query<Row>(
          `INSERT INTO webhook_endpoints (endpoint_id, tenant_id, url, events, description, created_at)
           SELECT $1, $2, $3, $4, $5, to_timestamp($6::float8 / 1000)
           WHERE (SELECT count(*) FROM webhook_endpoints WHERE tenant_id IS NOT DISTINCT FROM $2 AND deleted_at IS NULL AND endpoint_id <> $1) < $7
           ON CONFLICT (endpoint_id) DO UPDATE SET endpoint_id = excluded.endpoint_id
           RETURNING ${COLUMNS}`,
          [endpointId, tenantId, url, events, description, createdAt, max],
        );
        const [row] = found.rows;
        return row === undefined ? "full" : toEndpoint(row);
      }),
    async find(scope, endpointId) {
      const [row] = await rows(
        scope,
        `SELECT ${COLUMNS} FROM webhook_endpoints WHERE endpoint_id = $1 AND deleted_at IS NULL`,
        [endpointId],
      );
      return row === undefined ? null : toEndpoint(row);
    },
    async list(scope) {
      const found = await rows(
        scope,
        `SELECT ${COLUMNS} FROM webhook_endpoints WHERE deleted_at IS NULL ORDER BY created_at DESC, endpoint_id LIMIT ${LISTED_MAX}`,
        [],
      );
      return found.map(toEndpoint);
    },
    delete: (scope, endpointId) =>
      inTransaction(pool, async (client) => {
        const { rowCount } = await client.query(
          `UPDATE webhook_endpoints SET deleted_at = clock_timestamp(), changed_at = clock_timestamp()
           WHERE endpoint_id = $1 AND deleted_at IS NULL AND ($2::text IS NULL OR tenant_id = $2)`,
          [endpointId, scope],
        );
        if (rowCount !== 1) return false;
        await client.query("DELETE FROM webhook_deliveries WHERE lane = $1", [endpointId]);
        return true;
      }),
  };
}

/** A change is seen once its transaction is committed: the last minute is asked for again. */
const OVERLAP_MS = 60_000;

/** Webhook endpoints as processes that call them follow them. */
export function createWebhookEndpointFeed(pool: Pool): WebhookEndpointFeed {
  return {
    async changes(since) {
      const { rows } = await onPostgres(() =>
        pool.query<Row & { readonly deleted_at: Date | null; readonly changed_at: Date }>(
          `SELECT ${COLUMNS}, deleted_at, changed_at FROM webhook_endpoints
           WHERE CASE WHEN $1::float8 IS NULL THEN deleted_at IS NULL ELSE changed_at > to_timestamp($1::float8 / 1000) END`,
          [since],
        ),
      );
      const latest = Math.max(...rows.map(({ changed_at: at }) => at.getTime() - OVERLAP_MS));
      return {
        endpoints: rows.map((row) => ({ ...toEndpoint(row), isDeleted: row.deleted_at !== null })),
        until: Math.max(latest, since ?? 0),
      };
    },
  };
}

function toEndpoint(row: Row): WebhookEndpoint {
  return {
    endpointId: row.endpoint_id,
    tenantId: row.tenant_id,
    url: row.url,
    events: row.events,
    description: row.description,
    createdAt: row.created_at.getTime(),
    disabledAt: row.disabled_at?.getTime() ?? null,
  };
}
