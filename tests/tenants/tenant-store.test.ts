import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createHash, randomUUID } from "node:crypto";
import { createControlOutbox } from "#adapters/postgres/control-outbox.ts";
import { asTenant } from "#adapters/postgres/pool.ts";
import { hashSmppPassword } from "#adapters/postgres/smpp-password.ts";
import { createTenantStore } from "#adapters/postgres/tenants.ts";
import { Unavailable } from "#domain/errors.ts";
import type { OutgoingRecord } from "#domain/events/ports.ts";
import type { NewTenant, TenantStore } from "#domain/tenants/tenant-store.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { createTestSchema, type TestSchema } from "./database.ts";

let schema: TestSchema;
let tenants: TenantStore;
let published: OutgoingRecord[] = [];
let kafkaIsAway = false;
let delayed = 0;
let now = 1_000_000;

const publisher = {
  async publish(records: readonly OutgoingRecord[]) {
    if (kafkaIsAway) throw new Unavailable("kafka");
    published.push(...records);
  },
};

beforeAll(async () => {
  schema = await createTestSchema();
  tenants = newStore();
});
afterAll(() => schema.close());

const newStore = (): TenantStore =>
  createTenantStore(schema.pool, createControlOutbox(schema.pool, publisher), {
    clock: { now: () => now },
    onDelayed: () => {
      delayed += 1;
    },
  });

const hashOf = (key: string): string => createHash("sha256").update(key).digest("hex");

function newTenant(overrides: Partial<TenantConfiguration> = {}): NewTenant {
  const tenantId = overrides.tenantId ?? `T-${randomUUID()}`;
  return {
    configuration: {
      v: 1,
      tenantId,
      revision: 1,
      name: "Acme",
      email: "ops@acme.test",
      status: "onboarding",
      timezone: "America/New_York",
      country: "US",
      taxRate: "8",
      rateCardId: null,
      wallets: [
        {
          walletId: randomUUID(),
          currency: "USD",
          kind: "prepaid",
          creditLimit: "0",
          thresholds: { low: "10", critical: "1" },
        },
      ],
      trustedHints: false,
      webhook: null,
      firewall: { blockedKeywords: [], perDestinationPerMinute: null },
      ...overrides,
    },
    apiKey: { hash: hashOf(randomUUID()), last4: "abcd" },
    smppAccount: { systemId: randomUUID().slice(0, 15), passwordHash: "scrypt$1$1$AA$AA" },
    actor: "owner",
  };
}

async function activeTenant(overrides: Partial<NewTenant> = {}): Promise<NewTenant> {
  const tenant = { ...newTenant(), ...overrides };
  await tenants.create(tenant);
  await tenants.change(tenant.configuration.tenantId, { status: "active" }, { actor: "owner" });
  return tenant;
}

const announced = (tenantId: string): TenantConfiguration[] =>
  published
    .filter(({ key }) => key === tenantId)
    .map(({ value }) => JSON.parse(String(value)) as TenantConfiguration);

describe("a tenant that is there under another id", () => {
  const careful = (overrides: Partial<TenantConfiguration>): NewTenant => ({
    ...newTenant(overrides),
    refuseDuplicates: true,
  });

  test("is found by its tax id, and by name and mail address however they are written", async () => {
    const taxId = randomUUID().replaceAll("-", "").toUpperCase().slice(0, 20);
    const name = `Initech ${randomUUID()}`;
    const first = careful({ taxId, name, email: "ops@initech.test" });
    await expect(tenants.create(first)).resolves.toMatchObject({ kind: "created" });
    await expect(tenants.create(first)).resolves.toMatchObject({ kind: "created" });
    const sameTaxId = careful({ taxId, name: "Other", email: null });
    await expect(tenants.create(sameTaxId)).resolves.toEqual({ kind: "conflict", taken: "taxId" });
    const sameName = careful({ name: name.toUpperCase(), email: "OPS@initech.test" });
    await expect(tenants.create(sameName)).resolves.toEqual({ kind: "conflict", taken: "name" });
    await expect(tenants.get(sameName.configuration.tenantId)).resolves.toBeNull();
    const meant = { ...sameTaxId, refuseDuplicates: false };
    await expect(tenants.create(meant)).resolves.toMatchObject({ kind: "created" });
  });

  test("is no hindrance once it is closed, nor by half of it", async () => {
    const name = `Hooli ${randomUUID()}`;
    const first = careful({ taxId: `HOOLI${name.slice(-8).toUpperCase()}`, name, email: "ops@hooli.test" });
    await tenants.create(first);
    const nameAlone = careful({ name, email: "other@hooli.test" });
    await expect(tenants.create(nameAlone)).resolves.toMatchObject({ kind: "created" });
    await tenants.change(first.configuration.tenantId, { status: "closed" }, { actor: "owner" });
    const again = careful({ taxId: first.configuration.taxId ?? null, name, email: "ops@hooli.test" });
    await expect(tenants.create(again)).resolves.toMatchObject({ kind: "created" });
  });

  test("of ten at once one comes to be", async () => {
    const taxId = `RACE${Date.now()}`;
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => tenants.create(careful({ taxId, email: null }))),
    );
    expect(outcomes.filter(({ kind }) => kind === "created")).toHaveLength(1);
  });
});

describe("creating", () => {
  test("tenant, wallet, key and account come into being together and are announced", async () => {
    const tenant = newTenant();
    const { tenantId, wallets } = tenant.configuration;
    await expect(tenants.create(tenant)).resolves.toEqual({
      kind: "created",
      configuration: tenant.configuration,
    });
    await expect(tenants.get(tenantId)).resolves.toEqual(tenant.configuration);
    const { rows } = await schema.pool.query(
      "SELECT wallet_id, currency, balance, low_threshold::text FROM wallets WHERE tenant_id = $1",
      [tenantId],
    );
    expect(rows).toEqual([
      {
        wallet_id: wallets[0]?.walletId,
        currency: "USD",
        balance: "0.000000000000000000",
        low_threshold: "10.000000000000000000",
      },
    ]);
    expect(announced(tenantId)).toEqual([tenant.configuration]);
    expect(published.find(({ key }) => key === tenantId)?.topic).toBe("control.tenants");
  });

  test("the same input again returns the same tenant and announces nothing", async () => {
    const tenant = newTenant();
    const results = await Promise.all([
      tenants.create(tenant),
      tenants.create(tenant),
      newStore().create(tenant),
    ]);
    for (const result of results)
      expect(result).toEqual({ kind: "created", configuration: tenant.configuration });
    expect(announced(tenant.configuration.tenantId)).toHaveLength(1);
  });

  test("another input of the same id is a conflict, and so is every id that belongs to someone else", async () => {
    const first = newTenant();
    await tenants.create(first);
    const { tenantId, wallets } = first.configuration;
    const cases: [NewTenant, string][] = [
      [newTenant({ tenantId }), "tenantId"],
      [{ ...newTenant(), apiKey: first.apiKey }, "apiKey"],
      [{ ...newTenant(), smppAccount: first.smppAccount }, "systemId"],
      [newTenant({ wallets }), "walletId"],
    ];
    for (const [tenant, taken] of cases) {
      await expect(tenants.create(tenant)).resolves.toEqual({ kind: "conflict", taken });
    }
    for (const [tenant] of cases.slice(1))
      await expect(tenants.get(tenant.configuration.tenantId)).resolves.toBeNull();
  });

  test("an onboarding that was undone leaves nothing behind and may be taken up again", async () => {
    const tenant = newTenant();
    const { tenantId, wallets } = tenant.configuration;
    await tenants.create(tenant);
    await tenants.undoOnboarding(tenantId, wallets[0]?.walletId ?? "", "owner");
    await tenants.undoOnboarding(tenantId, wallets[0]?.walletId ?? "", "owner");
    await expect(tenants.get(tenantId)).resolves.toMatchObject({ status: "closed", revision: 2 });
    const again = { ...newTenant({ tenantId, wallets }), smppAccount: tenant.smppAccount };
    await expect(tenants.create(again)).resolves.toMatchObject({
      kind: "created",
      configuration: { revision: 3, status: "onboarding" },
    });
    expect(announced(tenantId).map(({ revision }) => revision)).toEqual([1, 2, 3]);
  });

  test("undoing spares a tenant of another onboarding and one that is open", async () => {
    const tenant = newTenant();
    const { tenantId, wallets } = tenant.configuration;
    await tenants.create(tenant);
    await tenants.undoOnboarding(tenantId, randomUUID(), "owner");
    await expect(tenants.get(tenantId)).resolves.toMatchObject({ status: "onboarding" });
    await tenants.change(tenantId, { status: "active" }, { actor: "owner" });
    await tenants.undoOnboarding(tenantId, wallets[0]?.walletId ?? "", "owner");
    await expect(tenants.get(tenantId)).resolves.toMatchObject({ status: "active" });
  });

  test("a tenant that was open and is closed now does not come back", async () => {
    const tenant = await activeTenant();
    const { tenantId } = tenant.configuration;
    await tenants.change(tenantId, { status: "closed" }, { actor: "owner" });
    await expect(tenants.create(newTenant({ tenantId }))).resolves.toEqual({
      kind: "conflict",
      taken: "tenantId",
    });
    await expect(tenants.change(tenantId, { status: "active" }, { actor: "owner" })).resolves.toMatchObject({
      kind: "changed",
      configuration: { status: "closed" },
    });
  });
});

describe("changing", () => {
  test("each change has the next revision, and one without a difference none", async () => {
    const { configuration } = await activeTenant();
    const { tenantId } = configuration;
    await tenants.change(tenantId, { rateCardId: "RC-1", creditLimit: "5" }, { actor: "finance" });
    await tenants.change(tenantId, { rateCardId: "RC-1" }, { actor: "finance" });
    await expect(tenants.get(tenantId)).resolves.toMatchObject({
      revision: 3,
      rateCardId: "RC-1",
      wallets: [{ creditLimit: "5", thresholds: { low: "10", critical: "1" } }],
    });
    expect(announced(tenantId).map(({ revision }) => revision)).toEqual([1, 2, 3]);
    const { rows } = await schema.pool.query(
      "SELECT credit_limit::numeric(3,1)::text AS limit FROM wallets WHERE tenant_id = $1",
      [tenantId],
    );
    expect(rows).toEqual([{ limit: "5.0" }]);
    const changes = await schema.pool.query(
      "SELECT actor FROM control_outbox WHERE key = $1 ORDER BY position",
      [tenantId],
    );
    expect(changes.rows.map(({ actor }: { actor: string }) => actor)).toEqual(["owner", "owner", "finance"]);
  });

  test("of two changes to the same revision one is told that it is stale", async () => {
    const { configuration } = await activeTenant();
    const { tenantId } = configuration;
    const by = { actor: "owner", expectedRevision: 2 };
    const outcomes = await Promise.all([
      tenants.change(tenantId, { name: "A" }, by),
      tenants.change(tenantId, { name: "B" }, by),
    ]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(["changed", "stale"]);
    await expect(tenants.change("nobody", { name: "A" }, by)).resolves.toEqual({ kind: "unknown" });
  });

  test("many processes changing at once announce in the order of the revisions, each once", async () => {
    const { configuration } = await activeTenant();
    const { tenantId } = configuration;
    const stores = [newStore(), newStore(), newStore()];
    const changes = stores.flatMap((store, process) =>
      Array.from({ length: 10 }, (_, index) =>
        store.change(tenantId, { name: `N${process}.${index}` }, { actor: "owner" }),
      ),
    );
    await Promise.all(changes);
    expect(announced(tenantId).map(({ revision }) => revision)).toEqual(
      Array.from({ length: 32 }, (_, index) => index + 1),
    );
  });

  test("without Kafka a change is stored, and announced by a later flush", async () => {
    const { configuration } = await activeTenant();
    const { tenantId } = configuration;
    const before = delayed;
    kafkaIsAway = true;
    await expect(tenants.change(tenantId, { name: "B" }, { actor: "owner" })).resolves.toMatchObject({
      kind: "changed",
    });
    const outbox = createControlOutbox(schema.pool, publisher);
    await expect(outbox.flush()).rejects.toBeInstanceOf(Unavailable);
    kafkaIsAway = false;
    expect(delayed).toBe(before + 1);
    expect(announced(tenantId)).toHaveLength(2);
    await outbox.flush();
    await outbox.flush();
    expect(announced(tenantId).map(({ name }) => name)).toEqual(["Acme", "Acme", "B"]);
  });
});

test("a list comes page by page, by id", async () => {
  const prefix = `P-${randomUUID().slice(0, 8)}`;
  for (const letter of ["a", "b", "c"]) await tenants.create(newTenant({ tenantId: `${prefix}${letter}` }));
  const first = await tenants.list({ cursor: prefix, limit: 2 });
  expect(first.tenants.map(({ tenantId }) => tenantId)).toEqual([`${prefix}a`, `${prefix}b`]);
  const second = await tenants.list({ cursor: first.cursor, limit: 2 });
  expect(second.tenants[0]?.tenantId).toBe(`${prefix}c`);
});

describe("API keys", () => {
  test("a key opens the door of an open tenant alone", async () => {
    const tenant = newTenant();
    const { tenantId } = tenant.configuration;
    await tenants.create(tenant);
    await expect(tenants.authenticateApiKey(tenant.apiKey.hash)).resolves.toBeNull();
    await tenants.change(tenantId, { status: "active" }, { actor: "owner" });
    await expect(tenants.authenticateApiKey(tenant.apiKey.hash)).resolves.toMatchObject({ tenantId });
    await tenants.change(tenantId, { status: "closed" }, { actor: "owner" });
    now += 1_001;
    await expect(tenants.authenticateApiKey(tenant.apiKey.hash)).resolves.toBeNull();
  });

  test("keys rotate without a gap, two at a time, and a revoked one is refused at once", async () => {
    const { configuration, apiKey } = await activeTenant();
    const { tenantId } = configuration;
    const key = { hash: hashOf(randomUUID()), last4: "wxyz" };
    const added = await tenants.addApiKey(tenantId, key, "owner");
    expect(added).toMatchObject({ last4: "wxyz", createdBy: "owner", revokedAt: null });
    await expect(tenants.addApiKey(tenantId, key, "owner")).resolves.toEqual(added);
    await expect(tenants.addApiKey(tenantId, { ...key, hash: hashOf("third") }, "owner")).resolves.toBe(
      "limit",
    );
    const old = await tenants.authenticateApiKey(apiKey.hash);
    await expect(tenants.revokeApiKey(tenantId, old?.keyId ?? "", "owner")).resolves.toBe(true);
    await expect(tenants.revokeApiKey(tenantId, old?.keyId ?? "", "owner")).resolves.toBe(false);
    await expect(tenants.authenticateApiKey(apiKey.hash)).resolves.toBeNull();
    await expect(tenants.authenticateApiKey(key.hash)).resolves.toMatchObject({ tenantId });
    expect(
      (await tenants.listApiKeys(tenantId)).map(({ last4, revokedAt }) => [last4, revokedAt !== null]),
    ).toEqual([
      ["abcd", true],
      ["wxyz", false],
    ]);
  });

  test("a tenant cannot revoke another's key", async () => {
    const mine = await activeTenant();
    const other = await activeTenant();
    const key = await tenants.authenticateApiKey(other.apiKey.hash);
    await expect(tenants.revokeApiKey(mine.configuration.tenantId, key?.keyId ?? "", "owner")).resolves.toBe(
      false,
    );
    await expect(tenants.addApiKey("nobody", mine.apiKey, "owner")).resolves.toBe("unknown");
  });
});

describe("wallets", () => {
  test("one more is stored, announced and known to the ledger; the same id again changes nothing", async () => {
    const { configuration } = await activeTenant();
    const [first] = configuration.wallets;
    const euro = { ...first!, walletId: randomUUID(), currency: "EUR", channels: ["whatsapp"] };
    const added = await tenants.addWallet(configuration.tenantId, euro, "finance:Ann");
    expect(added).toMatchObject({ kind: "added", configuration: { wallets: [first, euro] } });
    expect(await tenants.addWallet(configuration.tenantId, euro, "finance:Ann")).toEqual(added);
    expect(await tenants.get(configuration.tenantId)).toMatchObject({ wallets: [first, euro] });
    const { rows } = await schema.pool.query("SELECT currency, balance FROM wallets WHERE wallet_id = $1", [
      euro.walletId,
    ]);
    expect(rows).toEqual([{ currency: "EUR", balance: "0.000000000000000000" }]);
  });

  test("an unknown tenant and a closed one get none", async () => {
    const { configuration } = await activeTenant();
    const wallet = { ...configuration.wallets[0]!, walletId: randomUUID() };
    expect(await tenants.addWallet("nobody", wallet, "owner")).toEqual({ kind: "unknown" });
    await tenants.change(configuration.tenantId, { status: "closed" }, { actor: "owner" });
    expect(await tenants.addWallet(configuration.tenantId, wallet, "owner")).toMatchObject({
      kind: "refused",
    });
  });
});

describe("SMPP accounts", () => {
  test("a bind needs the right password of an open tenant", async () => {
    const systemId = randomUUID().slice(0, 15);
    const smppAccount = { systemId, passwordHash: await hashSmppPassword("s3cret_8") };
    const { configuration } = await activeTenant({ smppAccount });
    const { tenantId } = configuration;
    for (let bind = 0; bind < 3; bind += 1) {
      await expect(tenants.authenticateSmpp(systemId, "s3cret_8")).resolves.toEqual({ tenantId });
      await expect(tenants.authenticateSmpp(systemId, "s3cret_9")).resolves.toBeNull();
    }
    for (const unknown of ["nobody", "", "a\0b", "ü"]) {
      await expect(tenants.authenticateSmpp(unknown, "s3cret_8")).resolves.toBeNull();
    }
    await tenants.change(tenantId, { status: "closed" }, { actor: "owner" });
    await expect(tenants.authenticateSmpp(systemId, "s3cret_8")).resolves.toBeNull();
  });

  test("a flood of binds is turned away instead of queued without end", async () => {
    const binds = await Promise.allSettled(
      Array.from({ length: 150 }, () => tenants.authenticateSmpp("nobody", "x")),
    );
    const refused = binds.filter(({ status }) => status === "rejected");
    expect(refused.length).toBeGreaterThan(0);
    for (const bind of refused) expect((bind as PromiseRejectedResult).reason).toBeInstanceOf(Unavailable);
  });
});

describe("row-level security", () => {
  test("a tenant sees itself and nothing else, and no hash at all", async () => {
    const mine = await activeTenant();
    const other = await activeTenant();
    const { tenantId } = mine.configuration;
    await expect(tenants.get(tenantId, tenantId)).resolves.toMatchObject({ tenantId });
    await expect(tenants.get(other.configuration.tenantId, tenantId)).resolves.toBeNull();
    await asTenant(schema.pool, tenantId, async (client) => {
      for (const table of ["tenants", "api_keys", "smpp_accounts", "wallets"]) {
        const { rows } = await client.query<{ tenant_id: string }>(`SELECT tenant_id FROM ${table}`);
        expect(rows).toEqual([{ tenant_id: tenantId }]);
      }
    });
    const forbidden = [
      "SELECT hash FROM api_keys",
      "SELECT password_hash FROM smpp_accounts",
      "SELECT * FROM control_outbox",
      "UPDATE tenants SET status = 'active'",
    ];
    for (const statement of forbidden) {
      await expect(asTenant(schema.pool, tenantId, (client) => client.query(statement))).rejects.toThrow(
        /permission denied/,
      );
    }
  });
});
