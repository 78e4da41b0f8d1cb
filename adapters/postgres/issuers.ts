import { isDeepStrictEqual } from "node:util";
import {
  issuer as issuerSchema,
  ISSUER_ID,
  type Issuers,
  type IssuerVersion,
  UNCONFIGURED_ISSUER,
} from "#domain/invoicing/issuer.ts";
import { inTransaction, onPostgres, type Client, type Pool } from "./pool.ts";

/** Versions of the issuer (0011_invoices.sql). */
export function createIssuers(pool: Pool): Issuers {
  return {
    current: () => onPostgres(() => latest(pool)),
    put: (issuer, actor, at) =>
      inTransaction(pool, async (client) => {
        await client.query("SELECT pg_advisory_xact_lock(hashtextextended('catalyst.issuer', 0))");
        const before = await latest(client);
        if (before.version > 0 && isDeepStrictEqual(before.issuer, issuer)) return before;
        const version = before.version + 1;
        await client.query(
          "INSERT INTO issuers (issuer_id, version, issuer, created_by, created_at) VALUES ($1, $2, $3, $4, $5)",
          [ISSUER_ID, version, JSON.stringify(issuer), actor, new Date(at)],
        );
        return { issuerId: ISSUER_ID, version, issuer };
      }),
  };
}

async function latest(client: Pick<Pool, "query"> | Pick<Client, "query">): Promise<IssuerVersion> {
  const { rows } = await (client as Pool).query<{ version: number; issuer: unknown }>(
    "SELECT version, issuer FROM issuers WHERE issuer_id = $1 ORDER BY version DESC LIMIT 1",
    [ISSUER_ID],
  );
  const row = rows[0];
  if (row === undefined) return UNCONFIGURED_ISSUER;
  return { issuerId: ISSUER_ID, version: row.version, issuer: issuerSchema.parse(row.issuer) };
}
