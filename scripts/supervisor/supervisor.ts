import { spawn } from "node:child_process";
import { closeSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheDirectory, dataPaths, rootDirectory, type DataPaths } from "../paths.ts";
import { requireFree, type PortName, type Ports } from "../ports.ts";
import { setupFile, type ProcessDefinition } from "../processes.ts";
import type { Secrets } from "../secrets.ts";
import type { Server, ServerContext } from "../servers/server.ts";
import { furnishN8n } from "../n8n/furnish.ts";
import { n8n } from "../servers/n8n.ts";
import { servers } from "../servers/table.ts";
import { UsageError } from "../usage-error.ts";
import { variablesOf } from "../variables.ts";
import { httpAnswers } from "./http-health.ts";
import { identityOf } from "./identity.ts";
import { stopLeftovers, supervisedVariable } from "./leftovers.ts";
import { openLog, tail } from "./log-file.ts";
import { readState, writeState, type EnvironmentStatus } from "./state.ts";
import { SupervisedProcess, type Program } from "./supervised-process.ts";

export interface SupervisorOptions {
  readonly dataDirectory: string;
  readonly ports: Ports;
  readonly secrets: Secrets;
  readonly processes: readonly ProcessDefinition[];
  /** Also n8n, furnished once it is healthy. */
  readonly withN8n: boolean;
  /** The caller's environment, which the children's is made from. */
  readonly environment: NodeJS.ProcessEnv;
}

const startLimitMs = 180_000; // a first start on a busy two-core machine takes a tenth of this
const setupLimitMs = 300_000;
const deathsAllowed = 4; // before it was ever healthy: a program that cannot start is shown, not retried for ever

/** Runs the servers and the processes of one data folder. */
export class Supervisor {
  private readonly options: SupervisorOptions;
  private readonly paths: DataPaths;
  private readonly variables: Readonly<Record<string, string>>;
  private readonly running = new Map<string, SupervisedProcess>();
  private phase: EnvironmentStatus["phase"] = "starting";
  private error: string | null = null;
  private stopping: Promise<void> | undefined;

  constructor(options: SupervisorOptions) {
    this.options = options;
    this.paths = dataPaths(options.dataDirectory);
    this.variables = variablesOf(options.ports, options.secrets, options.dataDirectory, options.environment);
    const changed = (): void => this.writeState();
    for (const server of servers) this.add(this.serverProgram(server), changed);
    for (const definition of options.processes) this.add(this.processProgram(definition), changed);
    // Stopped before the servers, like the processes: its database is one of them.
    if (options.withN8n) this.add({ ...this.serverProgram(n8n), kind: "process" }, changed);
  }

  status(): EnvironmentStatus {
    return {
      phase: this.phase,
      error: this.error,
      supervisor: process.pid,
      data: this.options.dataDirectory,
      processes: [...this.running.values()].map((one) => one.status()),
    };
  }

  find(name: string): SupervisedProcess | undefined {
    return this.running.get(name);
  }

  /** Starts everything in order and answers when all is healthy. On failure stops what it started and throws. */
  async start(): Promise<void> {
    try {
      mkdirSync(this.paths.logs, { recursive: true });
      await stopLeftovers(this.options.dataDirectory, readState(this.paths.state));
      const guests = this.options.withN8n ? [n8n] : [];
      const portNames = [...servers, ...this.options.processes, ...guests].flatMap(
        (one): readonly PortName[] => one.ports,
      );
      await requireFree(this.options.ports, portNames);
      this.writeState();
      await Promise.all(servers.map((server) => this.prepareAndStart(server)));
      await this.healthy(servers.map((server) => server.name));
      if (this.options.processes.length > 0) {
        this.phase = "setup";
        await this.setUp();
        for (const { name } of this.options.processes) this.find(name)?.start();
        await this.healthy(this.options.processes.map((one) => one.name));
      }
      if (this.options.withN8n) await this.startN8n();
      this.requireGoingOn();
      this.phase = "running";
    } catch (error) {
      if (!this.stopping) {
        this.error = error instanceof UsageError ? error.message : ((error as Error).stack ?? String(error));
        await this.stop();
        this.phase = "failed";
      }
      throw error;
    }
  }

  /** Processes first, so that they can still write what they hold; then the servers. */
  stop(): Promise<void> {
    this.phase = "stopping";
    this.stopping ??= this.stopInOrder();
    return this.stopping;
  }

  private async stopInOrder(): Promise<void> {
    const all = [...this.running.values()];
    for (const kind of ["process", "server"] as const) {
      await Promise.all(all.filter((one) => one.program.kind === kind).map((one) => one.stop()));
    }
    await stopLeftovers(this.options.dataDirectory, undefined);
  }

  private add(program: Program, changed: () => void): void {
    this.running.set(program.name, new SupervisedProcess(program, changed));
  }

  private async prepareAndStart(server: Server): Promise<void> {
    await server.prepare(this.serverContext(server));
    this.requireGoingOn();
    this.find(server.name)?.start();
  }

  private async startN8n(): Promise<void> {
    await this.prepareAndStart(n8n);
    await this.healthy([n8n.name]);
    await furnishN8n(this.serverContext(n8n));
  }

  private requireGoingOn(): void {
    if (this.stopping) throw new UsageError("stopped while starting", 130);
  }

  private serverContext(server: Server): ServerContext {
    const { dataDirectory, ports, secrets } = this.options;
    return { directory: join(dataDirectory, server.name), ports, secrets };
  }

  private environmentOfChildren(): NodeJS.ProcessEnv {
    return {
      ...this.options.environment,
      ...this.variables,
      CATALYST_CACHE: cacheDirectory,
      [supervisedVariable]: this.options.dataDirectory,
    };
  }

  private serverProgram(server: Server): Program {
    const context = this.serverContext(server);
    return {
      name: server.name,
      kind: "server",
      ports: this.pick(server.ports),
      logFile: join(this.paths.logs, `${server.name}.log`),
      stopMs: server.stopMs,
      stopSignal: server.stopSignal ?? "SIGTERM",
      cwd: "/",
      environment: { ...this.options.environment, [supervisedVariable]: this.options.dataDirectory },
      command: () => server.command(context),
      isHealthy: () => server.isHealthy(context),
    };
  }

  private processProgram(definition: ProcessDefinition): Program {
    const { ports } = this.options;
    const own = Object.entries(definition.portVariables).map(([name, port]) => [name, String(ports[port])]);
    const healthPort = ports[definition.ports[0]];
    return {
      name: definition.name,
      kind: "process",
      ports: this.pick(definition.ports),
      logFile: join(this.paths.logs, `${definition.name}.log`),
      stopMs: 20_000,
      stopSignal: "SIGTERM",
      cwd: rootDirectory,
      environment: { ...this.environmentOfChildren(), ...Object.fromEntries(own) },
      command: async () => ({
        file: process.execPath,
        args: [join(rootDirectory, definition.file)],
      }),
      isHealthy: () => httpAnswers(healthPort, definition.healthPath),
    };
  }

  private pick(names: readonly PortName[]): Record<string, number> {
    return Object.fromEntries(names.map((name) => [name, this.options.ports[name]]));
  }

  private async healthy(names: readonly string[]): Promise<void> {
    const end = performance.now() + startLimitMs;
    const wanted = names.flatMap((name) => this.running.get(name) ?? []);
    for (;;) {
      this.requireGoingOn();
      const waitedFor = wanted.find((one) => one.status().health !== "healthy");
      if (!waitedFor) return;
      const failing = wanted.find((one) => one.failures() >= deathsAllowed);
      if (failing) throw this.failure(`${failing.program.name} does not start`, failing.program.logFile);
      if (performance.now() > end) {
        const { name, logFile } = waitedFor.program;
        throw this.failure(`${name} is not healthy after ${startLimitMs / 1000} s`, logFile);
      }
      await sleep(50);
    }
  }

  private failure(what: string, logFile: string): UsageError {
    const lines = tail(logFile, 15).map((line) => `    ${line}`);
    return new UsageError([`${what}. The end of ${logFile}:`, ...lines].join("\n"), 1);
  }

  private async setUp(): Promise<void> {
    const logFile = join(this.paths.logs, "setup.log");
    const log = openLog(logFile);
    const child = spawn(process.execPath, [join(rootDirectory, setupFile)], {
      cwd: rootDirectory,
      env: this.environmentOfChildren(),
      stdio: ["ignore", log, log],
      timeout: setupLimitMs,
      detached: true,
    });
    closeSync(log);
    const code = await new Promise<number | null>((settle) => {
      child.once("exit", settle);
      child.once("error", () => settle(null));
    });
    this.requireGoingOn();
    if (code !== 0) throw this.failure(`${setupFile} failed`, logFile);
  }

  private writeState(): void {
    const supervisor = identityOf(process.pid);
    if (!supervisor) return;
    const processes = [...this.running.values()].flatMap((one) => one.record() ?? []);
    writeState(this.paths.state, { supervisor, processes });
  }
}
