import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { createMetering } from "#adapters/postgres/metering.ts";
import { Unavailable } from "#domain/errors.ts";
import { billingEvent, type BillingEvent } from "#domain/events/billing-event.ts";
import type { Meter } from "#domain/metering/meters.ts";
import type { MeteringStore } from "#domain/metering/ports.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { createBillingHandler } from "#pipeline/billing/stage.ts";
import { runMetering, type MeteringDependencies } from "#pipeline/books/run-metering.ts";
import {
  entriesOf,
  log,
  openWallet,
  startBilling,
  tenant,
  wallet,
  world,
  type BillingServers,
} from "./world.ts";

const HOUR = 3_600_000;
const CARD = JSON.stringify({
  rate_card_id: "RC",
  name: "Platform",
  currency: "USD",
  effective_date: "2024-01-01",
  rates: {
    api: { base_rate: "0.00001" },
    bandwidth: { base_rate: "0.05" },
    storage: { base_rate: "0.10" },
    firewall: { base_rate: "0.0001", events: { "firewall.subscription": "100" } },
  },
});

let servers: BillingServers;
let store: MeteringStore;
beforeAll(async () => {
  servers = await startBilling();
  store = createMetering(servers.postgres.pool);
  await openWallet(servers, "w");
}, 60_000);
afterAll(() => servers?.stop());
beforeEach(() => servers.postgres.pool.query("TRUNCATE meter_readings, meter_hours, meter_quantities"));

interface Metering {
  now: number;
  readonly published: BillingEvent[];
  readonly dependencies: MeteringDependencies;
  pass(): Promise<number>;
}

function metering(more: Partial<TenantConfiguration> = {}, change: Partial<MeteringStore> = {}): Metering {
  const configuration = tenant([wallet("w")], { taxRate: "0", ...more });
  const { control } = world(servers, configuration, CARD).dependencies;
  const published: BillingEvent[] = [];
  const state: Metering = {
    now: Date.parse("2026-11-20T12:00:00Z"),
    published,
    dependencies: {
      store: { ...store, measureStorage: async () => {}, ...change },
      control: { ...control, tenants: () => [configuration] },
      publisher: {
        publish: async (records) => {
          published.push(...records.map(({ value }) => billingEvent.parse(JSON.parse(String(value)))));
        },
      },
      clock: { now: () => state.now },
    },
    pass: () => runMetering(state.dependencies),
  };
  return state;
}

const read = (meter: Meter, hour: number, quantity: number) => ({ tenantId: "T1", meter, hour, quantity });
const shown = (events: readonly BillingEvent[]): string[] =>
  events.map((event) =>
    event.kind === "usage" ? `${event.eventType} ${event.units} at ${new Date(event.at).toISOString()}` : "",
  );

describe("what the platform measures", () => {
  test("is billed an hour at a time, what several processes counted together, once the hour is surely over", async () => {
    const state = metering();
    const hour = state.now;
    await store.store("one", [read("api.calls", hour, 5)]);
    await store.store("two", [read("api.calls", hour, 7), read("compute.cpu_hour", hour, 9)]);
    await store.store("one", [read("api.calls", hour, 6)]);
    await store.store("one", [read("api.calls", hour, 6)]);
    state.now = hour + HOUR + 4 * 60_000;
    expect(await state.pass()).toBe(0);
    state.now += 60_001;
    // The card has no price for processor time: nobody is told of it.
    expect(await state.pass()).toBe(1);
    expect(shown(state.published)).toEqual(["api.calls 13 at 2026-11-20T12:59:59.999Z"]);
    expect(await state.pass()).toBe(0);
  });

  test("does not count in an hour that is closed: its process is told, and carries it on", async () => {
    const state = metering();
    const hour = state.now;
    await store.store("one", [read("api.calls", hour, 5)]);
    state.now = hour + 2 * HOUR;
    await state.pass();
    const late = read("api.calls", hour, 8);
    expect(await store.store("one", [late, read("api.calls", state.now, 3)])).toEqual([late]);
    expect(await state.pass()).toBe(0);
    expect(shown(state.published)).toEqual(["api.calls 5 at 2026-11-20T12:59:59.999Z"]);
  });

  test("counts started gigabytes of the month, each when it is started, and anew in the next month", async () => {
    const state = metering();
    state.now = Date.parse("2026-11-30T21:00:00Z");
    for (const gigabytes of [0.4, 0.4, 2.3, 0.7]) {
      await store.store("one", [read("bandwidth.gb", state.now, gigabytes * 1e9)]);
      state.now += HOUR;
    }
    state.now += HOUR;
    await state.pass();
    expect(shown(state.published)).toEqual([
      "bandwidth.gb 1 at 2026-11-30T21:59:59.999Z",
      "bandwidth.gb 3 at 2026-11-30T23:59:59.999Z",
      "bandwidth.gb 1 at 2026-12-01T00:59:59.999Z",
    ]);
  });

  test("a subscription is one event a month, in the tenant's zone, for those who have it", async () => {
    const state = metering({ subscriptions: ["firewall"], timezone: "Pacific/Auckland" });
    await state.pass();
    state.now = Date.parse("2026-11-30T10:59:59Z");
    await state.pass();
    state.now = Date.parse("2026-11-30T11:00:00Z");
    await state.pass();
    expect(shown(state.published)).toEqual([
      "firewall.subscription 1 at 2026-10-31T11:00:00.000Z",
      "firewall.subscription 1 at 2026-11-30T11:00:00.000Z",
    ]);
    const unsubscribed = metering();
    await unsubscribed.pass();
    expect(unsubscribed.published).toEqual([]);
  });

  test("killed between publishing and noting it, comes again as the same event, and is charged once", async () => {
    let kills = 2;
    const state = metering(
      {},
      {
        done: async (quantities) => {
          kills -= 1;
          if (kills >= 0) throw new Unavailable("postgres");
          await store.done(quantities);
        },
      },
    );
    await store.store("one", [read("api.calls", state.now, 1_000)]);
    state.now += 2 * HOUR;
    await expect(state.pass()).rejects.toBeInstanceOf(Unavailable);
    await expect(state.pass()).rejects.toBeInstanceOf(Unavailable);
    await state.pass();
    expect(state.published).toHaveLength(3);
    expect(new Set(state.published.map((event) => JSON.stringify(event))).size).toBe(1);
    const { dependencies } = world(servers, tenant([wallet("w")], { taxRate: "0" }), CARD);
    const events = state.published.map((event) => ({ ...event, at: event.at, acceptedAt: event.acceptedAt }));
    await createBillingHandler({ ...dependencies, clock: state.dependencies.clock })(log(events));
    const rows = await entriesOf(servers, "w");
    expect(rows.map(({ event_id: id, amount }) => [id.split(":")[1], Number(amount)])).toEqual([
      ["api.calls", -0.01],
    ]);
  });
});

test("storage is measured once a day: the messages' tables, shared out by rows, for the day's hours", async () => {
  const { pool } = servers.postgres;
  const day = Date.parse("2026-11-20T00:30:00Z");
  await pool.query(
    `INSERT INTO messages (message_id, tenant_id, wallet_id, channel, conversation, accepted_at, parts, steps, state, hold_open)
     SELECT ('0197' || lpad(to_hex(n), 28, '0'))::uuid, CASE WHEN n % 4 = 0 THEN 'T1' ELSE 'T2' END, 'w', 'sms', 'c', now(), 1, '{}', 'delivered', 0
       FROM generate_series(1, 400) n`,
  );
  await store.measureStorage(day);
  await store.measureStorage(day + 5 * HOUR);
  const { rows } = await pool.query<{ tenant_id: string; quantity: string; hour: Date; taken: string }>(
    `SELECT r.*, (SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('messages') WHERE isleaf
                     AND EXISTS (SELECT FROM messages WHERE tableoid = relid))::text AS taken
       FROM meter_readings r WHERE meter = 'storage.gb' ORDER BY tenant_id`,
  );
  expect(rows.map(({ tenant_id: id, hour }) => [id, hour.toISOString()])).toEqual([
    ["T1", "2026-11-20T00:00:00.000Z"],
    ["T2", "2026-11-20T00:00:00.000Z"],
  ]);
  const taken = Number(rows[0]?.taken);
  expect(taken).toBeGreaterThan(0);
  expect(rows.map(({ quantity }) => Number(quantity))).toEqual([(taken / 4) * 24, (taken / 4) * 3 * 24]);
});
