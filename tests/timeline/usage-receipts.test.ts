import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { v7 as uuidv7 } from "uuid";
import { createTimelineStore } from "#adapters/postgres/messages-timeline.ts";
import { createPendingReceipts } from "#adapters/postgres/receipts.ts";
import { createUsageStore } from "#adapters/postgres/usage.ts";
import type { MessageStatus } from "#domain/events/message-status.ts";
import type { StageRecord } from "#domain/events/ports.ts";
import type { PendingReceipt } from "#domain/messages/ports.ts";
import { collapse } from "#domain/messages/timeline.ts";
import { createAnalyticsHandler } from "#pipeline/analytics/stage.ts";
import { openDatabase, type TestDatabase } from "./database.ts";

const now = Date.UTC(2026, 4, 5, 10, 20);
const hour = Date.UTC(2026, 4, 5, 10);
let database: TestDatabase;

beforeAll(async () => {
  database = await openDatabase();
}, 120_000);
afterAll(() => database.close());
beforeEach(() =>
  database.pool.query("TRUNCATE messages, usage_hourly, usage_counted, analytics_offsets, esme_receipts"),
);

function status(change: Partial<MessageStatus>): MessageStatus {
  return {
    v: 1,
    type: "message.status",
    messageId: uuidv7({ msecs: now }),
    tenantId: "T-1",
    walletId: "W-1",
    channel: "sms",
    conversation: "c",
    part: 1,
    parts: 1,
    state: "delivered",
    at: now,
    acceptedAt: now,
    ...change,
  };
}

const record = (event: MessageStatus, offset: number, partition = 0): StageRecord<MessageStatus> => ({
  topic: "messaging.sms.status",
  partition,
  offset: BigInt(offset),
  key: "c",
  event,
});

describe("usage", () => {
  const store = () => createUsageStore(database.pool);
  const handle = (records: StageRecord<MessageStatus>[]) =>
    createAnalyticsHandler({ store: store() })(records);
  const usage = async (scope: Parameters<ReturnType<typeof store>["read"]>[0] = { tenantId: "T-1" }) =>
    (await store().read(scope, "T-1", hour, hour + 3_600_000)).map(
      ({ outcome, country, messages, parts }) => [outcome, country, messages, parts],
    );

  test("counts outcomes by hour once: parts, blocks, replays and statuses published twice", async () => {
    const two = uuidv7({ msecs: now });
    const blocked = status({ state: "blocked", part: 0, parts: 3 });
    const records = [
      record(status({ country: "US" }), 0),
      record(status({ messageId: two, part: 1, parts: 2, country: "US" }), 1),
      record(status({ messageId: two, part: 2, parts: 2, country: "US", state: "failed" }), 2),
      record(blocked, 3),
      record(blocked, 4),
      record(status({ state: "sent" }), 5),
      record(status({ at: now + 3_600_000 }), 0, 1),
      record(status({ tenantId: "T-2" }), 1, 1),
    ];
    await handle(records);
    const expected = [
      ["blocked", "ZZ", 1, 3],
      ["delivered", "US", 2, 2],
      ["failed", "US", 0, 1],
    ];
    expect(await usage()).toEqual(expected);
    await handle(records);
    await handle([record(blocked, 6)]);
    expect(await usage()).toEqual(expected);
    expect(await usage({ tenantId: "T-2" })).toEqual([]);
  });

  test("a replay after its guard was pruned is stopped by the offsets, also when two count at once", async () => {
    const records = Array.from({ length: 50 }, (_, offset) => record(status({}), offset));
    await Promise.all([handle(records), handle(records), handle(records.slice(0, 20))]);
    await database.pool.query("TRUNCATE usage_counted");
    await handle(records);
    expect(await usage()).toEqual([["delivered", "ZZ", 50, 50]]);
  });
});

describe("pending receipts", () => {
  const receipts = () => createPendingReceipts(database.pool);

  async function message(): Promise<string> {
    const messageId = uuidv7({ msecs: now });
    const changes = collapse([
      {
        v: 1,
        type: "message.submitted",
        messageId,
        tenantId: "T-1",
        walletId: "W-1",
        channel: "sms",
        direction: "outbound",
        conversation: "c",
        from: "ACME",
        to: "+12025550123",
        text: "t",
        encoding: "gsm7",
        parts: 1,
        country: null,
        operator: null,
        acceptedAt: now,
        expiresAt: now + 1000,
        origin: { door: "smpp", systemId: "acme", receipt: true },
        holds: { scan: "0", submit: "0", part: "0" },
      },
    ]);
    await createTimelineStore(database.pool, { receiptWindowMs: 1 }).apply([...changes.values()]);
    return messageId;
  }

  const receipt = (messageId: string, change: Partial<PendingReceipt> = {}): PendingReceipt => ({
    systemId: "acme",
    tenantId: "T-1",
    messageId,
    part: 1,
    parts: 1,
    state: "delivered",
    at: now,
    acceptedAt: now,
    code: null,
    ...change,
  });

  test("are given out with their addresses, once while leased, and until they are removed", async () => {
    const owed = receipt(await message());
    await receipts().store([
      owed,
      receipt(await message(), { systemId: "other" }),
      receipt(uuidv7({ msecs: now })),
    ]);
    await receipts().store([owed]);
    const taken = await receipts().take(["acme", "nobody"], 10, now, 5000);
    expect(taken).toEqual([{ ...owed, from: "ACME", to: "+12025550123" }]);
    expect(await receipts().take(["acme"], 10, now + 4999, 5000)).toEqual([]);
    expect(await receipts().take(["acme"], 10, now + 5000, 5000)).toEqual(taken);
    await receipts().remove(taken);
    expect(await receipts().take(["acme"], 10, now + 99_999, 5000)).toEqual([]);
  });

  test("are divided among takers and discarded when they are old", async () => {
    const owed = await Promise.all(Array.from({ length: 40 }, async () => receipt(await message())));
    await receipts().store(owed);
    const shares = await Promise.all(
      Array.from({ length: 4 }, () => receipts().take(["acme"], 10, now, 5000)),
    );
    const ids = shares.flat().map(({ messageId }) => messageId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(10);
    expect(await receipts().discardOlderThan(now + 1)).toBe(40);
  });

  test("hold no address of their own", async () => {
    const { rows } = await database.pool.query(
      "SELECT column_name FROM information_schema.columns WHERE table_name = 'esme_receipts'",
    );
    expect(rows.map((row) => String(row["column_name"]))).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/address|sender|recipient|from|to$/)]),
    );
  });
});
