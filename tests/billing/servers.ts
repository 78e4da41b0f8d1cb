import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { createPool, type Pool } from "#adapters/postgres/pool.ts";
import { migrate } from "#adapters/postgres/migrate.ts";
import { postgres } from "../../scripts/servers/postgres.ts";
import type { ServerContext } from "../../scripts/servers/server.ts";

const password = "test-only";

/** A Redis of this file's own: these tests flush it, kill it and bring it back with an old snapshot. */
export interface TestRedis {
  readonly url: string;
  /** A plain client, for looking and for sabotage. */
  readonly admin: Redis;
  /** Ends the process as a power cut would and starts it again from the last snapshot that `admin.save()` wrote. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRedis(): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), "catalyst-billing-redis-"));
  const port = await freePort();
  const run = (): ChildProcess =>
    spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder], {
      stdio: "ignore",
    });
  let server = run();
  const admin = new Redis({ port, host: "127.0.0.1", retryStrategy: () => 20 });
  admin.on("error", () => {});
  await admin.ping();
  return {
    url: `redis://127.0.0.1:${port}`,
    admin,
    async crash() {
      const ended = once(server, "exit");
      server.kill("SIGKILL");
      await ended;
      server = run();
      await sleep(20);
      await admin.ping();
    },
    async stop() {
      admin.disconnect();
      const ended = once(server, "exit");
      server.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A PostgreSQL with the whole schema, in a folder and on a port of its own. */
export interface TestPostgres {
  readonly url: string;
  readonly pool: Pool;
  stop(): Promise<void>;
}

export async function startPostgres(): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), "catalyst-billing-postgres-"));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const context = {
    directory: join(folder, "postgres"),
    ports: { postgres: port },
    secrets: { postgresPassword: password, postgresSuperuserPassword: password },
  } as unknown as ServerContext;
  await postgres.install({ allowSystemPackages: false, progress: () => {} });
  await postgres.prepare(context);
  const { file, args } = await postgres.command(context);
  const server = spawn(file, args, { cwd: "/", stdio: "ignore" });
  while (!(await postgres.isHealthy(context))) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL ended with ${server.exitCode}`);
    await sleep(50);
  }
  const url = `postgres://catalyst:${password}@127.0.0.1:${port}/catalyst`;
  await migrate(url, () => {});
  const pool = createPool(url, "billing-tests");
  return {
    url,
    pool,
    async stop() {
      await pool.end();
      const ended = once(server, "exit");
      server.kill("SIGINT");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((settle, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen({ port: 0, host: "127.0.0.1" }, () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address !== null ? settle(address.port) : fail(new Error("no port")),
      );
    });
  });
}
