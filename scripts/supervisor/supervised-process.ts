import { spawn, type ChildProcess } from "node:child_process";
import { closeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "../servers/server.ts";
import { identityOf, signal } from "./identity.ts";
import { boundLog, openLog } from "./log-file.ts";
import type { Health, ProcessKind, ProcessStatus, RecordedProcess } from "./state.ts";

/** What the supervisor runs and watches. */
export interface Program {
  readonly name: string;
  readonly kind: ProcessKind;
  readonly ports: Readonly<Record<string, number>>;
  readonly logFile: string;
  readonly stopMs: number;
  readonly stopSignal: NodeJS.Signals;
  readonly cwd: string;
  readonly environment: NodeJS.ProcessEnv;
  command(): Promise<Command>;
  isHealthy(): Promise<boolean>;
}

const shortestBackoffMs = 200;
const longestBackoffMs = 5_000;
const lookWhileStartingMs = 100;
const lookWhileHealthyMs = 2_000;

/** One program kept running: started again whenever it dies, until it is stopped by us. */
export class SupervisedProcess {
  readonly program: Program;
  private readonly changed: () => void;
  private child: ChildProcess | undefined;
  private wanted = false;
  private health: Health = "waiting";
  private restarts = 0;
  private deathsBeforeHealth = 0;
  private firstStart = 0;
  private startMs: number | null = null;
  private ended: Promise<void> = Promise.resolve();
  private watching: Promise<void> = Promise.resolve();
  private wake = new AbortController();

  /** `changed` is called whenever a process came or went. */
  constructor(program: Program, changed: () => void) {
    this.program = program;
    this.changed = changed;
  }

  status(): ProcessStatus {
    const { name, kind, ports, logFile } = this.program;
    const pid = this.child?.pid ?? null;
    return {
      name,
      kind,
      ports,
      pid,
      health: this.health,
      restarts: this.restarts,
      startMs: this.startMs,
      log: logFile,
    };
  }

  /** For the state file; undefined while it does not run. */
  record(): RecordedProcess | undefined {
    const identity = this.child?.pid === undefined ? undefined : identityOf(this.child.pid);
    const { name, kind, stopSignal } = this.program;
    return identity && { ...identity, name, kind, stopSignal };
  }

  /** How often it died since it was last healthy. */
  failures(): number {
    return this.deathsBeforeHealth;
  }

  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.deathsBeforeHealth = 0;
    this.firstStart ||= performance.now();
    this.health = "starting";
    this.wake = new AbortController();
    this.watching = this.watch(this.wake.signal);
  }

  /** Asks it to end, and kills it when it does not in time. */
  async stop(): Promise<void> {
    this.wanted = false;
    this.wake.abort();
    const pid = this.child?.pid;
    if (pid !== undefined) {
      signal(pid, this.program.stopSignal);
      signal(pid, "SIGCONT");
      const late = setTimeout(() => signal(-pid, "SIGKILL"), this.program.stopMs);
      await this.ended;
      clearTimeout(late);
      signal(-pid, "SIGKILL"); // whatever it started itself
    }
    await this.watching;
    this.health = "stopped";
    this.changed();
  }

  /** Sends a signal; one that ends processes is waited for. */
  async kill(name: NodeJS.Signals): Promise<void> {
    const pid = this.child?.pid;
    if (pid === undefined) return;
    const ended = this.ended;
    signal(pid, name);
    if (name === "SIGKILL") await ended;
    if (name === "SIGTERM" || name === "SIGINT")
      await Promise.race([ended, sleep(this.program.stopMs, undefined, { ref: false })]);
  }

  /** Launches, looks after its health, launches again. Ends when it is no longer wanted. */
  private async watch(stopped: AbortSignal): Promise<void> {
    while (this.wanted) {
      await this.launch();
      while (this.wanted && this.child) {
        const healthy = await this.program.isHealthy();
        if (this.child) this.note(healthy);
        const pause = this.health === "healthy" ? lookWhileHealthyMs : lookWhileStartingMs;
        await Promise.race([sleep(pause, undefined, { signal: stopped }).catch(() => undefined), this.ended]);
      }
      if (!this.wanted) return;
      this.health = "restarting";
      this.restarts += 1;
      const pause = Math.min(shortestBackoffMs * 2 ** this.deathsBeforeHealth, longestBackoffMs);
      this.deathsBeforeHealth += 1;
      this.changed();
      await sleep(pause, undefined, { signal: stopped }).catch(() => undefined);
    }
  }

  private note(healthy: boolean): void {
    if (healthy) {
      this.startMs ??= Math.round(performance.now() - this.firstStart);
      this.deathsBeforeHealth = 0;
      this.health = "healthy";
      boundLog(this.program.logFile);
    } else if (this.health === "healthy") {
      this.health = "unhealthy";
    } else if (this.health === "restarting") {
      this.health = "starting";
    }
  }

  private async launch(): Promise<void> {
    let command: Command;
    const log = openLog(this.program.logFile);
    try {
      command = await this.program.command();
      // Its own group: a Ctrl-C at the terminal reaches only the supervisor, which then stops things in order.
      const child = spawn(command.file, command.args, {
        cwd: this.program.cwd,
        env: { ...this.program.environment, ...command.environment },
        stdio: ["ignore", log, log],
        detached: true,
      });
      this.child = child;
      this.ended = new Promise((settle) => {
        const end = (): void => {
          this.child = undefined;
          settle();
        };
        child.once("exit", end);
        child.once("error", end);
      });
      this.changed();
    } finally {
      closeSync(log);
    }
  }
}
