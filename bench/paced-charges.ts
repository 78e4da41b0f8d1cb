import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createRedisConnection } from "#adapters/redis/connection.ts";
import { walletKeys } from "#adapters/redis/wallet-scripts.ts";
import type { Environment } from "../scripts/environment.ts";
import type { BenchTable } from "./bench.ts";
import type { BilledTenant, BillingLoad } from "./billing-load.ts";

const EVERY_MS = 20;
const MEMORY_EVERY_MS = 10_000;
/** What charging runs through. */
const PROCESSES = ["billing", "redis"];

/** What charging's processes held at one moment. */
export interface MemorySample {
  readonly seconds: number;
  /** Resident MiB by process. */
  readonly resident: ReadonlyMap<string, number>;
}

export interface Paced {
  /** Ms from an event's publication to its wallet's deduction, ascending. */
  readonly latencies: readonly number[];
  readonly memory: readonly MemorySample[];
}

/** Publishes at a steady rate and measures from there to the wallet's deduction in Redis: the moment the balance moves. */
export async function paceCharges(
  environment: Environment,
  load: BillingLoad,
  tenants: readonly BilledTenant[],
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
  progress: (line: string) => void,
): Promise<Paced> {
  progress(`pacing ${Math.round(perSecond)} charges a second for ${seconds} s …`);
  const redis = createRedisConnection(environment.urls.redis);
  const [first] = tenants;
  const [wallet] = walletKeys(first!.walletId);
  const latencies: number[] = [];
  try {
    const sequence = async (): Promise<number> =>
      Number(await redis.run((client) => client.hget(wallet, "sequence")));
    const waiting: { readonly at: number; readonly sequence: number; readonly size: number }[] = [];
    let next = await sequence();
    const publishing = new AbortController();
    const follower = (async () => {
      while (!publishing.signal.aborted || waiting.length > 0) {
        const now = await sequence();
        const at = performance.now();
        while (waiting[0] !== undefined && waiting[0].sequence <= now) {
          const batch = waiting.shift()!;
          for (let index = 0; index < batch.size; index += 1) latencies.push(at - batch.at);
        }
        await sleep(2);
      }
    })();
    const size = Math.max(tenants.length, Math.round((perSecond * EVERY_MS) / 1000));
    const startedAt = performance.now();
    const memory: MemorySample[] = [];
    for (let turn = 0; turn < (seconds * 1000) / EVERY_MS; turn += 1) {
      const perTenant = Math.max(1, Math.round(size / tenants.length));
      next += perTenant;
      waiting.push({ at: performance.now(), sequence: next, size: perTenant * tenants.length });
      await load.fill(tenants, perTenant * tenants.length);
      if (performance.now() - startedAt >= memory.length * MEMORY_EVERY_MS)
        memory.push(await memoryOf(environment, (performance.now() - startedAt) / 1000));
      const due = startedAt + (turn + 1) * EVERY_MS - performance.now();
      if (due > 0) await sleep(due);
    }
    publishing.abort();
    await follower;
    return { latencies: latencies.sort((one, other) => one - other), memory };
  } finally {
    await redis.close();
  }
}

async function memoryOf(environment: Environment, seconds: number): Promise<MemorySample> {
  const { processes } = await environment.status();
  const resident = new Map<string, number>();
  for (const { name, pid } of processes)
    if (PROCESSES.includes(name) && pid !== null) resident.set(name, residentMib(pid));
  return { seconds: Math.round(seconds), resident };
}

/** VmRSS, in KiB: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
function residentMib(pid: number): number {
  const [, kib = "0"] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Math.round(Number(kib) / 1024);
}

export function memoryTable(samples: readonly MemorySample[]): BenchTable {
  const rows = samples.map(({ seconds, resident }) => [
    `${seconds} s`,
    ...PROCESSES.map((name) => String(resident.get(name) ?? "-")),
  ]);
  return {
    title: "Resident memory while charges come at half the rate (MiB)",
    rows: [["AFTER", ...PROCESSES.map((name) => name.toUpperCase())], ...rows],
  };
}
