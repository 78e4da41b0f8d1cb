import pg from "pg";
import { createLedger } from "#adapters/postgres/ledger.ts";
import { createPool } from "#adapters/postgres/pool.ts";
import { createRedisConnection } from "#adapters/redis/connection.ts";
import { createWalletStore } from "#adapters/redis/wallet-store.ts";
import type { Environment } from "../scripts/environment.ts";
import type { Bench, BenchOptions, BenchResult } from "./bench.ts";
import { percentile } from "./checks.ts";
import { inEnvironment } from "./environment.ts";
import { onboardTenant } from "./tenant.ts";

const ENTRIES = 1_000_000;
const TURNS = 20;
const BAR_MS = 5_000;

export const bench: Bench = {
  name: "rebuild",
  summary: "a wallet of a million entries, from the ledger after FLUSHALL",
  run,
};

async function run(options: BenchOptions): Promise<BenchResult> {
  return inEnvironment(options, {}, async (environment) => {
    const { tenantId, walletId } = await onboardTenant(environment, "BENCH");
    for (const name of ["gateway", "billing", "timeline", "analytics"]) await environment.stopProcess(name);
    const entries = options.messages ?? ENTRIES;
    options.progress(`writing ${entries} entries …`);
    const balance = await fill(environment.urls.postgres, tenantId, walletId, entries);
    return await measure(environment, walletId, entries, balance);
  });
}

/** Entries as charging writes them, in one statement, since only the reading is measured. Returns the balance. */
async function fill(url: string, tenantId: string, walletId: string, entries: number): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(
      `INSERT INTO ledger_entries (event_id, accepted_month, wallet_id, tenant_id, sequence, entry_type, event_type, message_id, part,
         amount, base, revenue, tax, clearing, balance_after, currency, volume_period, volume_ordinal, trace, kafka_partition,
         kafka_offset, occurred_at)
       SELECT gen_random_uuid() || ':sms.delivered:1', date_trunc('month', now())::date, w.wallet_id, w.tenant_id, w.sequence + n, 'charge',
              'sms.delivered', gen_random_uuid(), 1, -0.01539, 0.015, 0.01425, 0.00114, 0, w.balance - 0.01539 * n, w.currency,
              to_char(now(), 'YYYYMM'), n, '{"v":2}', 0, n, now()
         FROM wallets w, generate_series(1, $2::int) AS n WHERE w.wallet_id = $1`,
      [walletId, entries],
    );
    await client.query(
      `INSERT INTO wallet_volumes (wallet_id, tenant_id, period, volume) VALUES ($1, $2, to_char(now(), 'YYYYMM'), $3)
       ON CONFLICT (wallet_id, period) DO UPDATE SET volume = excluded.volume`,
      [walletId, tenantId, entries],
    );
    const { rows } = await client.query<{ balance: string }>(
      `UPDATE wallets SET sequence = sequence + $2, balance = balance - 0.01539 * $2 WHERE wallet_id = $1 RETURNING balance`,
      [walletId, entries],
    );
    await client.query("ANALYZE ledger_entries, wallets, wallet_volumes");
    return rows[0]?.balance ?? "";
  } finally {
    await client.end();
  }
}

async function measure(
  environment: Environment,
  walletId: string,
  entries: number,
  balance: string,
): Promise<BenchResult> {
  const pool = createPool(environment.urls.postgres, "bench");
  const redis = createRedisConnection(environment.urls.redis);
  const store = createWalletStore(redis, createLedger(pool));
  try {
    const times: number[] = [];
    let wrong = 0;
    for (let turn = 0; turn < TURNS; turn += 1) {
      await redis.run((client) => client.flushall());
      const startedAt = performance.now();
      const state = await store.state(walletId);
      times.push(performance.now() - startedAt);
      if (state.balance !== BigInt(balance.replace(".", ""))) wrong += 1;
    }
    times.sort((one, other) => one - other);
    const raw = await readRow(pool, walletId);
    const round = (value: number): number => Math.round(value * 1000) / 1000;
    const slowest = times.at(-1) as number;
    return {
      bench: "rebuild",
      figure: round(slowest / 1000),
      unit: "s",
      ceiling: round(raw / 1000),
      ratio: round(raw / percentile(times, 0.5)),
      p50_ms: round(percentile(times, 0.5)),
      p99_ms: round(slowest),
      lost: wrong,
      duplicated: 0,
      tables: [
        {
          title: `Bar; the figure is the slowest of ${TURNS}, the ceiling one read of the wallet's row`,
          rows: [
            ["ENTRIES", "AT MOST", ""],
            [String(entries), `${BAR_MS / 1000} s`, slowest <= BAR_MS ? "met" : "not met"],
          ],
        },
      ],
    };
  } finally {
    await redis.close();
    await pool.end();
  }
}

async function readRow(pool: ReturnType<typeof createPool>, walletId: string): Promise<number> {
  const startedAt = performance.now();
  await pool.query("SELECT * FROM wallets WHERE wallet_id = $1", [walletId]);
  return performance.now() - startedAt;
}
