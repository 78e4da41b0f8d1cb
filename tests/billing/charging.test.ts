import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createLedger } from "#adapters/postgres/ledger.ts";
import { createRedisConnection, type RedisConnection } from "#adapters/redis/connection.ts";
import { createWalletStore } from "#adapters/redis/wallet-store.ts";
import { Poison, Unavailable } from "#domain/errors.ts";
import type { BillingEvent } from "#domain/events/billing-event.ts";
import type { StageRecord } from "#domain/events/ports.ts";
import type { WorkflowTrigger } from "#domain/events/workflow-trigger.ts";
import { formatMoney, money, parseMoney, type Money } from "#domain/money/money.ts";
import { compileRateCardVersion } from "#domain/rating/compiled-rate-card.ts";
import { rate } from "#domain/rating/rate.ts";
import { parsePercent, type Percent } from "#domain/money/percent.ts";
import type { TenantConfiguration, WalletConfiguration } from "#domain/tenants/tenant.ts";
import type { Ledger, WalletStore } from "#domain/wallet/ports.ts";
import type { BillingCount, BillingDependencies } from "#pipeline/billing/ports.ts";
import { createDriftRepair } from "#pipeline/billing/drift.ts";
import { createBillingHandler } from "#pipeline/billing/stage.ts";
import { crossings } from "#pipeline/billing/thresholds.ts";
import { startPostgres, startRedis, type TestPostgres, type TestRedis } from "./servers.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const TENANT = "T1";
const CARD = JSON.stringify({
  rate_card_id: "RC",
  name: "Test",
  currency: "USD",
  effective_date: "2024-01-01",
  rates: {
    sms: { base_rate: 0.0123456789012345, events: { "sms.submit": 0.001 } },
    firewall: { base_rate: 0.0001 },
  },
  volume_discounts: [
    { min_volume: 0, max_volume: 9, discount: 0 },
    { min_volume: 10, max_volume: 24, discount: 5 },
    { min_volume: 25, max_volume: 39, discount: 12.5 },
    { min_volume: 40, max_volume: null, discount: 33 },
  ],
});

let redis: TestRedis;
let postgres: TestPostgres;
let connection: RedisConnection;
let ledger: Ledger;
let store: WalletStore;

beforeAll(async () => {
  [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  connection = createRedisConnection(redis.url);
  ledger = createLedger(postgres.pool);
  store = createWalletStore(connection, ledger);
}, 60_000);
afterAll(async () => {
  await connection?.close();
  await Promise.all([redis?.stop(), postgres?.stop()]);
});

function wallet(
  walletId: string,
  thresholds: WalletConfiguration["thresholds"] = { low: null, critical: null },
): WalletConfiguration {
  return { walletId, currency: "USD", kind: "prepaid", creditLimit: "0", thresholds };
}

function tenant(
  wallets: WalletConfiguration[],
  more: Partial<TenantConfiguration> = {},
): TenantConfiguration {
  return {
    v: 1,
    tenantId: TENANT,
    revision: 1,
    name: "One",
    email: null,
    status: "active",
    timezone: "UTC",
    country: "US",
    taxRate: "8",
    rateCardId: "RC",
    wallets,
    trustedHints: false,
    webhook: null,
    firewall: { blockedKeywords: [], perDestinationPerMinute: null },
    ...more,
  };
}

async function openWallet(walletId: string): Promise<void> {
  await postgres.pool.query("INSERT INTO wallets (wallet_id, tenant_id, currency) VALUES ($1, $2, 'USD')", [
    walletId,
    TENANT,
  ]);
}

function card(source: string) {
  const compiled = compileRateCardVersion({
    v: 1,
    rateCardId: "RC",
    version: 1,
    validFrom: 0,
    storedAt: 0,
    source,
  });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return compiled.card;
}

interface World {
  readonly dependencies: BillingDependencies;
  readonly triggers: WorkflowTrigger[];
  readonly counts: Partial<Record<BillingCount, number>>;
}

function world(configuration: TenantConfiguration, source = CARD): World {
  const triggers: WorkflowTrigger[] = [];
  const counts: Partial<Record<BillingCount, number>> = {};
  const compiled = card(source);
  const dependencies: BillingDependencies = {
    control: {
      tenant: (tenantId) => (tenantId === configuration.tenantId ? configuration : undefined),
      rateCard: () => compiled,
      confirm: async () => {},
    },
    wallets: store,
    ledger,
    publisher: {
      async publish(records) {
        for (const { value } of records) triggers.push(JSON.parse(value.toString()) as WorkflowTrigger);
      },
    },
    metrics: { count: (what, by) => (counts[what] = (counts[what] ?? 0) + by) },
    clock: { now: () => NOW },
    pause: (ms) => sleep(ms),
  };
  return { dependencies, triggers, counts };
}

function usage(
  walletId: string,
  id: string,
  more: Partial<Extract<BillingEvent, { kind: "usage" }>> = {},
): BillingEvent {
  const [messageId, eventType, part] = id.split(":") as [string, string, string];
  return {
    v: 1,
    kind: "usage",
    id,
    eventType,
    messageId,
    part: Number(part),
    tenantId: TENANT,
    walletId,
    channel: eventType.split(".")[0] as string,
    at: NOW,
    acceptedAt: NOW,
    units: 1,
    country: "US",
    operator: null,
    hold: "0.02",
    ...more,
  };
}

function entry(
  walletId: string,
  id: string,
  entryType: "top_up" | "adjustment" | "opening_volume",
  amount: string,
  units = 0,
): BillingEvent {
  return {
    v: 1,
    kind: "entry",
    id,
    tenantId: TENANT,
    walletId,
    at: NOW,
    acceptedAt: NOW,
    entryType,
    amount,
    units,
    reason: "test",
    actor: "owner",
  };
}

const log = (events: readonly BillingEvent[]): StageRecord<BillingEvent>[] =>
  events.map((event, offset) => ({
    topic: "billing.events",
    partition: 0,
    offset: BigInt(offset),
    key: event.walletId,
    event,
  }));

interface Row {
  event_id: string;
  sequence: string;
  amount: string;
  revenue: string;
  tax: string;
  balance_after: string;
  volume_ordinal: string;
  volume_period: string | null;
}

async function entriesOf(walletId: string): Promise<Row[]> {
  const { rows } = await postgres.pool.query<Row>(
    "SELECT * FROM ledger_entries WHERE wallet_id = $1 ORDER BY sequence",
    [walletId],
  );
  return rows;
}

const parsed = (text: string): Money => parseMoney(text) as Money;

describe("the guide's Example 1", () => {
  test("charges 0.01539 at a volume of 50,000 and leaves 99.98461", async () => {
    const guide = readFileSync(new URL("../../examples/rate-cards/guide.json", import.meta.url), "utf8");
    await openWallet("example");
    const { dependencies } = world(tenant([wallet("example")], { timezone: "America/New_York" }), guide);
    const at = Date.parse("2024-12-25T18:00:00Z");
    const opening = { ...entry("example", "opening", "opening_volume", "0", 49_999), at };
    const example = usage("example", "evt-1:sms.deliver:1", {
      at,
      channel: "sms",
      operator: "Verizon",
      hold: "0",
    });
    await createBillingHandler(dependencies)(
      log([entry("example", "top", "top_up", "100"), opening, example]),
    );
    const rows = await entriesOf("example");
    expect(rows.map((row) => formatMoney(parsed(row.balance_after)))).toEqual(["100", "100", "99.98461"]);
    expect(rows[2]).toMatchObject({
      sequence: "3",
      volume_ordinal: "50000",
      volume_period: "202412",
      event_type: "sms.delivered",
    });
    expect([rows[2]?.revenue, rows[2]?.tax].map((text) => formatMoney(parsed(text as string)))).toEqual([
      "0.01425",
      "0.00114",
    ]);
    expect(formatMoney((await store.balance("example")).balance)).toBe("99.98461");
  });
});

describe("what can never be charged", () => {
  test.each([
    [
      "an unknown tenant",
      usage("poison", "m:sms.delivered:1", { tenantId: "nobody" }),
      /Tenant nobody does not exist/,
    ],
    ["another's wallet", usage("elsewhere", "m:sms.delivered:1"), /no wallet elsewhere/],
    [
      "an event older than 400 days",
      usage("poison", "m:sms.delivered:1", { acceptedAt: NOW - 401 * 86_400_000 }),
      /400 days/,
    ],
    ["an amount below 10⁻¹⁸", entry("poison", "e", "top_up", "1e-19"), /18 places/],
    ["a wallet that the ledger lacks", usage("poison", "m:sms.delivered:1"), /ledger has no wallet/],
  ])("%s", async (_, event, message) => {
    const { dependencies } = world(tenant([wallet("poison")]));
    const done = createBillingHandler(dependencies)(log([event]));
    await expect(done).rejects.toThrow(message);
    await expect(done).rejects.toBeInstanceOf(Poison);
  });
});

test("an id that two wallets share is an error that shows, not a charge that is lost", async () => {
  await openWallet("shared-1");
  await openWallet("shared-2");
  const handler = createBillingHandler(world(tenant([wallet("shared-1"), wallet("shared-2")])).dependencies);
  await handler(log([usage("shared-1", "same:sms.delivered:1")]));
  await expect(handler(log([usage("shared-2", "same:sms.delivered:1")]))).rejects.toThrow(/another wallet/);
  await handler(log([usage("shared-2", "other:sms.delivered:1")]));
  await checkWallet("shared-2", ["other:sms.delivered:1"], 0n);
});

describe("events that come again", () => {
  test("long after the store forgot them change nothing, and new ones beside them keep their ordinals", async () => {
    await openWallet("again");
    const { dependencies, counts } = world(tenant([wallet("again")]));
    const handler = createBillingHandler(dependencies);
    const events = Array.from({ length: 30 }, (_, index) => usage("again", `m${index}:sms.delivered:1`));
    await handler(log([entry("again", "top-again", "top_up", "5"), ...events.slice(0, 20)]));
    await redis.admin.del("o0:{again}", "o1:{again}");
    await handler(log([...events.slice(0, 5), events[25] as BillingEvent, ...events.slice(15)]));
    await redis.admin.del("o0:{again}", "o1:{again}");
    await handler(log(events));
    await checkWallet("again", ["top-again", ...events.map((event) => event.id)], 5n);
    expect(counts).toMatchObject({ charged: 30, entered: 1 });
    expect(counts.duplicate).toBeGreaterThan(0);
  });

  test("under another tax rate keep the price that the ledger wrote, and take the new one where it wrote none", async () => {
    await openWallet("taxed");
    const configured = [wallet("taxed")];
    const before = world(tenant(configured));
    const broken = {
      ...before.dependencies,
      ledger: { ...ledger, commit: async () => Promise.reject(new Unavailable("postgres")) },
    };
    const event = usage("taxed", "m:sms.delivered:1");
    await expect(createBillingHandler(broken)(log([event]))).rejects.toBeInstanceOf(Unavailable);
    await createBillingHandler(world(tenant(configured, { taxRate: "0" })).dependencies)(log([event]));
    await createBillingHandler(before.dependencies)(log([event]));
    const rows = await entriesOf("taxed");
    expect(rows).toHaveLength(1);
    expect(parsed(rows[0]?.tax as string)).toBe(0n);
    expect((await store.balance("taxed")).balance).toBe(parsed(rows[0]?.balance_after as string));
  });
});

/** Every id once, gapless, each charge at the ordinal it came at, wallet = ledger = rating from scratch. */
async function checkWallet(
  walletId: string,
  eventIds: readonly string[],
  topUp: bigint,
  order = false,
): Promise<Row[]> {
  const rows = await entriesOf(walletId);
  expect(rows.map((row) => row.event_id).toSorted()).toEqual(eventIds.toSorted());
  if (order) expect(rows.map((row) => row.event_id)).toEqual(eventIds);
  const compiled = card(CARD);
  let balance = 0n;
  let volume = 0n;
  rows.forEach((row, index) => {
    expect(row.sequence).toBe(String(index + 1));
    const [, eventType] = row.event_id.split(":");
    if (eventType === undefined) balance += row.event_id.startsWith("opening") ? 0n : topUp * 10n ** 18n;
    if (row.event_id.startsWith("opening")) volume = BigInt(row.volume_ordinal);
    if (eventType !== undefined) {
      const channel = eventType.split(".")[0] as string;
      const taxRate = parsePercent("8") as Percent;
      const volumeOrdinal = volume + 1n;
      const rated = rate({
        card: compiled,
        eventType,
        channel,
        at: NOW,
        units: 1,
        country: "US",
        operator: null,
        volumeOrdinal,
        taxRate,
      });
      expect(parsed(row.amount)).toBe(0n - rated.total);
      if (rated.countsVolume) volume += 1n;
      balance -= rated.total;
    }
    expect(BigInt(row.volume_ordinal)).toBe(volume);
    expect(parsed(row.balance_after)).toBe(balance);
  });
  const { rows: stored } = await postgres.pool.query<{ balance: string; sequence: string }>(
    "SELECT * FROM wallets WHERE wallet_id = $1",
    [walletId],
  );
  expect({ balance: parsed(stored[0]?.balance as string), sequence: stored[0]?.sequence }).toEqual({
    balance,
    sequence: String(rows.length),
  });
  const state = await store.state(walletId);
  expect(state).toMatchObject({ balance, sequence: BigInt(rows.length) });
  expect(state.volumes.get("202611") ?? 0n).toBe(volume);
  let held = 0n;
  for await (const page of store.reservations(walletId)) for (const { amount } of page) held += amount;
  expect((await store.balance(walletId)).reserved).toBe(held);
  return rows;
}

/** Uniform in [0, 1), from a seed: a failing run can be repeated. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Fails before or after the effect, and loses Redis' memory now and then. */
function faulty(
  dependencies: BillingDependencies,
  next: () => number,
  rates: { fail: number; flush: number },
): BillingDependencies {
  const around = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (next() < rates.flush) await redis.admin.flushall();
    if (next() < rates.fail) throw new Unavailable("injected before");
    const result = await work();
    if (next() < rates.fail) throw new Unavailable("injected after");
    if (next() < rates.flush) await redis.admin.flushall();
    return result;
  };
  return {
    ...dependencies,
    wallets: {
      state: (walletId) => around(() => store.state(walletId)),
      rebuild: (walletId) => around(() => store.rebuild(walletId)),
      charge: (walletId, request) => around(() => store.charge(walletId, request)),
    },
    ledger: {
      commit: (batches) => around(() => ledger.commit(batches)),
      find: (keys) => around(() => ledger.find(keys)),
    },
    publisher: { publish: (records) => around(() => dependencies.publisher.publish(records)) },
  };
}

const THRESHOLDS = { low: "1", critical: "0.5" };

/** A stream in which events are repeated at once, soon and late; the ids in the order of their first coming, by wallet. */
function stream(
  wallets: readonly string[],
  size: number,
  next: () => number,
): { events: BillingEvent[]; charged: Map<string, string[]> } {
  const events: BillingEvent[] = [];
  const charged = new Map(wallets.map((walletId): [string, string[]] => [walletId, []]));
  for (let index = 0; index < size; index += 1) {
    const walletId = wallets[Math.floor(next() * wallets.length)] as string;
    const dice = next();
    if (dice < 0.25 && events.length > 0) {
      events.push(events[Math.floor(next() * events.length)] as BillingEvent);
      continue;
    }
    const id = `${walletId}-${index}`;
    let event: BillingEvent;
    if (dice < 0.3) event = usage(walletId, `${id}:sms.failed:1`);
    else if (dice < 0.33) event = entry(walletId, `top-${id}`, "top_up", "1");
    else if (dice < 0.34)
      event = entry(walletId, `opening-${id}`, "opening_volume", "0", Math.floor(next() * 30));
    else if (dice < 0.5) event = usage(walletId, `${id}:firewall.scan:1`);
    else if (dice < 0.6) event = usage(walletId, `${id}:sms.submit:1`);
    else event = usage(walletId, `${id}:sms.delivered:1`);
    events.push(event);
    if (!event.id.includes("sms.failed")) charged.get(walletId)?.push(event.id);
  }
  return { events, charged };
}

/** A consumer group on one partition: reads from the committed offset, dies anywhere, sometimes has two owners at once. */
async function consume(
  records: StageRecord<BillingEvent>[],
  start: () => ReturnType<typeof createBillingHandler>,
  next: () => number,
  atBatch: () => Promise<void>,
): Promise<void> {
  let committed = 0;
  let handler = start();
  for (let round = 0; committed < records.length; round += 1) {
    if (round > 3_000) throw new Error("the stream does not end");
    await atBatch();
    const sizes = next() < 0.3 ? [next(), next()] : [next()];
    const owners = sizes.map((_, index) => (index === 0 ? handler : start()));
    const ends = sizes.map((size) => Math.min(records.length, committed + 1 + Math.floor(size * 40)));
    const from = committed;
    const results = await Promise.allSettled(
      owners.map((owner, index) => owner(records.slice(from, ends[index]))),
    );
    results.forEach((result, index) => {
      if (result.status === "fulfilled" && next() > 0.1)
        committed = Math.max(committed, ends[index] as number);
      if (result.status === "rejected" && !(result.reason instanceof Unavailable)) throw result.reason;
    });
    if (next() < 0.3) handler = start();
  }
}

describe("whatever dies and whoever else charges", () => {
  let runs = 0;

  async function survives(
    seed: number,
    rates: { fail: number; flush: number; crash: number },
    size: number,
  ): Promise<void> {
    const next = random(seed);
    runs += 1;
    const wallets = ["a", "b", "c"].map((name) => `chaos-${runs}-${name}`);
    for (const walletId of wallets) await openWallet(walletId);
    const { dependencies, triggers } = world(tenant(wallets.map((walletId) => wallet(walletId, THRESHOLDS))));
    const { events, charged } = stream(wallets, size, next);
    const atBatch = async (): Promise<void> => {
      if (next() < rates.crash) await redis.admin.save();
      if (next() < rates.crash) await redis.crash();
      const walletId = wallets[Math.floor(next() * 3)] as string;
      const messageId = `${walletId}-${Math.floor(next() * size)}`;
      await store
        .reserve(walletId, money(10n ** 18n), [{ messageId, amount: parsed("0.02") }])
        .catch((error: unknown) => {
          if (!(error instanceof Unavailable)) throw error;
        });
    };
    await consume(log(events), () => createBillingHandler(faulty(dependencies, next, rates)), next, atBatch);
    // What a deposed owner charged after its successor had ledgered it stays in the cache until the next charge or this.
    const repair = createDriftRepair({ wallets: store, ledger });
    await repair();
    await repair();
    for (const walletId of wallets) {
      const rows = await checkWallet(walletId, charged.get(walletId) as string[], 1n, true);
      const expected = rows.flatMap((row) => {
        const step = {
          sequence: BigInt(row.sequence),
          amount: parsed(row.amount),
          balanceAfter: parsed(row.balance_after),
        };
        return crossings(step, wallet(walletId, THRESHOLDS)).map(
          (threshold) => `wallet:${walletId}:${threshold}:${row.sequence}`,
        );
      });
      const published = new Set(
        triggers.filter((trigger) => trigger.walletId === walletId).map((trigger) => trigger.id),
      );
      expect([...published].toSorted()).toEqual(expected.toSorted());
    }
  }

  const seeds = fc.integer({ min: 0, max: 2 ** 31 });
  const numRuns = process.env["CATALYST_TEST_ALL"] === "1" ? 100 : 8;

  test("failures between any two effects, two owners", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, (seed) => survives(seed, { fail: 0.08, flush: 0, crash: 0 }, 400)),
      { numRuns },
    );
  }, 600_000);

  test("and FLUSHALL at any moment", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, (seed) => survives(seed, { fail: 0.04, flush: 0.04, crash: 0 }, 400)),
      { numRuns },
    );
  }, 600_000);

  test("and a Redis killed and back with an old snapshot", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, (seed) => survives(seed, { fail: 0.02, flush: 0.01, crash: 0.15 }, 400)),
      {
        numRuns: Math.ceil(numRuns / 2),
      },
    );
  }, 600_000);
});
