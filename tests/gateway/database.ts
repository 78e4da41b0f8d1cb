import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import pg from "pg";
import type { Pool } from "#adapters/postgres/pool.ts";
import { attachTestEnvironment } from "../../scripts/test-environment.ts";

/** The REST door's tables, and the outbox, in a schema of their own. */
export async function createGatewaySchema(): Promise<{ readonly pool: Pool; close(): Promise<void> }> {
  const { variables } = await attachTestEnvironment();
  const schema = `gateway_${randomUUID().replaceAll("-", "")}`;
  const pool = new pg.Pool({
    connectionString: variables["DATABASE_URL"],
    options: `-c search_path=${schema}`,
    max: 8,
  });
  pool.on("error", () => {});
  await pool.query(`CREATE SCHEMA ${schema}`);
  for (const migration of ["0001_tenants.sql", "0004_gateway.sql"]) {
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
