import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { v7 as uuidv7 } from "uuid";
import { createCarrierIds, createMessageReads } from "#adapters/postgres/messages.ts";
import { createTimelineStore } from "#adapters/postgres/messages-timeline.ts";
import { Poison } from "#domain/errors.ts";
import type { MessageStatus } from "#domain/events/message-status.ts";
import type { MessageSubmitted } from "#domain/events/message-submitted.ts";
import { collapse } from "#domain/messages/timeline.ts";
import { openDatabase, type TestDatabase } from "./database.ts";

const now = Date.now();
const hour = 3_600_000;
let database: TestDatabase;

beforeAll(async () => {
  database = await openDatabase();
}, 120_000);
afterAll(() => database.close());
beforeEach(() => database.pool.query("TRUNCATE messages, carrier_messages"));

const store = () => createTimelineStore(database.pool, { receiptWindowMs: 24 * hour });
const reads = () => createMessageReads(database.pool);

function submitted(change: Partial<MessageSubmitted> = {}): MessageSubmitted {
  return {
    v: 1,
    type: "message.submitted",
    messageId: uuidv7({ msecs: now }),
    tenantId: "T-1",
    walletId: "W-1",
    channel: "sms",
    direction: "outbound",
    conversation: "c",
    from: 'ACME "\\',
    to: "+12025550123",
    text: 'Hello, {world} "quoted" \\ NULL ünï 😀',
    encoding: "gsm7",
    parts: 1,
    country: "US",
    operator: null,
    acceptedAt: now,
    expiresAt: now + 24 * hour,
    origin: { door: "smpp", systemId: "acme", receipt: true },
    holds: { scan: "0.0001", submit: "0.001", part: "0.01539" },
    reference: "order 7",
    ...change,
  };
}

function status(
  of: MessageSubmitted,
  state: MessageStatus["state"],
  change: Partial<MessageStatus> = {},
): MessageStatus {
  const { messageId, tenantId, walletId, channel, conversation, parts, acceptedAt } = of;
  const at = now + 1000;
  return {
    v: 1,
    type: "message.status",
    messageId,
    tenantId,
    walletId,
    channel,
    conversation,
    parts,
    acceptedAt,
    part: 1,
    state,
    at,
    ...change,
  };
}

const sent = (of: MessageSubmitted, part: number, carrierMessageId: string, at = now + 500) =>
  status(of, "sent", { part, at, connector: "sim", carrierMessageId });

async function apply(...events: (MessageSubmitted | MessageStatus)[]): Promise<void> {
  await store().apply([...collapse(events).values()]);
}

describe("a message's row", () => {
  test("keeps every character and shows the timeline by time", async () => {
    const message = submitted();
    await apply(
      message,
      { ...message, type: "message.cleared", clearedAt: now + 10 },
      sent(message, 1, "A1"),
    );
    await apply(status(message, "delivered"));
    const view = await reads().get({ tenantId: "T-1" }, message.messageId);
    expect(view).toMatchObject({
      text: message.text,
      from: message.from,
      state: "delivered",
      finalAt: now + 1000,
      acceptedAt: now,
      reference: "order 7",
    });
    expect(view?.timeline).toEqual([
      { state: "accepted", part: 0, at: now },
      { state: "cleared", part: 0, at: now + 10 },
      { state: "sent", part: 1, at: now + 500, connector: "sim" },
      { state: "delivered", part: 1, at: now + 1000 },
    ]);
  });

  test("begins with a status and is completed by its submission", async () => {
    const message = submitted();
    await apply(status(message, "delivered"));
    expect(await reads().get("administration", message.messageId)).toBeNull();
    await apply(message);
    expect(await reads().get("administration", message.messageId)).toMatchObject({
      state: "delivered",
      to: message.to,
      encoding: "gsm7",
    });
  });

  test("is the same whatever the order, the grouping and the repetition", async () => {
    const message = submitted({ parts: 2 });
    const events = [
      message,
      { ...message, type: "message.cleared" as const, clearedAt: now + 3 },
      sent(message, 1, "B1"),
      sent(message, 2, "B2"),
      status(message, "delivered", { part: 1 }),
      status(message, "delivered", { part: 2, at: now + 2000 }),
      status(message, "failed", { part: 2, at: now + 3000, code: "UNDELIV" }),
      status(message, "expired", { part: 0, at: now + 1500 }),
    ];
    const rowOf = async () =>
      (await database.pool.query("SELECT to_jsonb(m) - 'revision' AS row FROM messages m")).rows;
    await apply(...events);
    const expected = await rowOf();
    const order = fc.shuffledSubarray(
      [...events, ...events].map((_, index) => index),
      { minLength: 16 },
    );
    await fc.assert(
      fc.asyncProperty(
        order,
        fc.array(fc.boolean(), { minLength: 16, maxLength: 16 }),
        async (indexes, cuts) => {
          await database.pool.query("TRUNCATE messages, carrier_messages");
          let batch: (MessageSubmitted | MessageStatus)[] = [];
          for (const [position, index] of indexes.entries()) {
            batch.push(events[index % events.length]!);
            if (cuts[position] === true) await apply(...batch.splice(0));
          }
          if (batch.length > 0) await apply(...batch);
          batch = [];
          expect(await rowOf()).toEqual(expected);
        },
      ),
      { numRuns: 25 },
    );
  }, 60_000);

  test("loses nothing when many write it at once", async () => {
    const messages = Array.from({ length: 20 }, () => submitted({ parts: 6 }));
    const batches = Array.from({ length: 6 }, (_, index) =>
      messages.map((message) => status(message, "delivered", { part: index + 1 })),
    );
    await Promise.all([...batches.map((batch) => apply(...batch.toReversed())), apply(...messages)]);
    const counts = await reads().countByState("administration", "T-1", now - hour);
    expect(counts).toEqual({ delivered: 20 });
  }, 30_000);

  test("a repetition writes nothing", async () => {
    const message = submitted();
    await apply(message, sent(message, 1, "C1"));
    await apply(message, sent(message, 1, "C1"));
    const { rows } = await database.pool.query(
      "SELECT revision, (SELECT count(*)::int FROM carrier_messages) AS ids FROM messages",
    );
    expect(rows).toEqual([{ revision: 1, ids: 1 }]);
  });

  test("refuses what PostgreSQL can never hold as poison, and mends NUL and lone surrogates", async () => {
    await expect(apply(submitted({ messageId: "nonsense" }))).rejects.toThrow(Poison);
    await expect(apply(submitted({ acceptedAt: Number.MIN_SAFE_INTEGER }))).rejects.toThrow(Poison);
    await expect(apply(submitted({ parts: 5_000_000_000 }))).rejects.toThrow(Poison);
    const message = submitted({ text: "a\0b\ud800" });
    await apply(message, status(message, "failed", { reason: "x\0\ud800" }));
    const view = await reads().get("administration", message.messageId);
    expect([view?.text, view?.timeline.at(-1)?.reason]).toEqual(["a\ufffdb\ufffd", "x\ufffd\ufffd"]);
  });

  test("leaves the default partition when its day's partition is made", async () => {
    const later = now + 40 * 24 * hour;
    const message = submitted({ messageId: uuidv7({ msecs: later }), acceptedAt: later });
    await apply(message, sent(message, 1, "D1", later));
    const inDefault = async () =>
      (await database.pool.query("SELECT count(*)::int AS n FROM messages_default")).rows[0]?.n as number;
    expect(await inDefault()).toBe(1);
    await store().ensurePartitions(later);
    await store().ensurePartitions(later);
    expect(await inDefault()).toBe(0);
    expect(await reads().get("administration", message.messageId)).toMatchObject({ state: "sent" });
  });

  test("old guards go with their partitions, messages stay", async () => {
    await store().ensurePartitions(now + 100 * 24 * hour);
    const { rows } = await database.pool.query(
      "SELECT relname FROM pg_class WHERE pg_table_is_visible(oid) AND relname ~ '^(messages|carrier_messages|usage_counted)_[0-9]{8}$'",
    );
    const names = rows.map((row) => String(row["relname"]));
    const suffix = new Date(now).toISOString().slice(0, 10).replaceAll("-", "");
    expect(names).toContain(`messages_${suffix}`);
    expect(names).not.toContain(`carrier_messages_${suffix}`);
    expect(names).not.toContain(`usage_counted_${suffix}`);
  });
});

describe("what else is read", () => {
  test("a tenant sees its own messages only, newest first and page by page", async () => {
    const own = Array.from({ length: 5 }, (_, index) =>
      submitted({ messageId: uuidv7({ msecs: now + index }) }),
    );
    const other = submitted({ tenantId: "T-2" });
    await apply(...own, other);
    const scope = { tenantId: "T-1" };
    const first = await reads().list(scope, "T-1", { state: null }, { after: null, limit: 3 });
    const second = await reads().list(scope, "T-1", { state: null }, { after: first.next, limit: 3 });
    expect([...first.rows, ...second.rows].map(({ messageId }) => messageId)).toEqual(
      own.map(({ messageId }) => messageId).toReversed(),
    );
    expect(second.next).toBeNull();
    expect(await reads().get(scope, other.messageId)).toBeNull();
    expect((await reads().list(scope, "T-2", { state: null }, { after: null, limit: 3 })).rows).toEqual([]);
    expect((await reads().list(scope, "T-1", { state: "sent" }, { after: null, limit: 3 })).rows).toEqual([]);
    expect(await database.asTenant("", "SELECT * FROM messages")).toEqual([]);
    await expect(database.asTenant("T-1", "SELECT * FROM messages_default")).rejects.toThrow(
      /permission denied/,
    );
    await expect(database.asTenant("T-1", "DELETE FROM messages")).rejects.toThrow(/permission denied/);
  });

  test("a carrier's id leads to its part; of a recycled id, to the latest; unknown and incomplete ones are absent", async () => {
    const [old, young, unseen] = [submitted({ parts: 2 }), submitted(), submitted()];
    await apply(
      old,
      sent(old, 1, "X1", now - 1000),
      sent(old, 2, "X2", now - 1000),
      young,
      sent(young, 1, "X1"),
      sent(unseen, 1, "X3"),
    );
    const found = await createCarrierIds(database.pool, { now: () => now }).find("sim", [
      "X1",
      "X2",
      "X3",
      "X4",
      'X"',
    ]);
    expect(found).toHaveLength(2);
    expect(found).toContainEqual({
      carrierMessageId: "X2",
      messageId: old.messageId,
      tenantId: "T-1",
      walletId: "W-1",
      channel: "sms",
      conversation: "c",
      part: 2,
      parts: 2,
      country: "US",
      operator: null,
      acceptedAt: now,
      from: old.from,
      to: old.to,
      origin: old.origin,
      holds: old.holds,
      reference: "order 7",
    });
    expect(found.find(({ carrierMessageId }) => carrierMessageId === "X1")?.messageId).toBe(young.messageId);
    expect(await createCarrierIds(database.pool, { now: () => now }).find("other", ["X1"])).toEqual([]);
  });

  test("a wallet's open holds shrink as parts are settled", async () => {
    const [open, half, done] = [submitted({ parts: 2 }), submitted({ parts: 2 }), submitted()];
    await apply(
      open,
      half,
      done,
      sent(half, 1, "H1"),
      status(half, "failed", { part: 1 }),
      status(done, "blocked", { part: 0 }),
    );
    const { rows } = await database.pool.query(
      "SELECT message_id, hold_open::text FROM messages WHERE final_at IS NULL AND hold_open > 0",
    );
    expect(Object.fromEntries(rows.map((row) => [row["message_id"], row["hold_open"]]))).toEqual({
      [open.messageId]: "0.031880000000000000",
      [half.messageId]: "0.015390000000000000",
    });
  });

  test("what is due comes in order, once a page, and inbound messages never", async () => {
    const messages = Array.from({ length: 5 }, (_, index) => submitted({ expiresAt: now - index * 1000 }));
    const inbound = submitted({ direction: "inbound", type: "message.inbound", expiresAt: now - hour });
    const late = submitted({ expiresAt: now + 1 });
    await apply(...messages, inbound, late, status(messages[2]!, "delivered"));
    const at = now + 24 * hour;
    const first = await store().due(at, null, 3);
    const rest = await store().due(at, first.at(-1)!, 3);
    const expected = [4, 3, 1, 0].map((index) => messages[index]!.messageId);
    expect([...first, ...rest].map(({ messageId }) => messageId)).toEqual(expected);
    expect(first[0]).toMatchObject({
      dueAt: at - 4000,
      walletId: "W-1",
      holdOpen: 1649n * 10n ** 13n,
      origin: { systemId: "acme" },
    });
  });
});
