import { readFileSync } from "node:fs";

/** A process that cannot be taken for a later one with the same number. */
export interface Identity {
  readonly pid: number;
  /** Start time in clock ticks since boot (proc_pid_stat(5), field 22). */
  readonly startTicks: string;
  readonly bootId: string;
}

const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

/** Undefined when there is no such process, or it is a zombie. */
export function identityOf(pid: number): Identity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command name, in parentheses, may hold anything: fields are counted after its end.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    return { pid, startTicks: fields[19] ?? "", bootId };
  } catch {
    return undefined;
  }
}

export function isAlive(identity: Identity): boolean {
  const now = identityOf(identity.pid);
  return now !== undefined && now.startTicks === identity.startTicks && now.bootId === identity.bootId;
}

/** Sends a signal to a process or, with a negative number, to its group. False when there is none. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
