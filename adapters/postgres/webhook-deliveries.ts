import {
  laneOf,
  type ClaimedDelivery,
  type WebhookDeliveries,
  type WebhookDestination,
} from "#domain/messages/ports.ts";
import { plainArray, textArray } from "./array-literal.ts";
import { inTransaction, onPostgres, type Pool } from "./pool.ts";

const DEFER = `
  INSERT INTO webhook_deliveries (webhook_id, tenant_id, endpoint_id, body, attempts, created_at, next_attempt_at, last_error)
  SELECT webhook_id, tenant_id, endpoint_id, body, attempts, to_timestamp(created_at / 1000), to_timestamp(next_attempt_at / 1000), last_error
  FROM unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::int[], $6::float8[], $7::float8[], $8::text[])
    AS d (webhook_id, tenant_id, endpoint_id, body, attempts, created_at, next_attempt_at, last_error)
  ON CONFLICT DO NOTHING`;

/** Walks from lane to lane through the index, so a backlog of one costs the others nothing. */
const CLAIM = `
  WITH RECURSIVE lanes AS (
    (SELECT lane FROM webhook_deliveries WHERE given_up_at IS NULL ORDER BY lane LIMIT 1)
    UNION ALL
    SELECT (SELECT d.lane FROM webhook_deliveries d WHERE d.given_up_at IS NULL AND d.lane > l.lane ORDER BY d.lane LIMIT 1)
    FROM lanes l WHERE l.lane IS NOT NULL
  ), due AS (
    SELECT l.lane, d.webhook_id FROM lanes l CROSS JOIN LATERAL (
      SELECT webhook_id, next_attempt_at FROM webhook_deliveries
      WHERE lane = l.lane AND given_up_at IS NULL AND next_attempt_at <= to_timestamp($1::float8 / 1000)
      ORDER BY next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED
    ) d
    WHERE l.lane IS NOT NULL AND l.lane <> ALL ($5::text[])
    ORDER BY d.next_attempt_at LIMIT $4
  )
  UPDATE webhook_deliveries w SET next_attempt_at = to_timestamp(($1::float8 + $2::float8) / 1000)
  FROM due WHERE w.lane = due.lane AND w.webhook_id = due.webhook_id
  RETURNING w.webhook_id AS "webhookId", w.tenant_id AS "tenantId", w.endpoint_id AS "endpointId", w.body, w.attempts,
    (extract(epoch FROM w.created_at) * 1000)::float8 AS "createdAt"`;

export function createWebhookDeliveries(pool: Pool): WebhookDeliveries {
  return {
    async defer(deferred) {
      if (deferred.length === 0) return;
      const values = [
        textArray(deferred.map(({ delivery }) => delivery.webhookId)),
        textArray(deferred.map(({ delivery }) => delivery.tenantId)),
        plainArray(deferred.map(({ delivery }) => delivery.endpointId)),
        textArray(deferred.map(({ delivery }) => delivery.body)),
        plainArray(deferred.map(({ attempts }) => attempts)),
        plainArray(deferred.map(({ delivery }) => delivery.createdAt)),
        plainArray(deferred.map(({ nextAttemptAt }) => nextAttemptAt)),
        textArray(deferred.map(({ error }) => error)),
      ];
      await onPostgres(() => pool.query(DEFER, values));
    },
    claim: ({ now, leaseMs, perLane, limit, except }) =>
      inTransaction(pool, async (client) => {
        const values = [now, leaseMs, perLane, limit, textArray(except)];
        return (await client.query<ClaimedDelivery>(CLAIM, values)).rows;
      }),
    async delivered(delivery) {
      await onPostgres(() =>
        pool.query("DELETE FROM webhook_deliveries WHERE lane = $1 AND webhook_id = $2", [
          laneOf(delivery),
          delivery.webhookId,
        ]),
      );
    },
    async failed(delivery, nextAttemptAt, error, now) {
      await onPostgres(() =>
        pool.query(
          `UPDATE webhook_deliveries
           SET attempts = attempts + 1, last_error = $4, next_attempt_at = coalesce(to_timestamp($3::float8 / 1000), next_attempt_at),
             given_up_at = CASE WHEN $3::float8 IS NULL THEN to_timestamp($5::float8 / 1000) END
           WHERE lane = $1 AND webhook_id = $2`,
          [laneOf(delivery), delivery.webhookId, nextAttemptAt, error, now],
        ),
      );
    },
    disableEndpoint: (destination, url, now) => disable(pool, destination, url, now),
    disabledEndpoints: () =>
      onPostgres(async () => {
        const { rows } = await pool.query<{ tenantId: string; url: string }>(
          'SELECT tenant_id AS "tenantId", url FROM webhook_endpoints_disabled',
        );
        return rows;
      }),
    async prune(before) {
      const { rowCount } = await onPostgres(() =>
        pool.query("DELETE FROM webhook_deliveries WHERE given_up_at < to_timestamp($1::float8 / 1000)", [
          before,
        ]),
      );
      return rowCount ?? 0;
    },
  };
}

async function disable(
  pool: Pool,
  { tenantId, endpointId }: WebhookDestination,
  url: string,
  now: number,
): Promise<void> {
  await onPostgres(() =>
    endpointId === null
      ? pool.query(
          `INSERT INTO webhook_endpoints_disabled (tenant_id, url, disabled_at) VALUES ($1, $2, to_timestamp($3::float8 / 1000))
           ON CONFLICT DO NOTHING`,
          [tenantId, url, now],
        )
      : pool.query(
          `UPDATE webhook_endpoints SET disabled_at = to_timestamp($2::float8 / 1000), changed_at = clock_timestamp()
           WHERE endpoint_id = $1 AND disabled_at IS NULL`,
          [endpointId, now],
        ),
  );
}
