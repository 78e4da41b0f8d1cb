import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { createProviderEvents } from "#adapters/postgres/provider-events.ts";
import type { ProviderEvent } from "#domain/payments/ports.ts";
import { openDatabase, type TestDatabase } from "../timeline/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openDatabase();
}, 120_000);
afterAll(() => database.close());
beforeEach(() => database.pool.query("TRUNCATE provider_events"));

const store = () => createProviderEvents(database.pool);
const event = (providerEventId: string, change: Partial<ProviderEvent> = {}): ProviderEvent => ({
  provider: "stripe",
  providerEventId,
  kind: "dispute_opened",
  providerPaymentId: "pi_1",
  paymentId: null,
  amountMinor: 12_345_678_901_234_567_890n,
  at: 1_764_331_200_123,
  ...change,
});

test("an event is new once, however many bring it at once, and comes back as it was until it is handed on", async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => store().accept(event("evt_1"))));
  expect(answers.filter((answer) => answer === "new")).toHaveLength(1);
  expect(await store().accept(event("evt_1", { provider: "paypal" }))).toBe("new");
  expect(await store().waiting(0, 10)).toEqual([event("evt_1"), event("evt_1", { provider: "paypal" })]);
  await store().handedOn(event("evt_1"), "told");
  await store().handedOn(event("evt_1"), "unknown");
  expect((await store().waiting(0, 10)).map(({ provider }) => provider)).toEqual(["paypal"]);
  expect(await store().accept(event("evt_1"))).toBe("known");
  const { rows } = await database.pool.query("SELECT outcome FROM provider_events WHERE provider = 'stripe'");
  expect(rows).toEqual([{ outcome: "told" }]);
});

test("the oldest wait first, and those of this moment are left to the request that brought them", async () => {
  for (const id of ["c", "a", "b"]) await store().accept(event(id, { amountMinor: null }));
  expect((await store().waiting(0, 2)).map(({ providerEventId }) => providerEventId)).toEqual(["c", "a"]);
  expect(await store().waiting(60_000, 2)).toEqual([]);
});

test("only what was handed on is forgotten; no tenant sees any of it", async () => {
  await store().accept(event("evt_1"));
  await store().accept(event("evt_2"));
  await store().handedOn(event("evt_1"), "told");
  expect(await store().prune(60_000)).toBe(0);
  expect(await store().prune(0)).toBe(1);
  expect(await store().waiting(0, 10)).toHaveLength(1);
  await expect(database.asTenant("TENANT-001", "SELECT * FROM provider_events")).rejects.toThrow(
    "permission denied",
  );
});
