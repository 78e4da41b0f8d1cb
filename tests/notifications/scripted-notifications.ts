import type { MessageStatus } from "#domain/events/message-status.ts";
import type { StageRecord } from "#domain/events/ports.ts";
import type { WebhookAnswer, WebhookDeliveries } from "#domain/messages/ports.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { type WebhookEvent } from "#domain/webhooks/events.ts";
import type { WebhookEndpointFeed } from "#domain/webhooks/ports.ts";
import { createEndpoints } from "#pipeline/notifications/endpoints.ts";
import { createWebhookRetrier } from "#pipeline/notifications/retrier.ts";
import { createNotificationsHandler } from "#pipeline/notifications/stage.ts";
import { createSubscriptions } from "#pipeline/notifications/subscriptions.ts";

export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
export const OK: WebhookAnswer = { kind: "answered", status: 200, retryAfterMs: null };

export function status(change: Partial<MessageStatus> = {}): MessageStatus {
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

export const records = (statuses: MessageStatus[]): StageRecord<MessageStatus>[] =>
  statuses.map((event, index) => ({
    topic: "messaging.sms.status",
    partition: 0,
    offset: BigInt(index),
    key: "c",
    event,
  }));

type Call = { url: string; headers: Readonly<Record<string, string>>; body: string; timeoutMs: number };

/** The table, in memory. */
function storedDeliveries() {
  const stored = new Map<
    string,
    { attempts: number; nextAttemptAt: number; tenantId: string; body: string; error: string | null }
  >();
  const disabled: { tenantId: string; url: string }[] = [];
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
  return { stored, disabled, deliveries };
}

/** Tenants named after what their endpoint does; a virtual clock that each hanging call moves on by its timeout. */
export function world(
  answers: Record<string, (call: Call) => WebhookAnswer> = {},
  subscribed: Awaited<ReturnType<WebhookEndpointFeed["changes"]>>["endpoints"] = [],
) {
  const clock = { time: 1_000_000_000_000, now: () => clock.time };
  const calls: Call[] = [];
  const control = {
    tenant: (tenantId: string) =>
      ({
        webhook: tenantId === "none" ? null : { url: `https://${tenantId}.example/hook`, secret: SECRET },
      }) as TenantConfiguration,
  };
  const { stored, disabled, deliveries } = storedDeliveries();
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
