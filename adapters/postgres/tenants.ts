import { createHash } from "node:crypto";
import type { Clock } from "#domain/clock.ts";
import type { Unavailable } from "#domain/errors.ts";
import { formatMoney } from "#domain/money/money.ts";
import type {
  AddWalletOutcome,
  ChangeTenantOutcome,
  ControlAnnouncements,
  CreateTenantOutcome,
  NewTenant,
  TakenId,
  TenantChange,
  TenantStore,
} from "#domain/tenants/tenant-store.ts";
import {
  tenantConfiguration,
  type TenantConfiguration,
  type WalletConfiguration,
} from "#domain/tenants/tenant.ts";
import { thresholdLimits } from "#domain/wallet/threshold-limits.ts";
import { announce, flushSoon } from "./control-outbox.ts";
import { asTenant, inTransaction, onPostgres, type Client, type Pool } from "./pool.ts";
import { createApiKeyStore } from "./tenants-api-keys.ts";
import { changedConfiguration } from "./tenants-change.ts";
import { createSmppAccounts } from "./tenants-smpp.ts";

interface TenantRow {
  readonly configuration: unknown;
  readonly created_as: string;
  readonly activated_at: Date | null;
}

/**
 * Tenants in PostgreSQL. Each change writes its announcement with it and has the outbox published at once.
 * `onDelayed` hears of changes that are stored and could not be published yet; the next flush publishes them.
 */
export function createTenantStore(
  pool: Pool,
  outbox: ControlAnnouncements,
  options: { readonly clock: Clock; readonly onDelayed: (error: Unavailable) => void },
): TenantStore {
  const announced = (): Promise<void> => flushSoon(outbox, options.onDelayed);
  return {
    ...createApiKeyStore(pool, options.clock),
    ...createSmppAccounts(pool),
    async create(tenant) {
      const outcome = await createTenant(pool, tenant);
      if (outcome.kind === "created") await announced();
      return outcome;
    },
    get: (tenantId, readAs) =>
      readAs === undefined
        ? onPostgres(() => readTenant(pool, tenantId))
        : asTenant(pool, readAs, (client) => readTenant(client, tenantId)),
    async list({ cursor, limit }) {
      // One more than asked for tells whether there is a next page.
      const { rows } = await onPostgres(() =>
        pool.query<TenantRow>(
          "SELECT configuration FROM tenants WHERE tenant_id > $1 ORDER BY tenant_id LIMIT $2",
          [cursor ?? "", limit + 1],
        ),
      );
      const tenants = rows
        .slice(0, limit)
        .map(({ configuration }) => tenantConfiguration.parse(configuration));
      return { tenants, cursor: rows.length > limit ? (tenants.at(-1)?.tenantId ?? null) : null };
    },
    async change(tenantId, change, by) {
      const outcome = await inTransaction(pool, (client) => changeTenant(client, tenantId, change, by));
      if (outcome.kind === "changed") await announced();
      return outcome;
    },
    async addWallet(tenantId, wallet, actor) {
      const outcome = await inTransaction(pool, (client) => addWallet(client, tenantId, wallet, actor));
      if (outcome.kind === "added") await announced();
      return outcome;
    },
    async undoOnboarding(tenantId, walletId, actor) {
      await inTransaction(pool, (client) => undoOnboarding(client, tenantId, walletId, actor));
      await announced();
    },
  };
}

async function readTenant(client: Pool | Client, tenantId: string): Promise<TenantConfiguration | null> {
  const { rows } = await client.query<TenantRow>("SELECT configuration FROM tenants WHERE tenant_id = $1", [
    tenantId,
  ]);
  return rows[0] === undefined ? null : tenantConfiguration.parse(rows[0].configuration);
}

/** Thrown to roll a creation back: one of its ids is someone else's. */
class Taken extends Error {
  readonly id: TakenId;

  constructor(id: TakenId) {
    super(`${id} is taken`);
    this.id = id;
  }
}

async function createTenant(pool: Pool, tenant: NewTenant): Promise<CreateTenantOutcome> {
  try {
    return {
      kind: "created",
      configuration: await inTransaction(pool, (client) => insertTenant(client, tenant)),
    };
  } catch (error) {
    if (error instanceof Taken) return { kind: "conflict", taken: error.id };
    throw error;
  }
}

/** Tells one creation from another; a property's order is that of the schema, so equal input gives equal text. */
function fingerprint(tenant: NewTenant): string {
  const creation = [
    tenantConfiguration.parse({ ...tenant.configuration, revision: 1, status: "onboarding" }),
    tenant.apiKey.hash,
    tenant.smppAccount?.systemId ?? null,
    tenant.smppAccount?.passwordHash ?? null,
  ];
  return createHash("sha256").update(JSON.stringify(creation)).digest("hex");
}

async function insertTenant(client: Client, tenant: NewTenant): Promise<TenantConfiguration> {
  const createdAs = fingerprint(tenant);
  const { tenantId } = tenant.configuration;
  const fresh = tenantConfiguration.parse({ ...tenant.configuration, revision: 1, status: "onboarding" });
  const inserted = await client.query(
    `INSERT INTO tenants (tenant_id, configuration, revision, status, created_as)
     VALUES ($1, $2, 1, 'onboarding', $3) ON CONFLICT (tenant_id) DO NOTHING`,
    [tenantId, fresh, createdAs],
  );
  if (tenant.refuseDuplicates === true) await refuseDuplicate(client, fresh);
  let configuration = fresh;
  if (inserted.rowCount === 0) {
    const existing = await lockTenant(client, tenantId);
    if (existing === null) throw new Taken("tenantId");
    const undone = existing.configuration.status === "closed" && existing.activatedAt === null;
    if (existing.createdAs === createdAs && !undone) return existing.configuration;
    if (!undone) throw new Taken("tenantId");
    configuration = { ...fresh, revision: existing.configuration.revision + 1 };
    await storeConfiguration(client, configuration);
    await client.query("UPDATE tenants SET created_as = $2 WHERE tenant_id = $1", [tenantId, createdAs]);
  }
  for (const wallet of configuration.wallets) await insertWallet(client, tenantId, wallet);
  await insertCredentials(client, tenantId, tenant);
  await announceTenant(client, configuration, tenant.actor);
  return configuration;
}

/** Of two at once the second waits for the first, and finds it. */
async function refuseDuplicate(
  client: Client,
  { tenantId, taxId, name, email }: TenantConfiguration,
): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock(hashtext('tenants.duplicates'))");
  const { rows } = await client.query<{ same_tax_id: boolean }>(
    `SELECT coalesce(configuration ->> 'taxId' = $2, false) AS same_tax_id FROM tenants
     WHERE status <> 'closed' AND tenant_id <> $1 AND (configuration ->> 'taxId' = $2
       OR (lower(configuration ->> 'name') = lower($3) AND lower(configuration ->> 'email') = lower($4)))
     ORDER BY same_tax_id DESC LIMIT 1`,
    [tenantId, taxId ?? null, name, email],
  );
  if (rows[0] !== undefined) throw new Taken(rows[0].same_tax_id ? "taxId" : "name");
}

async function insertWallet(
  client: Client,
  tenantId: string,
  wallet: TenantConfiguration["wallets"][number],
): Promise<void> {
  // A wallet of an onboarding that was undone has no entries yet and is taken up again.
  const { rowCount } = await client.query(
    `INSERT INTO wallets (wallet_id, tenant_id, currency, kind, credit_limit, low_threshold, critical_threshold)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (wallet_id) DO UPDATE
       SET currency = excluded.currency, kind = excluded.kind, credit_limit = excluded.credit_limit,
           low_threshold = excluded.low_threshold, critical_threshold = excluded.critical_threshold
       WHERE wallets.tenant_id = excluded.tenant_id AND wallets.sequence = 0`,
    [wallet.walletId, tenantId, wallet.currency, wallet.kind, wallet.creditLimit, ...storedLimits(wallet)],
  );
  if (rowCount === 0) throw new Taken("walletId");
}

/** Low and critical as amounts, for who looks into the table. */
function storedLimits(wallet: WalletConfiguration): (string | null)[] {
  const { low, critical } = thresholdLimits(wallet);
  return [low, critical].map((one) => (one === null ? null : formatMoney(one.limit)));
}

async function insertCredentials(
  client: Client,
  tenantId: string,
  { apiKey, smppAccount, actor }: NewTenant,
): Promise<void> {
  const key = await client.query(
    "INSERT INTO api_keys (hash, tenant_id, last4, created_by) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    [apiKey.hash, tenantId, apiKey.last4, actor],
  );
  if (key.rowCount === 0) throw new Taken("apiKey");
  if (smppAccount === null) return;
  const account = await client.query(
    "INSERT INTO smpp_accounts (system_id, tenant_id, password_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    [smppAccount.systemId, tenantId, smppAccount.passwordHash],
  );
  if (account.rowCount === 0) throw new Taken("systemId");
}

async function lockTenant(
  client: Client,
  tenantId: string,
): Promise<{ configuration: TenantConfiguration; createdAs: string; activatedAt: Date | null } | null> {
  const { rows } = await client.query<TenantRow>(
    "SELECT configuration, created_as, activated_at FROM tenants WHERE tenant_id = $1 FOR UPDATE",
    [tenantId],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return {
    configuration: tenantConfiguration.parse(row.configuration),
    createdAs: row.created_as,
    activatedAt: row.activated_at,
  };
}

async function storeConfiguration(client: Client, configuration: TenantConfiguration): Promise<void> {
  await client.query(
    `UPDATE tenants SET configuration = $2, revision = $3, status = $4, updated_at = now(),
       activated_at = coalesce(activated_at, CASE WHEN $4 = 'active' THEN now() END)
     WHERE tenant_id = $1`,
    [configuration.tenantId, configuration, configuration.revision, configuration.status],
  );
}

async function announceTenant(
  client: Client,
  configuration: TenantConfiguration,
  actor: string,
): Promise<void> {
  const value = JSON.stringify(configuration);
  await announce(client, { topic: "control.tenants", key: configuration.tenantId, value, actor });
}

async function changeTenant(
  client: Client,
  tenantId: string,
  change: TenantChange,
  { actor, expectedRevision }: { readonly actor: string; readonly expectedRevision?: number },
): Promise<ChangeTenantOutcome> {
  const existing = await lockTenant(client, tenantId);
  if (existing === null) return { kind: "unknown" };
  const { configuration } = existing;
  if (expectedRevision !== undefined && configuration.revision !== expectedRevision)
    return { kind: "stale", configuration };
  const changed = changedConfiguration(configuration, change);
  if (changed === null) return { kind: "changed", configuration };
  await storeConfiguration(client, changed);
  const wallet = changed.wallets[0];
  if (wallet !== undefined && (change.creditLimit !== undefined || change.thresholds !== undefined)) {
    await client.query(
      "UPDATE wallets SET credit_limit = $2, low_threshold = $3, critical_threshold = $4 WHERE wallet_id = $1",
      [wallet.walletId, wallet.creditLimit, ...storedLimits(wallet)],
    );
  }
  await announceTenant(client, changed, actor);
  return { kind: "changed", configuration: changed };
}

/** A currency and a contract each, and room to spare: every process holds every tenant's configuration. */
const WALLETS_MAX = 50;

async function addWallet(
  client: Client,
  tenantId: string,
  wallet: WalletConfiguration,
  actor: string,
): Promise<AddWalletOutcome> {
  const existing = await lockTenant(client, tenantId);
  if (existing === null) return { kind: "unknown" };
  const { configuration } = existing;
  if (configuration.wallets.some(({ walletId }) => walletId === wallet.walletId))
    return { kind: "added", configuration };
  if (configuration.status === "closed")
    return { kind: "refused", message: `Tenant ${tenantId} is closed for good.` };
  if (configuration.wallets.length >= WALLETS_MAX)
    return {
      kind: "refused",
      message: `Tenant ${tenantId} has ${WALLETS_MAX} wallets: no more are allowed.`,
    };
  await insertWallet(client, tenantId, wallet);
  const changed: TenantConfiguration = {
    ...configuration,
    wallets: [...configuration.wallets, wallet],
    revision: configuration.revision + 1,
  };
  await storeConfiguration(client, changed);
  await announceTenant(client, changed, actor);
  return { kind: "added", configuration: changed };
}

async function undoOnboarding(
  client: Client,
  tenantId: string,
  walletId: string,
  actor: string,
): Promise<void> {
  const existing = await lockTenant(client, tenantId);
  const ours =
    existing?.configuration.wallets[0]?.walletId === walletId &&
    existing.activatedAt === null &&
    existing.configuration.status === "onboarding";
  if (!ours) return;
  const { configuration } = existing;
  await client.query("DELETE FROM api_keys WHERE tenant_id = $1", [tenantId]);
  await client.query("DELETE FROM smpp_accounts WHERE tenant_id = $1", [tenantId]);
  const closed: TenantConfiguration = {
    ...configuration,
    status: "closed",
    revision: configuration.revision + 1,
  };
  await storeConfiguration(client, closed);
  await announceTenant(client, closed, actor);
}
