import pg from "pg";
import type { Pool } from "#adapters/postgres/pool.ts";
import { startPostgres, type TestPostgres } from "./servers.ts";

/** A PostgreSQL of this file's own, and a client that no trigger and no policy stops. */
export interface TestBooks {
  readonly postgres: TestPostgres;
  readonly pool: Pool;
  /** Runs statements as a superuser with triggers disabled: somebody who tampers. */
  tamper(sql: string, values?: readonly unknown[]): Promise<void>;
  stop(): Promise<void>;
}

export async function startBooks(): Promise<TestBooks> {
  const postgres = await startPostgres();
  const { port } = new URL(postgres.url);
  const superuser = new pg.Client({
    host: "127.0.0.1",
    port: Number(port),
    user: "postgres",
    password: "test-only",
    database: "catalyst",
  });
  await superuser.connect();
  await superuser.query("SET session_replication_role = replica");
  return {
    postgres,
    pool: postgres.pool,
    async tamper(sql, values = []) {
      const { rowCount } = await superuser.query(sql, [...values]);
      if (rowCount === 0) throw new Error(`nothing was tampered with: ${sql}`);
    },
    async stop() {
      await superuser.end();
      await postgres.stop();
    },
  };
}

/** A wallet with `charges` charges of 0.01539 after a top-up of 1,000, as the ledger would have written them. */
export async function fillWallet(
  pool: Pool,
  tenantId: string,
  walletId: string,
  charges: number,
): Promise<void> {
  await pool.query(
    `INSERT INTO wallets (wallet_id, tenant_id, currency, sequence, balance)
     VALUES ($1, $2, 'USD', $3::bigint + 1, 1000 - 0.01539 * $3::bigint)`,
    [walletId, tenantId, charges],
  );
  await pool.query(
    `INSERT INTO ledger_entries (event_id, accepted_month, wallet_id, tenant_id, sequence, entry_type, event_type, part, amount, base,
       revenue, tax, clearing, balance_after, currency, volume_period, volume_ordinal, trace, kafka_partition, kafka_offset, occurred_at,
       operator, country)
     SELECT $1 || ':' || n, '2026-11-01', $1, $2, n, CASE n WHEN 1 THEN 'top_up' ELSE 'charge' END,
            CASE n WHEN 1 THEN 'top_up' ELSE 'sms.delivered' END, 1, CASE n WHEN 1 THEN 1000 ELSE -0.01539 END,
            CASE n WHEN 1 THEN NULL ELSE 0.015 END, CASE n WHEN 1 THEN 0 ELSE 0.01425 END, CASE n WHEN 1 THEN 0 ELSE 0.00114 END,
            CASE n WHEN 1 THEN -1000 ELSE 0 END, 1000 - 0.01539 * (n - 1), 'USD', CASE n WHEN 1 THEN NULL ELSE '202611' END,
            CASE n WHEN 1 THEN 0 ELSE 49998 + n END,
            jsonb_build_object('v', 1, 'card', 'RC', 'version', 1, 'event', 'sms.delivered', 'units', 1), 0, n,
            timestamptz '2026-11-10 12:00:00Z' + n * interval '1 second', 'Verizon', 'US'
       FROM generate_series(1, $3::bigint + 1) AS n`,
    [walletId, tenantId, charges],
  );
}
