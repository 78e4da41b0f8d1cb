import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { FastifyInstance } from "fastify";
import { createStripeWebhooks } from "#adapters/stripe/webhooks.ts";
import { Unavailable } from "#domain/errors.ts";
import type { ProviderEvent } from "#domain/payments/ports.ts";
import { createRestGateway } from "#gateway/rest/server.ts";
import { handOnWaiting } from "#gateway/webhooks/provider-door.ts";
import { signWebhook } from "../../examples/stripe-simulator/simulator.ts";
import { fakeProviderDoor, type FakeProviderDoor } from "./fake-provider-door.ts";
import { ADMIN_TOKEN, createFakePlatform, NOW } from "./fakes.ts";

const SECRET = "whsec_of_tests";

let door: FakeProviderDoor;
let gateway: FastifyInstance;
beforeEach(async () => {
  door = fakeProviderDoor({ stripe: createStripeWebhooks(SECRET) });
  const { dependencies } = createFakePlatform();
  gateway = await createRestGateway(
    { ...dependencies, providerDoor: door },
    { adminToken: ADMIN_TOKEN, version: "0" },
  );
});
afterEach(() => gateway.close());

const eventOf = (id: string, change: object = {}): string =>
  JSON.stringify({
    id,
    object: "event",
    created: Math.floor(NOW / 1000),
    type: "payment_intent.succeeded",
    data: { object: { id: "pi_1", metadata: { payment_id: "inv-1" } } },
    ...change,
  });

const post = (body: string, headers: Record<string, string> = {}, url = "/webhooks/stripe") =>
  gateway.inject({
    method: "POST",
    url,
    headers: {
      "content-type": "application/json",
      "stripe-signature": signWebhook(body, SECRET, NOW),
      ...headers,
    },
    body,
  });

describe("POST /webhooks/stripe", () => {
  test("an authentic event is stored, its flow is told, and then it is acknowledged", async () => {
    const answer = await post(eventOf("evt_1"));
    expect([answer.statusCode, answer.json()]).toEqual([200, { received: true }]);
    expect([...door.stored.values()]).toMatchObject([
      { event: { providerEventId: "evt_1", paymentId: "inv-1" }, outcome: "told" },
    ]);
    expect(door.counted).toEqual([["stripe", "accepted"]]);
  });

  test("the same event ten times at once tells the flow once", async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(eventOf("evt_1"))));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(door.told).toHaveLength(1);
    expect(door.counted.map(([, outcome]) => outcome).sort()).toEqual([
      "accepted",
      ...Array.from({ length: 9 }, () => "known"),
    ]);
  });

  test("a forged one is refused and counted, and nothing of it is stored", async () => {
    const body = eventOf("evt_1");
    for (const signature of [
      "",
      "t=1,v1=00",
      signWebhook(body, "whsec_other", NOW),
      signWebhook(body, SECRET, NOW - 301_000),
    ]) {
      const answer = await post(body, { "stripe-signature": signature });
      expect([answer.statusCode, answer.json().code]).toEqual([400, "validation_failed"]);
      expect(answer.body).not.toContain(SECRET);
    }
    expect(
      (await post(eventOf("evt_2"), { "stripe-signature": signWebhook(body, SECRET, NOW) })).statusCode,
    ).toBe(400);
    expect(door.stored.size + door.told.length).toBe(0);
    expect(door.counted).toEqual(Array.from({ length: 5 }, () => ["stripe", "forged"]));
  });

  test("256 KB are read, more are not", async () => {
    const frame = eventOf("evt_1", { pad: "" }).length;
    const fits = eventOf("evt_1", { pad: "x".repeat(256 * 1024 - frame) });
    expect(Buffer.byteLength(fits)).toBe(256 * 1024);
    expect((await post(fits)).statusCode).toBe(200);
    const answer = await post(eventOf("evt_2", { pad: "x".repeat(256 * 1024 - frame + 1) }));
    expect([answer.statusCode, answer.json().code]).toEqual([413, "body_too_large"]);
  });

  test("the bytes count, whatever the type says they are", async () => {
    const body = eventOf("evt_ä");
    expect((await post(body, { "content-type": "text/plain" })).statusCode).toBe(200);
    const empty = await gateway.inject({ method: "POST", url: "/webhooks/stripe" });
    expect(empty.statusCode).toBe(400);
  });

  test("what cannot be stored is not acknowledged", async () => {
    door.failure = { accept: new Unavailable("postgres") };
    expect((await post(eventOf("evt_1"))).statusCode).toBe(503);
    door.failure = {};
    expect((await post(eventOf("evt_1"))).statusCode).toBe(200);
    expect(door.told).toHaveLength(1);
  });

  test("a flow that cannot be told now is told later, once; what is nobody's is told no more", async () => {
    door.failure = { changed: new Unavailable("temporal") };
    expect((await post(eventOf("evt_1"))).statusCode).toBe(200);
    const foreign = { data: { object: { id: "pi_9", metadata: { payment_id: "nobody's" } } } };
    expect((await post(eventOf("evt_2", foreign))).statusCode).toBe(200);
    await expect(handOnWaiting(door)).rejects.toBeInstanceOf(Unavailable);
    door.failure = {};
    expect(await handOnWaiting(door)).toBe(2);
    expect(await handOnWaiting(door)).toBe(0);
    expect([...door.stored.values()].map(({ outcome }) => outcome)).toEqual(["told", "unknown"]);
  });

  test("one that always fails does not hold up those behind it", async () => {
    door.failure = { changed: new Unavailable("temporal") };
    for (const id of ["evt_1", "evt_2", "evt_3"]) await post(eventOf(id));
    door.failure = {};
    const { changed } = door.signals;
    const signals = {
      changed: (event: ProviderEvent) =>
        event.providerEventId === "evt_1" ? Promise.reject(new TypeError("a bug")) : changed(event),
    };
    await expect(handOnWaiting({ events: door.events, signals })).rejects.toThrow("a bug");
    expect(door.told.map(({ providerEventId }) => providerEventId)).toEqual(["evt_2", "evt_3"]);
  });

  test("what nobody waits for is acknowledged and not kept", async () => {
    expect((await post(eventOf("evt_1", { type: "customer.created" }))).statusCode).toBe(200);
    expect(door.stored.size).toBe(0);
    expect(door.counted).toEqual([["stripe", "ignored"]]);
  });

  test("a provider that is not configured has no door", async () => {
    const answer = await post(eventOf("evt_1"), {}, "/webhooks/paypal");
    expect([answer.statusCode, answer.json().code]).toEqual([404, "not_found"]);
  });
});

test("a payer who comes back is thanked, and told nothing of the payment", async () => {
  const answer = await gateway.inject({
    method: "GET",
    url: "/payments/returned?payment_intent=pi_1&redirect_status=failed",
  });
  expect([answer.statusCode, answer.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
  expect(answer.body).not.toContain("pi_1");
});
