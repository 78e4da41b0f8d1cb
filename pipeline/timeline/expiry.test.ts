import { describe, expect, test } from "@jest/globals";
import { billingEvent } from "#domain/events/billing-event.ts";
import { messageStatus } from "#domain/events/message-status.ts";
import type { OutgoingRecord } from "#domain/events/ports.ts";
import type { DueMessage } from "#domain/messages/ports.ts";
import { money } from "#domain/money/money.ts";
import { createExpirySweeper, expiryRecords } from "./expiry.ts";

function message(dueAt: number, messageId = `m${String(dueAt).padStart(6, "0")}`): DueMessage {
  return {
    messageId,
    tenantId: "T-1",
    walletId: "W-1",
    channel: "sms",
    conversation: "c",
    acceptedAt: 5,
    dueAt,
    parts: 2,
    country: "US",
    operator: null,
    origin: { door: "smpp", systemId: "acme", receipt: true },
    from: "ACME",
    to: "+12025550123",
    reference: null,
    holdOpen: money(15_390_000_000_000_000n),
  };
}

function world(due: DueMessage[]) {
  const published: OutgoingRecord[] = [];
  const clock = { time: 1_000_000, now: () => clock.time };
  let failing = false;
  const sweeper = createExpirySweeper({
    clock,
    publisher: {
      publish: (records) => {
        if (failing) return Promise.reject(new Error("away"));
        published.push(...records);
        return Promise.resolve();
      },
    },
    store: {
      due: (now, after, limit) =>
        Promise.resolve(
          due.filter(({ dueAt }) => dueAt <= now && dueAt > (after?.dueAt ?? -1)).slice(0, limit),
        ),
    },
  });
  return { sweeper, published, clock, fail: (value: boolean) => (failing = value) };
}

describe("the expiry sweeper", () => {
  test("publishes the status and the release of the hold, both of the events' shapes", () => {
    const [billing, status] = expiryRecords(message(900));
    expect(billingEvent.parse(JSON.parse(String(billing?.value)))).toMatchObject({
      id: "m000900:sms.expired:0",
      hold: "0.01539",
      at: 900,
    });
    expect(billing).toMatchObject({ topic: "billing.events", key: "W-1" });
    expect(messageStatus.parse(JSON.parse(String(status?.value)))).toMatchObject({
      state: "expired",
      part: 0,
      at: 900,
    });
    expect(status).toMatchObject({ topic: "messaging.sms.status", key: "c" });
    expect(String(billing?.value)).not.toContain("+1202");
  });

  test("works a backlog off in batches, each message once, and repeats only after a minute", async () => {
    const { sweeper, published, clock } = world(Array.from({ length: 1234 }, (_, index) => message(index)));
    expect(await sweeper.sweep()).toBe(1234);
    clock.time += 1000;
    expect(await sweeper.sweep()).toBe(0);
    expect(new Set(published.map(({ value }) => value)).size).toBe(2468);
    clock.time += 60_000;
    expect(await sweeper.sweep()).toBe(1234);
    expect(new Set(published.map(({ value }) => value)).size).toBe(2468);
  });

  test("does not pass over what it could not publish", async () => {
    const { sweeper, published, fail } = world([message(1)]);
    fail(true);
    await expect(sweeper.sweep()).rejects.toThrow("away");
    fail(false);
    expect(await sweeper.sweep()).toBe(1);
    expect(published).toHaveLength(2);
  });
});
