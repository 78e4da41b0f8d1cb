import type { Identity } from "./identity.ts";
import { readJson, writeJson } from "../json-file.ts";

export type ProcessKind = "server" | "process";

export interface RecordedProcess extends Identity {
  readonly name: string;
  readonly kind: ProcessKind;
  readonly stopSignal: NodeJS.Signals;
}

/** What the next start needs to find the processes of a supervisor that was killed. */
export interface RecordedState {
  readonly supervisor: Identity;
  readonly processes: readonly RecordedProcess[];
}

export function readState(file: string): RecordedState | undefined {
  try {
    return readJson(file) as RecordedState | undefined;
  } catch {
    return undefined; // an unreadable state is as good as none: leftovers are also found by their environment
  }
}

export function writeState(file: string, state: RecordedState): void {
  writeJson(file, state, 0o600);
}

/** The state of one process as `status` shows it. */
export type Health = "waiting" | "starting" | "healthy" | "unhealthy" | "restarting" | "stopped";

export interface ProcessStatus {
  readonly name: string;
  readonly kind: ProcessKind;
  readonly health: Health;
  readonly pid: number | null;
  readonly ports: Readonly<Record<string, number>>;
  /** How often it died and was started again. */
  readonly restarts: number;
  /** Milliseconds from its first start to its first health; null before. */
  readonly startMs: number | null;
  readonly log: string;
}

export interface EnvironmentStatus {
  readonly phase: "starting" | "setup" | "running" | "stopping" | "failed";
  /** Why it failed. */
  readonly error: string | null;
  readonly supervisor: number;
  readonly data: string;
  readonly processes: readonly ProcessStatus[];
}
