import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { createWebhookDeliveries } from "#adapters/postgres/webhook-deliveries.ts";
import { openDatabase, type TestDatabase } from "./database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openDatabase();
}, 120_000);
afterAll(() => database.close());
beforeEach(() => database.pool.query("TRUNCATE webhook_deliveries, webhook_endpoints_disabled"));

const store = () => createWebhookDeliveries(database.pool);
const deferred = (webhookId: string, tenantId: string, nextAttemptAt: number) => ({
  delivery: { webhookId, tenantId, endpointId: null, body: `{"quoted":"\\"${webhookId}"}`, createdAt: 5 },
  attempts: 1,
  nextAttemptAt,
  error: "status 500",
});
const of = (webhookId: string) => deferred(webhookId, "A", 0).delivery;
const claim = (now: number, change: { perLane?: number; limit?: number; except?: string[] } = {}) =>
  store().claim({ now, leaseMs: 1000, perLane: 10, limit: 100, except: [], ...change });

test("what is due is leased, fairly among tenants, and comes back when the lease ends", async () => {
  const large = Array.from({ length: 50 }, (_, index) => deferred(`a${index}`, "A", index));
  await store().defer([...large, deferred("b", "B", 90), deferred("c", "C", 101)]);
  await store().defer([{ ...deferred("b", "B", 90), attempts: 7 }]);
  const first = await claim(100, { perLane: 3 });
  expect(first.map(({ webhookId }) => webhookId).sort()).toEqual(["a0", "a1", "a2", "b"]);
  expect(first.find(({ webhookId }) => webhookId === "b")).toEqual({
    webhookId: "b",
    tenantId: "B",
    endpointId: null,
    body: '{"quoted":"\\"b"}',
    attempts: 1,
    createdAt: 5,
  });
  expect((await claim(101, { except: ["A"] })).map(({ webhookId }) => webhookId)).toEqual(["c"]);
  expect(await claim(1099, { perLane: 100, limit: 7 })).toHaveLength(7);
  expect((await claim(1100, { except: ["A"] })).map(({ webhookId }) => webhookId)).toEqual(["b"]);
});

test("several claim at once and nothing is given out twice", async () => {
  await store().defer(
    Array.from({ length: 200 }, (_, index) => deferred(`a${index}`, `T${index % 5}`, index)),
  );
  const shares = await Promise.all(Array.from({ length: 5 }, () => claim(1000, { perLane: 20 })));
  const ids = shares.flat().map(({ webhookId }) => webhookId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThanOrEqual(100);
});

test("a failure waits for its time, what is given up waits for its pruning, what is delivered is gone", async () => {
  await store().defer([deferred("a", "A", 0), deferred("b", "A", 0), deferred("c", "A", 0)]);
  await claim(10);
  await store().failed(of("a"), 500, "timeout", 20);
  await store().failed(of("b"), null, "status 410", 20);
  await store().delivered(of("c"));
  expect(await claim(499)).toEqual([]);
  expect(await claim(500)).toMatchObject([{ webhookId: "a", attempts: 2 }]);
  expect(await store().prune(20)).toBe(0);
  expect(await store().prune(21)).toBe(1);
});

test("a disabled endpoint is remembered once; a tenant sees its own deliveries only", async () => {
  await store().disableEndpoint({ tenantId: "A", endpointId: null }, "https://a.example/", 5);
  await store().disableEndpoint({ tenantId: "A", endpointId: null }, "https://a.example/", 9);
  expect(await store().disabledEndpoints()).toEqual([{ tenantId: "A", url: "https://a.example/" }]);
  await store().defer([deferred("a", "A", 0), deferred("b", "B", 0)]);
  expect(await database.asTenant("A", "SELECT webhook_id FROM webhook_deliveries")).toEqual([
    { webhook_id: "a" },
  ]);
  expect(await database.asTenant("", "SELECT webhook_id FROM webhook_deliveries")).toEqual([]);
});
