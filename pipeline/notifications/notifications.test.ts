import { describe, expect, test } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import type { MessageStatus } from "#domain/events/message-status.ts";
import type { StageRecord } from "#domain/events/ports.ts";
import type { WebhookAnswer, WebhookDeliveries } from "#domain/messages/ports.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { eventBody, type WebhookEvent } from "#domain/webhooks/events.ts";
import type { WebhookEndpointFeed } from "#domain/webhooks/ports.ts";
import { createEndpoints } from "./endpoints.ts";
import { toDelivery } from "./payload.ts";
import { createWebhookRetrier } from "./retrier.ts";
import { nextAttemptAt } from "./schedule.ts";
import { createNotificationsHandler } from "./stage.ts";
import { createSubscriptions } from "./subscriptions.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OK: WebhookAnswer = { kind: "answered", status: 200, retryAfterMs: null };

function status(change: Partial<MessageStatus> = {}): MessageStatus {
  return {
    v: 1,
    type: "message.status",
    messageId: "m1",
    tenantId: "fast",
    walletId: "W",
    channel: "sms",
    conversation: "c",
    part: 1,
    parts: 1,
    state: "delivered",
    at: Date.UTC(2026, 4, 5),
    acceptedAt: 1,
    addresses: { from: "ACME", to: "+12025550123" },
    ...change,
  };
}

const records = (statuses: MessageStatus[]): StageRecord<MessageStatus>[] =>
  statuses.map((event, index) => ({
    topic: "messaging.sms.status",
    partition: 0,
    offset: BigInt(index),
    key: "c",
    event,
  }));

type Call = { url: string; headers: Readonly<Record<string, string>>; body: string; timeoutMs: number };

/** Tenants named after what their endpoint does; a virtual clock that each hanging call moves on by its timeout. */
function world(
  answers: Record<string, (call: Call) => WebhookAnswer> = {},
  subscribed: Awaited<ReturnType<WebhookEndpointFeed["changes"]>>["endpoints"] = [],
) {
  const clock = { time: 1_000_000_000_000, now: () => clock.time };
  const calls: Call[] = [];
  const stored = new Map<
    string,
    { attempts: number; nextAttemptAt: number; tenantId: string; body: string; error: string | null }
  >();
  const disabled: { tenantId: string; url: string }[] = [];
  const control = {
    tenant: (tenantId: string) =>
      ({
        webhook: tenantId === "none" ? null : { url: `https://${tenantId}.example/hook`, secret: SECRET },
      }) as TenantConfiguration,
  };
  const deliveries: WebhookDeliveries = {
    defer: (deferred) => {
      for (const { delivery, ...rest } of deferred)
        stored.set(delivery.webhookId, { ...rest, tenantId: delivery.tenantId ?? "", body: delivery.body });
      return Promise.resolve();
    },
    claim: ({ now, leaseMs, except }) => {
      const due = [...stored].filter(([, row]) => row.nextAttemptAt <= now && !except.includes(row.tenantId));
      for (const [, row] of due) row.nextAttemptAt = now + leaseMs;
      return Promise.resolve(
        due.map(([webhookId, row]) => ({ webhookId, createdAt: 0, endpointId: null, ...row })),
      );
    },
    delivered: ({ webhookId }) => Promise.resolve(void stored.delete(webhookId)),
    failed: ({ webhookId: id }, nextAttemptAt, error) => {
      const row = stored.get(id)!;
      stored.set(id, { ...row, attempts: row.attempts + 1, nextAttemptAt: nextAttemptAt ?? Infinity, error });
      return Promise.resolve();
    },
    disableEndpoint: ({ tenantId }, url) =>
      Promise.resolve(void disabled.push({ tenantId: tenantId ?? "", url })),
    disabledEndpoints: () => Promise.resolve([...disabled]),
    prune: () => Promise.resolve(0),
  };
  const sender = {
    post: async (
      url: string,
      headers: Readonly<Record<string, string>>,
      body: string,
      timeoutMs: number,
    ): Promise<WebhookAnswer> => {
      const call = { url, headers, body, timeoutMs };
      calls.push(call);
      await Promise.resolve();
      const name = new URL(url).hostname.split(".")[0]!;
      return (answers[name] ?? (() => OK))(call);
    },
  };
  const subscriptions = createSubscriptions(
    { changes: async () => ({ endpoints: subscribed, until: 0 }) },
    (endpointId) => `whsec_${Buffer.from(endpointId.padEnd(24, "=")).toString("base64")}`,
  );
  const endpoints = createEndpoints(control, subscriptions, deliveries, clock);
  const announced: WebhookEvent[] = [];
  const errors: unknown[] = [];
  const dependencies = {
    endpoints,
    sender,
    deliveries,
    subscriptions,
    events: { announce: async (events: readonly WebhookEvent[]) => void announced.push(...events) },
    clock,
    random: () => 0,
    onError: (error: unknown) => void errors.push(error),
  };
  return {
    clock,
    calls,
    stored,
    disabled,
    errors,
    announced,
    subscriptions,
    dependencies,
    handle: createNotificationsHandler(dependencies),
    retrier: createWebhookRetrier(dependencies),
  };
}

describe("a notification", () => {
  test("is signed so that the reference library accepts it, and holds neither number nor text", async () => {
    const { handle, calls, clock } = world();
    clock.time = Date.now();
    await handle(records([status({ reference: "order 7", code: "DELIVRD" })]));
    const verified = new Webhook(SECRET).verify(calls[0]!.body, { ...calls[0]!.headers });
    expect(verified).toEqual({
      type: "message.delivered",
      timestamp: "2026-05-05T00:00:00.000Z",
      data: {
        message_id: "m1",
        channel: "sms",
        state: "delivered",
        part: 1,
        parts: 1,
        code: "DELIVRD",
        reference: "order 7",
      },
    });
    expect(calls[0]!.headers["webhook-id"]).toBe("m1:delivered");
    expect(calls[0]!.body).not.toContain("2025550123");
    expect(() =>
      new Webhook(SECRET).verify(calls[0]!.body.replace("m1", "m2"), { ...calls[0]!.headers }),
    ).toThrow();
  });

  test.each([
    [{ part: 0, parts: 3, state: "blocked" as const }, "m1:blocked"],
    [{ part: 2, parts: 3 }, "m1:delivered:2"],
    [{}, "m1:delivered"],
  ])("%j has the id %s", (change, id) => {
    expect(toDelivery(status(change), 1).webhookId).toBe(id);
  });

  test("of a carrier's endless reason stays small", () => {
    expect(
      toDelivery(status({ reason: "x".repeat(99_999), reference: "y".repeat(99_999) }), 1).body.length,
    ).toBeLessThan(2000);
  });
});

describe("the stage", () => {
  test("tells of final statuses once, to tenants that have a webhook", async () => {
    const { handle, calls, stored } = world();
    await handle(
      records([
        status(),
        status(),
        status({ state: "sent" }),
        status({ tenantId: "none", messageId: "m9" }),
        status({ messageId: "m2" }),
      ]),
    );
    expect(calls.map(({ headers }) => headers["webhook-id"])).toEqual(["m1:delivered", "m2:delivered"]);
    expect(stored.size).toBe(0);
  });

  test("hands what a slow endpoint did not take to the table, and goes on with the others", async () => {
    const w = world({
      slow: ({ timeoutMs }) => {
        w.clock.time += timeoutMs;
        return { kind: "failed", reason: "no answer in time" };
      },
    });
    const slow = Array.from({ length: 100 }, (_, index) =>
      status({ tenantId: "slow", messageId: `s${index}` }),
    );
    const fast = Array.from({ length: 20 }, (_, index) => status({ messageId: `f${index}` }));
    await w.handle(records([...fast, ...slow]));
    const called = w.calls.filter(({ url }) => url.includes("slow"));
    expect(called.length).toBeLessThanOrEqual(8);
    expect(called.every(({ timeoutMs }) => timeoutMs <= 2000)).toBe(true);
    const first = [...w.stored.values()].filter(({ attempts }) => attempts === 1);
    expect(first).toHaveLength(called.length);
    const done = w.calls.length - called.length + w.stored.size;
    expect(done).toBe(120);
    // Afterwards it is not waited for at all.
    const before = w.calls.length;
    await w.handle(records([status({ tenantId: "slow", messageId: "s200" })]));
    expect(w.calls.length).toBe(before);
    expect(w.stored.get("s200:delivered")).toMatchObject({ attempts: 0, nextAttemptAt: w.clock.time });
  });

  test("does not hold one refused delivery against the endpoint", async () => {
    const { handle, calls, stored } = world({
      picky: ({ body }) => ({
        kind: "answered",
        status: body.includes('"p0"') ? 400 : 200,
        retryAfterMs: null,
      }),
    });
    await handle(
      records(
        Array.from({ length: 30 }, (_, index) => status({ tenantId: "picky", messageId: `p${index}` })),
      ),
    );
    expect([calls.length, [...stored.keys()]]).toEqual([30, ["p0:delivered"]]);
  });

  test("asks an endpoint that is gone no more, until its URL changes", async () => {
    const { handle, calls, stored, disabled } = world({
      gone: () => ({ kind: "answered", status: 410, retryAfterMs: null }),
    });
    await handle(records([status({ tenantId: "gone" })]));
    await handle(records([status({ tenantId: "gone", messageId: "m2" })]));
    expect([calls.length, stored.size]).toEqual([1, 0]);
    expect(disabled).toEqual([{ tenantId: "gone", url: "https://gone.example/hook" }]);
  });

  test("keeps a delivery whose secret cannot sign", async () => {
    const w = world();
    const endpoints = createEndpoints(
      { tenant: () => ({ webhook: { url: "https://fast.example/", secret: "é" } }) as TenantConfiguration },
      w.subscriptions,
      { disableEndpoint: () => Promise.resolve(), disabledEndpoints: () => Promise.resolve([]) },
      w.clock,
    );
    const deferred: unknown[] = [];
    const handle = createNotificationsHandler({
      endpoints,
      clock: w.clock,
      random: () => 0,
      sender: { post: () => Promise.resolve(OK) },
      deliveries: { defer: (list) => Promise.resolve(void deferred.push(...list)) },
      subscriptions: w.subscriptions,
      events: { announce: async () => {} },
    });
    await handle(records([status()]));
    expect(deferred).toMatchObject([{ attempts: 1, error: "the webhook's secret is not valid" }]);
  });
});

describe("an endpoint that has subscribed", () => {
  const endpoint = (tenantId: string | null, ...events: WebhookEvent["type"][]) => ({
    endpointId: `endpoint of ${tenantId}`,
    tenantId,
    url: `https://sub-${tenantId}.example/`,
    events,
    description: null,
    createdAt: 0,
    disabledAt: null,
    isDeleted: false,
  });

  test("is told of the tenant's messages that it asked for, and of nothing else", async () => {
    const subscribed = [
      endpoint("fast", "message.delivered", "message.failed"),
      endpoint(null, "message.inbound"),
    ];
    const w = world({}, subscribed);
    await w.subscriptions.refresh();
    const inbound = {
      ...{ v: 1, type: "message.inbound", messageId: "m3", tenantId: "none", channel: "sms", parts: 1 },
      ...{
        country: "DE",
        acceptedAt: Date.UTC(2026, 4, 5),
        text: "canary",
        from: "+4915112345678",
        to: "12345",
      },
    } as unknown as MessageStatus;
    await w.handle(
      records([
        status(),
        status({ messageId: "m2", state: "blocked", code: "keyword" }),
        status({ messageId: "m4", state: "sent" }),
        status({ messageId: "m5", tenantId: "none" }),
        inbound,
      ]),
    );
    expect(w.announced.map(({ id, type, tenantId }) => [id, type, tenantId])).toEqual([
      ["m1:delivered", "message.delivered", "fast"],
      ["m2:blocked", "message.failed", "fast"],
      ["m3:inbound", "message.inbound", "none"],
    ]);
    expect(JSON.parse(eventBody(w.announced[2]!))).toEqual({
      type: "message.inbound",
      timestamp: "2026-05-05T00:00:00.000Z",
      data: { tenant_id: "none", message_id: "m3", channel: "sms", parts: 1, country: "DE" },
    });
    expect(w.announced.map(eventBody).join()).not.toMatch(/canary|2025550123|4915112345678/);
  });

  test("has calls signed with a secret of its own, and is asked no more once it is gone or answers 410", async () => {
    const known = [endpoint(null, "message.delivered")];
    const w = world({ "sub-null": () => ({ kind: "answered", status: 410, retryAfterMs: null }) }, known);
    const to = { tenantId: null, endpointId: "endpoint of null" };
    const delivery = { ...to, webhookId: "e1", body: "{}", createdAt: 0, attempts: 0 };
    const failed: unknown[] = [];
    const disabled: unknown[] = [];
    const deliveries = {
      claim: async () => [delivery],
      delivered: async () => {},
      failed: async (given: unknown, next: unknown, error: unknown) => void failed.push([given, next, error]),
      disableEndpoint: async (given: unknown) => void disabled.push(given),
      disabledEndpoints: async () => [],
    };
    const endpoints = createEndpoints({ tenant: () => undefined }, w.subscriptions, deliveries, w.clock);
    const retrier = createWebhookRetrier({ ...w.dependencies, endpoints, deliveries });
    w.clock.time = Date.now();
    expect(await retrier.run()).toBe(1);
    await retrier.settled();
    const secret = `whsec_${Buffer.from("endpoint of null".padEnd(24, "=")).toString("base64")}`;
    expect(() => new Webhook(secret).verify(w.calls[0]!.body, { ...w.calls[0]!.headers })).not.toThrow();
    expect(failed).toEqual([[delivery, null, "status 410"]]);
    expect(disabled).toEqual([delivery]);
    known.length = 0;
    await retrier.run();
    await retrier.settled();
    expect(w.calls).toHaveLength(1);
    expect(failed[1]).toEqual([delivery, null, "there is no such webhook any more"]);
  });
});

describe("the retrier", () => {
  test("follows the schedule to its end", async () => {
    const w = world({ broken: () => ({ kind: "answered", status: 500, retryAfterMs: null }) });
    const startedAt = w.clock.time;
    await w.handle(records([status({ tenantId: "broken" })]));
    const times = [0];
    for (let attempt = 0; attempt < 12; attempt += 1) {
      const next = w.stored.get("m1:delivered")!.nextAttemptAt;
      if (next === Infinity) break;
      w.clock.time = next;
      expect(await w.retrier.run()).toBe(1);
      await w.retrier.settled();
      times.push(w.clock.time - startedAt);
    }
    expect(times.map((time) => time / 1000)).toEqual([
      0, 5, 305, 2105, 9305, 27_305, 63_305, 113_705, 185_705, 272_105,
    ]);
    expect(w.calls).toHaveLength(10);
    expect(w.calls.at(-1)?.timeoutMs).toBe(15_000);
    expect(w.stored.get("m1:delivered")).toMatchObject({ attempts: 10, error: "status 500" });
  });

  test("delivers with the same id and body as before", async () => {
    let up = false;
    const w = world({ flaky: () => (up ? OK : { kind: "failed", reason: "ECONNREFUSED" }) });
    await w.handle(records([status({ tenantId: "flaky" })]));
    up = true;
    w.clock.time += 5000;
    await w.retrier.run();
    await w.retrier.settled();
    expect([w.stored.size, w.calls[1]?.headers["webhook-id"], w.calls[1]?.body]).toEqual([
      0,
      "m1:delivered",
      w.calls[0]?.body,
    ]);
    expect(w.errors).toEqual([]);
  });

  test("honours Retry-After when it is the longer wait", () => {
    expect(nextAttemptAt(1, 0, 60_000, 0)).toBe(60_000);
    expect(nextAttemptAt(2, 0, 60_000, 0)).toBe(300_000);
    expect(nextAttemptAt(1, 0, null, 0.999)).toBeGreaterThan(5400);
    expect(nextAttemptAt(10, 0, 60_000, 0)).toBeNull();
  });

  test("is held by a hanging endpoint for that tenant alone", async () => {
    let release = (_answer: WebhookAnswer): void => {};
    const w = world();
    const hanging = new Promise<WebhookAnswer>((resolve) => (release = resolve));
    const rows = (tenantId: string) => ({ attempts: 1, nextAttemptAt: 0, tenantId, body: "{}", error: null });
    w.stored.set("h1", rows("hang")).set("f1", rows("fast"));
    const retrier = createWebhookRetrier({
      endpoints: createEndpoints(
        {
          tenant: (tenantId) =>
            ({ webhook: { url: `https://${tenantId}.example/`, secret: SECRET } }) as TenantConfiguration,
        },
        w.subscriptions,
        { disableEndpoint: () => Promise.resolve(), disabledEndpoints: () => Promise.resolve([]) },
        w.clock,
      ),
      sender: { post: (url) => (url.includes("hang") ? hanging : Promise.resolve(OK)) },
      deliveries: {
        claim: ({ except }) =>
          Promise.resolve(
            [...w.stored]
              .filter(([, row]) => !except.includes(row.tenantId))
              .map(([webhookId, row]) => ({ webhookId, createdAt: 0, endpointId: null, ...row })),
          ),
        delivered: ({ webhookId }) => Promise.resolve(void w.stored.delete(webhookId)),
        failed: () => Promise.resolve(),
      },
      clock: w.clock,
      random: () => 0,
      onError: () => {},
    });
    await retrier.run();
    await new Promise(setImmediate);
    w.stored.set("f2", rows("fast")).set("h2", rows("hang"));
    expect(await retrier.run()).toBe(1);
    await new Promise(setImmediate);
    expect([...w.stored.keys()]).toEqual(["h1", "h2"]);
    release(OK);
    await retrier.settled();
    expect([...w.stored.keys()]).toEqual(["h2"]);
  });
});
