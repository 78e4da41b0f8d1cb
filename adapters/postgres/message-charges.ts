import { destinationPrefix } from "#domain/messages/numbers.ts";
import { onPostgres, type Pool } from "./pool.ts";

/** Messages compared by one query. */
const MESSAGES_PER_PAGE = 20_000;
/** What happened so recently may still be on its way through billing. */
export const SETTLED_AFTER_MS = 120_000;

/** A delivered part that was priced and has no charge, or a charge of a part that was not delivered. */
export interface ChargeDifference {
  readonly kind: "charge_missing" | "charge_unexplained";
  readonly messageId: string;
  readonly tenantId: string;
  readonly walletId: string;
  readonly part: number;
  readonly country: string | null;
  readonly operator: string | null;
  /** Epoch ms. */
  readonly acceptedAt: number;
  /** Epoch ms of the delivery, or of the final state. */
  readonly at: number;
  /** What the part had set aside: decimal. */
  readonly hold: string;
  /** What of the number prices may depend on, and who carried the part; null where unknown. */
  readonly prefix: string | null;
  readonly connector: string | null;
  /** Messages in the request that brought it; null if it came alone. */
  readonly requestSize: number | null;
}

/** A delivered part has one charge, a part that came to another end none. Where nothing was set aside, the card has no price. */
const DIFFERENCES = `
  WITH parts AS (
    SELECT m.message_id::text AS message_id, m.tenant_id, m.wallet_id, m.country, m.operator, m.accepted_at, m.final_at, p.part,
           m.steps -> ('delivered:' || p.part) AS delivered, coalesce(m.holds ->> 'part', '0') AS hold,
           m.recipient, (m.origin ->> 'requestSize')::int AS request_size, coalesce(m.steps -> ('delivered:' || p.part) ->> 'connector', m.steps -> ('sent:' || p.part) ->> 'connector')
             AS connector,
           m.message_id || ':sms.delivered:' || p.part AS event_id
      FROM messages m CROSS JOIN LATERAL generate_series(1, m.parts) AS p(part)
     WHERE m.tenant_id = $1 AND m.channel = 'sms' AND m.direction = 'outbound' AND m.message_id > $2
       AND ($3::uuid IS NULL OR m.message_id <= $3) AND m.final_at < to_timestamp($4::float8 / 1000)),
  charges AS (
    SELECT p.*, EXISTS (SELECT FROM ledger_entries e WHERE e.event_id = p.event_id
                           AND e.accepted_month = date_trunc('month', p.accepted_at AT TIME ZONE 'UTC')::date) AS charged FROM parts p)
  SELECT c.*, extract(epoch FROM c.accepted_at) * 1000 AS accepted,
         coalesce((c.delivered ->> 'at')::float8, extract(epoch FROM c.final_at) * 1000) AS at
    FROM charges c
   WHERE (c.delivered IS NOT NULL AND c.hold <> '0' AND NOT c.charged AND (c.delivered ->> 'at')::float8 < $4::float8)
      OR (c.delivered IS NULL AND c.charged AND NOT EXISTS (
            SELECT FROM ledger_corrections k WHERE k.original_id = c.event_id AND k.kind = 'refund'))
   ORDER BY c.message_id, c.part`;

interface DifferenceRow {
  readonly message_id: string;
  readonly tenant_id: string;
  readonly wallet_id: string;
  readonly part: number;
  readonly country: string | null;
  readonly operator: string | null;
  readonly accepted: string;
  readonly at: number;
  readonly delivered: unknown;
  readonly hold: string;
  readonly recipient: string | null;
  readonly connector: string | null;
  readonly request_size: number | null;
}

const LOWEST = "00000000-0000-0000-0000-000000000000";

/** Compares a tenant's messages that came to an end with the ledger, page by page. */
export async function* chargeDifferences(
  pool: Pool,
  tenantId: string,
  now: number,
): AsyncGenerator<ChargeDifference> {
  for (let after = LOWEST; ;) {
    const bound = await pageEnd(pool, tenantId, after);
    const { rows } = await onPostgres(() =>
      pool.query<DifferenceRow>(DIFFERENCES, [tenantId, after, bound, now - SETTLED_AFTER_MS]),
    );
    for (const row of rows) yield differenceOf(row);
    if (bound === null) return;
    after = bound;
  }
}

/** The last message of the page that begins behind `after`; null when it is the last page. */
async function pageEnd(pool: Pool, tenantId: string, after: string): Promise<string | null> {
  const { rows } = await onPostgres(() =>
    pool.query<{ message_id: string }>(
      `SELECT message_id::text FROM messages WHERE tenant_id = $1 AND message_id > $2
        ORDER BY message_id OFFSET ${MESSAGES_PER_PAGE - 1} LIMIT 1`,
      [tenantId, after],
    ),
  );
  return rows[0]?.message_id ?? null;
}

function differenceOf(row: DifferenceRow): ChargeDifference {
  return {
    kind: row.delivered === null ? "charge_unexplained" : "charge_missing",
    messageId: row.message_id,
    tenantId: row.tenant_id,
    walletId: row.wallet_id,
    part: row.part,
    country: row.country,
    operator: row.operator,
    acceptedAt: Math.round(Number(row.accepted)),
    at: Math.round(row.at),
    hold: row.hold,
    prefix: row.recipient === null ? null : destinationPrefix(row.recipient),
    connector: row.connector,
    requestSize: row.request_size,
  };
}
