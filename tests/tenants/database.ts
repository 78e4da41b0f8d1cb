import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import pg from "pg";
import type { Pool } from "#adapters/postgres/pool.ts";
import { attachTestEnvironment } from "../../scripts/test-environment.ts";

export interface TestSchema {
  readonly pool: Pool;
  close(): Promise<void>;
}

/**
 * The tenants' tables in a schema of their own: no process of the environment publishes from this outbox.
 * @param further migrations, by their files' names.
 */
export async function createTestSchema(further: readonly string[] = []): Promise<TestSchema> {
  const { variables } = await attachTestEnvironment();
  const schema = `tenants_${randomUUID().replaceAll("-", "")}`;
  const pool = new pg.Pool({
    connectionString: variables["DATABASE_URL"],
    options: `-c search_path=${schema}`,
    max: 8,
  });
  pool.on("error", () => {});
  await pool.query(`CREATE SCHEMA ${schema}`);
  for (const migration of ["0001_tenants.sql", "0002_ledger.sql", ...further]) {
    await pool.query(
      await readFile(new URL(`../../adapters/postgres/migrations/${migration}`, import.meta.url), "utf8"),
    );
  }
  return {
    pool,
    async close() {
      await pool.query(`SET client_min_messages = warning; DROP SCHEMA ${schema} CASCADE`);
      await pool.end();
    },
  };
}
