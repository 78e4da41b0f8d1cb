import { describe, expect, test } from "@jest/globals";
import { Unavailable } from "#domain/errors.ts";
import type { UsageEvent } from "#domain/events/billing-event.ts";
import { billingEvent } from "#domain/events/billing-event.ts";
import { messageStatus } from "#domain/events/message-status.ts";
import type { MessageStatus } from "#domain/events/message-status.ts";
import { messageSubmitted } from "#domain/events/message-submitted.ts";
import type { MessageSubmitted } from "#domain/events/message-submitted.ts";
import type { OutgoingRecord } from "#domain/events/ports.ts";
import type { CarrierMatch } from "#domain/messages/ports.ts";
import type { CarrierReceipt, SmsCarrier, SmsPart, SmsSubmitOutcome } from "#domain/sms/ports.ts";
import { createCarrierEvents } from "./receipts.ts";
import { createRouter } from "./routes.ts";
import { createSentParts } from "./sent-parts.ts";
import { createSmsHandler } from "./stage.ts";

const NOW = 1_735_149_600_000;

function message(change: Partial<MessageSubmitted> = {}): MessageSubmitted {
  return messageSubmitted.parse({
    v: 1,
    type: "message.cleared",
    messageId: "01970000-0000-7000-8000-0000000000ab",
    tenantId: "T-1",
    walletId: "W-1",
    channel: "sms",
    direction: "outbound",
    conversation: "c1",
    from: "ACME",
    to: "+233244123456",
    text: "hello",
    encoding: "gsm7",
    parts: 1,
    country: "GH",
    operator: null,
    acceptedAt: NOW - 5,
    expiresAt: NOW + 1000,
    origin: { door: "smpp", systemId: "acme", receipt: true },
    holds: { scan: "0", submit: "0", part: "0.01" },
    reference: "r1",
    ...change,
  });
}

/** The stage and its receipts over a carrier that answers as told. */
function world(answer: (part: SmsPart) => Promise<SmsSubmitOutcome> | SmsSubmitOutcome) {
  const records: OutgoingRecord[] = [];
  const submitted: SmsPart[] = [];
  let failPublishes = 0;
  const publisher = {
    publish: (batch: readonly OutgoingRecord[]) => {
      if (failPublishes > 0) {
        failPublishes -= 1;
        return Promise.reject(new Unavailable("kafka"));
      }
      records.push(...batch);
      return Promise.resolve();
    },
  };
  const carrier: SmsCarrier = {
    id: "sim",
    up: true,
    submit: (part) => {
      submitted.push(part);
      return Promise.resolve(answer(part));
    },
  };
  const sent = createSentParts(100);
  const stored: CarrierMatch[] = [];
  const start = performance.now();
  let ahead = 0;
  const clock = { now: () => NOW + ahead + Math.floor(performance.now() - start) };
  const handle = createSmsHandler({ choose: createRouter([carrier], []), sent, publisher, clock });
  const events = createCarrierEvents({
    sent,
    carrierIds: {
      find: (_, ids) =>
        Promise.resolve(stored.filter(({ carrierMessageId }) => ids.includes(carrierMessageId))),
    },
    publisher,
    pseudonyms: { conversation: () => "c-in" },
    inboundRoute: (to) => (to === "+12025550100" ? { tenantId: "T-9", walletId: "W-9" } : null),
    clock,
    newMessageId: () => "new-id",
    deadLetterTopic: "sms.dead-letter",
    limits: { unknownMs: 50, maxUnknown: 2 },
  });
  const receive = (...messages: MessageSubmitted[]): Promise<void> =>
    handle(
      messages.map((event, index) => ({
        topic: "messaging.sms.cleared",
        partition: 0,
        offset: BigInt(index),
        key: event.conversation,
        event,
      })),
    );
  const statuses = (): MessageStatus[] =>
    records
      .filter(({ topic }) => topic === "messaging.sms.status")
      .map(({ value }) => messageStatus.parse(JSON.parse(String(value))));
  const charges = (): UsageEvent[] =>
    records
      .filter(({ topic }) => topic === "billing.events")
      .map(({ value }) => billingEvent.parse(JSON.parse(String(value))) as UsageEvent);
  return {
    records,
    submitted,
    stored,
    sent,
    events,
    receive,
    statuses,
    charges,
    failNextPublish: () => (failPublishes = 1),
    advance: (ms: number) => (ahead += ms),
  };
}

const receipt = (id: string, state: CarrierReceipt["state"] = "delivered"): CarrierReceipt => ({
  connector: "sim",
  ids: [id],
  state,
  code: state === "delivered" ? "DELIVRD" : "UNDELIV",
  at: NOW + 50,
});

describe("the sms stage", () => {
  test("sends one part and says so", async () => {
    const { receive, submitted, statuses, charges, records } = world(() => ({
      kind: "accepted",
      carrierMessageId: "m1",
    }));
    await receive(message());
    expect(submitted).toEqual([
      {
        source: { ton: 5, npi: 0, address: "ACME" },
        destination: { ton: 1, npi: 1, address: "233244123456" },
        dataCoding: 0,
        hasHeader: false,
        octets: expect.any(Uint8Array),
        expiresAt: NOW + 1000,
      },
    ]);
    expect(statuses()).toEqual([
      expect.objectContaining({
        state: "sent",
        part: 1,
        parts: 1,
        connector: "sim",
        carrierMessageId: "m1",
        conversation: "c1",
        reference: "r1",
        addresses: { from: "ACME", to: "+233244123456" },
      }),
    ]);
    expect(charges()).toEqual([]);
    expect(records[0]?.key).toBe("c1");
  });

  test("charges for submitting once, however many parts, where the card prices it", async () => {
    let id = 0;
    const { receive, charges, statuses, submitted } = world(() => ({
      kind: "accepted",
      carrierMessageId: `m${(id += 1)}`,
    }));
    await receive(
      message({ text: "a".repeat(400), parts: 3, holds: { scan: "0", submit: "0.002", part: "0.01" } }),
    );
    expect(charges()).toEqual([
      expect.objectContaining({ eventType: "sms.submit", part: 1, hold: "0.002", units: 1, walletId: "W-1" }),
    ]);
    expect(statuses().map(({ part, parts, state }) => [part, parts, state])).toEqual([
      [1, 3, "sent"],
      [2, 3, "sent"],
      [3, 3, "sent"],
    ]);
    expect(submitted.map(({ octets }) => [...octets.subarray(0, 6)])).toEqual([
      [5, 0, 3, 0xab, 3, 1],
      [5, 0, 3, 0xab, 3, 2],
      [5, 0, 3, 0xab, 3, 3],
    ]);
  });

  test("a refused part gives its share back, and the share of submitting when none was taken", async () => {
    const { receive, charges, statuses } = world(() => ({ kind: "refused", code: "ESME_RINVDSTADR" }));
    await receive(message({ holds: { scan: "0", submit: "0.002", part: "0.01" } }));
    expect(statuses()).toEqual([
      expect.objectContaining({ state: "rejected", part: 1, code: "ESME_RINVDSTADR" }),
    ]);
    expect(charges().map(({ id, hold }) => [id.slice(37), hold])).toEqual([
      ["sms.failed:1", "0.01"],
      ["sms.failed:0", "0.002"],
    ]);
  });

  test("sends nothing whose time has passed, and gives everything back", async () => {
    const { receive, submitted, charges, statuses } = world(() => ({
      kind: "accepted",
      carrierMessageId: "m",
    }));
    await receive(
      message({
        expiresAt: NOW,
        text: "a".repeat(200),
        parts: 2,
        holds: { scan: "1", submit: "0.5", part: "0.01" },
      }),
    );
    expect(submitted).toEqual([]);
    expect(statuses()).toEqual([expect.objectContaining({ state: "expired", part: 0 })]);
    expect(charges()).toEqual([expect.objectContaining({ eventType: "sms.expired", part: 0, hold: "0.52" })]);
  });

  test("leaves inbound messages alone", async () => {
    const { receive, records } = world(() => ({ kind: "accepted", carrierMessageId: "m" }));
    await receive(message({ direction: "inbound" }));
    expect(records).toEqual([]);
  });

  test("a batch that comes again is published again but not sent again", async () => {
    const { receive, submitted, statuses, failNextPublish } = world(() => ({
      kind: "accepted",
      carrierMessageId: "m1",
    }));
    failNextPublish();
    await expect(receive(message())).rejects.toBeInstanceOf(Unavailable);
    await receive(message());
    expect(submitted).toHaveLength(1);
    expect(statuses()).toEqual([expect.objectContaining({ state: "sent", carrierMessageId: "m1" })]);
  });

  test("waits for every part before it asks for the batch again", async () => {
    const finished: string[] = [];
    const { receive } = world(async ({ destination }) => {
      if (destination.address.endsWith("1")) return { kind: "unavailable" };
      await new Promise(setImmediate);
      finished.push(destination.address);
      return { kind: "accepted", carrierMessageId: "m" };
    });
    const other = message({ messageId: "01970000-0000-7000-8000-000000000002", to: "+233244000002" });
    await expect(receive(message({ to: "+233244000001" }), other)).rejects.toBeInstanceOf(Unavailable);
    expect(finished).toEqual(["233244000002"]);
  });

  test("has the whole batch at the carrier at once", async () => {
    const open: ((outcome: SmsSubmitOutcome) => void)[] = [];
    const { receive, statuses } = world(() => new Promise((resolve) => open.push(resolve)));
    const batch = Array.from({ length: 1000 }, (_, index) => message({ messageId: `id-${index}` }));
    const done = receive(...batch);
    await new Promise(setImmediate);
    expect(open).toHaveLength(1000);
    for (const [index, resolve] of open.entries())
      resolve({ kind: "accepted", carrierMessageId: String(index) });
    await done;
    expect(statuses()).toHaveLength(1000);
  });
});

describe("receipts", () => {
  const accept = () => ({ kind: "accepted", carrierMessageId: "m1" }) as const;

  test("a receipt becomes a status and a charge of its part's share", async () => {
    const { receive, events, statuses, charges } = world(accept);
    await receive(message());
    expect(await events.receipt(receipt("m1"))).toBe("taken");
    expect(statuses()[1]).toMatchObject({ state: "delivered", part: 1, at: NOW + 50 });
    expect(charges()).toEqual([
      expect.objectContaining({
        eventType: "sms.delivered",
        part: 1,
        units: 1,
        hold: "0.01",
        at: NOW + 50,
        country: "GH",
      }),
    ]);
  });

  test("a failed one gives the share back; one that is not final changes nothing", async () => {
    const { receive, events, statuses, charges } = world(accept);
    await receive(message());
    expect(await events.receipt(receipt("m1", "pending"))).toBe("taken");
    expect(statuses()).toHaveLength(1);
    await events.receipt(receipt("m1", "failed"));
    expect(statuses()[1]).toMatchObject({ state: "failed", code: "UNDELIV" });
    expect(charges()).toEqual([expect.objectContaining({ eventType: "sms.failed", hold: "0.01" })]);
  });

  test("one that comes before its submit_sm_resp waits for it", async () => {
    let respond: (outcome: SmsSubmitOutcome) => void = () => undefined;
    const { receive, events, statuses } = world(() => new Promise((resolve) => (respond = resolve)));
    const sending = receive(message());
    const handled = events.receipt(receipt("m1"));
    await new Promise(setImmediate);
    respond({ kind: "accepted", carrierMessageId: "m1" });
    await sending;
    expect(await handled).toBe("taken");
    expect(statuses().map(({ state }) => state)).toEqual(["sent", "delivered"]);
  });

  test("one of another process is found in the store", async () => {
    const { events, stored, statuses } = world(accept);
    const {
      messageId,
      tenantId,
      walletId,
      conversation,
      country,
      operator,
      acceptedAt,
      from,
      to,
      origin,
      holds,
    } = message();
    stored.push({
      messageId,
      tenantId,
      walletId,
      conversation,
      country,
      operator,
      acceptedAt,
      from,
      to,
      origin,
      holds,
      carrierMessageId: "stored",
      channel: "sms",
      part: 2,
      parts: 3,
      reference: null,
    });
    expect(await events.receipt({ ...receipt("STORED"), ids: ["STORED", "stored"] })).toBe("taken");
    expect(statuses()).toEqual([expect.objectContaining({ state: "delivered", part: 2, parts: 3 })]);
  });

  test("one that nobody knows goes to the dead letter, without number or text", async () => {
    const { events, records, advance } = world(accept);
    const handled = events.receipt(receipt("nobody"));
    advance(1_000);
    expect(await handled).toBe("taken");
    expect(records).toEqual([expect.objectContaining({ topic: "sms.dead-letter" })]);
    expect(JSON.parse(String(records[0]?.value))).toEqual({
      v: 1,
      type: "carrier.receipt",
      connector: "sim",
      carrierMessageId: "nobody",
      state: "delivered",
      code: "DELIVRD",
      at: NOW + 50,
    });
    expect(events.stats()).toMatchObject({ deadLetters: 1, waiting: 0 });
  });

  test("beyond the limit of unknown ones the carrier keeps them, and on closing too", async () => {
    const { events } = world(accept);
    const waiting = [events.receipt(receipt("a")), events.receipt(receipt("b"))];
    expect(await events.receipt(receipt("c"))).toBe("later");
    events.close();
    expect(await Promise.all(waiting)).toEqual(["later", "later"]);
  });

  test("a receipt whose publication fails is not acknowledged", async () => {
    const { receive, events, failNextPublish } = world(accept);
    await receive(message());
    failNextPublish();
    await expect(events.receipt(receipt("m1"))).rejects.toBeInstanceOf(Unavailable);
  });

  test("a subscriber's message goes to the tenant of its destination, else to the dead letter", async () => {
    const { events, records } = world(accept);
    const inbound = {
      connector: "sim",
      from: "+233244123456",
      text: "STOP",
      encoding: "gsm7",
      at: NOW,
    } as const;
    await events.inbound({ ...inbound, to: "+12025550100" });
    await events.inbound({ ...inbound, to: "+12025550199" });
    expect(records.map(({ topic }) => topic)).toEqual(["messaging.sms.inbound", "sms.dead-letter"]);
    expect(messageSubmitted.parse(JSON.parse(String(records[0]?.value)))).toMatchObject({
      type: "message.inbound",
      direction: "inbound",
      tenantId: "T-9",
      walletId: "W-9",
      conversation: "c-in",
    });
    expect(JSON.parse(String(records[1]?.value))).toMatchObject({ text: "STOP", to: "+12025550199" });
    expect(records[1]?.key).toBe("sim");
  });
});

describe("routing", () => {
  const carrier = (id: string, up: boolean): SmsCarrier => ({
    id,
    up,
    submit: () => Promise.resolve({ kind: "unavailable" }),
  });
  const [a, b, c] = [carrier("a", true), carrier("b", false), carrier("c", true)];

  test("takes the first route that matches, those that are up first", () => {
    const choose = createRouter(
      [a, b, c],
      [
        { countries: ["GH"], connectors: ["b", "c"] },
        { prefixes: ["+1202"], connectors: ["a"] },
      ],
    );
    const ids = (to: string, country: string | null) => choose(to, country).map(({ id }) => id);
    expect(ids("+233244123456", "GH")).toEqual(["c", "b"]);
    expect(ids("+12025550100", null)).toEqual(["a"]);
    expect(ids("+4930123456", "DE")).toEqual(["a", "c", "b"]);
  });

  test("a route to an unknown connector is an error at the start", () => {
    expect(() => createRouter([a], [{ connectors: ["z"] }])).toThrow("connector z");
  });
});
