import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "#domain/clock.ts";
import { Unavailable } from "#domain/errors.ts";
import type { MessageStatus } from "#domain/events/message-status.ts";
import type { PendingReceipt, PendingReceipts } from "#domain/messages/ports.ts";
import type { PartOutcome, PartOutcomes } from "#domain/sms/ports.ts";
import { EsmeSessions } from "#gateway/smpp/esme-sessions.ts";
import { ReceiptSender } from "#gateway/smpp/receipt-sender.ts";
import { createReceiptsHandler } from "#gateway/smpp/receipts.ts";
import { startSmppServer } from "#gateway/smpp/server.ts";
import type { SmppServer } from "#gateway/smpp/server.ts";
import { createSmppCounters } from "#protocols/smpp/session.ts";
import { createEsme } from "../../examples/esme/esme.ts";
import type { Esme, EsmeOptions, EsmeReceipt } from "../../examples/esme/esme.ts";
import { until } from "./until.ts";

const ADDRESSES = { from: "ACME", to: "+233244123456" };

/** What PostgreSQL does for these ports, in memory. */
class Store implements PendingReceipts, PartOutcomes {
  readonly receipts = new Map<string, PendingReceipt & { leasedUntil: number }>();
  readonly outcomes = new Map<string, Map<number, PartOutcome>>();
  away = false;

  store(receipts: readonly PendingReceipt[]): Promise<void> {
    if (this.away) return Promise.reject(new Unavailable("postgres"));
    for (const each of receipts) {
      const key = `${each.systemId}:${each.messageId}:${each.part}:${each.state}`;
      if (!this.receipts.has(key)) this.receipts.set(key, { ...each, leasedUntil: 0 });
    }
    return Promise.resolve();
  }

  take(systemIds: readonly string[], limit: number, now: number, leaseMs: number) {
    const taken = [...this.receipts.values()]
      .filter(({ systemId, leasedUntil }) => systemIds.includes(systemId) && leasedUntil <= now)
      .slice(0, limit);
    for (const each of taken) each.leasedUntil = now + leaseMs;
    return Promise.resolve(taken.map((each) => ({ ...each, ...ADDRESSES })));
  }

  remove(receipts: readonly PendingReceipt[]): Promise<void> {
    for (const each of receipts) {
      this.receipts.delete(`${each.systemId}:${each.messageId}:${each.part}:${each.state}`);
    }
    return Promise.resolve();
  }

  settle(outcomes: readonly PartOutcome[]) {
    for (const each of outcomes) {
      const parts = this.outcomes.get(each.messageId) ?? new Map<number, PartOutcome>();
      this.outcomes.set(each.messageId, parts);
      if (!parts.has(each.part)) parts.set(each.part, each);
    }
    const settled = [...new Set(outcomes.map(({ messageId }) => messageId))].flatMap((messageId) => {
      const parts = [...(this.outcomes.get(messageId)?.values() ?? [])];
      if (parts.length < (parts[0]?.parts ?? 1)) return [];
      const states = new Set(parts.map(({ state }) => state));
      const state = states.size === 1 ? parts[0]!.state : ("failed" as const);
      return [{ messageId, state, at: Math.max(...parts.map(({ at }) => at)) }];
    });
    return Promise.resolve(settled);
  }

  discardOlderThan(): Promise<number> {
    return Promise.resolve(0);
  }
}

function status(messageId: string, change: Partial<MessageStatus> = {}): MessageStatus {
  return {
    v: 1,
    type: "message.status",
    messageId,
    tenantId: "T-1",
    walletId: "W-1",
    channel: "sms",
    conversation: "c",
    part: 1,
    parts: 1,
    state: "delivered",
    at: 2_000,
    origin: { door: "smpp", systemId: "acme", receipt: true },
    addresses: ADDRESSES,
    acceptedAt: 1_000,
    ...change,
  };
}

describe("receipts to ESMEs", () => {
  const esmes: Esme[] = [];
  let received: EsmeReceipt[];
  let store: Store;
  let sender: ReceiptSender;
  let server: SmppServer;
  let handle: (...events: MessageStatus[]) => Promise<void>;

  /** @param responseMs for which an ESME is waited for; what it leaves unanswered keeps its lease of 90 s. */
  async function serve(responseMs: number): Promise<void> {
    received = [];
    store = new Store();
    const sessions = new EsmeSessions(systemClock);
    sender = new ReceiptSender(sessions, store, systemClock);
    const handler = createReceiptsHandler({ sender, partOutcomes: store });
    handle = (...events) =>
      handler(
        events.map((event, index) => ({ topic: "t", partition: 0, offset: BigInt(index), key: "c", event })),
      );
    server = await startSmppServer(
      { host: "127.0.0.1", port: 0, timers: { responseMs } },
      {
        accounts: { authenticate: () => Promise.resolve({ tenantId: "T-1" }) },
        submit: () => Promise.reject(new Error("nothing is submitted here")),
        sessions,
        counters: createSmppCounters(),
        clock: systemClock,
      },
    );
  }

  async function stop(): Promise<void> {
    for (const esme of esmes.splice(0)) await esme.stop(0);
    await server.close();
    await sender.close();
  }

  beforeEach(() => serve(100));
  afterEach(stop);

  async function bind(options: Partial<EsmeOptions> = {}): Promise<Esme> {
    const esme = createEsme({
      host: "127.0.0.1",
      port: server.port,
      systemId: "acme",
      password: "x",
      onReceipt: (receipt) => void received.push(receipt),
      ...options,
    });
    esmes.push(esme);
    await esme.whenBound();
    return esme;
  }

  test("go to the bound ESME, from the message's destination to its sender", async () => {
    await bind();
    await handle(
      status("m1"),
      status("m2", { state: "rejected", code: "ESME_RINVDSTADR" }),
      status("m3", { state: "expired", part: 0 }),
    );
    expect(received).toEqual([
      { messageId: "m1", state: "DELIVRD", from: "233244123456", to: "ACME" },
      { messageId: "m2", state: "REJECTD", from: "233244123456", to: "ACME" },
      { messageId: "m3", state: "EXPIRED", from: "233244123456", to: "ACME" },
    ]);
    expect(store.receipts.size).toBe(0);
  });

  test("only where one was asked for, by SMPP, and for a final state", async () => {
    await bind();
    await handle(
      status("sent", { state: "sent" }),
      status("rest", { origin: { door: "rest", receipt: true } }),
      status("none", { origin: { door: "smpp", systemId: "acme", receipt: false } }),
    );
    expect(received).toEqual([]);
  });

  test("wait for an ESME that is away and reach it when it binds", async () => {
    await stop();
    await serve(30_000); // five hundred at once: a busy machine answers the last of them late
    await handle(...Array.from({ length: 1_200 }, (_, index) => status(`m${index}`)));
    expect(store.receipts.size).toBe(1_200);
    const boundAt = performance.now();
    await bind();
    await until(() => store.receipts.size === 0);
    // Before the next interval of three seconds: the bind itself asks for what is stored.
    expect(performance.now() - boundAt).toBeLessThan(2_900);
    expect(new Set(received.map(({ messageId }) => messageId)).size).toBe(1_200);
    expect(sender.stats()).toMatchObject({ stored: 1_200, flushed: 1_200 });
  });

  test("do not go to a transmitter", async () => {
    await bind({ bindType: "transmitter" });
    await handle(status("m1"));
    expect(store.receipts.size).toBe(1);
  });

  test("are stored when the ESME refuses them, does not answer, or breaks off", async () => {
    const refusing = await bind({ onReceipt: () => Promise.reject(new Error("full")) });
    await handle(status("refused"));
    expect([...store.receipts.values()].map(({ messageId }) => messageId)).toEqual(["refused"]);
    await refusing.stop(0);
    store.receipts.clear();

    let given = 0;
    const silent = await bind({
      onReceipt: () => {
        given += 1;
        return new Promise(() => undefined);
      },
    });
    await handle(status("unanswered"));
    // Meanwhile it is given nothing more, so that it holds nobody up.
    await handle(status("next"));
    expect([...store.receipts.values()].map(({ messageId }) => messageId)).toEqual(["unanswered", "next"]);
    expect(given).toBe(1);
    await silent.stop(0);
    for (const each of store.receipts.values()) each.leasedUntil = 0;
    await bind();
    await until(() => received.length === 2);
  });

  test("one for a message of several parts, when every part has its outcome", async () => {
    await bind();
    await handle(status("whole", { part: 2, parts: 2, at: 3_000 }), status("torn", { part: 1, parts: 2 }));
    expect(received).toEqual([]);
    await handle(
      status("whole", { part: 1, parts: 2 }),
      status("torn", { part: 2, parts: 2, state: "failed", code: "UNDELIV" }),
    );
    expect(received.map(({ messageId, state }) => [messageId, state])).toEqual([
      ["whole", "DELIVRD"],
      ["torn", "UNDELIV"],
    ]);
  });

  test("an unknown address is left to the store, which knows it", async () => {
    await bind();
    const { addresses: _, ...without } = status("m1");
    await handle(without);
    expect(store.receipts.size).toBe(1);
    sender.flush();
    await until(() => received.length === 1);
    expect(received[0]).toMatchObject({ messageId: "m1", from: "233244123456", to: "ACME" });
  });

  test("a batch is not done while a receipt is neither acknowledged nor stored", async () => {
    store.away = true;
    await expect(handle(status("m1"))).rejects.toBeInstanceOf(Unavailable);
  });

  test("keep many in flight", async () => {
    await bind();
    await handle(...Array.from({ length: 5_000 }, (_, index) => status(`m${index}`)));
    await until(() => store.receipts.size === 0);
    expect(new Set(received.map(({ messageId }) => messageId)).size).toBe(5_000);
  });
});
