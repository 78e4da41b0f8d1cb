import {
  type Baseline,
  BASELINE_MS,
  baselineKey,
  type DestinationCounts,
  PREFIXES_MAX,
  type TrafficCounts,
} from "#domain/fraud/detection.ts";
import type { TrafficPosition, TrafficRecord, TrafficWindows } from "#domain/fraud/ports.ts";
import { plainArray, textArray } from "./array-literal.ts";
import { inTransaction, onPostgres, type Client, type Pool } from "./pool.ts";

const COLUMNS = [
  ["messages", "messages"],
  ["delivered", "delivered"],
  ["undelivered", "undelivered"],
  ["rejected", "rejected"],
  ["velocityBlocked", "velocity_blocked"],
  ["keywordBlocked", "keyword_blocked"],
] as const satisfies readonly (readonly [keyof TrafficCounts, string])[];

/** Rows of one window beyond which the rarest ranges make room: dropped in portions, not one by one. */
const PREFIXES_BEFORE_TRIM = 2 * PREFIXES_MAX;

/** The detector's counts (0013_fraud.sql). */
export function createTrafficWindows(pool: Pool): TrafficWindows {
  return {
    count: (records, positions) =>
      inTransaction(pool, async (client) => {
        const reached = await lockPositions(client, positions);
        const unread = records.filter(
          ({ topic, partition, offset }) => offset >= (reached.get(`${topic}:${partition}`) ?? 0n),
        );
        await add(client, unread);
        await trim(client, unread);
        await storePositions(client, positions);
      }),
    read: (windows) => onPostgres(() => read(pool, windows)),
    baseline: (tenantId, window) => onPostgres(() => baseline(pool, tenantId, window)),
    async prune(before) {
      const { rowCount } = await onPostgres(() =>
        pool.query("DELETE FROM fraud_windows WHERE started_at < to_timestamp($1::float8 / 1000)", [before]),
      );
      return rowCount ?? 0;
    },
  };
}

/** Reads where each partition stands and keeps everybody else from counting it until the transaction's end. */
async function lockPositions(
  client: Client,
  positions: readonly TrafficPosition[],
): Promise<Map<string, bigint>> {
  const columns = positionColumns(positions).slice(0, 2);
  await client.query(
    `INSERT INTO fraud_offsets (topic, partition, next_offset)
     SELECT topic, partition, 0 FROM unnest($1::text[], $2::int[]) AS p (topic, partition) ORDER BY topic, partition
     ON CONFLICT DO NOTHING`,
    columns,
  );
  const { rows } = await client.query<{ topic: string; partition: number; next_offset: string }>(
    `SELECT topic, partition, next_offset FROM fraud_offsets
     WHERE (topic, partition) IN (SELECT * FROM unnest($1::text[], $2::int[])) ORDER BY topic, partition FOR UPDATE`,
    columns,
  );
  return new Map(rows.map((row) => [`${row.topic}:${row.partition}`, BigInt(row.next_offset)]));
}

async function storePositions(client: Client, positions: readonly TrafficPosition[]): Promise<void> {
  await client.query(
    `UPDATE fraud_offsets o SET next_offset = p.next_offset
     FROM unnest($1::text[], $2::int[], $3::bigint[]) AS p (topic, partition, next_offset)
     WHERE o.topic = p.topic AND o.partition = p.partition AND o.next_offset < p.next_offset`,
    positionColumns(positions),
  );
}

function positionColumns(positions: readonly TrafficPosition[]): string[] {
  return [
    textArray(positions.map(({ topic }) => topic)),
    plainArray(positions.map(({ partition }) => partition)),
    plainArray(positions.map(({ nextOffset }) => nextOffset)),
  ];
}

interface Sum {
  readonly tenantId: string;
  readonly window: number;
  readonly country: string;
  readonly prefix: string;
  readonly counts: Record<keyof TrafficCounts, number>;
}

/** Each record counts in its country as a whole, and in its range where that is known. */
function summed(records: readonly TrafficRecord[]): Sum[] {
  const sums = new Map<string, Sum>();
  for (const { tenantId, window, country, prefix, kind } of records) {
    for (const range of prefix === null ? [""] : ["", prefix]) {
      const key = JSON.stringify([tenantId, window, country, range]);
      let sum = sums.get(key);
      if (sum === undefined) {
        sum = { tenantId, window, country, prefix: range, counts: nothing() };
        sums.set(key, sum);
      }
      sum.counts[kind] += 1;
    }
  }
  // In one order everywhere: two writers of the same rows then wait for each other instead of deadlocking.
  return [...sums.entries()].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, sum]) => sum);
}

function nothing(): Record<keyof TrafficCounts, number> {
  return {
    messages: 0,
    delivered: 0,
    undelivered: 0,
    rejected: 0,
    velocityBlocked: 0,
    keywordBlocked: 0,
  };
}

async function add(client: Client, records: readonly TrafficRecord[]): Promise<void> {
  const sums = summed(records);
  if (sums.length === 0) return;
  const names = COLUMNS.map(([, column]) => column);
  await client.query(
    `INSERT INTO fraud_windows AS w (tenant_id, started_at, country, prefix, ${names.join(", ")})
     SELECT tenant_id, to_timestamp(started / 1000), country, prefix, ${names.join(", ")}
       FROM unnest($1::text[], $2::float8[], $3::text[], $4::text[], ${names.map((_, index) => `$${index + 5}::bigint[]`).join(", ")})
         AS s (tenant_id, started, country, prefix, ${names.join(", ")})
     ON CONFLICT (tenant_id, started_at, country, prefix)
     DO UPDATE SET ${names.map((name) => `${name} = w.${name} + EXCLUDED.${name}`).join(", ")}`,
    [
      textArray(sums.map(({ tenantId }) => tenantId)),
      plainArray(sums.map(({ window }) => window)),
      textArray(sums.map(({ country }) => country)),
      textArray(sums.map(({ prefix }) => prefix)),
      ...COLUMNS.map(([field]) => plainArray(sums.map(({ counts }) => counts[field]))),
    ],
  );
}

/** The rarest ranges of a tenant's window make room; they go on being counted in their country. */
async function trim(client: Client, records: readonly TrafficRecord[]): Promise<void> {
  const windows = windowColumns(records);
  if (windows === null) return;
  await client.query(
    `WITH touched AS (SELECT DISTINCT tenant_id, to_timestamp(started / 1000) AS started_at
                        FROM unnest($1::text[], $2::float8[]) AS t (tenant_id, started)),
          full_ones AS (SELECT w.tenant_id, w.started_at FROM fraud_windows w JOIN touched USING (tenant_id, started_at)
                         WHERE w.prefix <> '' GROUP BY 1, 2 HAVING count(*) > ${PREFIXES_BEFORE_TRIM}),
          ranked AS (SELECT w.tenant_id, w.started_at, w.country, w.prefix, row_number() OVER (
                       PARTITION BY w.tenant_id, w.started_at ORDER BY w.messages + w.delivered + w.undelivered + w.rejected DESC, w.prefix) AS rank
                       FROM fraud_windows w JOIN full_ones USING (tenant_id, started_at) WHERE w.prefix <> '')
     DELETE FROM fraud_windows w USING ranked r
      WHERE r.rank > ${PREFIXES_MAX} AND (w.tenant_id, w.started_at, w.country, w.prefix) = (r.tenant_id, r.started_at, r.country, r.prefix)`,
    windows,
  );
}

function windowColumns(
  windows: readonly { readonly tenantId: string; readonly window: number }[],
): string[] | null {
  if (windows.length === 0) return null;
  return [
    textArray(windows.map(({ tenantId }) => tenantId)),
    plainArray(windows.map(({ window }) => window)),
  ];
}

interface WindowRow {
  readonly tenant_id: string;
  readonly started: number;
  readonly country: string;
  readonly prefix: string;
  readonly messages: number;
  readonly delivered: number;
  readonly undelivered: number;
  readonly rejected: number;
  readonly velocity_blocked: number;
  readonly keyword_blocked: number;
}

async function read(
  pool: Pool,
  windows: Parameters<TrafficWindows["read"]>[0],
): ReturnType<TrafficWindows["read"]> {
  const columns = windowColumns(windows);
  if (columns === null) return [];
  const { rows } = await pool.query<WindowRow>(
    `SELECT w.tenant_id, (extract(epoch FROM w.started_at) * 1000)::float8 AS started, w.country, w.prefix,
            ${COLUMNS.map(([, column]) => `w.${column}::float8 AS ${column}`).join(", ")}
       FROM fraud_windows w JOIN (SELECT DISTINCT tenant_id, to_timestamp(started / 1000) AS started_at
              FROM unnest($1::text[], $2::float8[]) AS t (tenant_id, started)) t USING (tenant_id, started_at)`,
    columns,
  );
  const grouped = Map.groupBy(rows, ({ tenant_id: tenantId, started }) => `${tenantId}:${started}`);
  return [...grouped.values()].map((group) => ({
    tenantId: group[0]!.tenant_id,
    window: group[0]!.started,
    counts: group.map(countsOf),
  }));
}

function countsOf(row: WindowRow): DestinationCounts {
  return {
    country: row.country,
    prefix: row.prefix === "" ? null : row.prefix,
    messages: row.messages,
    delivered: row.delivered,
    undelivered: row.undelivered,
    rejected: row.rejected,
    velocityBlocked: row.velocity_blocked,
    keywordBlocked: row.keyword_blocked,
  };
}

async function baseline(pool: Pool, tenantId: string, window: number): Promise<Baseline> {
  const { rows } = await pool.query<{ country: string; prefix: string; messages: number; windows: number }>(
    `WITH before AS (SELECT * FROM fraud_windows WHERE tenant_id = $1
        AND started_at >= to_timestamp($2::float8 / 1000) AND started_at < to_timestamp($3::float8 / 1000))
     SELECT country, prefix, sum(messages)::float8 AS messages,
            (SELECT count(DISTINCT started_at) FROM before WHERE messages > 0)::float8 AS windows
       FROM before GROUP BY country, prefix`,
    [tenantId, window - BASELINE_MS, window],
  );
  return {
    windows: rows[0]?.windows ?? 0,
    messages: new Map(
      rows.map((row) => [baselineKey(row.country, row.prefix === "" ? null : row.prefix), row.messages]),
    ),
  };
}
