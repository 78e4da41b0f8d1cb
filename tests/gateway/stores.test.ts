import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createAdminKeys } from "#adapters/postgres/admin-keys.ts";
import { createIdempotencyStore, pruneIdempotencyKeys } from "#adapters/postgres/idempotency.ts";
import { asTenant } from "#adapters/postgres/pool.ts";
import { createRateCardStore } from "#adapters/postgres/rate-cards.ts";
import {
  IDEMPOTENCY_HORIZON_MS,
  IDEMPOTENCY_LEASE_MS,
  IDEMPOTENCY_RESPONSE_MS,
  type IdempotencyClaim,
} from "#domain/access/ports.ts";
import { createGatewaySchema } from "./database.ts";
import { NOW } from "./fakes.ts";
import { uuidv7 } from "./uuidv7.ts";

let schema: Awaited<ReturnType<typeof createGatewaySchema>>;
beforeAll(async () => {
  schema = await createGatewaySchema();
});
afterAll(() => schema.close());

const HASH = "a".repeat(64);
const claimOf = (key: string, change: Partial<IdempotencyClaim> = {}): IdempotencyClaim => ({
  scope: "tenant:TENANT-001:messages",
  key,
  requestHash: HASH,
  resourceIds: [`${key}-first`],
  now: NOW,
  ...change,
});
const answer = { status: 202, body: '{"message_id":"m"}' };

describe("idempotency keys", () => {
  test("are claimed once, then answered with what was stored", async () => {
    const store = createIdempotencyStore(schema.pool);
    const first = await store.claim(claimOf("once"));
    if (first.kind !== "claimed") throw new Error(first.kind);
    expect(first.resourceIds).toEqual(["once-first"]);
    expect(await store.claim(claimOf("once"))).toEqual({ kind: "busy" });
    expect(await store.claim(claimOf("once", { requestHash: "b".repeat(64) }))).toEqual({ kind: "mismatch" });
    await store.complete(claimOf("once"), first.token, answer);
    expect(await store.claim(claimOf("once", { resourceIds: ["other"] }))).toEqual({
      kind: "done",
      response: answer,
      resourceIds: ["once-first"],
    });
    expect((await store.claim(claimOf("once", { scope: "tenant:TENANT-002:messages" }))).kind).toBe(
      "claimed",
    );
  });

  test("of fifty requests at once, one gets the key", async () => {
    const store = createIdempotencyStore(schema.pool);
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => store.claim(claimOf("race"))));
    expect(outcomes.filter(({ kind }) => kind === "claimed")).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === "busy")).toHaveLength(49);
  });

  test("given back or left by a dead process, they keep their ids", async () => {
    const store = createIdempotencyStore(schema.pool);
    const first = await store.claim(claimOf("back"));
    if (first.kind !== "claimed") throw new Error(first.kind);
    await store.release(claimOf("back"), first.token);
    const second = await store.claim(claimOf("back", { resourceIds: ["other"] }));
    expect(second).toMatchObject({ kind: "claimed", resourceIds: ["back-first"] });
    const later = NOW + IDEMPOTENCY_LEASE_MS;
    expect((await store.claim(claimOf("back", { now: later - 1 }))).kind).toBe("busy");
    const third = await store.claim(claimOf("back", { now: later }));
    expect(third).toMatchObject({ kind: "claimed", resourceIds: ["back-first"] });
    // Whoever lost the lease can neither answer nor give the key back any more.
    await store.complete(claimOf("back"), first.token, answer);
    await store.release(claimOf("back"), first.token);
    expect((await store.claim(claimOf("back", { now: later }))).kind).toBe("busy");
  });

  test("answers end after a day, keys after the horizon", async () => {
    const store = createIdempotencyStore(schema.pool);
    const first = await store.claim(claimOf("old"));
    if (first.kind !== "claimed") throw new Error(first.kind);
    await store.complete(claimOf("old"), first.token, answer);
    await pruneIdempotencyKeys(schema.pool, NOW + IDEMPOTENCY_RESPONSE_MS);
    expect(await store.claim(claimOf("old"))).toMatchObject({ kind: "done", response: answer });
    await pruneIdempotencyKeys(schema.pool, NOW + IDEMPOTENCY_RESPONSE_MS + 1);
    expect(await store.claim(claimOf("old"))).toEqual({
      kind: "done",
      response: null,
      resourceIds: ["old-first"],
    });
    await pruneIdempotencyKeys(schema.pool, NOW + IDEMPOTENCY_HORIZON_MS + 1);
    expect((await store.claim(claimOf("old"))).kind).toBe("claimed");
  });
});

describe("rate cards", () => {
  const card = (source: string, storedAt = NOW) => ({
    rateCardId: "RC-1",
    source,
    name: "One",
    currency: "USD",
    effectiveFrom: 0,
    storedAt,
    actor: "owner",
  });

  test("count up, hold from two seconds later, and are announced with their change", async () => {
    const store = createRateCardStore(schema.pool);
    const first = await store.append(card('{"a":1e-18}'));
    expect(first).toMatchObject({ created: true, card: { version: 1, validFrom: 0, source: '{"a":1e-18}' } });
    expect(await store.append(card('{"a":1e-18}', NOW + 5))).toEqual({ ...first, created: false });
    const second = await store.append(card("{}", NOW + 10));
    expect(second.card).toMatchObject({ version: 2, validFrom: NOW + 2_010 });
    expect((await store.versions("RC-1")).map(({ version }) => version)).toEqual([2, 1]);
    expect(await store.list({ after: null, limit: 10 })).toMatchObject({
      rows: [{ version: 2 }],
      next: null,
    });
    const { rows } = await schema.pool.query(
      "SELECT topic, key, value FROM control_outbox ORDER BY position",
    );
    expect(rows.map(({ topic, key }) => [topic, key])).toEqual([
      ["control.rate-cards", "RC-1:1"],
      ["control.rate-cards", "RC-1:2"],
    ]);
    expect(JSON.parse(rows[0].value)).toMatchObject({ v: 1, version: 1, source: '{"a":1e-18}' });
  });

  test("two authors at once make two versions", async () => {
    const store = createRateCardStore(schema.pool);
    const made = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        store.append({ ...card(`{"n":${index}}`), rateCardId: "RC-2" }),
      ),
    );
    expect(made.map(({ card: { version } }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test("pages follow each other", async () => {
    const store = createRateCardStore(schema.pool);
    const first = await store.list({ after: null, limit: 1 });
    expect(first).toMatchObject({ rows: [{ rateCardId: "RC-1" }], next: "RC-1" });
    expect(await store.list({ after: first.next, limit: 1 })).toMatchObject({
      rows: [{ rateCardId: "RC-2" }],
      next: null,
    });
  });

  test("a stored version never changes", async () => {
    await expect(schema.pool.query("UPDATE rate_card_versions SET source = '{}'")).rejects.toThrow(
      "append-only",
    );
    await expect(schema.pool.query("DELETE FROM rate_card_versions")).rejects.toThrow("append-only");
    await expect(schema.pool.query("TRUNCATE rate_card_versions")).rejects.toThrow("append-only");
  });
});

describe("administration keys", () => {
  test("are found by their hash until they are revoked", async () => {
    const store = createAdminKeys(schema.pool);
    const keyId = uuidv7(NOW);
    const key = {
      keyId,
      name: "Anna",
      role: "finance" as const,
      lastFour: "abcd",
      hash: HASH,
      createdBy: "owner",
      createdAt: NOW,
    };
    const { hash: _hash, ...record } = key;
    expect(await store.create(key)).toEqual({ ...record, revokedAt: null });
    expect(await store.find(HASH)).toEqual({ ...record, revokedAt: null });
    expect(await store.find("b".repeat(64))).toBeNull();
    expect(await store.revoke(keyId, NOW + 1)).toBe(true);
    expect(await store.revoke(keyId, NOW + 2)).toBe(false);
    expect(await store.find(HASH)).toBeNull();
    expect(await store.list()).toEqual([{ ...record, revokedAt: NOW + 1 }]);
  });
});

test("nothing of this is for tenants", async () => {
  for (const table of ["admin_keys", "idempotency_keys", "rate_card_versions"]) {
    const read = asTenant(schema.pool, "TENANT-001", (client) => client.query(`SELECT * FROM ${table}`));
    await expect(read).rejects.toThrow("permission denied");
  }
});
