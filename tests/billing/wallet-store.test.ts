import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { createRedisConnection, type RedisConnection } from "#adapters/redis/connection.ts";
import { createWalletStore } from "#adapters/redis/wallet-store.ts";
import { money } from "#domain/money/money.ts";
import type { Charge, Reservation, WalletState, WalletStore } from "#domain/wallet/ports.ts";
import { startRedis, type TestRedis } from "./servers.ts";

const W = "wallet-1";
let redis: TestRedis;
let connection: RedisConnection;
let store: WalletStore;
/** The ledger that the wallet is rebuilt from. */
let ledger: {
  epoch: bigint;
  sequence: bigint;
  balance: bigint;
  volumes: [string, bigint][];
  holds: Reservation[];
};

beforeAll(async () => {
  redis = await startRedis();
  connection = createRedisConnection(redis.url);
  store = newStore();
});
afterAll(async () => {
  await connection.close();
  await redis.stop();
});
beforeEach(async () => {
  await redis.admin.flushall();
  ledger = { epoch: 0n, sequence: 0n, balance: 100n, volumes: [], holds: [] };
});

function newStore(): WalletStore {
  return createWalletStore(connection, {
    async beginEpoch(walletId, above) {
      if (walletId !== W) return null;
      ledger.epoch = (ledger.epoch > above ? ledger.epoch : above) + 1n;
      return {
        epoch: ledger.epoch,
        sequence: ledger.sequence,
        balance: money(ledger.balance),
        volumes: new Map(ledger.volumes),
      };
    },
    openHolds: async () => ledger.holds,
  });
}

const reserve = (messageId: string, amount: bigint, creditLimit = 0n) =>
  store.reserve(W, money(creditLimit), [{ messageId, amount: money(amount) }]);

function charge(
  eventId: string,
  amount: bigint,
  sequence: bigint | null,
  more: Partial<Charge> = {},
): Charge {
  return {
    eventId,
    messageId: null,
    amount: money(amount),
    hold: money(0n),
    sequence,
    volumeOrdinal: 0n,
    fingerprint: 0n,
    movedCounters: false,
    ...more,
  };
}

function apply(before: WalletState, charges: Charge[], volumes = before.volumes) {
  let { sequence, balance } = before;
  for (const one of charges) {
    balance = money(balance - one.amount);
    sequence = one.sequence ?? sequence;
  }
  return store.charge(W, { before, after: { epoch: before.epoch, sequence, balance, volumes }, charges });
}

describe("reservations", () => {
  test("take what is free and refuse the rest, in order", async () => {
    const requests = [60n, 50n, 40n, 1n].map((amount, index) => ({
      messageId: `m${index}`,
      amount: money(amount),
    }));
    expect(await store.reserve(W, money(0n), requests)).toEqual([
      "reserved",
      "insufficient",
      "reserved",
      "insufficient",
    ]);
    expect(await store.balance(W)).toEqual({ balance: 100n, reserved: 100n, sequence: 0n });
    await store.release(W, ["m0", "m0", "unknown"]);
    expect((await store.balance(W)).reserved).toBe(40n);
  });

  test("count the same message once, in one call and in another", async () => {
    const twice = { messageId: "m", amount: money(30n) };
    expect(await store.reserve(W, money(0n), [twice, twice])).toEqual(["reserved", "reserved"]);
    expect(await reserve("m", 30n)).toEqual(["reserved"]);
    expect((await store.balance(W)).reserved).toBe(30n);
  });

  test("reach down to the credit limit and refuse even free messages below it", async () => {
    expect(await reserve("a", 150n, 50n)).toEqual(["reserved"]);
    expect(await reserve("b", 1n, 50n)).toEqual(["insufficient"]);
    expect(await reserve("c", 0n, 50n)).toEqual(["reserved"]);
    ledger.balance = -1n;
    await store.rebuild(W);
    await store.release(W, ["a"]);
    expect(await reserve("d", 0n)).toEqual(["insufficient"]);
  });

  test("a wallet the ledger does not know is an error, not an empty wallet", async () => {
    await expect(store.reserve("nobody", money(0n), [])).resolves.toEqual([]);
    await expect(store.reserve("nobody", money(0n), [{ messageId: "m", amount: money(0n) }])).rejects.toThrow(
      "no wallet",
    );
  });

  test("thousands in one call", async () => {
    ledger.balance = 2_500n;
    const requests = Array.from({ length: 3_000 }, (_, index) => ({
      messageId: `m${index}`,
      amount: money(1n),
    }));
    const outcomes = await store.reserve(W, money(0n), requests);
    expect(outcomes.filter((outcome) => outcome === "reserved")).toHaveLength(2_500);
    let held = 0;
    for await (const page of store.reservations(W)) held += page.length;
    expect(held).toBe(2_500);
  });
});

describe("compare and charge", () => {
  test("settles each event's share of its message's hold, and closes the message", async () => {
    await reserve("m", 30n);
    const before = await store.state(W);
    const share = { messageId: "m", hold: money(10n) };
    const charges = [charge("e1", 9n, 1n, share), charge("e2", 0n, null, share)];
    expect(await apply(before, charges)).toEqual({ kind: "applied" });
    expect(await store.balance(W)).toEqual({ balance: 91n, reserved: 10n, sequence: 1n });
    await apply(await store.state(W), [charge("e3", 25n, 2n, { messageId: "m", hold: money(25n) })]);
    expect(await store.balance(W)).toEqual({ balance: 66n, reserved: 0n, sequence: 2n });
    expect(await reserve("m", 30n)).toEqual(["closed"]);
  });

  test("charges without a reservation, and the late reservation does nothing", async () => {
    await apply(await store.state(W), [charge("e1", 9n, 1n, { messageId: "late", hold: money(10n) })]);
    expect(await reserve("late", 10n)).toEqual(["closed"]);
    expect(await store.balance(W)).toEqual({ balance: 91n, reserved: 0n, sequence: 1n });
  });

  test("changes nothing when the wallet has moved or an id is known, and says what it knows", async () => {
    const before = await store.state(W);
    await apply(before, [charge("e1", 9n, 1n), charge("free", 0n, null)], new Map([["202611", 7n]]));
    const moved = await apply(before, [charge("e2", 5n, 1n)]);
    expect(moved).toMatchObject({ kind: "stale", known: [], state: { sequence: 1n, balance: 91n } });
    const now = await store.state(W);
    expect(now.volumes).toEqual(new Map([["202611", 7n]]));
    const known = await apply(now, [charge("e2", 5n, 2n), charge("e1", 9n, 3n), charge("free", 0n, null)]);
    expect(known).toMatchObject({
      kind: "stale",
      known: [
        { eventId: "e1", amount: 9n, sequence: 1n },
        { eventId: "free", amount: 0n, sequence: null },
      ],
    });
    expect(await store.balance(W)).toEqual({ balance: 91n, reserved: 0n, sequence: 1n });
  });

  test("a tombstone and an event id never collide", async () => {
    await apply(await store.state(W), [charge("e1", 9n, 1n, { messageId: "m", hold: money(1n) })]);
    expect(await apply(await store.state(W), [charge("xm", 1n, 2n), charge("m", 1n, 3n)])).toEqual({
      kind: "applied",
    });
  });

  test("forgets by rotating buckets, so a wallet's memory is bounded", async () => {
    ledger.balance = 10n ** 9n;
    let state = await store.state(W);
    for (let batch = 0; batch < 160; batch += 1) {
      const charges = Array.from({ length: 1_000 }, (_, index) =>
        charge(`e${batch}-${index}`, 1n, state.sequence + BigInt(index) + 1n),
      );
      await apply(state, charges);
      state = await store.state(W);
    }
    expect(state.sequence).toBe(160_000n);
    const sizes = await Promise.all([redis.admin.hlen(`o0:{${W}}`), redis.admin.hlen(`o1:{${W}}`)]);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(50_000);
    expect(sizes[0] + sizes[1]).toBeGreaterThanOrEqual(50_000);
  });
});

describe("a wallet that was lost", () => {
  test("comes back from the ledger, never as zero", async () => {
    await apply(await store.state(W), [charge("e1", 9n, 1n)]);
    await redis.admin.flushall();
    ledger = {
      ...ledger,
      balance: 77n,
      sequence: 5n,
      volumes: [["202611", 3n]],
      holds: [{ messageId: "open", amount: money(70n) }],
    };
    expect(await reserve("m", 8n)).toEqual(["insufficient"]);
    expect(await reserve("m", 7n)).toEqual(["reserved"]);
    expect(await store.state(W)).toEqual({
      epoch: 2n,
      sequence: 5n,
      balance: 77n,
      volumes: new Map([["202611", 3n]]),
    });
  });

  test("is cold after the server's restart, though a snapshot brings back yesterday's state", async () => {
    await reserve("old", 60n);
    await redis.admin.save();
    ledger = { ...ledger, balance: 5n, sequence: 9n };
    await redis.crash();
    expect(await redis.admin.hget(`w:{${W}}`, "balance")).toBe("100");
    expect(await reserve("m", 6n)).toEqual(["insufficient"]);
    expect(await store.balance(W)).toEqual({ balance: 5n, reserved: 0n, sequence: 9n });
  });

  test("keeps its reservations when it is rebuilt in the server's lifetime", async () => {
    await reserve("unseen", 10n);
    ledger.holds = [{ messageId: "stored", amount: money(5n) }];
    await store.rebuild(W);
    expect((await store.balance(W)).reserved).toBe(15n);
  });

  test("begins above the store's epoch when the ledger was restored from a backup", async () => {
    for (let count = 0; count < 3; count += 1) await store.rebuild(W);
    ledger.epoch = 0n;
    expect((await store.rebuild(W)).epoch).toBe(4n);
  });

  test("is unavailable, not wrong, while the server is away", async () => {
    const away = createRedisConnection("redis://127.0.0.1:1", { commandTimeoutMs: 100 });
    const lost = createWalletStore(away, { beginEpoch: async () => null, openHolds: async () => [] });
    await expect(lost.reserve(W, money(0n), [{ messageId: "m", amount: money(1n) }])).rejects.toMatchObject({
      name: "Unavailable",
    });
    await away.close();
  });
});

test("an older load never replaces a newer one: what was charged meanwhile stays", async () => {
  const reading = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const slow = createWalletStore(connection, {
    async beginEpoch() {
      ledger.epoch += 1n;
      const { epoch, sequence } = ledger;
      return { epoch, sequence, balance: money(ledger.balance), volumes: new Map() };
    },
    async openHolds() {
      reading.resolve();
      await goOn.promise;
      return [];
    },
  });
  const overtaken = slow.rebuild(W);
  await reading.promise;
  await apply(await store.rebuild(W), [charge("e1", 40n, 1n)]);
  goOn.resolve();
  expect(await overtaken).toMatchObject({ balance: 60n, sequence: 1n });
  expect(await store.state(W)).toMatchObject({ epoch: 2n, balance: 60n, sequence: 1n });
});
