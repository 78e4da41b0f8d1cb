import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { startEnvironment, type Environment } from "../scripts/environment.ts";
import { bringWorkflow, signInAsOwner } from "../scripts/n8n/furnish.ts";
import type { Bench, BenchOptions, BenchResult } from "./bench.ts";
import { percentile } from "./checks.ts";
import { callWebhook, type Calls } from "./n8n/calls.ts";
import { requestCanvas, startCanvas, waitingCanvas } from "./n8n/canvases.ts";
import { onboardTenant } from "./tenant.ts";

const STARTS = 1_200;
const WARM_UP = 100;
/** Both sides by turns, so that what the machine does meanwhile falls on both. */
const ROUNDS = 6;
const WAITING = 10_000;
/** n8n lets so many executions run at once: were a waiting one counted, the bench would stand still. */
const SLOTS = 20;
const BAR_RATIO = 0.9;

export const bench: Bench = {
  name: "n8n",
  summary: "flows started from n8n per second by our node, beside its own HTTP Request; 10,000 that wait",
  run,
};

async function run(options: BenchOptions): Promise<BenchResult> {
  const folder = options.dataDirectory ?? mkdtempSync(join(tmpdir(), "catalyst-bench-"));
  let environment: Environment | undefined;
  try {
    environment = await startEnvironment({
      dataDirectory: folder,
      ports: "auto",
      processes: ["gateway", "flows"],
      withN8n: true,
      env: { LOG_LEVEL: "warn", N8N_LOG_LEVEL: "warn", N8N_CONCURRENCY_PRODUCTION_LIMIT: String(SLOTS) },
      allowSystemPackages: options.allowSystemPackages,
      progress: options.progress,
    });
    const { tenantId } = await onboardTenant(environment, "TENANT-BENCH");
    // Starting is what is measured; nobody carries the runs out.
    await environment.stopProcess("flows");
    await bringCanvases(environment);
    const starts = await measureStarts(environment, tenantId, options);
    const waiting = await measureWaiting(
      environment,
      tenantId,
      options.messages ?? WAITING,
      options.progress,
    );
    return result(starts, waiting);
  } finally {
    await environment?.stop();
    if (options.dataDirectory === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

async function bringCanvases({ urls, secrets }: Environment): Promise<void> {
  const client = await signInAsOwner(urls.n8n, secrets);
  const canvases = [
    startCanvas("benchStart"),
    requestCanvas("benchRequest", urls.gateway),
    waitingCanvas("benchWaiting"),
  ];
  for (const canvas of canvases) await bringWorkflow(client, canvas);
}

interface Starts {
  readonly node: Calls;
  readonly request: Calls;
}

async function measureStarts(
  { urls }: Environment,
  tenantId: string,
  { progress }: BenchOptions,
): Promise<Starts> {
  const isRun = (text: string): boolean => text.includes('"workflow_id"');
  const once = (path: string, count: number): Promise<Calls> =>
    callWebhook(`${urls.n8n}/webhook/${path}`, tenantId, count, isRun);
  const runs: { readonly [Name in keyof Starts]: Calls[] } = { node: [], request: [] };
  const paths = { node: "benchStart", request: "benchRequest" } as const;
  for (const path of Object.values(paths)) await once(path, WARM_UP);
  const each = STARTS / ROUNDS;
  for (let round = 1; round <= ROUNDS; round += 1) {
    progress(`round ${round} of ${ROUNDS}: ${each} starts by our node, ${each} by HTTP Request …`);
    const order = round % 2 === 0 ? (["request", "node"] as const) : (["node", "request"] as const);
    for (const name of order) runs[name].push(await once(paths[name], each));
  }
  return { node: merged(runs.node), request: merged(runs.request) };
}

function merged(rounds: readonly Calls[]): Calls {
  const count = rounds.reduce((sum, { latencies }) => sum + latencies.length, 0);
  const seconds = rounds.reduce((sum, { latencies, perSecond }) => sum + latencies.length / perSecond, 0);
  return {
    perSecond: count / seconds,
    latencies: rounds.flatMap(({ latencies }) => latencies).sort((one, other) => one - other),
    lost: rounds.reduce((sum, { lost }) => sum + lost, 0),
  };
}

interface Waiting {
  readonly waiting: number;
  readonly lost: number;
  /** MB of n8n's process, before and after. */
  readonly before: number;
  readonly after: number;
  /** Milliseconds of a start that is made while they all wait. */
  readonly startMs: number;
}

/** So many executions wait at once, many times as many as n8n has slots; then one more is started. */
async function measureWaiting(
  environment: Environment,
  tenantId: string,
  count: number,
  progress: (line: string) => void,
): Promise<Waiting> {
  progress(`${count} executions that wait, with ${SLOTS} slots …`);
  const { urls } = environment;
  const before = await memoryOf(environment);
  const called = await callWebhook(
    `${urls.n8n}/webhook/benchWaiting`,
    tenantId,
    count,
    (text) => text !== "",
  );
  const waiting = await untilWaiting(environment, count);
  const after = await memoryOf(environment);
  const one = await callWebhook(`${urls.n8n}/webhook/benchStart`, tenantId, 1, (text) =>
    text.includes('"workflow_id"'),
  );
  const lost = called.lost + one.lost + Math.max(0, count - waiting);
  return { waiting, lost, before, after, startMs: one.latencies[0] ?? 0 };
}

/** Resident megabytes of n8n's process, once they have stood still for ten seconds. */
async function memoryOf(environment: Environment): Promise<number> {
  const pid = await environment.pid("n8n");
  await sleep(10_000);
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1_000;
}

const STALLED_MS_MAX = 60_000;

/** How many executions wait, once it is all of them or nothing has changed for a minute. */
async function untilWaiting({ ports, secrets }: Environment, wanted: number): Promise<number> {
  const client = new Client({
    host: "127.0.0.1",
    port: ports.postgres,
    user: "n8n",
    database: "n8n",
    password: secrets.n8nDatabasePassword,
  });
  await client.connect();
  try {
    let [known, changed] = [-1, performance.now()];
    for (;;) {
      const query = "SELECT count(*)::int AS count FROM execution_entity WHERE status = 'waiting'";
      const { count } = (await client.query<{ count: number }>(query)).rows[0] ?? { count: 0 };
      if (count !== known) [known, changed] = [count, performance.now()];
      if (count >= wanted || performance.now() - changed > STALLED_MS_MAX) return count;
      await sleep(500);
    }
  } finally {
    await client.end();
  }
}

function result({ node, request }: Starts, waiting: Waiting): BenchResult {
  const round = (value: number): number => Math.round(value * 10) / 10;
  const ratio = Math.round((node.perSecond / request.perSecond) * 1000) / 1000;
  const grown = round(((waiting.after - waiting.before) * 1_000) / Math.max(1, waiting.waiting));
  return {
    bench: "n8n",
    figure: round(node.perSecond),
    unit: "starts/s",
    ceiling: round(request.perSecond),
    ratio,
    p50_ms: round(percentile(node.latencies, 0.5)),
    p99_ms: round(percentile(node.latencies, 0.99)),
    lost: node.lost + request.lost + waiting.lost,
    duplicated: 0,
    also: {
      request_p50_ms: round(percentile(request.latencies, 0.5)),
      request_p99_ms: round(percentile(request.latencies, 0.99)),
      waiting: waiting.waiting,
      slots: SLOTS,
      memory_before_mb: round(waiting.before),
      memory_after_mb: round(waiting.after),
      memory_each_kb: grown,
      start_while_waiting_ms: round(waiting.startMs),
    },
    tables: [
      {
        title: "Bars",
        rows: [
          ["", "REACHED", "BAR", ""],
          [
            "starts beside HTTP Request",
            String(ratio),
            `≥ ${BAR_RATIO}`,
            ratio >= BAR_RATIO ? "met" : "not met",
          ],
        ],
      },
      {
        title: "Executions that wait",
        rows: [
          ["WAITING", "SLOTS", "MEMORY BEFORE", "AFTER", "EACH"],
          [
            String(waiting.waiting),
            String(SLOTS),
            `${round(waiting.before)} MB`,
            `${round(waiting.after)} MB`,
            `${grown} kB`,
          ],
        ],
      },
    ],
  };
}
