import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Environment } from "../scripts/environment.ts";
import type { LedgerWatch } from "./ledger-watch.ts";

/** The timeline may be behind the ledger; when nothing more becomes final for so long, nothing is coming. */
const STALLED_MS_MAX = 20_000;
const LOOK_EVERY_MS = 500;

export interface Account {
  readonly lost: number;
  readonly duplicated: number;
}

/**
 * Lost: accepted, but without its charge in the ledger or without a final state. Duplicated: charges beyond a message's first, and
 * submissions that the SMSC got more than once.
 */
export async function account(
  environment: Environment,
  walletId: string,
  accepted: readonly string[],
): Promise<Account> {
  return withClient(environment, async (client) => {
    let lost = await countLost(client, accepted);
    for (let progressAt = performance.now(); lost > 0 && performance.now() - progressAt < STALLED_MS_MAX;) {
      await sleep(LOOK_EVERY_MS);
      const now = await countLost(client, accepted);
      if (now < lost) progressAt = performance.now();
      lost = now;
    }
    const { rows } = await client.query<{ extra: string }>(
      `SELECT coalesce(sum(n - 1), 0) AS extra FROM (
         SELECT count(*) AS n FROM ledger_entries WHERE wallet_id = $1 AND entry_type = 'charge' GROUP BY message_id) AS charges`,
      [walletId],
    );
    return { lost, duplicated: Number(rows[0]?.extra) + (await simulatorDuplicates(environment)) };
  });
}

async function countLost(client: pg.Client, accepted: readonly string[]): Promise<number> {
  const { rows } = await client.query<{ lost: string }>(
    `SELECT count(*) AS lost FROM unnest($1::uuid[]) AS a (id)
     WHERE NOT EXISTS (SELECT FROM ledger_entries e WHERE e.event_id = a.id || ':sms.delivered:1')
        OR NOT EXISTS (SELECT FROM messages m WHERE m.message_id = a.id AND m.final_at IS NOT NULL)`,
    [accepted],
  );
  return Number(rows[0]?.lost);
}

async function simulatorDuplicates(environment: Environment): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${environment.ports.simulatorHealth}/messages`);
  return ((await response.json()) as { duplicates: number }).duplicates;
}

/**
 * Milliseconds from the hand-over of each submission to the first look at the ledger that showed its row committed, ascending: one
 * clock, the bench's, and an upper bound by one interval of looking.
 */
export async function ledgerLatencies(
  environment: Environment,
  walletId: string,
  submittedAt: ReadonlyMap<string, number>,
  watch: LedgerWatch,
): Promise<number[]> {
  return withClient(environment, async (client) => {
    const { rows } = await client.query<{ message_id: string; sequence: string }>(
      `SELECT message_id, sequence FROM ledger_entries WHERE wallet_id = $1 AND entry_type = 'charge'`,
      [walletId],
    );
    const latencies: number[] = [];
    for (const row of rows) {
      const start = submittedAt.get(row.message_id);
      const seen = watch.seenAt(Number(row.sequence));
      if (start !== undefined && seen !== undefined) latencies.push(seen - start);
    }
    return latencies.sort((left, right) => left - right);
  });
}

export function percentile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.ceil(ascending.length * share) - 1)] ?? Number.NaN;
}

/** PostgreSQL's connections by the process that holds them. */
export async function backends(
  environment: Environment,
): Promise<{ readonly name: string; readonly pid: number }[]> {
  return withClient(environment, async (client) => {
    const { rows } = await client.query<{ name: string; pid: number }>(
      `SELECT 'postgres for ' || regexp_replace(application_name, '^(catalyst|ceiling)-', '') AS name, pid
       FROM pg_stat_activity WHERE application_name ~ '^(catalyst|ceiling)-'`,
    );
    return rows;
  });
}

/**
 * Waits until `count` messages of `table` are final; answers performance.now() then. The last step of a message: who only counts charges
 * does not see a timeline that falls behind.
 */
export async function whenFinal(environment: Environment, table: string, count: number): Promise<number> {
  return withClient(environment, async (client) => {
    let [seen, progressAt] = [-1, performance.now()];
    for (;;) {
      const { rows } = await client.query<{ final: string }>(
        `SELECT count(*) AS final FROM ${table} WHERE final_at IS NOT NULL`,
      );
      const now = performance.now();
      const final = Number(rows[0]?.final);
      if (final > seen) progressAt = now;
      if (final >= count || now - progressAt > STALLED_MS_MAX) return progressAt;
      seen = final;
      await sleep(LOOK_EVERY_MS);
    }
  });
}

export interface BatchCount {
  readonly batches: number;
  readonly records: number;
}

const BATCHES = /^catalyst_stage_batch_records_(sum|count)\{[^}]*stage="([^"]+)"[^}]*\} (\S+)$/gm;

/** Batches and records that each stage has handled since its start, from the processes' own metrics. */
export async function batchCounts(environment: Environment): Promise<Map<string, BatchCount>> {
  const counts = new Map<string, BatchCount>();
  const { gateway, ...ports } = environment.ports;
  const health = Object.entries(ports).flatMap(([name, port]) => (name.endsWith("Health") ? [port] : []));
  await Promise.all(
    [gateway, ...health].map(async (port) => {
      const response = await fetch(`http://127.0.0.1:${port}/metrics`, {
        headers: { authorization: `Bearer ${environment.secrets.adminToken}` },
      }).catch(() => null);
      for (const [, kind, stage, value] of (await response?.text())?.matchAll(BATCHES) ?? []) {
        const known = counts.get(stage!) ?? { batches: 0, records: 0 };
        counts.set(stage!, { ...known, [kind === "count" ? "batches" : "records"]: Number(value) });
      }
    }),
  );
  return counts;
}

async function withClient<Result>(
  environment: Environment,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: environment.urls.postgres });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
