import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { makeLedgerPartitions } from "#adapters/postgres/ledger.ts";
import { reconcileWallets } from "#adapters/postgres/ledger-reconciliation.ts";
import { createLedgerReads, type LedgerReads } from "#adapters/postgres/ledger-reads.ts";
import { formatMoney, money, ZERO } from "#domain/money/money.ts";
import type { LedgerEntry } from "#domain/wallet/ports.ts";
import { createDriftRepair } from "#pipeline/billing/drift.ts";
import { reapOrphanReservations } from "#pipeline/billing/reap.ts";
import { createBillingHandler } from "#pipeline/billing/stage.ts";
import {
  entriesOf,
  entry,
  log,
  NOW,
  openWallet,
  startBilling,
  tenant,
  usage,
  wallet,
  world,
  type BillingServers,
} from "./world.ts";

let servers: BillingServers;
let reads: LedgerReads;
beforeAll(async () => {
  servers = await startBilling();
  reads = createLedgerReads(servers.postgres.pool);
  for (const walletId of ["read-1", "read-2"]) await openWallet(servers, walletId);
  const { dependencies } = world(servers, tenant([wallet("read-1"), wallet("read-2")]));
  const events = Array.from({ length: 7 }, (_, index) =>
    usage(`read-${1 + (index % 2)}`, `r${index}:sms.delivered:1`),
  );
  await createBillingHandler(dependencies)(log([entry("read-1", "read-top", "top_up", "10"), ...events]));
}, 60_000);
afterAll(() => servers?.stop());

function row(walletId: string, sequence: bigint, more: Partial<LedgerEntry> = {}): LedgerEntry {
  const amount = money(-108n);
  return {
    eventId: `${walletId}-${sequence}`,
    walletId,
    tenantId: "T1",
    sequence,
    entryType: "charge",
    eventType: "sms.delivered",
    messageId: "m",
    part: 1,
    amount,
    base: money(100n),
    revenue: money(100n),
    tax: money(8n),
    clearing: ZERO,
    cost: null,
    commission: null,
    operator: null,
    country: "US",
    connector: null,
    fingerprint: 7n,
    currency: "USD",
    volumePeriod: "202611",
    volumeOrdinal: sequence,
    counters: [],
    trace: '{"v":1}',
    occurredAt: NOW,
    acceptedAt: NOW,
    partition: 3,
    offset: 9n,
    ...more,
  };
}

describe("the ledger", () => {
  test.each([
    ["UPDATE ledger_entries SET amount = 0, revenue = 0, tax = 0"],
    ["DELETE FROM ledger_entries"],
    ["TRUNCATE ledger_entries"],
    ["TRUNCATE ledger_entries_202611"],
    ["UPDATE ledger_entries_202611 SET event_id = 'x'"],
  ])("refuses %s", async (text) => {
    await expect(servers.postgres.pool.query(text)).rejects.toThrow(/append-only/);
  });

  test("refuses an entry that does not balance", async () => {
    await openWallet(servers, "unbalanced");
    const state = await servers.ledger.beginEpoch("unbalanced", 0n);
    const commit = servers.ledger.commit([
      {
        walletId: "unbalanced",
        epoch: state?.epoch ?? 0n,
        entries: [row("unbalanced", 1n, { tax: money(9n) })],
      },
    ]);
    await expect(commit).rejects.toThrow(/ledger_entries_balanced/);
    expect(await entriesOf(servers, "unbalanced")).toHaveLength(0);
  });

  test("commits what continues a wallet under its epoch, and of other wallets nothing", async () => {
    for (const walletId of ["w1", "w2", "w3", "w4"]) await openWallet(servers, walletId);
    const begin = async (walletId: string): Promise<bigint> =>
      (await servers.ledger.beginEpoch(walletId, 0n))?.epoch ?? 0n;
    const epochs = await Promise.all(["w1", "w2", "w3", "w4"].map(begin));
    await servers.ledger.commit([{ walletId: "w4", epoch: epochs[3] as bigint, entries: [row("w4", 1n)] }]);
    await begin("w2");
    const batches = [
      { walletId: "w1", epoch: epochs[0] as bigint, entries: [row("w1", 1n), row("w1", 2n)] },
      { walletId: "w2", epoch: epochs[1] as bigint, entries: [row("w2", 1n)] },
      { walletId: "w3", epoch: epochs[2] as bigint, entries: [row("w3", 2n)] },
      { walletId: "w4", epoch: epochs[3] as bigint, entries: [row("w4", 2n, { eventId: "w4-1" })] },
    ];
    const expected = [
      { kind: "committed" },
      { kind: "fenced" },
      { kind: "gap" },
      { kind: "duplicate", eventIds: ["w4-1"], conflicting: [] },
    ];
    expect(await servers.ledger.commit(batches)).toEqual(expected);
    expect(await servers.ledger.commit(batches)).toEqual(expected);
    const sequences = (await servers.ledger.wallets("w", 10)).map(({ walletId, sequence }) => [
      walletId,
      sequence,
    ]);
    expect(sequences).toEqual([
      ["w1", 2n],
      ["w2", 0n],
      ["w3", 0n],
      ["w4", 1n],
    ]);
    expect(await servers.ledger.beginEpoch("w1", 40n)).toEqual({
      epoch: 41n,
      sequence: 2n,
      balance: -216n,
      volumes: new Map([["202611", 2n]]),
    });
  });

  test("keeps texts with quotes, backslashes, commas and braces as they are", async () => {
    await openWallet(servers, "odd");
    const eventId = 'a"b\\c,{d}:sms.delivered:1';
    const epoch = (await servers.ledger.beginEpoch("odd", 0n))?.epoch ?? 0n;
    await servers.ledger.commit([
      { walletId: "odd", epoch, entries: [row("odd", 1n, { eventId, messageId: "NULL" })] },
    ]);
    expect(await servers.ledger.find([{ eventId, acceptedAt: NOW }])).toMatchObject([
      { eventId, sequence: 1n },
    ]);
    expect((await reads.byId("administration", eventId))?.messageId).toBe("NULL");
  });

  test("has its partitions, and makes what is missing", async () => {
    expect(await makeLedgerPartitions(servers.postgres.pool, Date.now())).toBe(0);
    expect(await makeLedgerPartitions(servers.postgres.pool, Date.now() + 62 * 86_400_000)).toBeGreaterThan(
      0,
    );
  });
});

describe("what the doors read", () => {
  const all = { eventType: null, from: null, to: null };

  test("pages through a tenant's entries, each once, the latest first", async () => {
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page = await reads.list(
        { tenantId: "T1" },
        "T1",
        { ...all, from: NOW, to: NOW + 1 },
        { after, limit: 3 },
      );
      seen.push(...page.rows.filter((one) => one.walletId.startsWith("read")).map((one) => one.eventId));
      after = page.next;
    } while (after !== null);
    expect(seen).toHaveLength(8);
    expect(new Set(seen).size).toBe(8);
    const filtered = await reads.list(
      "administration",
      "T1",
      { ...all, eventType: "top_up" },
      { after: null, limit: 10 },
    );
    expect(filtered.rows.map((one) => one.eventId)).toEqual(["read-top"]);
  });

  test("shows the steps of a charge to the last digit", async () => {
    const shown = await reads.byEvent("r0:sms.delivered:1", NOW);
    expect(shown?.charge?.total).toBe(0n - (shown?.amount ?? 0n));
    expect(shown?.trace).toMatchObject({ card: "RC", volume: "1" });
    expect(formatMoney(shown?.balanceBefore ?? ZERO)).toBe("10");
    expect((await reads.byEvent("read-top", NOW))?.charge).toBeNull();
  });

  test("another tenant's scope sees nothing", async () => {
    const scope = { tenantId: "T2" };
    expect(await reads.byId(scope, "r0:sms.delivered:1")).toBeNull();
    expect(await reads.balance(scope, "read-1")).toBeNull();
    expect((await reads.list(scope, "T1", all, { after: null, limit: 10 })).rows).toEqual([]);
    expect(await reads.balance({ tenantId: "T1" }, "read-1")).toMatchObject({ sequence: 5n });
  });
});

describe("upkeep", () => {
  test("a cache that stays ahead of the ledger is found at the second look", async () => {
    const repair = createDriftRepair({ wallets: servers.store, ledger: servers.ledger });
    const before = await servers.store.state("read-1");
    const after = { ...before, sequence: before.sequence + 1n, balance: money(before.balance - 5n) };
    const phantom = {
      eventId: "phantom",
      messageId: null,
      amount: money(5n),
      hold: ZERO,
      sequence: after.sequence,
      volumeOrdinal: 0n,
      fingerprint: 0n,
      movedCounters: false,
    };
    await servers.store.charge("read-1", { before, after, charges: [phantom] });
    const differing = await reconcileWallets(servers.postgres.pool, servers.store, "T1");
    expect(differing.find((one) => one.walletId === "read-1")).toMatchObject({
      reconciled: false,
      gapless: true,
    });
    expect(await repair()).toEqual([]);
    expect(await repair()).toEqual(["read-1"]);
    const now = await reconcileWallets(servers.postgres.pool, servers.store, "T1");
    expect(now.find((one) => one.walletId === "read-1")).toMatchObject({ reconciled: true, entries: 5n });
  });

  test("only reservations that are old and that no open message stands for are given back", async () => {
    const id = (at: number, last: string): string => {
      const time = at.toString(16).padStart(12, "0");
      return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-00000000000${last}`;
    };
    const old = NOW - 121_000;
    const [orphan, open, ended, settling, young] = [
      id(old, "1"),
      id(old, "2"),
      id(old, "3"),
      id(old, "4"),
      id(NOW, "5"),
    ] as const;
    await storeMessage(open, null);
    await storeMessage(ended, NOW - 121_000);
    await storeMessage(settling, NOW - 60_000);
    const messageIds = [orphan, open, ended, settling, young, "no-uuid"];
    await servers.store.reserve(
      "read-1",
      ZERO,
      messageIds.map((messageId) => ({ messageId, amount: money(1n) })),
    );
    const dependencies = { wallets: servers.store, ledger: servers.ledger };
    expect(await reapOrphanReservations(dependencies, NOW, 120_000)).toMatchObject({
      released: 2,
      ageless: 1,
    });
    const left: string[] = [];
    for await (const page of servers.store.reservations("read-1"))
      left.push(...page.map(({ messageId }) => messageId));
    expect(left.toSorted()).toEqual([open, settling, young, "no-uuid"].toSorted());
    // And a rebuild brings back what open messages hold.
    await servers.redis.admin.flushall();
    expect((await servers.store.balance("read-1")).reserved).toBe(10n ** 18n);
  });

  async function storeMessage(messageId: string, finalAt: number | null): Promise<void> {
    const { rows } = await servers.postgres.pool.query<{ column_name: string; data_type: string }>(
      `SELECT column_name, data_type FROM information_schema.columns
        WHERE table_name = 'messages' AND is_nullable = 'NO' AND column_default IS NULL AND is_generated = 'NEVER'`,
    );
    // Whatever else the table asks for gets any value of its type.
    const plain: Record<string, unknown> = {
      integer: 1,
      smallint: 1,
      bigint: 1,
      boolean: false,
      jsonb: "{}",
      numeric: 0,
      text: "sms",
      ARRAY: "{}",
    };
    const values = new Map<string, unknown>(
      rows.map((one) => [one.column_name, plain[one.data_type] ?? new Date(NOW)]),
    );
    for (const [name, value] of Object.entries({
      message_id: messageId,
      wallet_id: "read-1",
      tenant_id: "T1",
      hold_open: "1",
    }))
      values.set(name, value);
    values.set("final_at", finalAt === null ? null : new Date(finalAt));
    const names = [...values.keys()];
    await servers.postgres.pool.query(
      `INSERT INTO messages (${names.join(", ")}) VALUES (${names.map((_, index) => `$${index + 1}`).join(", ")})`,
      [...values.values()],
    );
  }
});
