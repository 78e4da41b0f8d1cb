import type { Ports, PortName } from "../ports.ts";
import type { Secrets } from "../secrets.ts";

export type ServerName = "kafka" | "postgres" | "redis" | "temporal" | "n8n";

/** What a server is run with. */
export interface ServerContext {
  /** Its own folder inside the data folder. */
  readonly directory: string;
  readonly ports: Ports;
  readonly secrets: Secrets;
}

/** A program to run; `environment` is added to the supervisor's own. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** One thing a server needs, as `doctor` shows it. */
export interface Prerequisite {
  readonly name: string;
  /** `present`: usable now. `cached`: brought by an earlier start. `brought`: the next start brings it. `missing`: see remedy. */
  readonly state: "present" | "cached" | "brought" | "missing";
  readonly version?: string;
  readonly path?: string;
  /** What to do about it, a line to paste where there is one. */
  readonly remedy?: string;
  /** Distribution packages that bring it, tried in this order. */
  readonly packages?: readonly string[];
}

export interface InstallOptions {
  /** False after --no-install: nothing is installed into the system. */
  readonly allowSystemPackages: boolean;
  readonly progress: (line: string) => void;
}

/** One of the real servers. Every file in this folder named after a server exports one. */
export interface Server {
  readonly name: ServerName;
  readonly title: string;
  readonly ports: readonly PortName[];
  /** Milliseconds that an orderly stop may take before it is killed. */
  readonly stopMs: number;
  /** The signal that asks for it; SIGTERM where none is named. */
  readonly stopSignal?: NodeJS.Signals;
  /** What it needs on this machine, looked up now. */
  prerequisites(): Promise<readonly Prerequisite[]>;
  /** Brings what can be had without the system's package manager into the cache. Throws UsageError with the remedy. */
  install(options: InstallOptions): Promise<void>;
  /** Makes its folder ready before a start; what is there already stays, and a kill in the middle leaves nothing half made. */
  prepare(context: ServerContext): Promise<void>;
  command(context: ServerContext): Promise<Command>;
  /** Whether it answers its own protocol now. */
  isHealthy(context: ServerContext): Promise<boolean>;
}
