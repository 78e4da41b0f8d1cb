import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { createRedisConnection } from "#adapters/redis/connection.ts";
import { loadArguments } from "#adapters/redis/wallet-codec.ts";
import { runScript } from "#adapters/redis/wallet-scripts.ts";
import { money } from "#domain/money/money.ts";
import type { Environment } from "../scripts/environment.ts";
import { rootDirectory } from "../scripts/paths.ts";
import type { Bench, BenchOptions, BenchResult, BenchTable } from "./bench.ts";
import {
  type BilledTenant,
  BillingLoad,
  followLedger,
  type Progress,
  rateOf,
  skipToEnd,
} from "./billing-load.ts";
import type { ChargingPlan } from "./ceiling/charging.ts";
import { CEILING_SCHEMA } from "./ceiling/plan.ts";
import { percentile } from "./checks.ts";
import { inEnvironment } from "./environment.ts";
import { cpuTimes, cpuUsed, type CpuSubject } from "./cpu.ts";
import { type MemorySample, memoryTable, paceCharges } from "./paced-charges.ts";
import { sampleRow } from "./samples.ts";
import { onboardTenant } from "./tenant.ts";

const EVENTS = 300_000;
const WARM_UP = 30_000;
const TENANTS = 16;
/** Of the paced phase: enough for a p99, and with --rate half for a leak to show. */
const PACED_SECONDS = 10;
const SOAKED_SECONDS = 180;
const BALANCE = 10n ** 24n;
const AMOUNT = 10n ** 16n;

export const bench: Bench = {
  name: "charging",
  summary: "billing events per second, from a full topic to committed in the ledger, by one billing process",
  run: (options) => runCharging(options, { name: "charging", tenants: TENANTS, bar: 25_000 }),
};

interface Variant {
  readonly name: string;
  readonly tenants: number;
  readonly bar: number;
}

interface Measured {
  readonly samples: readonly Progress[];
  readonly cpu: readonly (readonly [string, number])[];
}

/** The same with another number of wallets is the bench `hot-wallet`. */
export async function runCharging(options: BenchOptions, variant: Variant): Promise<BenchResult> {
  const events = options.messages ?? EVENTS;
  return inEnvironment(options, {}, async (environment) => {
    const tenants = await openTenants(environment, variant.tenants, options.progress);
    for (const name of ["gateway", "firewall", "sms", "timeline", "analytics", "notifications", "flows"])
      await environment.stopProcess(name);
    const load = await BillingLoad.connect(environment);
    try {
      return await measure(
        environment,
        load,
        tenants,
        { ...variant, events, seconds: options.rate === "half" ? SOAKED_SECONDS : PACED_SECONDS },
        options.progress,
      );
    } finally {
      await load.close();
    }
  });
}

async function openTenants(
  environment: Environment,
  count: number,
  progress: (line: string) => void,
): Promise<BilledTenant[]> {
  progress(`opening ${count} tenants …`);
  const tenants: BilledTenant[] = [];
  for (let index = 0; index < count; index += 1)
    tenants.push(await onboardTenant(environment, `BENCH-${index}`, GUIDE_CARD));
  return tenants;
}

/** The guide's own card: bands, operators, destinations and the tiers of Example 1. */
const GUIDE_CARD = JSON.parse(
  readFileSync(join(rootDirectory, "examples", "rate-cards", "guide.json"), "utf8"),
) as { readonly rate_card_id: string };

async function measure(
  environment: Environment,
  load: BillingLoad,
  tenants: readonly BilledTenant[],
  { events, seconds, ...variant }: Variant & { readonly events: number; readonly seconds: number },
  progress: (line: string) => void,
): Promise<BenchResult> {
  const url = environment.urls.postgres;
  progress("warming up …");
  await load.fill(tenants, WARM_UP);
  const opened = (await followLedger(url, "wallets", WARM_UP + tenants.length)).at(-1)!.entries;
  await environment.stopProcess("billing");
  await skipToEnd(environment, "ceiling.charging");
  progress(`filling billing.events with ${events} events …`);
  await load.fill(tenants, events);
  const product = await measureProduct(environment, opened, events, progress);
  const disk = await bytesPerCharge(url);
  const halfRate = { perSecond: rateOf(product.samples) / 2, seconds };
  const { latencies, memory } = await paceCharges(environment, load, tenants, halfRate, progress);
  const account = await countEntries(url, tenants);
  await environment.stopProcess("billing");
  const ceiling = await measureCeiling(environment, tenants, events, progress);
  const expected = WARM_UP + events + latencies.length;
  return result(variant, product, ceiling, latencies, {
    memory,
    lost: expected - account.distinct,
    duplicated: account.entries - account.distinct,
    disk,
  });
}

async function measureProduct(
  environment: Environment,
  opened: number,
  events: number,
  progress: (line: string) => void,
): Promise<Measured> {
  progress("charging them …");
  await environment.startProcess("billing");
  await environment.waitHealthy("billing");
  return measured(environment, [], "wallets", opened + events, progress);
}

async function measured(
  environment: Environment,
  others: readonly CpuSubject[],
  table: string,
  target: number,
  progress: (line: string) => void,
): Promise<Measured> {
  const { processes } = await environment.status();
  const subjects = [
    ...processes.flatMap(({ name, pid }) => (pid === null ? [] : [{ name, pid }])),
    ...others,
  ];
  const before = cpuTimes(subjects);
  const samples = await followLedger(environment.urls.postgres, table, target);
  const used = cpuUsed(before, cpuTimes(subjects));
  const charged = samples.at(-1)!.entries - samples[0]!.entries;
  progress(`${Math.round(rateOf(samples))} charges a second`);
  return { samples, cpu: used.map(([name, ms]) => [name, (ms * 1000) / Math.max(1, charged)] as const) };
}

async function measureCeiling(
  environment: Environment,
  tenants: readonly BilledTenant[],
  events: number,
  progress: (line: string) => void,
): Promise<Measured> {
  progress("the same records, calls and rows without logic …");
  const client = new pg.Client({ connectionString: environment.urls.postgres });
  await client.connect();
  const plan: ChargingPlan = {
    walletIds: tenants.map(({ walletId }) => walletId),
    entry: await sampleRow(client, "ledger_entries"),
    amount: AMOUNT.toString(),
    balance: BALANCE.toString(),
    period: "202601",
  };
  try {
    await client.query(`CREATE SCHEMA ${CEILING_SCHEMA}`);
    for (const table of ["wallets", "wallet_volumes"])
      await client.query(
        `CREATE TABLE ${CEILING_SCHEMA}.${table} (LIKE public.${table} INCLUDING ALL) WITH (fillfactor = 50)`,
      );
    await client.query(
      `CREATE TABLE ${CEILING_SCHEMA}.ledger_entries (LIKE public.ledger_entries INCLUDING ALL)`,
    );
    await client.query(
      `INSERT INTO ${CEILING_SCHEMA}.wallets (wallet_id, tenant_id, currency)
       SELECT 'ceiling-' || id, 'ceiling', 'USD' FROM unnest($1::text[]) AS id`,
      [plan.walletIds],
    );
  } finally {
    await client.end();
  }
  await loadWallets(environment.urls.redis, plan);
  const file = join(environment.dataDirectory, "charging-plan.json");
  writeFileSync(file, JSON.stringify(plan), { mode: 0o600 });
  const child = spawn(process.execPath, [join(rootDirectory, "bench", "ceiling", "charging.ts")], {
    cwd: rootDirectory,
    env: { ...process.env, ...environment.variables, CHARGING_PLAN: file },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await ready(child);
    const subject = { name: "billing", pid: child.pid! };
    return await measured(environment, [subject], `${CEILING_SCHEMA}.wallets`, events, progress);
  } finally {
    child.kill("SIGKILL");
  }
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.once("data", () => resolve());
    child.once("exit", (code) => reject(new Error(`the raw charger ended with ${code}`)));
  });
}

async function loadWallets(redisUrl: string, { walletIds, balance, period }: ChargingPlan): Promise<void> {
  const redis = createRedisConnection(redisUrl);
  try {
    const state = {
      epoch: 1n,
      sequence: 0n,
      balance: money(BigInt(balance)),
      volumes: new Map([[period, 0n]]),
    };
    for (const walletId of walletIds)
      await redis.run((client, identity) =>
        runScript(client, "load", `ceiling-${walletId}`, [identity, ...loadArguments(state, [])]),
      );
  } finally {
    await redis.close();
  }
}

async function countEntries(
  url: string,
  tenants: readonly BilledTenant[],
): Promise<{ readonly entries: number; readonly distinct: number }> {
  return query(
    url,
    `SELECT count(*)::int AS entries, count(DISTINCT event_id)::int AS distinct FROM ledger_entries
      WHERE entry_type = 'charge' AND wallet_id = ANY($1::text[])`,
    [tenants.map(({ walletId }) => walletId)],
  );
}

interface Disk {
  readonly table: number;
  readonly indexes: number;
}

/** Bytes of the ledger's table and of its indexes, for each entry. */
async function bytesPerCharge(url: string): Promise<Disk> {
  return query(
    url,
    `SELECT (sum(pg_table_size(oid)) / (SELECT count(*) FROM ledger_entries))::int AS table,
            (sum(pg_indexes_size(oid)) / (SELECT count(*) FROM ledger_entries))::int AS indexes
       FROM pg_class WHERE relkind = 'r' AND relname ~ '^ledger_entries'`,
    [],
  );
}

async function query<Row extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: unknown[],
): Promise<Row> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows[0] as Row;
  } finally {
    await client.end();
  }
}

function result(
  variant: Variant,
  product: Measured,
  ceiling: Measured,
  latencies: readonly number[],
  account: {
    readonly lost: number;
    readonly duplicated: number;
    readonly disk: Disk;
    readonly memory: readonly MemorySample[];
  },
): BenchResult {
  const round = (value: number): number => Math.round(value * 10) / 10;
  const [figure, raw] = [rateOf(product.samples), rateOf(ceiling.samples)];
  return {
    bench: variant.name,
    figure: Math.round(figure),
    unit: "charges/s",
    ceiling: Math.round(raw),
    ratio: Math.round((figure / raw) * 1000) / 1000,
    p50_ms: round(percentile(latencies, 0.5)),
    p99_ms: round(percentile(latencies, 0.99)),
    lost: account.lost,
    duplicated: account.duplicated,
    tables: [
      cpuTable(product, ceiling),
      diskTable(account.disk),
      memoryTable(account.memory),
      barTable(variant, figure, figure / raw),
    ],
  };
}

function cpuTable(product: Measured, ceiling: Measured): BenchTable {
  const raw = new Map(ceiling.cpu);
  return {
    title: "CPU time per charge (µs)",
    rows: [
      ["PROCESS", "PRODUCT", "CEILING"],
      ...product.cpu.map(([name, used]) => [name, used.toFixed(1), raw.get(name)?.toFixed(1) ?? "-"]),
    ],
  };
}

function diskTable({ table, indexes }: Disk): BenchTable {
  const rows = [["TABLE", "INDEXES", "TOTAL"], [table, indexes, table + indexes].map(String)];
  return { title: "Bytes on disk per charge", rows };
}

function barTable({ bar }: Variant, figure: number, ratio: number): BenchTable {
  const met = figure >= bar && ratio >= 0.5 ? "met" : "not met";
  return {
    title: "Bar",
    rows: [
      ["AT LEAST", "RATIO", ""],
      [`${bar} charges/s`, "0.50", met],
    ],
  };
}
