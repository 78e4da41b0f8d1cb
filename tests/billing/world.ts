import { expect } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { createLedger } from "#adapters/postgres/ledger.ts";
import { createRedisConnection } from "#adapters/redis/connection.ts";
import { createWalletStore } from "#adapters/redis/wallet-store.ts";
import type { BillingEvent } from "#domain/events/billing-event.ts";
import type { StageRecord } from "#domain/events/ports.ts";
import type { WorkflowTrigger } from "#domain/events/workflow-trigger.ts";
import { parseMoney, type Money } from "#domain/money/money.ts";
import { parsePercent, type Percent } from "#domain/money/percent.ts";
import { compileRateCardVersion } from "#domain/rating/compiled-rate-card.ts";
import { PLAIN_EVENT, rate } from "#domain/rating/rate.ts";
import { termsOfTaxRate } from "#domain/rating/terms.ts";
import { type ZoneClock, zoneClock } from "#domain/rating/zone-clock.ts";
import type { ControlView } from "#domain/tenants/ports.ts";
import type { TenantConfiguration, WalletConfiguration } from "#domain/tenants/tenant.ts";
import type { Ledger, WalletStore } from "#domain/wallet/ports.ts";
import type { BillingCount, BillingDependencies } from "#pipeline/billing/ports.ts";
import { startPostgres, startRedis, type TestPostgres, type TestRedis } from "./servers.ts";

export const NOW = Date.parse("2026-11-20T12:00:00Z");
export const TENANT = "T1";
export const CARD = JSON.stringify({
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

/** A Redis, a PostgreSQL and the stores on them, of one test file's own. */
export interface BillingServers {
  readonly redis: TestRedis;
  readonly postgres: TestPostgres;
  readonly ledger: Ledger;
  readonly store: WalletStore;
  stop(): Promise<void>;
}

export async function startBilling(): Promise<BillingServers> {
  const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  const connection = createRedisConnection(redis.url);
  const ledger = createLedger(postgres.pool);
  return {
    redis,
    postgres,
    ledger,
    store: createWalletStore(connection, ledger),
    async stop() {
      await connection.close();
      await Promise.all([redis.stop(), postgres.stop()]);
    },
  };
}

export function wallet(
  walletId: string,
  thresholds: WalletConfiguration["thresholds"] = { low: null, critical: null },
): WalletConfiguration {
  return { walletId, currency: "USD", kind: "prepaid", creditLimit: "0", thresholds };
}

export function tenant(
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

export async function openWallet({ postgres }: BillingServers, walletId: string): Promise<void> {
  await postgres.pool.query("INSERT INTO wallets (wallet_id, tenant_id, currency) VALUES ($1, $2, 'USD')", [
    walletId,
    TENANT,
  ]);
}

export function card(source: string) {
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

export interface World {
  readonly dependencies: BillingDependencies;
  readonly triggers: WorkflowTrigger[];
  readonly counts: Partial<Record<BillingCount, number>>;
}

export function world(
  { store, ledger }: BillingServers,
  configuration: TenantConfiguration,
  source = CARD,
  prices: Partial<Pick<ControlView, "fx" | "supplier" | "load">> = {},
): World {
  const triggers: WorkflowTrigger[] = [];
  const counts: Partial<Record<BillingCount, number>> = {};
  const compiled = card(source);
  const dependencies: BillingDependencies = {
    control: {
      tenant: (tenantId) => (tenantId === configuration.tenantId ? configuration : undefined),
      rateCard: () => compiled,
      fx: prices.fx ?? (() => undefined),
      supplier: prices.supplier ?? (() => undefined),
      load: prices.load ?? (() => null),
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

export function usage(
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

export function entry(
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

export const log = (events: readonly BillingEvent[]): StageRecord<BillingEvent>[] =>
  events.map((event, offset) => ({
    topic: "billing.events",
    partition: 0,
    offset: BigInt(offset),
    key: event.walletId,
    event,
  }));

export interface Row {
  event_id: string;
  sequence: string;
  amount: string;
  revenue: string;
  tax: string;
  balance_after: string;
  volume_ordinal: string;
  volume_period: string | null;
}

export async function entriesOf({ postgres }: BillingServers, walletId: string): Promise<Row[]> {
  const { rows } = await postgres.pool.query<Row>(
    "SELECT * FROM ledger_entries WHERE wallet_id = $1 ORDER BY sequence",
    [walletId],
  );
  return rows;
}

export const parsed = (text: string): Money => parseMoney(text) as Money;

/** Every id once, gapless, each charge at the ordinal it came at, wallet = ledger = rating from scratch. */
export async function checkWallet(
  servers: BillingServers,
  walletId: string,
  eventIds: readonly string[],
  topUp: bigint,
  order = false,
): Promise<Row[]> {
  const { postgres, store } = servers;
  const rows = await entriesOf(servers, walletId);
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
      const rated = rate({
        ...PLAIN_EVENT,
        card: compiled,
        eventType,
        channel,
        at: NOW,
        units: 1,
        country: "US",
        operator: null,
        zone: zoneClock("UTC") as ZoneClock,
        counters: new Map([["202611", volume]]),
        terms: termsOfTaxRate(taxRate),
      });
      expect(parsed(row.amount)).toBe(0n - rated.total);
      if (rated.volume !== null) volume += 1n;
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
