import type { Environment } from "../scripts/environment.ts";
import type { Bench, BenchOptions, BenchResult, BenchTable } from "./bench.ts";
import { startCeiling } from "./ceiling.ts";
import {
  account,
  backends,
  batchCounts,
  type BatchCount,
  whenFinal,
  ledgerLatencies,
  percentile,
} from "./checks.ts";
import { cpuTimes, cpuUsed, type CpuSubject } from "./cpu.ts";
import { inEnvironment } from "./environment.ts";
import { LedgerWatch } from "./ledger-watch.ts";
import { createLoad, type Load } from "./load.ts";
import { onboardTenant } from "./tenant.ts";

const MESSAGES = 60_000;
/** The JVM and V8 compile what is hot; the ceiling comes second and finds a warm Kafka. */
const WARM_UP = 20_000;
/** The paced phase runs for so long, at half of what was measured. */
const PACED_SECONDS = 10;
const WATCH_MS = 50;
const WATCH_PACED_MS = 10;
const TENANT = "BENCH";

interface Measured {
  readonly perSecond: number;
  /** The same until every message's row is final. */
  readonly finalPerSecond: number;
  /** CPU time per message in µs, by process. */
  readonly cpu: readonly (readonly [name: string, microseconds: number])[];
  /** What each stage's batches came to in the measured phase; empty for the ceiling, which counts none. */
  readonly batches: ReadonlyMap<string, BatchCount>;
  readonly accepted: readonly string[];
  readonly refused: number;
}

interface Product extends Measured {
  readonly latencies: readonly number[];
  readonly lost: number;
  readonly duplicated: number;
}

export const bench: Bench = {
  name: "pipeline",
  summary: "messages per second from SMPP submit to billed in the ledger, all on this machine",
  run,
};

async function run(options: BenchOptions): Promise<BenchResult> {
  const messages = options.messages ?? MESSAGES;
  options.progress("starting servers and processes …");
  return inEnvironment(options, {}, async (environment) => {
    const product = await measureProduct(environment, messages, options.progress);
    const ceiling = await measureCeiling(environment, messages, options.progress);
    return result(product, ceiling);
  });
}

async function measureProduct(
  environment: Environment,
  messages: number,
  progress: (line: string) => void,
): Promise<Product> {
  const tenant = await onboardTenant(environment, TENANT);
  const watch = new LedgerWatch(environment.urls.postgres, tenant.walletId);
  await watch.start();
  const load = await createLoad({ ...tenant, port: environment.ports.smpp });
  try {
    const subjects = await environmentSubjects(environment);
    const measured = await measure(
      environment,
      "product",
      load,
      watch,
      messages,
      subjects,
      "messages",
      progress,
    );
    const perSecond = Math.max(1, Math.floor(measured.perSecond / 2));
    progress(`pacing ${perSecond} messages a second for ${PACED_SECONDS} s …`);
    watch.every(WATCH_PACED_MS);
    const before = watch.sequence;
    const paced = await load.paced(perSecond * PACED_SECONDS, perSecond);
    await watch.reached(before + paced.accepted.size);
    const accepted = [...measured.accepted, ...paced.accepted.keys()];
    progress("counting what was lost and what was repeated …");
    return {
      ...measured,
      accepted,
      refused: measured.refused + paced.refused,
      latencies: await ledgerLatencies(environment, tenant.walletId, paced.accepted, watch),
      ...(await account(environment, tenant.walletId, accepted)),
    };
  } finally {
    await watch.stop();
    await load.stop();
  }
}

async function measureCeiling(
  environment: Environment,
  messages: number,
  progress: (line: string) => void,
): Promise<Measured> {
  progress("stopping the product's processes, starting the raw ones …");
  const { processes } = await environment.status();
  const ours = processes.filter(({ name, kind }) => kind === "process" && name !== "smsc-simulator");
  await Promise.all(ours.map(({ name }) => environment.stopProcess(name)));
  const ceiling = await startCeiling(environment);
  const watch = new LedgerWatch(environment.urls.postgres, ceiling.walletId, ceiling.walletTable);
  await watch.start();
  const load = await createLoad({ port: environment.ports.smpp, systemId: "ceiling", password: "secret" });
  try {
    const subjects = [...(await environmentSubjects(environment)), ...ceiling.subjects];
    return await measure(
      environment,
      "ceiling",
      load,
      watch,
      messages,
      subjects,
      ceiling.messagesTable,
      progress,
    );
  } finally {
    await watch.stop();
    await load.stop();
    await ceiling.stop();
  }
}

async function environmentSubjects(environment: Environment): Promise<CpuSubject[]> {
  const { processes } = await environment.status();
  return processes.flatMap(({ name, pid }) => (pid === null ? [] : [{ name, pid }]));
}

/** Warms up, then submits at full speed and waits until the last one is billed. */
async function measure(
  environment: Environment,
  title: string,
  load: Load,
  watch: LedgerWatch,
  messages: number,
  subjects: readonly CpuSubject[],
  messagesTable: string,
  progress: (line: string) => void,
): Promise<Measured> {
  watch.every(WATCH_MS);
  progress(`${title}: warming up with ${WARM_UP} messages …`);
  const before = watch.sequence;
  const warm = await load.full(WARM_UP);
  await watch.reached(before + warm.accepted.size);
  await whenFinal(environment, messagesTable, before + warm.accepted.size - watch.first);
  progress(`${title}: ${messages} messages at full speed …`);
  const connections = await backends(environment);
  const all = [...subjects, ...connections];
  const batchesBefore = await batchCounts(environment);
  const [cpuBefore, ownBefore] = [cpuTimes(all), process.cpuUsage()];
  const start = watch.sequence;
  const full = await load.full(messages);
  const end = await watch.reached(start + full.accepted.size);
  const finalAt = await whenFinal(environment, messagesTable, start + full.accepted.size - watch.first);
  const own = process.cpuUsage(ownBefore);
  const billed = end.sequence - start;
  const perSecond = billed / ((end.at - full.startedAt) / 1000);
  progress(`${title}: ${Math.round(perSecond)} messages a second`);
  const batches = batchesBetween(batchesBefore, await batchCounts(environment));
  const used = cpuUsed(cpuBefore, cpuTimes(all));
  const cpu = [...used, ["load generator", (own.user + own.system) / 1000] as const]
    .map(([name, ms]) => [name, (ms * 1000) / billed] as const)
    .sort((left, right) => right[1] - left[1]);
  return {
    perSecond,
    finalPerSecond: billed / ((finalAt - full.startedAt) / 1000),
    cpu,
    batches,
    accepted: [...warm.accepted.keys(), ...full.accepted.keys()],
    refused: warm.refused + full.refused,
  };
}

function batchesBetween(
  before: ReadonlyMap<string, BatchCount>,
  after: ReadonlyMap<string, BatchCount>,
): Map<string, BatchCount> {
  const between = new Map<string, BatchCount>();
  for (const [stage, { batches, records }] of after) {
    const earlier = before.get(stage) ?? { batches: 0, records: 0 };
    between.set(stage, { batches: batches - earlier.batches, records: records - earlier.records });
  }
  return between;
}

function result(product: Product, ceiling: Measured): BenchResult {
  const round = (value: number): number => Math.round(value * 10) / 10;
  return {
    bench: "pipeline",
    figure: Math.round(product.perSecond),
    unit: "messages/s",
    ceiling: Math.round(ceiling.perSecond),
    ratio: Math.round((product.perSecond / ceiling.perSecond) * 1000) / 1000,
    p50_ms: round(percentile(product.latencies, 0.5)),
    p99_ms: round(percentile(product.latencies, 0.99)),
    lost: product.lost,
    duplicated: product.duplicated,
    tables: [cpuTable(product, ceiling), batchTable(product), outcomes(product, ceiling)],
  };
}

function batchTable({ batches }: Product): BenchTable {
  return {
    title: "The product's batches",
    rows: [
      ["STAGE", "BATCHES", "RECORDS EACH"],
      ...[...batches].map(([stage, one]) => [
        stage,
        String(one.batches),
        (one.records / one.batches).toFixed(0),
      ]),
    ],
  };
}

function outcomes(product: Product, ceiling: Measured): BenchTable {
  const final = [product, ceiling].map(({ finalPerSecond }) => `${Math.round(finalPerSecond)}/s`);
  return {
    title: "Submissions, and the rate at which messages' rows became final",
    rows: [
      ["ACCEPTED", "REFUSED", "PACED SAMPLES", "FINAL", "FINAL (CEILING)"],
      [...[product.accepted.length, product.refused, product.latencies.length].map(String), ...final],
    ],
  };
}

/** Connections to PostgreSQL are parts of its total: they are listed apart and not added. */
function cpuTable(product: Measured, ceiling: Measured): BenchTable {
  const raw = new Map(ceiling.cpu);
  const names = [...new Set([...product.cpu, ...ceiling.cpu].map(([name]) => name))];
  const ours = new Map(product.cpu);
  const cell = (value: number | undefined): string => (value === undefined ? "-" : value.toFixed(1));
  const isPart = (name: string): boolean => name.startsWith("postgres for ");
  const total = (used: ReadonlyMap<string, number>): number =>
    [...used].reduce((sum, [name, value]) => (isPart(name) ? sum : sum + value), 0);
  const line = (name: string): string[] => [
    isPart(name) ? `  of it: ${name}` : name,
    cell(ours.get(name)),
    cell(raw.get(name)),
  ];
  const whole = names.filter((name) => !isPart(name)).map(line);
  const parts = names.filter(isPart).map(line);
  return {
    title: "CPU time per message (µs)",
    rows: [
      ["PROCESS", "PRODUCT", "CEILING"],
      ...whole,
      ["total", cell(total(ours)), cell(total(raw))],
      ...parts,
    ],
  };
}
