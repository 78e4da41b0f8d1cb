import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { QueryResultRow } from "pg";
import { createPool, type Pool } from "#adapters/postgres/pool.ts";
import { postgres } from "../../scripts/servers/postgres.ts";
import type { ServerContext } from "../../scripts/servers/server.ts";

const password = "test-only";

/** A real PostgreSQL with the migrations this area needs, in a folder and on a port of its own. */
export interface TestDatabase {
  readonly pool: Pool;
  /** As the gateway reads for one tenant. */
  asTenant<Row extends QueryResultRow>(tenantId: string, text: string): Promise<readonly Row[]>;
  close(): Promise<void>;
}

export async function startDatabase(): Promise<TestDatabase> {
  const environment = process.env["CATALYST_TEST_DATABASE_URL"];
  if (environment !== undefined) return openDatabase(environment, async () => {});
  const folder = mkdtempSync(join(tmpdir(), "catalyst-timeline-"));
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
  return openDatabase(`postgres://catalyst:${password}@127.0.0.1:${port}/catalyst`, async () => {
    await stop(server);
    rmSync(folder, { recursive: true, force: true });
  });
}

async function stop(server: ChildProcess): Promise<void> {
  const ended = once(server, "exit");
  server.kill("SIGINT");
  await ended;
}

async function openDatabase(url: string, close: () => Promise<void>): Promise<TestDatabase> {
  const pool = createPool(url, "test");
  await pool.query(
    `DO $$ BEGIN CREATE ROLE catalyst_tenant NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
  );
  const file = new URL("../../adapters/postgres/migrations/0003_messages.sql", import.meta.url);
  await pool.query(readFileSync(file, "utf8"));
  return {
    pool,
    async asTenant<Row extends QueryResultRow>(tenantId: string, text: string): Promise<readonly Row[]> {
      const client = await pool.connect();
      try {
        await client.query("BEGIN");
        await client.query("SET LOCAL ROLE catalyst_tenant");
        if (tenantId !== "")
          await client.query("SELECT set_config('catalyst.tenant_id', $1, true)", [tenantId]);
        return (await client.query<Row>(text)).rows;
      } finally {
        await client.query("ROLLBACK");
        client.release();
      }
    },
    async close() {
      await pool.end();
      await close();
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
