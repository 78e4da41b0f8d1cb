import { fileURLToPath } from "node:url";
import { runner } from "node-pg-migrate";

const MIGRATIONS = fileURLToPath(new URL("./migrations", import.meta.url));

/**
 * Brings the schema up to date under an advisory lock: of several processes that start at once, one
 * migrates and the others wait.
 * @returns the names of the migrations that were applied now.
 */
export async function migrate(databaseUrl: string, log: (line: string) => void): Promise<string[]> {
  const applied = await runner({
    databaseUrl,
    dir: MIGRATIONS,
    direction: "up",
    migrationsTable: "schema_migrations",
    checkOrder: true,
    log,
  });
  return applied.map(({ name }) => name);
}
