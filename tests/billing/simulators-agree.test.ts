import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { assert, asyncProperty, integer } from "fast-check";
import { createRedisConnection, type RedisConnection } from "#adapters/redis/connection.ts";
import { createWalletStore } from "#adapters/redis/wallet-store.ts";
import { money } from "#domain/money/money.ts";
import type { Charge, Ledger, LedgerEntry, WalletState, WalletStore } from "#domain/wallet/ports.ts";
import { MemoryLedger, memoryLedger, type Reach } from "../simulation/memory-ledger.ts";
import { MemoryRedis, memoryWallets } from "../simulation/memory-wallets.ts";
import { random } from "../simulation/random.ts";
import { NOW, openWallet, startBilling, TENANT, type BillingServers } from "./world.ts";

/** What the simulation proves is worth as much as its simulators: the same operations on them and on the real servers. */
let servers: BillingServers;
let connection: RedisConnection;
beforeAll(async () => {
  servers = await startBilling();
  connection = createRedisConnection(servers.redis.url);
}, 60_000);
afterAll(async () => {
  await connection?.close();
  await servers?.stop();
});

const at: Reach = async (_what, work) => work();
const numRuns = process.env["CATALYST_TEST_ALL"] === "1" ? 300 : 30;
const OPERATIONS = 80;
let walletsMade = 0;

describe("the simulated Redis", () => {
  /** As the real scripts have it; large enough never to rotate, since the real bucket holds 50,000. */
  const BUCKET_IDS = 50_000;

  async function agrees(seed: number): Promise<void> {
    const next = random(seed);
    const below = (limit: number): number => Math.floor(next() * limit);
    const walletId = `agree-${(walletsMade += 1)}`;
    // Each store has a ledger of its own, so that both count epochs alike.
    const memory = new MemoryRedis(BUCKET_IDS);
    const [one, other] = [new MemoryLedger(), new MemoryLedger()];
    for (const ledger of [one, other]) {
      ledger.open(walletId);
      ledger.wallets.get(walletId)!.balance = money(1_000n);
      ledger.messages.set("m0", { walletId, hold: money(70n), final: false });
      ledger.messages.set("m1", { walletId, hold: money(30n), final: true });
    }
    const stores: readonly [WalletStore, WalletStore] = [
      createWalletStore(connection, memoryLedger(one, at)),
      memoryWallets(memory, memoryLedger(other, at), at),
    ];
    const states: WalletState[] = [];
    for (const store of stores) states.push(await store.state(walletId));
    for (let operation = 0; operation < OPERATIONS; operation += 1) {
      const work = anOperation(next, below, walletId, states);
      if (work === "flush") {
        await servers.redis.admin.flushall();
        memory.flushall();
        continue;
      }
      const [real, simulated] = [await work(stores[0]), await work(stores[1])];
      expect(simulated).toEqual(real);
      states.push(await stores[1].state(walletId));
      expect(await stores[1].balance(walletId)).toEqual(await stores[0].balance(walletId));
      expect(await reservationsOf(stores[1], walletId)).toEqual(await reservationsOf(stores[0], walletId));
    }
  }

  function anOperation(
    next: () => number,
    below: (limit: number) => number,
    walletId: string,
    states: readonly WalletState[],
  ): "flush" | ((store: WalletStore) => Promise<unknown>) {
    const dice = next();
    const message = (): string => `m${below(12)}`;
    if (dice < 0.03) return "flush";
    if (dice < 0.08) return (store) => store.rebuild(walletId);
    if (dice < 0.4) {
      const requests = Array.from({ length: 1 + below(4) }, () => ({
        messageId: message(),
        amount: money(BigInt(below(300))),
      }));
      const limit = money(BigInt(below(200)));
      return (store) => store.reserve(walletId, limit, requests);
    }
    if (dice < 0.5) {
      const messages = [message(), message()];
      return (store) => store.release(walletId, messages);
    }
    // Rated at the last state, or at one that has passed.
    const before = next() < 0.8 ? states.at(-1)! : states[below(states.length)]!;
    let { sequence, balance } = before;
    const volumes = new Map(before.volumes);
    const ids = new Set(Array.from({ length: 1 + below(4) }, () => `event-${below(60)}`));
    const charges = [...ids].map((eventId): Charge => {
      const amount = money(BigInt(below(50)));
      if (amount !== 0n) sequence += 1n;
      balance = money(balance - amount);
      volumes.set("202611", (volumes.get("202611") ?? 0n) + 1n);
      return {
        eventId,
        messageId: next() < 0.8 ? message() : null,
        amount,
        hold: money(BigInt(below(120))),
        sequence: amount === 0n ? null : sequence,
        volumeOrdinal: volumes.get("202611")!,
        fingerprint: BigInt(below(9)),
        movedCounters: next() < 0.2,
      };
    });
    const after = { epoch: before.epoch, sequence, balance, volumes };
    return (store) => store.charge(walletId, { before, after, charges });
  }

  async function reservationsOf(store: WalletStore, walletId: string): Promise<unknown[]> {
    const all: { messageId: string; amount: bigint }[] = [];
    for await (const page of store.reservations(walletId)) all.push(...page);
    return all.toSorted((one, other) => (one.messageId < other.messageId ? -1 : 1));
  }

  test("answers as the real scripts do", async () => {
    await assert(asyncProperty(integer({ min: 0 }), agrees), { numRuns });
  }, 300_000);
});

describe("the simulated ledger", () => {
  async function agrees(seed: number): Promise<void> {
    const next = random(seed);
    const below = (limit: number): number => Math.floor(next() * limit);
    const run = (walletsMade += 1);
    const walletIds = [`book-${run}-a`, `book-${run}-b`];
    const memory = new MemoryLedger();
    for (const walletId of walletIds) {
      await openWallet(servers, walletId);
      memory.open(walletId);
    }
    const simulated = memoryLedger(memory, at);
    const both = async <Result>(
      work: (ledger: Pick<Ledger, "commit" | "find" | "beginEpoch">) => Promise<Result>,
    ) => {
      const settled = await Promise.allSettled([work(servers.ledger), work(simulated)]);
      const [real, like] = settled.map((one) =>
        one.status === "fulfilled"
          ? one.value
          : `${(one.reason as Error).name}: ${(one.reason as Error).message}`,
      );
      expect(sorted(like)).toEqual(sorted(real));
    };
    for (const walletId of walletIds) await both((ledger) => ledger.beginEpoch(walletId, 0n));
    for (let operation = 0; operation < OPERATIONS / 2; operation += 1) {
      const walletId = walletIds[below(2)]!;
      const dice = next();
      const above = BigInt(below(4));
      if (dice < 0.1) await both((ledger) => ledger.beginEpoch(walletId, above));
      else if (dice < 0.2) {
        const keys = Array.from({ length: 5 }, () => ({
          eventId: `${run}-${walletId.at(-1)}-${below(80)}`,
          acceptedAt: NOW,
        }));
        await both((ledger) => ledger.find(keys));
      } else {
        const batches = walletIds.slice(0, 1 + below(2)).map((id) => aBatch(id));
        await both((ledger) => ledger.commit(batches));
      }
    }
    for (const walletId of walletIds) await both((ledger) => ledger.beginEpoch(walletId, 0n));

    function aBatch(walletId: string) {
      const row = memory.wallets.get(walletId)!;
      // Mostly what continues the wallet; sometimes what it has already, leaves a gap or is of an older epoch.
      const start = row.sequence + BigInt(next() < 0.7 ? 1 : below(4));
      const epoch = next() < 0.85 ? row.epoch : row.epoch - 1n;
      const ids = new Set(
        Array.from({ length: 1 + below(5) }, () => `${run}-${walletId.at(-1)}-${below(80)}`),
      );
      const entries = [...ids].map((eventId, index): LedgerEntry => {
        const cents = BigInt(below(1_000));
        return {
          eventId,
          walletId,
          tenantId: TENANT,
          sequence: start + BigInt(index),
          entryType: "charge",
          eventType: "sms.delivered",
          messageId: null,
          part: 1,
          amount: money(0n - cents),
          base: money(cents),
          revenue: money(cents),
          tax: money(0n),
          clearing: money(0n),
          cost: null,
          commission: null,
          operator: null,
          country: null,
          connector: null,
          fingerprint: BigInt(below(3)),
          currency: "USD",
          volumePeriod: next() < 0.5 ? "202611" : null,
          volumeOrdinal: BigInt(below(100)),
          counters: next() < 0.3 ? [["alert:low", BigInt(below(2))]] : [],
          trace: "{}",
          occurredAt: NOW,
          acceptedAt: NOW,
          partition: 0,
          offset: 0n,
        };
      });
      return { walletId, epoch, entries };
    }
  }

  /** Rows come from SQL in any order. */
  function sorted(value: unknown): unknown {
    if (!Array.isArray(value)) return value;
    return value
      .map((one: Record<string, unknown>) =>
        Array.isArray(one["eventIds"])
          ? {
              ...one,
              eventIds: one["eventIds"].toSorted(),
              conflicting: (one["conflicting"] as string[]).toSorted(),
            }
          : one,
      )
      .toSorted((one, other) =>
        "eventId" in one && "eventId" in other && String(one["eventId"]) < String(other["eventId"]) ? -1 : 0,
      );
  }

  test("answers as the real SQL does", async () => {
    await assert(asyncProperty(integer({ min: 0 }), agrees), { numRuns });
  }, 300_000);
});
