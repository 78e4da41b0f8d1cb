import { readdirSync, readFileSync } from "node:fs";

/** Linux reports CPU time in ticks of 10 ms (USER_HZ, fixed at 100 on every supported architecture). */
const MS_PER_TICK = 10;

interface ProcessTimes {
  readonly parent: number;
  /** User and system time of the process and of its children that have ended. */
  readonly ms: number;
}

/** What to count: a name and the process at the top of its tree. */
export interface CpuSubject {
  readonly name: string;
  readonly pid: number;
}

/** CPU time in ms of each subject's whole process tree since its start. */
export function cpuTimes(subjects: readonly CpuSubject[]): Map<string, number> {
  const all = everyProcess();
  const children = Map.groupBy(all.keys(), (pid) => all.get(pid)!.parent);
  const total = (pid: number): number => {
    const own = all.get(pid)?.ms ?? 0;
    return (children.get(pid) ?? []).reduce((sum, child) => sum + total(child), own);
  };
  const times = new Map<string, number>();
  for (const { name, pid } of subjects) times.set(name, (times.get(name) ?? 0) + total(pid));
  return times;
}

/** What each subject used between two readings, the largest first. */
export function cpuUsed(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): (readonly [name: string, ms: number])[] {
  return [...after]
    .map(([name, ms]) => [name, ms - (before.get(name) ?? 0)] as const)
    .sort((left, right) => right[1] - left[1]);
}

function everyProcess(): Map<number, ProcessTimes> {
  const found = new Map<number, ProcessTimes>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const times = timesOf(entry);
    if (times !== undefined) found.set(Number(entry), times);
  }
  return found;
}

/** proc_pid_stat(5): fields after the command's closing bracket begin with the state, the third. */
function timesOf(pid: string): ProcessTimes | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const field = (number: number): number => Number(fields[number - 3]);
    const ticks = field(14) + field(15) + field(16) + field(17);
    return { parent: field(4), ms: ticks * MS_PER_TICK };
  } catch {
    return undefined; // it ended meanwhile
  }
}
