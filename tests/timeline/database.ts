import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import pg, { type QueryResultRow } from "pg";
import type { Pool } from "#adapters/postgres/pool.ts";
import { attachTestEnvironment } from "../../scripts/test-environment.ts";

const migrations = new URL("../../adapters/postgres/migrations/", import.meta.url);

/** Every table, in a schema of this file's own. */
export interface TestDatabase {
  readonly pool: Pool;
  /** As the gateway reads for one tenant; "" for none. */
  asTenant<Row extends QueryResultRow>(tenantId: string, text: string): Promise<readonly Row[]>;
  close(): Promise<void>;
}

export async function openDatabase(): Promise<TestDatabase> {
  const { variables } = await attachTestEnvironment();
  const schema = `timeline_${randomUUID().replaceAll("-", "")}`;
  const pool = new pg.Pool({
    connectionString: variables["DATABASE_URL"],
    options: `-c search_path=${schema} -c client_min_messages=warning`,
    max: 8,
  });
  pool.on("error", () => {});
  await pool.query(`CREATE SCHEMA ${schema}`);
  for (const file of (await readdir(migrations)).sort()) {
    await pool.query(await readFile(new URL(file, migrations), "utf8"));
  }
  return {
    pool,
    async asTenant<Row extends QueryResultRow>(tenantId: string, text: string): Promise<readonly Row[]> {
      const client = await pool.connect();
      try {
        await client.query("BEGIN");
        await client.query("SET LOCAL ROLE catalyst_tenant");
        if (tenantId !== "") {
          await client.query("SELECT set_config('catalyst.tenant_id', $1, true)", [tenantId]);
        }
        return (await client.query<Row>(text)).rows;
      } finally {
        await client.query("ROLLBACK");
        client.release();
      }
    },
    async close() {
      await pool.query(`DROP SCHEMA ${schema} CASCADE`);
      await pool.end();
    },
  };
}
