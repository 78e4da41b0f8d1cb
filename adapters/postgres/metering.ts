import type { Meter, MeteredQuantity, MeterReading } from "#domain/metering/meters.ts";
import type { MeteringStore, PendingQuantity } from "#domain/metering/ports.ts";
import { plainArray, textArray } from "./array-literal.ts";
import { inTransaction, onPostgres, type Client, type Pool } from "./pool.ts";

const HOUR_MS = 3_600_000;
/** Readings are of no use once their hour is closed and looked into. */
const KEPT_MS = 35 * 86_400_000;
/** Storing and closing exclude each other: an hour that is closed has every reading that counts in it. */
const LOCK = "hashtextextended('catalyst.metering', 0)";

const STORE = `
  INSERT INTO meter_readings AS known (tenant_id, meter, hour, source, quantity)
  SELECT r.tenant_id, r.meter, to_timestamp(r.hour / 1000), $5, r.quantity
    FROM unnest($1::text[], $2::text[], $3::float8[], $4::numeric[]) AS r (tenant_id, meter, hour, quantity)
   WHERE NOT EXISTS (SELECT FROM meter_hours h WHERE h.hour = to_timestamp(r.hour / 1000))
   ORDER BY r.hour, r.tenant_id, r.meter
  ON CONFLICT (hour, tenant_id, meter, source) DO UPDATE SET quantity = greatest(known.quantity, EXCLUDED.quantity)
  RETURNING tenant_id AS "tenantId", meter, (extract(epoch FROM hour) * 1000)::float8 AS hour`;

/** A tenant's share of each partition's size is its share of the rows: nobody reads the texts to weigh them. */
const STORAGE = `
  WITH today AS (SELECT date_trunc('day', to_timestamp($1::float8 / 1000), 'UTC') AS day),
  counted AS (
    SELECT tableoid, tenant_id, count(*) AS rows FROM messages
     WHERE NOT EXISTS (SELECT FROM meter_readings r, today t WHERE r.source = 'storage ' || t.day::text)
     GROUP BY tableoid, tenant_id),
  shares AS (
    SELECT tenant_id, pg_total_relation_size(tableoid) * rows / sum(rows) OVER (PARTITION BY tableoid) AS bytes FROM counted)
  INSERT INTO meter_readings (tenant_id, meter, hour, source, quantity)
  SELECT s.tenant_id, 'storage.gb', date_trunc('hour', to_timestamp($1::float8 / 1000)), 'storage ' || t.day::text, floor(sum(s.bytes) * 24)
    FROM shares s, today t GROUP BY s.tenant_id, t.day
  ON CONFLICT DO NOTHING`;

const CLOSE = `
  WITH closed AS (
    INSERT INTO meter_hours (hour)
    SELECT DISTINCT hour FROM meter_readings WHERE hour < to_timestamp($1::float8 / 1000)
    ON CONFLICT DO NOTHING RETURNING hour)
  INSERT INTO meter_quantities (tenant_id, meter, at, quantity)
  SELECT r.tenant_id, r.meter, r.hour + interval '1 hour' - interval '1 millisecond', sum(r.quantity)
    FROM meter_readings r JOIN closed USING (hour) GROUP BY r.tenant_id, r.meter, r.hour
  ON CONFLICT DO NOTHING`;

interface QuantityRow {
  readonly tenantId: string;
  readonly meter: Meter;
  readonly at: number;
  readonly quantity: string;
  readonly walletId: string | null;
}

const PENDING = `
  SELECT tenant_id AS "tenantId", meter, (extract(epoch FROM at) * 1000)::float8 AS at, quantity::text, wallet_id AS "walletId"
    FROM meter_quantities WHERE done_at IS NULL ORDER BY meter_quantities.at, tenant_id, meter LIMIT $1`;

const columns = (quantities: readonly MeteredQuantity[]): string[] => [
  textArray(quantities.map(({ tenantId }) => tenantId)),
  textArray(quantities.map(({ meter }) => meter)),
  plainArray(quantities.map(({ at }) => at)),
];

export function createMetering(pool: Pool): MeteringStore {
  return {
    store: (source, readings) =>
      readings.length === 0
        ? Promise.resolve([])
        : inTransaction(pool, (client) => store(client, source, readings)),
    measureStorage: (now) => onPostgres(async () => void (await pool.query(STORAGE, [now]))),
    add: (quantities) =>
      onPostgres(async () => {
        if (quantities.length === 0) return;
        await pool.query(
          `INSERT INTO meter_quantities (tenant_id, meter, at, quantity)
           SELECT q.tenant_id, q.meter, to_timestamp(q.at / 1000), q.quantity
             FROM unnest($1::text[], $2::text[], $3::float8[], $4::numeric[]) AS q (tenant_id, meter, at, quantity)
           ON CONFLICT DO NOTHING`,
          [...columns(quantities), plainArray(quantities.map(({ quantity }) => quantity.toString()))],
        );
      }),
    close: (before) =>
      inTransaction(pool, async (client) => {
        await client.query(`SELECT pg_advisory_xact_lock(${LOCK})`);
        await client.query(CLOSE, [before - HOUR_MS]);
        await client.query("DELETE FROM meter_readings WHERE hour < to_timestamp($1::float8 / 1000)", [
          before - KEPT_MS,
        ]);
      }),
    pending: (limit) =>
      onPostgres(async () => {
        const { rows } = await pool.query<QuantityRow>(PENDING, [limit]);
        return rows.map((row): PendingQuantity => ({ ...row, quantity: BigInt(row.quantity) }));
      }),
    measured: (tenantId, meter, from, to) =>
      onPostgres(async () => {
        const { rows } = await pool.query<{ quantity: string | null }>(
          `SELECT sum(quantity)::text AS quantity FROM meter_quantities
            WHERE tenant_id = $1 AND meter = $2 AND at >= to_timestamp($3::float8 / 1000) AND at < to_timestamp($4::float8 / 1000)`,
          [tenantId, meter, from, to],
        );
        return BigInt(rows[0]?.quantity ?? "0");
      }),
    assign: ({ tenantId, meter, at }, walletId) =>
      onPostgres(async () => {
        const { rows } = await pool.query<{ wallet_id: string }>(
          `UPDATE meter_quantities SET wallet_id = coalesce(wallet_id, $4)
            WHERE tenant_id = $1 AND meter = $2 AND at = to_timestamp($3::float8 / 1000) RETURNING wallet_id`,
          [tenantId, meter, at, walletId],
        );
        return rows[0]?.wallet_id ?? walletId;
      }),
    done: (quantities) =>
      onPostgres(async () => {
        await pool.query(
          `UPDATE meter_quantities m SET done_at = now()
             FROM unnest($1::text[], $2::text[], $3::float8[]) AS q (tenant_id, meter, at)
            WHERE (m.tenant_id, m.meter, m.at) = (q.tenant_id, q.meter, to_timestamp(q.at / 1000))`,
          columns(quantities),
        );
      }),
  };
}

async function store(
  client: Client,
  source: string,
  readings: readonly MeterReading[],
): Promise<readonly MeterReading[]> {
  await client.query(`SELECT pg_advisory_xact_lock_shared(${LOCK})`);
  const { rows } = await client.query<{ tenantId: string; meter: string; hour: number }>(STORE, [
    textArray(readings.map(({ tenantId }) => tenantId)),
    textArray(readings.map(({ meter }) => meter)),
    plainArray(readings.map(({ hour }) => hour)),
    plainArray(readings.map(({ quantity }) => quantity)),
    source,
  ]);
  const stored = new Set(rows.map(({ tenantId, meter, hour }) => `${hour} ${meter} ${tenantId}`));
  return readings.filter(({ tenantId, meter, hour }) => !stored.has(`${hour} ${meter} ${tenantId}`));
}
