import type { Role } from "#domain/access/actor.ts";
import type { AdminKeyRecord, AdminKeys } from "#domain/access/ports.ts";
import { onPostgres, type Pool } from "./pool.ts";

interface Row {
  readonly key_id: string;
  readonly name: string;
  readonly role: Role;
  readonly last4: string;
  readonly created_by: string;
  readonly created_at: Date;
  readonly revoked_at: Date | null;
}

const COLUMNS = "key_id, name, role, last4, created_by, created_at, revoked_at";

function record(row: Row): AdminKeyRecord {
  return {
    keyId: row.key_id,
    name: row.name,
    role: row.role,
    lastFour: row.last4,
    createdBy: row.created_by,
    createdAt: row.created_at.getTime(),
    revokedAt: row.revoked_at?.getTime() ?? null,
  };
}

/** Administration keys, as hashes. */
export function createAdminKeys(pool: Pool): AdminKeys {
  const rowsOf = (text: string, values: unknown[]): Promise<Row[]> =>
    onPostgres(async () => (await pool.query<Row>(text, values)).rows);
  return {
    async find(hash) {
      const [row] = await rowsOf(`SELECT ${COLUMNS} FROM admin_keys WHERE hash = $1 AND revoked_at IS NULL`, [
        hash,
      ]);
      return row === undefined ? null : record(row);
    },
    async create(key) {
      // Created under the same id before (the answer was lost): the new key takes the place of the one nobody saw.
      const [row] = await rowsOf(
        `INSERT INTO admin_keys (key_id, hash, name, role, last4, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, to_timestamp($7::float8 / 1000))
         ON CONFLICT (key_id) DO UPDATE SET hash = excluded.hash, last4 = excluded.last4
         RETURNING ${COLUMNS}`,
        [key.keyId, key.hash, key.name, key.role, key.lastFour, key.createdBy, key.createdAt],
      );
      if (row === undefined) throw new Error("the key was not stored");
      return record(row);
    },
    async list() {
      return (
        await rowsOf(`SELECT ${COLUMNS} FROM admin_keys ORDER BY created_at, key_id LIMIT 1000`, [])
      ).map(record);
    },
    async revoke(keyId, at) {
      const rows = await rowsOf(
        `UPDATE admin_keys SET revoked_at = to_timestamp($2::float8 / 1000)
         WHERE key_id = $1 AND revoked_at IS NULL RETURNING ${COLUMNS}`,
        [keyId, at],
      );
      return rows.length === 1;
    },
  };
}
