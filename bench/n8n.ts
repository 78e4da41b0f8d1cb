import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { toConfig } from "#platform/config/config.ts";
import type { Environment } from "../scripts/environment.ts";
import { inN8nDatabase } from "../scripts/n8n/database.ts";
import { bringWorkflow, signInAsOwner } from "../scripts/n8n/furnish.ts";
import type { Bench, BenchOptions, BenchResult } from "./bench.ts";
import { percentile } from "./checks.ts";
import { inEnvironment } from "./environment.ts";
import { startCallbacksWorker } from "./n8n/callbacks.ts";
import { callWebhook } from "./n8n/calls.ts";
import { requestCanvas, startCanvas, waitingCanvas } from "./n8n/canvases.ts";
import { onboardTenant } from "./tenant.ts";
import { byTurns, type Throughput } from "./turns.ts";

const STARTS = 1_200;
const WARM_UP = 100;
const ROUNDS = 6;
const WAITING = 10_000;
/** n8n lets so many executions run at once: were a waiting one counted, the bench would stand still. */
const SLOTS = 20;
const BAR_RATIO = 0.9;

const NEEDS = {
  processes: ["gateway", "flows"],
  withN8n: true,
  env: { N8N_LOG_LEVEL: "warn", N8N_CONCURRENCY_PRODUCTION_LIMIT: String(SLOTS) },
};

export const bench: Bench = {
  name: "n8n",
  summary: "flows started from n8n per second by our node, beside its own HTTP Request; 10,000 that wait",
  run,
};

async function run(options: BenchOptions): Promise<BenchResult> {
  return inEnvironment(options, NEEDS, async (environment) => {
    const { tenantId } = await onboardTenant(environment, "TENANT-BENCH");
    // Starting is what is measured; nobody carries the runs out.
    await environment.stopProcess("flows");
    await bringCanvases(environment);
    const starts = await measureStarts(environment, tenantId, options);
    const { node, request } = starts;
    options.progress(
      `${Math.round(node.perSecond)} starts a second by our node, ${Math.round(request.perSecond)} by HTTP Request`,
    );
    const callbacks = await startCallbacksWorker(toConfig(environment.variables).temporal);
    try {
      const count = options.messages ?? WAITING;
      return result(starts, await measureWaiting(environment, tenantId, count, options.progress));
    } finally {
      await callbacks.close();
    }
  });
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
  readonly node: Throughput;
  readonly request: Throughput;
}

async function measureStarts(
  { urls }: Environment,
  tenantId: string,
  { progress }: BenchOptions,
): Promise<Starts> {
  const isRun = (text: string): boolean => text.includes('"workflow_id"');
  const start = (path: string, count: number): Promise<Throughput> =>
    callWebhook(`${urls.n8n}/webhook/${path}`, tenantId, count, isRun);
  for (const path of ["benchStart", "benchRequest"]) await start(path, WARM_UP);
  const each = STARTS / ROUNDS;
  return byTurns(
    { node: () => start("benchStart", each), request: () => start("benchRequest", each) },
    ROUNDS,
    (round) => progress(`round ${round} of ${ROUNDS}: ${each} starts by our node, ${each} by HTTP Request …`),
  );
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
function untilWaiting(environment: Environment, wanted: number): Promise<number> {
  return inN8nDatabase(environment, async (client) => {
    let [known, changed] = [-1, performance.now()];
    for (;;) {
      const query = "SELECT count(*)::int AS count FROM execution_entity WHERE status = 'waiting'";
      const { count } = (await client.query<{ count: number }>(query)).rows[0] ?? { count: 0 };
      if (count !== known) [known, changed] = [count, performance.now()];
      if (count >= wanted || performance.now() - changed > STALLED_MS_MAX) return count;
      await sleep(500);
    }
  });
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
