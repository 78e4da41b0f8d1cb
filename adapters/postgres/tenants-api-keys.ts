import { ACTIVE_API_KEYS_MAX } from "#domain/access/ports.ts";
import type { Clock } from "#domain/clock.ts";
import type { ApiKeySummary, NewApiKey, TenantStore } from "#domain/tenants/tenant-store.ts";
import { inTransaction, onPostgres, type Client, type Pool } from "./pool.ts";

/** A key that another process revoked is refused at the latest after this; the one that revokes refuses at once. */
const REMEMBERED_MS = 1_000;
/** Keys in use at a time; the oldest entry makes room, which costs one query. */
const REMEMBERED_MAX = 10_000;

type KeyHolder = { readonly tenantId: string; readonly keyId: string };
type ApiKeyStore = Pick<TenantStore, "authenticateApiKey" | "addApiKey" | "revokeApiKey" | "listApiKeys">;

/**
 * Tenants' API keys. Found keys are remembered for a second, and requests that ask for the same one at the same time share
 * a query: at thousands of requests a second the database sees one a second and key.
 */
export function createApiKeyStore(pool: Pool, clock: Clock): ApiKeyStore {
  const remembered = new Map<
    string,
    { readonly until: number; readonly holder: Promise<KeyHolder | null> }
  >();

  const authenticateApiKey = (hash: string): Promise<KeyHolder | null> => {
    const known = remembered.get(hash);
    if (known !== undefined && known.until > clock.now()) return known.holder;
    const holder = onPostgres(() => readHolder(pool, hash));
    const entry = { until: clock.now() + REMEMBERED_MS, holder };
    remembered.delete(hash);
    if (remembered.size >= REMEMBERED_MAX) remembered.delete(remembered.keys().next().value ?? "");
    remembered.set(hash, entry);
    const forget = (): void => {
      if (remembered.get(hash) === entry) remembered.delete(hash);
    };
    // A key that was just made must work at once, and guesses must not push real keys out.
    holder.then((found) => found ?? forget(), forget);
    return holder;
  };

  return {
    authenticateApiKey,
    addApiKey: (tenantId, key, actor) =>
      inTransaction(pool, (client) => insertKey(client, tenantId, key, actor)),
    async revokeApiKey(tenantId, keyId, actor) {
      const { rows } = await onPostgres(() =>
        pool.query<{ hash: string }>(
          `UPDATE api_keys SET revoked_at = now(), revoked_by = $3
           WHERE tenant_id = $1 AND key_id::text = $2 AND revoked_at IS NULL RETURNING hash`,
          [tenantId, keyId, actor],
        ),
      );
      for (const { hash } of rows) remembered.delete(hash);
      return rows.length > 0;
    },
    async listApiKeys(tenantId) {
      const { rows } = await onPostgres(() =>
        pool.query<ApiKeyRow>(
          `SELECT ${COLUMNS} FROM api_keys WHERE tenant_id = $1 ORDER BY created_at, key_id`,
          [tenantId],
        ),
      );
      return rows.map(toSummary);
    },
  };
}

interface ApiKeyRow {
  readonly key_id: string;
  readonly last4: string;
  readonly created_at: Date;
  readonly created_by: string;
  readonly revoked_at: Date | null;
}

const COLUMNS = "key_id, last4, created_at, created_by, revoked_at";

function toSummary(row: ApiKeyRow): ApiKeySummary {
  return {
    keyId: row.key_id,
    last4: row.last4,
    createdAt: row.created_at.getTime(),
    createdBy: row.created_by,
    revokedAt: row.revoked_at?.getTime() ?? null,
  };
}

async function readHolder(pool: Pool, hash: string): Promise<KeyHolder | null> {
  const { rows } = await pool.query<{ key_id: string; tenant_id: string }>(
    `SELECT key_id, tenant_id FROM api_keys JOIN tenants USING (tenant_id)
     WHERE hash = $1 AND revoked_at IS NULL AND status IN ('active', 'suspended')`,
    [hash],
  );
  return rows[0] === undefined ? null : { tenantId: rows[0].tenant_id, keyId: rows[0].key_id };
}

async function insertKey(
  client: Client,
  tenantId: string,
  key: NewApiKey,
  actor: string,
): Promise<ApiKeySummary | "limit" | "unknown"> {
  // The tenant's lock lets two additions see each other's key in the count.
  const tenant = await client.query(
    "SELECT FROM tenants WHERE tenant_id = $1 AND status <> 'closed' FOR NO KEY UPDATE",
    [tenantId],
  );
  if (tenant.rowCount === 0) return "unknown";
  const same = await client.query<ApiKeyRow>(
    `SELECT ${COLUMNS} FROM api_keys WHERE hash = $1 AND tenant_id = $2`,
    [key.hash, tenantId],
  );
  if (same.rows[0] !== undefined) return toSummary(same.rows[0]);
  const active = await client.query("SELECT FROM api_keys WHERE tenant_id = $1 AND revoked_at IS NULL", [
    tenantId,
  ]);
  if ((active.rowCount ?? 0) >= ACTIVE_API_KEYS_MAX) return "limit";
  const { rows } = await client.query<ApiKeyRow>(
    `INSERT INTO api_keys (hash, tenant_id, last4, created_by) VALUES ($1, $2, $3, $4) RETURNING ${COLUMNS}`,
    [key.hash, tenantId, key.last4, actor],
  );
  if (rows[0] === undefined) throw new Error("INSERT … RETURNING gave no row");
  return toSummary(rows[0]);
}
