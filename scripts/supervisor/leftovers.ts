import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { postmasterOf } from "../servers/postgres.ts";
import { identityOf, isAlive, signal, type Identity } from "./identity.ts";
import type { RecordedProcess, RecordedState } from "./state.ts";

/** Set to the data folder in the environment of everything a supervisor starts: finds what no state file names. */
export const supervisedVariable = "CATALYST_SUPERVISED";

const patienceMs = 10_000; // Kafka, the slowest, flushes and stops within three seconds on a busy machine

/** The living processes of a data folder whose supervisor is gone. */
export function findLeftovers(dataDirectory: string, state: RecordedState | undefined): RecordedProcess[] {
  const recorded = (state?.processes ?? []).filter((one) => isAlive(one));
  const known = new Set(recorded.map((one) => one.pid));
  const found: RecordedProcess[] = [...recorded];
  const add = (pid: number, kind: "server" | "process", stopSignal: NodeJS.Signals): void => {
    const identity = identityOf(pid);
    if (!identity || known.has(pid)) return;
    known.add(pid);
    found.push({ ...identity, name: `pid ${pid}`, kind, stopSignal });
  };
  for (const pid of markedProcesses(dataDirectory)) add(pid, "process", "SIGTERM");
  // PostgreSQL overwrites its environment, and tells its number itself.
  const postmaster = postmasterOf(join(dataDirectory, "postgres"));
  if (postmaster !== undefined) add(postmaster, "server", "SIGINT");
  return found;
}

function markedProcesses(dataDirectory: string): number[] {
  const mark = `${supervisedVariable}=${dataDirectory}`;
  const own = new Set(ownAncestors());
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => !own.has(pid) && environmentOf(pid).includes(mark));
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return [];
  }
}

function ownAncestors(): number[] {
  const pids: number[] = [];
  for (let pid = process.pid; pid > 1; pid = parentOf(pid)) pids.push(pid);
  return pids;
}

function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Stops the product's processes, then the servers; what does not go in time is killed. Answers their names. */
export async function stopLeftovers(
  dataDirectory: string,
  state: RecordedState | undefined,
): Promise<string[]> {
  const leftovers = findLeftovers(dataDirectory, state);
  for (const kind of ["process", "server"] as const)
    await stopAll(leftovers.filter((one) => one.kind === kind));
  // A process that was being started while we looked.
  await stopAll(findLeftovers(dataDirectory, undefined));
  return leftovers.map((one) => one.name);
}

async function stopAll(targets: readonly RecordedProcess[]): Promise<void> {
  for (const one of targets) signal(one.pid, one.stopSignal);
  // One that was stopped by SIGSTOP gets its signal only when it goes on.
  for (const one of targets) signal(one.pid, "SIGCONT");
  if (await allGone(targets, patienceMs)) return;
  for (const one of targets.filter((target) => isAlive(target))) {
    signal(-one.pid, "SIGKILL");
    signal(one.pid, "SIGKILL");
  }
  await allGone(targets, patienceMs);
}

/** Waits until none of them lives; false when time is up. */
export async function allGone(targets: readonly Identity[], timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (targets.some((one) => isAlive(one))) {
    if (performance.now() > end) return false;
    await sleep(50);
  }
  return true;
}
