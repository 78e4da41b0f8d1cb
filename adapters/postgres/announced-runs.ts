import { eventBody } from "#domain/webhooks/events.ts";
import type { AnnouncedRuns } from "#domain/webhooks/ports.ts";
import { plainArray, textArray } from "./array-literal.ts";
import { onPostgres, type Pool } from "./pool.ts";

const WANTED = `FROM webhook_endpoints WHERE 'workflow.completed' = ANY (events) AND deleted_at IS NULL AND disabled_at IS NULL`;

/** Nothing that ended before the first endpoint was there is anybody's to know. */
const UP_TO = `
  SELECT (extract(epoch FROM greatest(min(created_at), (SELECT max(closed_at) FROM announced_runs))) * 1000)::float8 AS up_to ${WANTED}`;

const ANNOUNCE = `
  WITH fresh AS (
    INSERT INTO announced_runs (run_id, closed_at)
    SELECT run_id, to_timestamp(closed_at / 1000) FROM unnest($1::text[], $2::float8[]) AS r (run_id, closed_at)
    ON CONFLICT DO NOTHING
    RETURNING run_id, closed_at
  ), told AS (
    INSERT INTO webhook_deliveries (webhook_id, tenant_id, endpoint_id, body, attempts, created_at, next_attempt_at)
    SELECT v.id, e.tenant_id, e.endpoint_id, v.body, 0, clock_timestamp(), clock_timestamp()
    FROM unnest($1::text[], $3::text[], $4::text[], $5::text[]) AS v (run_id, id, tenant_id, body)
    JOIN fresh USING (run_id)
    JOIN (SELECT * ${WANTED}) e ON e.created_at <= fresh.closed_at AND (e.tenant_id IS NULL OR e.tenant_id = v.tenant_id)
    ON CONFLICT DO NOTHING
  )
  SELECT count(*)::int AS fresh FROM fresh`;

/** The latest is kept: from there it goes on. */
const PRUNE =
  "DELETE FROM announced_runs WHERE closed_at < (SELECT max(closed_at) FROM announced_runs) - interval '1 hour'";

export function createAnnouncedRuns(pool: Pool): AnnouncedRuns {
  return {
    async upTo() {
      const { rows } = await onPostgres(() => pool.query<{ up_to: number | null }>(UP_TO));
      return rows[0]?.up_to ?? null;
    },
    async announce(ends) {
      const values = [
        textArray(ends.map(({ runId }) => runId)),
        plainArray(ends.map(({ event }) => event.at)),
        textArray(ends.map(({ event }) => event.id)),
        textArray(ends.map(({ event }) => event.tenantId)),
        textArray(ends.map(({ event }) => eventBody(event))),
      ];
      const { rows } = await onPostgres(() => pool.query<{ fresh: number }>(ANNOUNCE, values));
      return rows[0]?.fresh ?? 0;
    },
    async prune() {
      await onPostgres(() => pool.query(PRUNE));
    },
  };
}
