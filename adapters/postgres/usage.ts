import type { UsageRecord, UsageRow, UsageStore } from "#domain/messages/ports.ts";
import { plainArray, textArray } from "./array-literal.ts";
import { asTenant, inTransaction, type Client, type Pool } from "./pool.ts";

type Positions = Parameters<UsageStore["count"]>[1];

export function createUsageStore(pool: Pool): UsageStore {
  return {
    count: (records, positions) =>
      inTransaction(pool, async (client) => {
        const reached = await lockPositions(client, positions);
        const unread = records.filter(
          ({ topic, partition, offset }) => offset >= (reached.get(`${topic}:${partition}`) ?? 0n),
        );
        const fresh = await markCounted(client, unread);
        await addUsage(client, fresh);
        await storePositions(client, positions);
        return fresh.reduce((sum, { units }) => sum + units, 0);
      }),
    read: (scope, tenantId, from, to) =>
      scope === "administration"
        ? inTransaction(pool, (client) => selectUsage(client, tenantId, from, to))
        : asTenant(pool, scope.tenantId, (client) => selectUsage(client, tenantId, from, to)),
  };
}

/** Reads where each partition stands and keeps everybody else from counting it until the transaction's end. */
async function lockPositions(client: Client, positions: Positions): Promise<Map<string, bigint>> {
  const columns = positionColumns(positions);
  await client.query(
    `INSERT INTO analytics_offsets (topic, partition, next_offset)
     SELECT topic, partition, 0 FROM unnest($1::text[], $2::int[]) AS p (topic, partition) ORDER BY topic, partition
     ON CONFLICT DO NOTHING`,
    columns.slice(0, 2),
  );
  const { rows } = await client.query<{ topic: string; partition: number; next_offset: string }>(
    `SELECT topic, partition, next_offset FROM analytics_offsets
     WHERE (topic, partition) IN (SELECT * FROM unnest($1::text[], $2::int[])) ORDER BY topic, partition FOR UPDATE`,
    columns.slice(0, 2),
  );
  return new Map(rows.map((row) => [`${row.topic}:${row.partition}`, BigInt(row.next_offset)]));
}

async function storePositions(client: Client, positions: Positions): Promise<void> {
  await client.query(
    `UPDATE analytics_offsets o SET next_offset = p.next_offset
     FROM unnest($1::text[], $2::int[], $3::bigint[]) AS p (topic, partition, next_offset)
     WHERE o.topic = p.topic AND o.partition = p.partition AND o.next_offset < p.next_offset`,
    positionColumns(positions),
  );
}

function positionColumns(positions: Positions): string[] {
  return [
    textArray(positions.map(({ topic }) => topic)),
    plainArray(positions.map(({ partition }) => partition)),
    plainArray(positions.map(({ nextOffset }) => nextOffset)),
  ];
}

/** Of each (message, part) the first record, unless an earlier batch counted it. */
async function markCounted(client: Client, records: readonly UsageRecord[]): Promise<UsageRecord[]> {
  const first = new Map<string, UsageRecord>();
  for (const record of records) {
    const key = `${record.messageId}:${record.part}`;
    if (!first.has(key)) first.set(key, record);
  }
  if (first.size === 0) return [];
  // In one order everywhere: two writers of the same parts then wait for each other instead of deadlocking.
  const ordered = [...first.entries()]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, record]) => record);
  const { rows } = await client.query<{ message_id: string; part: number }>(
    `INSERT INTO usage_counted (message_id, part) SELECT * FROM unnest($1::uuid[], $2::smallint[])
     ON CONFLICT DO NOTHING RETURNING message_id, part`,
    [plainArray(ordered.map(({ messageId }) => messageId)), plainArray(ordered.map(({ part }) => part))],
  );
  return rows.map((row) => first.get(`${row.message_id}:${row.part}`)!);
}

async function addUsage(client: Client, records: readonly UsageRecord[]): Promise<void> {
  const sums = new Map<string, { record: UsageRecord; messages: number; parts: number }>();
  for (const record of records) {
    const key = JSON.stringify([
      record.tenantId,
      record.hour,
      record.channel,
      record.outcome,
      record.country,
    ]);
    const sum = sums.get(key) ?? { record, messages: 0, parts: 0 };
    // A message of several parts counts once, by the outcome of its first.
    if (record.part <= 1) sum.messages += 1;
    sum.parts += record.units;
    sums.set(key, sum);
  }
  if (sums.size === 0) return;
  const ordered = [...sums.entries()]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, sum]) => sum);
  await client.query(
    `INSERT INTO usage_hourly AS u (tenant_id, channel, outcome, country, hour, messages, parts)
     SELECT tenant_id, channel, outcome, country, to_timestamp(hour / 1000), messages, parts
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::bigint[], $7::bigint[])
       AS s (tenant_id, channel, outcome, country, hour, messages, parts)
     ON CONFLICT (tenant_id, hour, channel, outcome, country)
     DO UPDATE SET messages = u.messages + EXCLUDED.messages, parts = u.parts + EXCLUDED.parts`,
    [
      textArray(ordered.map(({ record }) => record.tenantId)),
      plainArray(ordered.map(({ record }) => record.channel)),
      plainArray(ordered.map(({ record }) => record.outcome)),
      textArray(ordered.map(({ record }) => record.country)),
      plainArray(ordered.map(({ record }) => record.hour)),
      plainArray(ordered.map(({ messages }) => messages)),
      plainArray(ordered.map(({ parts }) => parts)),
    ],
  );
}

async function selectUsage(client: Client, tenantId: string, from: number, to: number): Promise<UsageRow[]> {
  const { rows } = await client.query<UsageRow>(
    `SELECT channel, outcome, country, (extract(epoch FROM hour) * 1000)::float8 AS hour, messages::float8 AS messages, parts::float8 AS parts
     FROM usage_hourly
     WHERE tenant_id = $1 AND hour >= to_timestamp($2::float8 / 1000) AND hour < to_timestamp($3::float8 / 1000)
     ORDER BY hour, channel, outcome, country`,
    [tenantId, from, to],
  );
  return rows;
}
