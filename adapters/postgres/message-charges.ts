import { destinationPrefix } from "#domain/messages/numbers.ts";
import type { ChargeDifference } from "#domain/settlement/message-check.ts";
import { onPostgres, type Pool } from "./pool.ts";

/** Messages compared by one query. */
const MESSAGES_PER_PAGE = 20_000;
/** What happened so recently may still be on its way through billing. */
export const SETTLED_AFTER_MS = 120_000;

/** A delivered part has one charge, a part that came to another end none. Where nothing was set aside, the card has no price. */
const DIFFERENCES = `
  WITH parts AS (
    SELECT m.message_id::text AS message_id, m.tenant_id, m.wallet_id, m.country, m.operator, m.accepted_at, m.final_at, p.part,
           m.steps -> ('delivered:' || p.part) AS delivered, coalesce(m.holds ->> 'part', '0') AS hold,
           m.recipient, (m.origin ->> 'requestSize')::int AS request_size, coalesce(m.steps -> ('delivered:' || p.part) ->> 'connector', m.steps -> ('sent:' || p.part) ->> 'connector')
             AS connector,
           m.message_id || ':sms.delivered:' || p.part AS event_id
      FROM messages m CROSS JOIN LATERAL generate_series(1, m.parts) AS p(part)
     WHERE ($1::text IS NULL OR m.tenant_id = $1) AND m.channel = 'sms' AND m.direction = 'outbound' AND m.message_id > $2
       AND m.message_id <= $3 AND m.final_at < to_timestamp($4::float8 / 1000)),
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

/** What is compared: the messages that ended before a time (epoch ms), of one tenant or of all. */
export interface MessageScope {
  readonly tenantId: string | null;
  readonly endedBefore: number;
  /** Accepted before this time (epoch ms); null: whenever. */
  readonly acceptedBefore: number | null;
}

export interface MessagePage {
  readonly compared: number;
  readonly differences: readonly ChargeDifference[];
  /** The page's last message; null when there are no more. */
  readonly last: string | null;
}

/** Compares a tenant's messages that came to an end with the ledger, page by page. */
export async function* chargeDifferences(
  pool: Pool,
  tenantId: string,
  now: number,
): AsyncGenerator<ChargeDifference> {
  const scope = { tenantId, endedBefore: now - SETTLED_AFTER_MS, acceptedBefore: null };
  for (let after: string | null = LOWEST; after !== null;) {
    const page: MessagePage = await messagePage(pool, scope, after);
    yield* page.differences;
    after = page.last;
  }
}

/** One page of messages, by ascending id. @param after the last message of the page before. */
export async function messagePage(pool: Pool, scope: MessageScope, after: string): Promise<MessagePage> {
  const { messages, last } = await pageEnd(pool, scope, after);
  if (last === null) return { compared: 0, differences: [], last: null };
  const { rows } = await onPostgres(() =>
    pool.query<DifferenceRow>(DIFFERENCES, [scope.tenantId, after, last, scope.endedBefore]),
  );
  return {
    compared: messages,
    differences: rows.map(differenceOf),
    last: messages < MESSAGES_PER_PAGE ? null : last,
  };
}

/** The lowest id of a message accepted at this time (epoch ms). */
export async function messageFloor(pool: Pool, at: number): Promise<string> {
  const { rows } = await onPostgres(() =>
    pool.query<{ floor: string }>(
      "SELECT catalyst_uuid_floor(to_timestamp($1::float8 / 1000))::text AS floor",
      [at],
    ),
  );
  return rows[0]?.floor ?? LOWEST;
}

/** How many messages the page that begins behind `after` has, and the last of them. */
async function pageEnd(
  pool: Pool,
  { tenantId, acceptedBefore }: MessageScope,
  after: string,
): Promise<{ readonly messages: number; readonly last: string | null }> {
  const { rows } = await onPostgres(() =>
    pool.query<{ messages: string; last: string | null }>(
      `SELECT count(*) AS messages, (max(message_id::text COLLATE "C")) AS last FROM (
         SELECT message_id FROM messages WHERE ($1::text IS NULL OR tenant_id = $1) AND message_id > $2
            AND ($3::float8 IS NULL OR message_id < catalyst_uuid_floor(to_timestamp($3::float8 / 1000)))
          ORDER BY message_id LIMIT ${MESSAGES_PER_PAGE}) page`,
      [tenantId, after, acceptedBefore],
    ),
  );
  return { messages: Number(rows[0]?.messages ?? 0), last: rows[0]?.last ?? null };
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
