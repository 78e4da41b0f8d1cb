import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { Client } from "pg";
import { buildBridge } from "../n8n/package.ts";
import { cacheDirectory } from "../paths.ts";
import { httpAnswers } from "../supervisor/http-health.ts";
import { UsageError } from "../usage-error.ts";
import { whileLocked } from "./install-lock.ts";
import { findOnPath, lastLines, runCommand } from "./run-command.ts";
import type { Command, InstallOptions, Prerequisite, Server, ServerContext } from "./server.ts";

/** Pinned: n8n changes what nodes see from one minor version to the next. */
export const n8nVersion = "2.40.7";

const cached = join(cacheDirectory, `n8n-${n8nVersion}`);
const start = join(cached, "node_modules", "n8n", "bin", "n8n");
// n8n's own xlsx is an archive outside of the registry, which not every machine may reach.
const manifest = {
  private: true,
  dependencies: { n8n: n8nVersion },
  overrides: { xlsx: "0.18.5" },
};

async function prerequisites(): Promise<readonly Prerequisite[]> {
  const name = "n8n";
  if (existsSync(start)) return [{ name, state: "cached", version: n8nVersion, path: cached }];
  const remedy = "brought by the first ./catalyst up --with-n8n";
  return [{ name, state: "brought", version: n8nVersion, remedy }];
}

/** Four minutes once, half a gigabyte. An install that was killed begins anew. */
async function install({ progress }: InstallOptions): Promise<void> {
  if (existsSync(start)) return;
  const npm = findOnPath("npm");
  if (npm === undefined)
    throw new UsageError("n8n comes by npm, which was not found: install Node 24 with npm", 1);
  const waiting = () => progress("  n8n: another copy is installing it; waiting …");
  await whileLocked(cached, waiting, async () => {
    if (existsSync(start)) return;
    const draft = `${cached}.new`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true });
    writeFileSync(join(draft, "package.json"), `${JSON.stringify(manifest)}\n`);
    await npmInstall(npm, draft, progress);
    rmSync(cached, { recursive: true, force: true });
    renameSync(draft, cached);
    progress("  n8n: ready");
  });
}

async function npmInstall(npm: string, directory: string, progress: (line: string) => void): Promise<void> {
  progress(`  n8n ${n8nVersion}: installing by npm, about four minutes once …`);
  const started = performance.now();
  const tick = setInterval(() => {
    progress(`  n8n: installing, ${Math.round((performance.now() - started) / 1000)} s …`);
  }, 20_000);
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
  try {
    // n8n ends with an older Node: npm must run by ours.
    const environment = { ...process.env, PATH: pathWithNode(process.env) };
    const result = await runCommand(npm, ["install", ...flags], { cwd: directory, environment });
    if (result.code !== 0)
      throw new UsageError(`npm could not install n8n@${n8nVersion}:\n${lastLines(result.output, 12)}`, 1);
  } finally {
    clearInterval(tick);
  }
}

/** n8n starts its runners by the name `node`. */
function pathWithNode(environment: NodeJS.ProcessEnv): string {
  return [dirname(process.execPath), environment["PATH"] ?? ""].join(delimiter);
}

/** Packs n8n-nodes-catalyst and unpacks it where n8n looks for packages: it loads under its own name. */
export async function placeBridge(dataDirectory: string, progress: (line: string) => void): Promise<void> {
  const archive = await buildBridge(progress);
  const place = join(dataDirectory, "n8n", ".n8n", "nodes", "node_modules", "n8n-nodes-catalyst");
  const draft = join(dataDirectory, "n8n", "n8n-nodes-catalyst.new");
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  const result = await runCommand("tar", ["-xzf", archive, "--strip-components=1", "-C", draft]);
  if (result.code !== 0) throw new Error(`${archive} could not be unpacked:\n${result.output}`);
  mkdirSync(dirname(place), { recursive: true });
  rmSync(place, { recursive: true, force: true });
  renameSync(draft, place);
}

/** n8n's own database, and one that workflows may use: neither role can reach the other's, or Catalyst's. */
async function prepare({ directory, ports, secrets }: ServerContext): Promise<void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const client = new Client({
    host: "127.0.0.1",
    port: ports.postgres,
    user: "postgres",
    password: secrets.postgresSuperuserPassword,
    database: "postgres",
  });
  await client.connect();
  try {
    await makeDatabase(client, "n8n", secrets.n8nDatabasePassword);
    await makeDatabase(client, "n8n_flows", secrets.n8nFlowsPassword);
    await client.query("REVOKE CONNECT ON DATABASE catalyst FROM PUBLIC");
  } finally {
    await client.end();
  }
}

/** A database and the role that owns it, of one name. */
async function makeDatabase(client: Client, name: string, password: string): Promise<void> {
  const role = await client.query("SELECT FROM pg_roles WHERE rolname = $1", [name]);
  if (role.rowCount === 0)
    await client.query(`CREATE ROLE ${name} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
  const database = await client.query("SELECT FROM pg_database WHERE datname = $1", [name]);
  if (database.rowCount === 0) await client.query(`CREATE DATABASE ${name} OWNER ${name}`);
  await client.query(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`);
}

async function command({ directory, ports, secrets }: ServerContext): Promise<Command> {
  const address = `http://127.0.0.1:${ports.n8n}`;
  return {
    file: process.execPath,
    args: [start, "start"],
    environment: {
      PATH: pathWithNode(process.env),
      N8N_USER_FOLDER: directory,
      N8N_ENCRYPTION_KEY: secrets.n8nEncryptionKey,
      DB_TYPE: "postgresdb",
      DB_POSTGRESDB_HOST: "127.0.0.1",
      DB_POSTGRESDB_PORT: String(ports.postgres),
      DB_POSTGRESDB_DATABASE: "n8n",
      DB_POSTGRESDB_USER: "n8n",
      DB_POSTGRESDB_PASSWORD: secrets.n8nDatabasePassword,
      N8N_LISTEN_ADDRESS: "127.0.0.1",
      N8N_PORT: String(ports.n8n),
      N8N_RUNNERS_BROKER_PORT: String(ports.n8nRunners),
      N8N_EDITOR_BASE_URL: address,
      N8N_WEBHOOK_URL: address,
      N8N_SECURE_COOKIE: "false", // plain http, on this machine alone
      N8N_GRACEFUL_SHUTDOWN_TIMEOUT: "10",
      ...silence,
    },
  };
}

/** Nothing is told to n8n's makers or fetched from them. */
const silence = {
  N8N_DIAGNOSTICS_ENABLED: "false",
  N8N_VERSION_NOTIFICATIONS_ENABLED: "false",
  N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED: "false",
  N8N_DYNAMIC_BANNERS_ENABLED: "false",
  N8N_HIRING_BANNER_ENABLED: "false",
  N8N_TEMPLATES_ENABLED: "false",
  N8N_PERSONALIZATION_ENABLED: "false",
  N8N_LICENSE_AUTO_RENEW_ENABLED: "false",
  N8N_VERIFIED_PACKAGES_ENABLED: "false",
  N8N_DISABLED_MODULES: "mcp-registry",
};

function isHealthy({ ports }: ServerContext): Promise<boolean> {
  return httpAnswers(ports.n8n, "/healthz/readiness");
}

export const n8n: Server = {
  name: "n8n",
  title: "n8n",
  ports: ["n8n", "n8nRunners"],
  stopMs: 15_000,
  prerequisites,
  install,
  prepare,
  command,
  isHealthy,
};
