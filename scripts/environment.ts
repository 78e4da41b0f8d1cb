/**
 * An environment: the servers and the processes of one data folder, watched by a supervisor process of its own. Tests,
 * the demo and the benches start one here, or attach to one that runs.
 */
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readJson, writeJson } from "./json-file.ts";
import { cacheDirectory, dataPaths, rootDirectory } from "./paths.ts";
import { choosePorts, type PortChoice, type Ports } from "./ports.ts";
import { processes as allProcesses } from "./processes.ts";
import { loadSecrets, type Secrets } from "./secrets.ts";
import { installServers } from "./servers/install.ts";
import { tryLock } from "./servers/install-lock.ts";
import { n8n, placeBridge } from "./servers/n8n.ts";
import { servers } from "./servers/table.ts";
import { askControl, askStatus, type ProcessAction } from "./supervisor/control.ts";
import { identityOf, isAlive, signal, type Identity } from "./supervisor/identity.ts";
import { findLeftovers, stopLeftovers } from "./supervisor/leftovers.ts";
import { openLog, tail } from "./supervisor/log-file.ts";
import type { DetachedOptions } from "./supervisor/main.ts";
import { supervisorLock } from "./supervisor/run.ts";
import { readState, type EnvironmentStatus, type ProcessStatus } from "./supervisor/state.ts";
import { UsageError } from "./usage-error.ts";
import { urlsOf, variablesOf, type Urls } from "./variables.ts";

export interface EnvironmentOptions {
  /** Made when it is not there. */
  readonly dataDirectory: string;
  readonly ports: PortChoice;
  /** Names of the table in processes.ts; all of them when left out, none with []. */
  readonly processes?: readonly string[];
  /** Also a real n8n with the package, its credentials and workflows. False when left out. */
  readonly withN8n?: boolean;
  /** Variables for the processes, over those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * `caller` (the default): stopped when this process ends, however it ends. `independent`: goes on until stopped.
   * A process id: stopped when that process ends.
   */
  readonly lifetime?: "caller" | "independent" | number;
  /** False: nothing is installed into the system. */
  readonly allowSystemPackages?: boolean;
  /** Lines of progress; silent when left out. */
  readonly progress?: (line: string) => void;
  /** Called with every status while it starts. */
  readonly onStatus?: (status: EnvironmentStatus) => void;
}

/** A running environment. Names are those of the tables in servers/table.ts and processes.ts. */
export interface Environment {
  readonly dataDirectory: string;
  readonly ports: Ports;
  readonly secrets: Secrets;
  readonly urls: Urls;
  /** The variables that the processes run with (but for HEALTH_PORT), for a process of the caller's own. */
  readonly variables: Readonly<Record<string, string>>;
  status(): Promise<EnvironmentStatus>;
  /** Throws when it does not run at this moment. */
  pid(name: string): Promise<number>;
  /** Sends a signal; SIGKILL and SIGTERM answer when the process is gone. The supervisor then starts it again. */
  kill(name: string, signalName: NodeJS.Signals): Promise<void>;
  /** Orderly stop and start; answers when it is healthy again. */
  restart(name: string): Promise<void>;
  /** Orderly stop; it stays down until startProcess. */
  stopProcess(name: string): Promise<void>;
  /** Answers at once; see waitHealthy. */
  startProcess(name: string): Promise<void>;
  /** Throws after timeoutMs (60 s by default). */
  waitHealthy(name: string, timeoutMs?: number): Promise<void>;
  /** Stops everything and leaves no process behind. */
  stop(): Promise<void>;
}

export interface PreparedEnvironment {
  readonly dataDirectory: string;
  readonly ports: Ports;
  readonly secrets: Secrets;
}

/** Everything before the first start: folder, secrets, servers brought to this machine, ports chosen. */
export async function prepareEnvironment(options: EnvironmentOptions): Promise<PreparedEnvironment> {
  mkdirSync(options.dataDirectory, { recursive: true });
  mkdirSync(cacheDirectory, { recursive: true });
  // One name for one folder: leftovers are found by it.
  const dataDirectory = realpathSync(options.dataDirectory);
  const paths = dataPaths(dataDirectory);
  mkdirSync(paths.logs, { recursive: true });
  const secrets = loadSecrets(paths.secrets, { ...process.env, ...options.env });
  const progress = options.progress ?? (() => undefined);
  await installServers(options.withN8n ? [...servers, n8n] : servers, {
    allowSystemPackages: options.allowSystemPackages ?? true,
    progress,
  });
  if (options.withN8n) await placeBridge(dataDirectory, progress);
  const ports = await choosePorts(paths.ports, options.ports, Math.random);
  const variables = variablesOf(ports, secrets, dataDirectory, { ...process.env, ...options.env });
  const description = { dataDirectory, ports, urls: urlsOf(ports, secrets), variables };
  writeJson(environmentFile(dataDirectory), description, 0o600);
  return { dataDirectory, ports, secrets };
}

/** What a program of another language needs to reach an environment: its addresses and variables as JSON, mode 0600. */
export function environmentFile(dataDirectory: string): string {
  return join(dataDirectory, "environment.json");
}

/** Starts an environment under a supervisor in the background; answers when all is healthy. */
export async function startEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const prepared = await prepareEnvironment(options);
  const { dataDirectory } = prepared;
  if (await askStatus(dataDirectory))
    throw new UsageError(`${dataDirectory} is in use by a running environment`, 1);
  const caller = callerOf(options.lifetime ?? "caller");
  const names = options.processes ?? allProcesses.map((one) => one.name);
  const unknown = names.find((name) => !allProcesses.some((one) => one.name === name));
  if (unknown !== undefined) throw new UsageError(`there is no process named ${unknown}`);
  const withN8n = options.withN8n ?? false;
  const detached: DetachedOptions = { dataDirectory, processes: names, withN8n, ...(caller && { caller }) };
  const supervisor = spawnSupervisor(detached, options.env ?? {});
  await followStart(dataDirectory, supervisor, options.onStatus);
  return environmentOf(prepared, { ...process.env, ...options.env });
}

/** The process whose end also ends the environment; undefined for an independent one. */
export function callerOf(lifetime: "caller" | "independent" | number): Identity | undefined {
  if (lifetime === "independent") return undefined;
  const pid = lifetime === "caller" ? process.pid : lifetime;
  const identity = identityOf(pid);
  if (!identity) throw new UsageError(`there is no process ${pid}`);
  return identity;
}

function spawnSupervisor(detached: DetachedOptions, env: Readonly<Record<string, string>>): Identity {
  const logFile = join(dataPaths(detached.dataDirectory).logs, "supervisor.log");
  const log = openLog(logFile);
  const child = spawn(
    process.execPath,
    [join(rootDirectory, "scripts", "supervisor", "main.ts"), JSON.stringify(detached)],
    { cwd: rootDirectory, env: { ...process.env, ...env }, stdio: ["ignore", log, log], detached: true },
  );
  closeSync(log);
  child.unref();
  const identity = child.pid === undefined ? undefined : identityOf(child.pid);
  if (!identity) throw new Error(`the supervisor could not be started: see ${logFile}`);
  return identity;
}

async function followStart(
  dataDirectory: string,
  supervisor: Identity,
  onStatus: ((status: EnvironmentStatus) => void) | undefined,
): Promise<void> {
  for (;;) {
    const status = await askStatus(dataDirectory);
    // Another supervisor's answer would be that of one that came before ours.
    if (status?.supervisor === supervisor.pid) {
      onStatus?.(status);
      if (status.phase === "running") return;
      if (status.phase === "failed") throw new UsageError(status.error ?? "the start failed", 1);
    }
    if (!isAlive(supervisor)) {
      const lines = tail(join(dataPaths(dataDirectory).logs, "supervisor.log"), 15);
      throw new UsageError(["the supervisor ended while starting:", ...lines].join("\n"), 1);
    }
    await sleep(100);
  }
}

/** Attaches to a running environment. Throws UsageError when none runs on this folder. */
export async function attachEnvironment(dataDirectory: string): Promise<Environment> {
  const status = existsSync(dataDirectory) ? await askStatus(realpathSync(dataDirectory)) : undefined;
  if (!status) throw new UsageError(`nothing runs on ${dataDirectory}: ./catalyst up starts it`, 1);
  const paths = dataPaths(status.data);
  const ports = readJson(paths.ports) as Ports | undefined;
  if (!ports) throw new UsageError(`${paths.ports} is missing`, 1);
  return environmentOf(
    { dataDirectory: status.data, ports, secrets: loadSecrets(paths.secrets, process.env) },
    process.env,
  );
}

function environmentOf(
  { dataDirectory, ports, secrets }: PreparedEnvironment,
  given: NodeJS.ProcessEnv,
): Environment {
  const status = async (): Promise<EnvironmentStatus> => {
    const answer = await askStatus(dataDirectory);
    if (!answer) throw new Error(`the supervisor of ${dataDirectory} does not answer`);
    return answer;
  };
  const find = async (name: string): Promise<ProcessStatus> => {
    const found = (await status()).processes.find((one) => one.name === name);
    if (!found) throw new Error(`no process is named ${name}`);
    return found;
  };
  const act = async (name: string, action: ProcessAction, query = ""): Promise<void> => {
    const answer = await askControl(
      dataDirectory,
      "POST",
      `/processes/${encodeURIComponent(name)}/${action}${query}`,
    );
    if (answer === undefined) throw new Error(`the supervisor of ${dataDirectory} does not answer`);
  };
  const waitHealthy = async (name: string, timeoutMs = 60_000): Promise<void> => {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const one = await find(name);
      if (one.health === "healthy") return;
      if (performance.now() > end)
        throw new Error(`${name} is ${one.health} after ${timeoutMs} ms: see ${one.log}`);
      await sleep(50);
    }
  };
  return {
    dataDirectory,
    ports,
    secrets,
    urls: urlsOf(ports, secrets),
    variables: variablesOf(ports, secrets, dataDirectory, given),
    status,
    waitHealthy,
    pid: async (name) => {
      const { pid, health } = await find(name);
      if (pid === null) throw new Error(`${name} does not run: it is ${health}`);
      return pid;
    },
    kill: (name, signalName) => act(name, "kill", `?signal=${signalName}`),
    restart: async (name) => {
      await act(name, "restart");
      await waitHealthy(name);
    },
    stopProcess: (name) => act(name, "stop"),
    startProcess: (name) => act(name, "start"),
    stop: async () => {
      await stopEnvironment(dataDirectory);
    },
  };
}

const stopLimitMs = 60_000; // the slowest process and the slowest server, one after the other, with room

/**
 * Stops what runs on a data folder: by its supervisor, or, where that was killed, by what it left behind.
 * Answers the names of leftovers that had to be stopped, or "nothing" when nothing ran.
 */
export async function stopEnvironment(
  dataDirectory: string,
): Promise<"stopped" | "nothing" | readonly string[]> {
  if (!existsSync(dataDirectory)) return "nothing";
  const data = realpathSync(dataDirectory);
  const supervisor = readState(dataPaths(data).state)?.supervisor;
  const ran = supervisor !== undefined && isAlive(supervisor);
  if (supervisor && ran) {
    if ((await askControl(data, "POST", "/stop")) === undefined) signal(supervisor.pid, "SIGTERM");
    const end = performance.now() + stopLimitMs;
    while (isAlive(supervisor)) {
      if (performance.now() > end) signal(supervisor.pid, "SIGKILL");
      await sleep(50);
    }
  }
  const lock = await tryLock(supervisorLock(data));
  if (!lock) return "stopped"; // another start came between: what runs now is its own
  try {
    const left = await stopLeftovers(data, readState(dataPaths(data).state));
    if (left.length > 0) return left;
    return ran ? "stopped" : "nothing";
  } finally {
    lock.close();
  }
}

/** Whether processes of a killed supervisor are still there. */
export function leftoversOf(dataDirectory: string): readonly string[] {
  if (!existsSync(dataDirectory)) return [];
  const data = realpathSync(dataDirectory);
  return findLeftovers(data, readState(dataPaths(data).state)).map((one) => one.name);
}
