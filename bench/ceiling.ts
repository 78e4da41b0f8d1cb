import { spawn, type ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Kafka, logLevel } from "kafkajs";
import pg from "pg";
import { createRedisConnection } from "#adapters/redis/connection.ts";
import { loadArguments } from "#adapters/redis/wallet-codec.ts";
import { runScript } from "#adapters/redis/wallet-scripts.ts";
import { money } from "#domain/money/money.ts";
import type { Environment } from "../scripts/environment.ts";
import { rootDirectory } from "../scripts/paths.ts";
import type { CpuSubject } from "./cpu.ts";
import { CEILING_SCHEMA, CEILING_TOPICS, PLAN_VARIABLE, type CeilingPlan } from "./ceiling/plan.ts";
import { sampleRecords, sampleRows } from "./samples.ts";

const PROCESSES = [
  "gateway",
  "firewall",
  "sms",
  "billing",
  "timeline",
  "analytics",
  "notifications",
] as const;
const WALLET = "ceiling-wallet";
const AMOUNT = 10n ** 16n; // 0.01 in units of 10^-18
const BALANCE = 10n ** 24n; // a million
const PERIOD = "202601";
const READY_MS_MAX = 30_000;

/** Fillfactors are the product's own (adapters/postgres/migrations); INCLUDING ALL does not bring them. */
const TABLES: Readonly<Record<string, number>> = {
  wallets: 50,
  wallet_volumes: 50,
  ledger_entries: 100,
  messages: 70,
  carrier_messages: 100,
  usage_counted: 100,
  usage_hourly: 70,
  analytics_offsets: 50,
};

/** The raw processes, running on the environment's servers. */
export interface Ceiling {
  readonly walletId: string;
  readonly walletTable: string;
  readonly messagesTable: string;
  readonly subjects: readonly CpuSubject[];
  stop(): Promise<void>;
}

/** Prepares topics, tables and a wallet of their own for the raw processes and starts them. */
export async function startCeiling(environment: Environment): Promise<Ceiling> {
  const client = new pg.Client({ connectionString: environment.urls.postgres });
  await client.connect();
  try {
    const plan: CeilingPlan = {
      walletId: WALLET,
      hold: AMOUNT.toString(),
      creditLimit: "0",
      balance: BALANCE.toString(),
      volumePeriod: PERIOD,
      gatewayPort: environment.ports.smpp,
      simulatorPort: environment.ports.simulator,
      records: await sampleRecords(environment.urls.kafka),
      tables: await sampleRows(client),
    };
    await createTables(client);
    await createTopics(environment);
    await loadWallet(environment.urls.redis);
    const planFile = join(environment.dataDirectory, "ceiling-plan.json");
    writeFileSync(planFile, JSON.stringify(plan), { mode: 0o600 });
    const children = await startProcesses({ ...environment.variables, [PLAN_VARIABLE]: planFile });
    return {
      walletId: WALLET,
      walletTable: `${CEILING_SCHEMA}.wallets`,
      messagesTable: `${CEILING_SCHEMA}.messages`,
      subjects: children.map((child, index) => ({ name: PROCESSES[index]!, pid: child.pid! })),
      stop: async () => {
        await Promise.all(children.map(stopProcess));
      },
    };
  } finally {
    await client.end();
  }
}

async function createTables(client: pg.Client): Promise<void> {
  await client.query(`DROP SCHEMA IF EXISTS ${CEILING_SCHEMA} CASCADE; CREATE SCHEMA ${CEILING_SCHEMA}`);
  for (const [table, fillfactor] of Object.entries(TABLES)) {
    await client.query(
      `CREATE TABLE ${CEILING_SCHEMA}.${table} (LIKE public.${table} INCLUDING ALL) WITH (fillfactor = ${fillfactor})`,
    );
  }
  await client.query(
    `INSERT INTO ${CEILING_SCHEMA}.wallets (wallet_id, tenant_id, currency) VALUES ($1, 'ceiling', 'USD')`,
    [WALLET],
  );
}

async function createTopics(environment: Environment): Promise<void> {
  const kafka = new Kafka({
    brokers: [environment.urls.kafka],
    clientId: "bench",
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const numPartitions = Number(environment.variables["KAFKA_TOPIC_PARTITIONS"]);
    await admin.createTopics({
      waitForLeaders: true,
      topics: Object.values(CEILING_TOPICS).map((topic) => ({ topic, numPartitions, replicationFactor: 1 })),
    });
  } finally {
    await admin.disconnect();
  }
}

async function loadWallet(redisUrl: string): Promise<void> {
  const redis = createRedisConnection(redisUrl);
  try {
    const volumes = new Map([[PERIOD, 0n]]);
    const state = { epoch: 1n, sequence: 0n, balance: money(BALANCE), volumes };
    await redis.run((client, identity) =>
      runScript(client, "load", WALLET, [identity, ...loadArguments(state, [])]),
    );
  } finally {
    await redis.close();
  }
}

async function startProcesses(env: NodeJS.ProcessEnv): Promise<ChildProcess[]> {
  const children = PROCESSES.map((name) =>
    spawn(process.execPath, [join(rootDirectory, "bench", "ceiling", `${name}.ts`)], {
      cwd: rootDirectory,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit"],
    }),
  );
  try {
    await Promise.all(children.map((child, index) => ready(child, PROCESSES[index]!)));
  } catch (error) {
    await Promise.all(children.map(stopProcess));
    throw error;
  }
  return children;
}

function ready(child: ChildProcess, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`ceiling ${name} does not become ready`)), READY_MS_MAX);
    child.once("exit", (code) => reject(new Error(`ceiling ${name} ended with ${code}`)));
    child.stdout?.once("data", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGKILL"); // nothing of theirs is kept
  });
}
