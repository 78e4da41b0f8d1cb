import { describe, expect, test } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import type { MessageStatus } from "#domain/events/message-status.ts";
import { eventBody, type WebhookEvent } from "#domain/webhooks/events.ts";
import { createEndpoints } from "./endpoints.ts";
import { createWebhookRetrier } from "./retrier.ts";
import { records, status, world } from "../../tests/notifications/scripted-notifications.ts";

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
      v: 1,
      type: "message.inbound",
      messageId: "m3",
      tenantId: "none",
      channel: "sms",
      parts: 1,
      country: "DE",
      acceptedAt: Date.UTC(2026, 4, 5),
      text: "canary",
      from: "+4915112345678",
      to: "12345",
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
