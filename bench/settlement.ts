import { setTimeout as sleep } from "node:timers/promises";
import { createPool, type Pool } from "#adapters/postgres/pool.ts";
import { createSettlementBooks } from "#adapters/postgres/settlement-books.ts";
import { isoDay, settlementDay, type SettlementDay } from "#domain/settlement/day.ts";
import { WALLETS_PER_BATCH } from "#activities/settle-pages.ts";
import type { Environment } from "../scripts/environment.ts";
import type { Bench, BenchOptions, BenchResult } from "./bench.ts";
import { percentile } from "./checks.ts";
import { inEnvironment } from "./environment.ts";
import { fillManyWallets } from "./many-wallets.ts";

const WALLETS = 100_000;
/** Of the day, beside a top-up of the day before. */
const CHARGES = 9;
const DAY_MS = 86_400_000;

export const bench: Bench = {
  name: "settlement",
  summary: "a night's comparison of 100,000 wallets, ten entries each, through the flow",
  run,
};

async function run(options: BenchOptions): Promise<BenchResult> {
  return inEnvironment(options, {}, async (environment) => {
    for (const name of ["firewall", "sms", "billing", "timeline", "analytics", "notifications"])
      await environment.stopProcess(name);
    return await measure(environment, options);
  });
}

async function measure(environment: Environment, options: BenchOptions): Promise<BenchResult> {
  const wallets = options.messages ?? WALLETS;
  // The last day of which nobody can say that it is not over.
  const day = settlementDay(isoDay(Date.now() - 2 * DAY_MS)) as SettlementDay;
  const pool = createPool(environment.urls.postgres, "bench");
  try {
    options.progress(`writing ${wallets} wallets of ${CHARGES + 1} entries …`);
    await fillManyWallets(pool, day.day, wallets, CHARGES);
    const raw = await bareComparison(pool);
    const pages = await pageTimes(pool, day);
    options.progress("settling …");
    const startedAt = performance.now();
    await settle(environment, day.day);
    const seconds = (performance.now() - startedAt) / 1000;
    const { rows } = await pool.query<{ settled: string; entries: string }>(
      "SELECT count(*) AS settled, coalesce(sum(entries), 0) AS entries FROM settlement_wallets",
    );
    const round = (value: number): number => Math.round(value * 100) / 100;
    return {
      bench: "settlement",
      figure: Math.round(wallets / seconds),
      unit: "wallets/s",
      ceiling: Math.round(wallets / (raw / 1000)),
      ratio: round(raw / 1000 / seconds),
      p50_ms: round(percentile(pages, 0.5)),
      p99_ms: round(percentile(pages, 0.99)),
      lost: wallets - Number(rows[0]?.settled),
      duplicated: Number(rows[0]?.entries) - wallets * (CHARGES + 1),
      tables: [
        {
          title: `Whole settlement, through REST and Temporal; p50 and p99 are pages of ${WALLETS_PER_BATCH} wallets`,
          rows: [
            ["", "WALLETS", "ENTRIES", "SECONDS"],
            ["settlement", String(wallets), String(wallets * (CHARGES + 1)), seconds.toFixed(1)],
            ["bare SQL, one statement", "", "", (raw / 1000).toFixed(1)],
          ],
        },
      ],
    };
  } finally {
    await pool.end();
  }
}

/** The same comparison as one statement: sums, counts and numbers of the entries against the wallets' rows; nothing is kept and no cache asked. */
async function bareComparison(pool: Pool): Promise<number> {
  const startedAt = performance.now();
  await pool.query(
    `SELECT count(*) FROM wallets w JOIN (
       SELECT wallet_id, sum(amount) AS sum, count(*) AS entries, count(DISTINCT sequence) AS numbers, max(sequence) AS highest
         FROM ledger_entries GROUP BY wallet_id) e USING (wallet_id)
      WHERE w.balance <> e.sum OR w.sequence <> e.highest OR e.numbers <> e.entries`,
  );
  return performance.now() - startedAt;
}

/** Of the pages as the flow reads them, ascending. */
async function pageTimes(pool: Pool, day: SettlementDay): Promise<number[]> {
  const books = createSettlementBooks(pool);
  const times: number[] = [];
  for (let after: string | null = null; ;) {
    const startedAt = performance.now();
    const page: Awaited<ReturnType<typeof books.wallets>> = await books.wallets(
      day,
      after,
      WALLETS_PER_BATCH,
    );
    times.push(performance.now() - startedAt);
    if (page.length < WALLETS_PER_BATCH) return times.sort((one, other) => one - other);
    after = page.at(-1)?.books.walletId ?? null;
  }
}

/** As an operator would, by REST; asks until the run has ended. */
async function settle(environment: Environment, day: string): Promise<void> {
  const headers = {
    authorization: `Bearer ${environment.secrets.adminToken}`,
    "content-type": "application/json",
  };
  const url = `${environment.urls.gateway}/api/v2`;
  const started = await fetch(`${url}/settlements`, {
    method: "POST",
    headers,
    body: JSON.stringify({ day }),
  });
  if (started.status !== 201) throw new Error(`the settlement was not started: ${await started.text()}`);
  for (;;) {
    const run = (await (await fetch(`${url}/workflows/runs/settlement-${day}`, { headers })).json()) as {
      readonly status: string;
    };

    if (run.status === "completed") return;
    if (run.status !== "running") throw new Error(`the settlement ended as ${run.status}`);
    await sleep(100);
  }
}
