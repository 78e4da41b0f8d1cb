import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootDirectory } from "../../scripts/paths.ts";
import { isAlive } from "../../scripts/supervisor/identity.ts";
import { readState, type EnvironmentStatus, type RecordedState } from "../../scripts/supervisor/state.ts";

export interface CommandOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs ./catalyst as a person would, in an environment that no run of tests has changed. */
export function catalyst(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<CommandOutcome> {
  const { CATALYST_TEST_ENVIRONMENT: _, CATALYST_DATA: __, ...own } = process.env;
  const child = spawn(join(rootDirectory, "catalyst"), args, { env: { ...own, ...environment } });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  return new Promise((settle, fail) => {
    child.once("error", fail);
    child.once("close", (code) => settle({ code, stdout, stderr }));
  });
}

/** A data folder of one test; `remove` also stops whatever still runs on it. */
export function temporaryData(): { readonly data: string; remove(): Promise<void> } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "catalyst-launcher-")));
  const data = join(folder, "data");
  return {
    data,
    remove: async () => {
      await catalyst(["down", "--data", data]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function stateOf(data: string): RecordedState {
  const state = readState(join(data, "state.json"));
  if (!state) throw new Error(`${data} has no state file`);
  return state;
}

export async function statusOf(data: string): Promise<EnvironmentStatus> {
  return JSON.parse((await catalyst(["status", "--json", "--data", data])).stdout) as EnvironmentStatus;
}

/** Everything of a state that lives, and everything on this machine that names the data folder in its command line. */
export function survivors(state: RecordedState, data: string): string[] {
  const recorded = [state.supervisor, ...state.processes]
    .filter((one) => isAlive(one))
    .map((one) => String(one.pid));
  const named = readdirSync("/proc").filter((entry) => {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) return false;
    try {
      return readFileSync(`/proc/${entry}/cmdline`, "utf8").includes(data);
    } catch {
      return false;
    }
  });
  return [...new Set([...recorded, ...named])];
}
