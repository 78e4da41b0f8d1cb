import { createWriteStream, mkdirSync, renameSync, rmSync } from "node:fs";
import { connect } from "node:http2";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { SEARCH_ATTRIBUTES } from "#domain/flows/search-attributes.ts";
import { readJson } from "../json-file.ts";
import { cacheDirectory, rootDirectory } from "../paths.ts";
import { UsageError } from "../usage-error.ts";
import { whileLocked } from "./install-lock.ts";
import { findOnPath, isExecutable, lastLines, runCommand } from "./run-command.ts";
import type { Command, InstallOptions, Prerequisite, Server, ServerContext } from "./server.ts";

/** As the command line names the types. */
const CLI_TYPES = { KEYWORD: "Keyword", INT: "Int" } as const;

const version = "v1.5.1";
const cached = join(cacheDirectory, `temporal-${version}`, "temporal");

function findCli(): { path: string; cached: boolean } | undefined {
  const named = process.env["TEMPORAL_CLI_PATH"];
  if (named !== undefined && named !== "") {
    if (!isExecutable(named))
      throw new UsageError(`TEMPORAL_CLI_PATH names ${named}, which is no program`, 1);
    return { path: named, cached: false };
  }
  const path = findOnPath("temporal");
  if (path !== undefined) return { path, cached: false };
  return isExecutable(cached) ? { path: cached, cached: true } : undefined;
}

/** Go on PATH, else where its own installer puts it. */
function findGo(): string | undefined {
  const usual = "/usr/local/go/bin/go";
  return findOnPath("go") ?? (isExecutable(usual) ? usual : undefined);
}

async function prerequisites(): Promise<readonly Prerequisite[]> {
  const found = findCli();
  const name = "Temporal CLI";
  if (found) {
    const { output } = await runCommand(found.path, ["--version"], { timeoutMs: 10_000 });
    const state = found.cached ? "cached" : "present";
    return [{ name, state, version: /version (.*)/.exec(output)?.[1] ?? "unknown", path: found.path }];
  }
  const go = findGo();
  const remedy =
    go === undefined
      ? "downloaded at the first ./catalyst up"
      : "downloaded at the first ./catalyst up, or built by Go";
  return [{ name, state: "brought", version, remedy }];
}

async function install({ progress }: InstallOptions): Promise<void> {
  if (findCli()) return;
  const waiting = () => progress("  Temporal: another copy is installing it; waiting …");
  await whileLocked(cached, waiting, async () => {
    if (findCli()) return;
    const draft = join(cacheDirectory, `temporal-${version}.new`);
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true });
    progress(`  Temporal CLI ${version}: downloading …`);
    const refusal = await download(draft);
    if (refusal !== undefined) await build(draft, refusal, progress);
    rmSync(join(cacheDirectory, `temporal-${version}`), { recursive: true, force: true });
    renameSync(draft, join(cacheDirectory, `temporal-${version}`));
    progress("  Temporal CLI: ready");
  });
}

/** The address that Temporal's own SDKs download from. Answers why it could not, or undefined. */
async function download(directory: string): Promise<string | undefined> {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const address = `https://temporal.download/cli/archive/${version}?platform=linux&arch=${architecture}`;
  const archive = join(directory, "archive.tar.gz");
  try {
    // The limit is for the answer to begin; a slow line may take its time for the 60 MB after that.
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(new Error("no answer in 8 s")), 8_000);
    const response = await fetch(address, { signal: abort.signal });
    clearTimeout(timer);
    if (!response.ok || !response.body) return `${address} answered ${response.status}`;
    await pipeline(Readable.fromWeb(response.body), createWriteStream(archive));
  } catch (error) {
    const cause = (error as Error).cause;
    return `${address}: ${cause instanceof Error ? cause.message : (error as Error).message}`;
  }
  const result = await runCommand("tar", ["-xzf", archive, "-C", directory, "temporal"]);
  rmSync(archive, { force: true });
  return result.code === 0 ? undefined : `the archive could not be unpacked: ${result.output.trim()}`;
}

/** Two minutes once. Its folders keep their place until it is done, so an interrupted build goes on where it was. */
async function build(directory: string, refusal: string, progress: (line: string) => void): Promise<void> {
  const go = findGo();
  if (go === undefined) {
    throw new UsageError(
      [
        `The Temporal CLI could not be downloaded (${refusal}), and there is no Go to build it.`,
        "Put a `temporal` program on PATH (https://docs.temporal.io/cli), name one in TEMPORAL_CLI_PATH,",
        "or install Go 1.24 or newer (https://go.dev/dl/), then run this again.",
      ].join("\n"),
      1,
    );
  }
  progress(`  Temporal CLI ${version}: no download (${refusal}); building it with Go, about two minutes …`);
  const workshop = join(cacheDirectory, "temporal-go-build");
  mkdirSync(workshop, { recursive: true });
  const environment = {
    ...process.env,
    GOBIN: directory,
    GOPATH: join(workshop, "path"),
    GOCACHE: join(workshop, "cache"),
    GOFLAGS: "-modcacherw", // else the module cache cannot be removed below
    CGO_ENABLED: "0",
  };
  const started = performance.now();
  const tick = setInterval(() => {
    progress(`  Temporal CLI: building, ${Math.round((performance.now() - started) / 1000)} s …`);
  }, 15_000);
  try {
    const result = await runCommand(go, ["install", `github.com/temporalio/cli/cmd/temporal@${version}`], {
      environment,
    });
    if (result.code !== 0)
      throw new UsageError(`Go could not build the Temporal CLI:\n${lastLines(result.output, 12)}`, 1);
  } finally {
    clearInterval(tick);
  }
  rmSync(workshop, { recursive: true, force: true });
}

/**
 * Twice the flows per second of the defaults (docs/performance.md). A commit outlives the process that made it, as the write-ahead log
 * is in the system's hands; of a machine that loses its power the last commits may be gone (https://www.sqlite.org/pragma.html#pragma_synchronous).
 */
const SQLITE = {
  journal_mode: "wal",
  synchronous: "normal",
  temp_store: "memory",
  cache_size: -131_072,
  wal_autocheckpoint: 8_000,
};

/**
 * One machine needs no partitions of its queues, which pass tasks on to one another, and search attributes are there before it starts: by
 * default the development server reads them from its file with every call.
 */
const ONE_MACHINE = {
  "matching.numTaskqueueReadPartitions": 1,
  "matching.numTaskqueueWritePartitions": 1,
  "system.forceSearchAttributesCacheRefreshOnRead": false,
};

async function prepare({ directory }: ServerContext): Promise<void> {
  mkdirSync(directory, { recursive: true });
}

async function command({ directory, ports }: ServerContext): Promise<Command> {
  const file = findCli()?.path ?? "temporal";
  const args = [
    "server",
    "start-dev",
    "--ip=127.0.0.1",
    `--port=${ports.temporal}`,
    `--ui-port=${ports.temporalUi}`,
    `--ui-codec-endpoint=http://127.0.0.1:${ports.codec}`,
    `--db-filename=${join(directory, "temporal.db")}`,
    ...Object.entries(SQLITE).map(([pragma, value]) => `--sqlite-pragma=${pragma}=${value}`),
    ...SEARCH_ATTRIBUTES.map(({ name, type }) => `--search-attribute=${name}=${CLI_TYPES[type]}`),
    ...dynamicConfiguration(),
    "--log-level=warn",
  ];
  return { file, args };
}

/** The file that production servers read, as the development server takes it, and what is its own. */
function dynamicConfiguration(): string[] {
  const file = join(rootDirectory, "temporal-config", "dynamic-config.json");
  const settings = readJson(file) as Record<string, readonly { readonly value: unknown }[]>;
  const shared = Object.entries(settings).map(([key, [setting]]) => [key, setting?.value] as const);
  return [...shared, ...Object.entries(ONE_MACHINE)].map(
    ([key, value]) => `--dynamic-config-value=${key}=${JSON.stringify(value)}`,
  );
}

/** The standard gRPC health check (grpc.health.v1), by hand: starting the CLI for each look would cost 0.1 s of a core. */
function isHealthy({ ports }: ServerContext): Promise<boolean> {
  const service = Buffer.from("temporal.api.workflowservice.v1.WorkflowService", "ascii");
  const message = Buffer.concat([Buffer.from([0x0a, service.length]), service]);
  const frame = Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);
  return new Promise((settle) => {
    const session = connect(`http://127.0.0.1:${ports.temporal}`);
    const finish = (healthy: boolean): void => {
      clearTimeout(timer);
      session.destroy();
      settle(healthy);
    };
    const timer = setTimeout(() => finish(false), 2_000);
    session.on("error", () => finish(false));
    const stream = session.request({
      ":method": "POST",
      ":path": "/grpc.health.v1.Health/Check",
      "content-type": "application/grpc",
      te: "trailers",
    });
    let received = Buffer.alloc(0);
    stream.on("data", (chunk: Buffer) => (received = Buffer.concat([received, chunk])));
    stream.on("error", () => finish(false));
    // Five bytes of frame, then field 1 (status) = 1 (SERVING).
    stream.on("end", () => finish(received.length >= 7 && received[5] === 8 && received[6] === 1));
    stream.end(frame);
  });
}

export const temporal: Server = {
  name: "temporal",
  title: "Temporal",
  ports: ["temporal", "temporalUi"],
  stopMs: 10_000,
  prerequisites,
  install,
  prepare,
  command,
  isHealthy,
};
