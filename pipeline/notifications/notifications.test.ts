import { describe, expect, test } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import type { WebhookAnswer } from "#domain/messages/ports.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { createEndpoints } from "./endpoints.ts";
import { toDelivery } from "./payload.ts";
import { createWebhookRetrier } from "./retrier.ts";
import { nextAttemptAt } from "./schedule.ts";
import { createNotificationsHandler } from "./stage.ts";
import { OK, SECRET, records, status, world } from "../../tests/notifications/scripted-notifications.ts";

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
