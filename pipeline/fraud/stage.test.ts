import { describe, expect, test } from "@jest/globals";
import { Unavailable } from "#domain/errors.ts";
import type { FirewallEvent } from "#domain/events/firewall-event.ts";
import { fraudAlert } from "#domain/events/fraud-alert.ts";
import type { MessageStatus } from "#domain/events/message-status.ts";
import type { OutgoingRecord, StageRecord } from "#domain/events/ports.ts";
import { windowOf } from "#domain/fraud/detection.ts";
import type { TrafficRecord, TrafficWindows } from "#domain/fraud/ports.ts";
import { createFraudHandler } from "./stage.ts";

const NOW = 1_780_000_300_000;

/** Counts in memory, each offset once, as the store does. */
function memoryWindows(): TrafficWindows & { readonly records: TrafficRecord[] } {
  const records: TrafficRecord[] = [];
  const reached = new Map<string, bigint>();
  return {
    records,
    async count(more, positions) {
      records.push(
        ...more.filter(
          ({ topic, partition, offset }) => offset >= (reached.get(`${topic}:${partition}`) ?? 0n),
        ),
      );
      for (const { topic, partition, nextOffset } of positions)
        reached.set(`${topic}:${partition}`, nextOffset);
    },
    async read(windows) {
      return windows.map(({ tenantId, window }) => {
        const own = records.filter((one) => one.tenantId === tenantId && one.window === window);
        const of = (kind: TrafficRecord["kind"]): number => own.filter((one) => one.kind === kind).length;
        const counts = {
          country: "LV",
          messages: of("messages"),
          delivered: of("delivered"),
          undelivered: of("undelivered"),
          rejected: of("rejected"),
          velocityBlocked: of("velocityBlocked"),
          keywordBlocked: of("keywordBlocked"),
        };
        return {
          tenantId,
          window,
          counts: [
            { ...counts, prefix: null },
            { ...counts, prefix: "3712000" },
          ],
        };
      });
    },
    baseline: async () => ({ windows: 0, messages: new Map() }),
    prune: async () => 0,
  };
}

function verdict(index: number, given: Partial<FirewallEvent> = {}): StageRecord<FirewallEvent> {
  return {
    topic: "firewall.events",
    partition: 0,
    offset: BigInt(index),
    key: "k",
    event: {
      v: 1,
      type: "firewall.verdict",
      messageId: `m${index}`,
      tenantId: "T1",
      channel: "sms",
      direction: "outbound",
      conversation: `c${index}`,
      country: "LV",
      prefix: "3712000",
      verdict: "block",
      code: "keyword",
      at: NOW,
      ...given,
    },
  };
}

function status(index: number, given: Partial<MessageStatus>): StageRecord<MessageStatus> {
  return {
    topic: "messaging.sms.status",
    partition: 0,
    offset: BigInt(index),
    key: "k",
    event: {
      v: 1,
      type: "message.status",
      messageId: `m${index}`,
      tenantId: "T1",
      walletId: "w",
      channel: "sms",
      conversation: `c${index}`,
      part: 1,
      parts: 1,
      state: "delivered",
      at: NOW,
      country: "LV",
      prefix: "3712000",
      acceptedAt: NOW,
      ...given,
    },
  };
}

function started(publish: () => Promise<void> = async () => {}) {
  const windows = memoryWindows();
  const published: OutgoingRecord[] = [];
  const handler = createFraudHandler({
    windows,
    publisher: {
      async publish(records) {
        await publish();
        published.push(...records);
      },
    },
    clock: { now: () => NOW },
  });
  return { windows, published, handler };
}

const blocked = (count: number): StageRecord<FirewallEvent>[] =>
  Array.from({ length: count }, (_, index) => verdict(index));

describe("the detector", () => {
  test("says once what it has seen, without number and text, keyed by tenant", async () => {
    const { handler, published } = started();
    await handler(blocked(60));
    await handler([verdict(60)]);
    expect(published).toHaveLength(1);
    expect(published[0]).toMatchObject({ topic: "fraud.alerts", key: "T1" });
    const alert = fraudAlert.parse(JSON.parse(String(published[0]?.value)));
    expect(alert).toMatchObject({
      id: `fraud:T1:blocked_content:${windowOf(NOW)}`,
      evidence: { messages: 60, keyword_blocked: 60 },
      destinations: [{ country: "LV", prefix: "3712000" }],
    });
    expect(alert.samples).toHaveLength(10);
  });

  test("a batch that comes again counts nothing twice, and says what was not published", async () => {
    let isAway = true;
    const { handler, published, windows } = started(async () => {
      if (isAway) throw new Unavailable("kafka");
    });
    await expect(handler(blocked(60))).rejects.toBeInstanceOf(Unavailable);
    isAway = false;
    await handler(blocked(60));
    expect(windows.records.filter(({ kind }) => kind === "messages")).toHaveLength(60);
    expect(published).toHaveLength(1);
  });

  test("a message counts once: its verdict when it comes, the outcome of its first part", async () => {
    const { handler, windows } = started();
    await handler([
      verdict(0, { verdict: "pass", code: undefined }),
      verdict(1, { code: "velocity_destination" }),
      verdict(2, { direction: "inbound" }),
      verdict(3, { code: "destination_frozen" }),
    ]);
    await handler([
      status(0, { state: "sent" }),
      status(1, { state: "delivered" }),
      status(2, { state: "delivered", part: 2, parts: 2 }),
      status(3, { state: "failed" }),
      status(4, { state: "expired", part: 0 }),
      status(5, { state: "rejected", part: 0 }),
      status(6, { state: "blocked", part: 0 }),
      status(7, { state: "delivered", at: NOW - 2 * 86_400_000 }),
      status(8, { state: "delivered", at: NOW + 3_600_000 }),
    ]);
    expect(windows.records.map(({ kind }) => kind)).toEqual([
      "messages",
      "messages",
      "velocityBlocked",
      "messages",
      "delivered",
      "undelivered",
      "undelivered",
      "rejected",
    ]);
  });
});
