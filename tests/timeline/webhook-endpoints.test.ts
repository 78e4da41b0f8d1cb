import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { createAnnouncedRuns } from "#adapters/postgres/announced-runs.ts";
import { createWebhookDeliveries } from "#adapters/postgres/webhook-deliveries.ts";
import { createWebhookEndpointFeed, createWebhookEndpoints } from "#adapters/postgres/webhook-endpoints.ts";
import { createWebhookEvents } from "#adapters/postgres/webhook-events.ts";
import type { WebhookEvent, WebhookEventType } from "#domain/webhooks/events.ts";
import type { WebhookEndpoint } from "#domain/webhooks/ports.ts";
import { openDatabase, type TestDatabase } from "./database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openDatabase();
}, 120_000);
afterAll(() => database.close());
beforeEach(() => database.pool.query("TRUNCATE webhook_deliveries, webhook_endpoints"));

const store = () => createWebhookEndpoints(database.pool);
const deliveries = () => createWebhookDeliveries(database.pool);

async function endpoint(tenantId: string | null, ...events: WebhookEventType[]): Promise<WebhookEndpoint> {
  const made = await store().create({
    endpointId: randomUUID(),
    tenantId,
    url: "https://acme.example/hooks",
    events,
    description: "of a canvas",
    createdAt: 1_795_000_000_000,
  });
  if (made === "full") throw new Error("there are too many");
  return made;
}

const event = (id: string, type: WebhookEventType, tenantId: string | null): WebhookEvent => ({
  id,
  type,
  tenantId,
  at: 1_795_000_000_000,
  data: { quoted: '"\\' },
});

const claim = () =>
  deliveries().claim({ now: Date.now() + 5_000, leaseMs: 1, perLane: 10, limit: 100, except: [] });

test("a tenant's endpoints are its own, and twenty; the same id is the same", async () => {
  const made = await endpoint("A", "message.delivered");
  expect(await store().create({ ...made, createdAt: 1_795_000_000_000 })).toEqual(made);
  expect(await store().find("A", made.endpointId)).toEqual(made);
  expect(await store().find("B", made.endpointId)).toBeNull();
  expect(await store().delete("B", made.endpointId)).toBe(false);
  expect(await database.asTenant("B", "SELECT * FROM webhook_endpoints")).toEqual([]);
  for (let count = 1; count < 20; count += 1) await endpoint("A", "message.failed");
  await expect(endpoint("A", "message.failed")).rejects.toThrow("too many");
  await endpoint("B", "message.failed");
  expect(await store().delete("A", made.endpointId)).toBe(true);
  expect(await store().delete("A", made.endpointId)).toBe(false);
  expect(await store().list("A")).toHaveLength(19);
  expect(await store().list(null)).toHaveLength(20);
});

test("an event is stored for those who want it, once, in a lane of each", async () => {
  const [own, every] = [
    await endpoint("A", "balance.low"),
    await endpoint(null, "balance.low", "invoice.issued"),
  ];
  await endpoint("A", "invoice.issued");
  await endpoint("B", "balance.low");
  const gone = await endpoint("A", "balance.low");
  await deliveries().disableEndpoint(gone, gone.url, 5);
  const events = createWebhookEvents(database.pool);
  const low = event("balance:1", "balance.low", "A");
  await events.announce([low, event("balance:2", "balance.low", null)]);
  await events.announce([low]);
  const claimed = await claim();
  expect(claimed.map(({ webhookId, endpointId }) => [webhookId, endpointId]).sort()).toEqual(
    [
      ["balance:1", own.endpointId],
      ["balance:1", every.endpointId],
      ["balance:2", every.endpointId],
    ].sort(),
  );
  expect(JSON.parse(claimed[0]!.body)).toEqual({
    type: "balance.low",
    timestamp: "2026-11-18T11:06:40.000Z",
    data: { tenant_id: claimed[0]!.webhookId === "balance:1" ? "A" : null, quoted: '"\\' },
  });
  const seen = await database.asTenant("A", "SELECT endpoint_id FROM webhook_deliveries");
  expect(seen).toEqual([{ endpoint_id: own.endpointId }]);
  const first = claimed.find(({ endpointId }) => endpointId === own.endpointId)!;
  await deliveries().delivered(first);
  expect(await claim()).toHaveLength(2);
  await store().delete(null, every.endpointId);
  expect(await claim()).toEqual([]);
});

test("processes learn of what is made, disabled and deleted", async () => {
  const feed = createWebhookEndpointFeed(database.pool);
  const [kept, disabled, deleted] = [
    await endpoint("A", "balance.low"),
    await endpoint("A", "balance.low"),
    await endpoint("A", "balance.low"),
  ];
  const first = await feed.changes(null);
  expect(first.endpoints.map(({ endpointId }) => endpointId).sort()).toEqual(
    [kept, disabled, deleted].map(({ endpointId }) => endpointId).sort(),
  );
  await deliveries().disableEndpoint(disabled, disabled.url, 5);
  await store().delete("A", deleted.endpointId);
  const later = new Map((await feed.changes(first.until)).endpoints.map((one) => [one.endpointId, one]));
  expect(later.get(disabled.endpointId)).toMatchObject({ disabledAt: 5, isDeleted: false });
  expect(later.get(deleted.endpointId)).toMatchObject({ isDeleted: true });
  expect((await feed.changes(Date.now() + 60_000)).endpoints).toEqual([]);
  expect((await feed.changes(null)).endpoints).toHaveLength(2);
});

test("the end of a run is announced once, to endpoints that were there when it ended", async () => {
  await database.pool.query("TRUNCATE announced_runs");
  const runs = createAnnouncedRuns(database.pool);
  expect(await runs.upTo()).toBeNull();
  const own = await endpoint("A", "workflow.completed");
  expect(await runs.upTo()).toBe(own.createdAt);
  const end = (runId: string, at: number, tenantId: string | null = "A") => ({
    runId,
    event: { ...event(`run:${runId}:ended`, "workflow.completed", tenantId), at },
  });
  const at = own.createdAt + 5_000;
  expect(await runs.announce([end("before", own.createdAt - 1), end("r1", at), end("r2", at, "B")])).toBe(3);
  expect(await claim()).toMatchObject([{ webhookId: "run:r1:ended", endpointId: own.endpointId }]);
  await deliveries().delivered({ ...(await claim())[0]! });
  expect(await runs.announce([end("r1", at), end("r3", at + 7_200_000)])).toBe(1);
  expect(await claim()).toMatchObject([{ webhookId: "run:r3:ended" }]);
  await runs.prune();
  expect(await runs.upTo()).toBe(at + 7_200_000);
  const left = await database.pool.query<{ run_id: string }>("SELECT run_id FROM announced_runs");
  expect(left.rows).toEqual([{ run_id: "r3" }]);
});
