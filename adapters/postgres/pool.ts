import pg from "pg";
import { Unavailable } from "#domain/errors.ts";

export type Pool = pg.Pool;
export type Client = pg.ClientBase;

/** Connections of one process; eight processes of them stay below the server's usual limit of 100. */
const CONNECTIONS_MAX = 8;

export function createPool(databaseUrl: string, applicationName: string): Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: applicationName,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: 5_000,
    idle_in_transaction_session_timeout: 30_000,
    statement_timeout: 60_000,
  });
  // An idle connection that breaks (the server restarted) is replaced by the pool; unheard, the event would end the process.
  pool.on("error", () => {});
  return pool;
}

/**
 * Runs `work` in one transaction: all of it or nothing.
 * @throws Unavailable when the server is away or asks for a retry; the transaction may then have been committed or not.
 */
export async function inTransaction<Result>(
  pool: Pool,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  return onPostgres(async () => {
    const client = await pool.connect();
    let broken: Error | undefined;
    const onError = (error: Error): void => {
      broken = error;
    };
    client.on("error", onError);
    try {
      await client.query("BEGIN");
      const result = await work(client);
      await client.query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK").catch((rollbackError: Error) => {
        broken = rollbackError;
      });
      throw error;
    } finally {
      client.off("error", onError);
      client.release(broken);
    }
  });
}

/** Runs a tenant's reads under row-level security: rows of other tenants do not exist for `work`. */
export function asTenant<Result>(
  pool: Pool,
  tenantId: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  return inTransaction(pool, async (client) => {
    await client.query("SET LOCAL ROLE catalyst_tenant");
    await client.query("SELECT set_config('catalyst.tenant_id', $1, true)", [tenantId]);
    return work(client);
  });
}

/** Runs database work and says Unavailable for what another attempt may mend. */
export async function onPostgres<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (isTransient(error)) throw new Unavailable("postgres", { cause: error });
    throw error;
  }
}

/** SQLSTATE classes 08 (connection), 53 (resources), 57P (operator intervention), 40 (rollback), 55P03 (lock): https://www.postgresql.org/docs/18/errcodes-appendix.html */
const TRANSIENT_SQLSTATE = /^(08|53|57P|40|25006|55P03|57014)/;
const TRANSIENT_SYSTEM = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
]);

function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  if (TRANSIENT_SQLSTATE.test(code) || TRANSIENT_SYSTEM.has(code)) return true;
  return /Connection terminated|timeout exceeded when trying to connect|connection timeout|not queryable/i.test(
    error.message,
  );
}
