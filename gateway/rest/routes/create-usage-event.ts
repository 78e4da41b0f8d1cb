import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { type BillingEvent, billingEventId, type UsageEvent } from "#domain/events/billing-event.ts";
import { canonicalEventType, RATING_CHANNELS } from "#domain/rating/event-types.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { actorOf } from "../authenticate.ts";
import { publishBillingEvents } from "../billing-events.ts";
import type { AddRoute, RouteContext } from "../context.ts";
import { type Effect, idempotencyKey, once, sendEffect } from "../idempotency.ts";
import { fieldProblem, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, country, idempotencyHeaders, tenantId, time } from "../schemas.ts";
import { visibleTenant, walletOf } from "../tenant-access.ts";
import { toTransactionBody, TRANSACTION_EXAMPLE, transactionBody } from "../transaction-body.ts";
import { acceptedAtOf } from "../uuid-time.ts";
import { waitFor } from "../wait-for.ts";

const request = z
  .strictObject({
    event_id: z
      .string()
      .regex(/^[\x21-\x7e]{1,200}$/, "must be 1 to 200 printable ASCII characters without spaces")
      .optional()
      .describe("The event takes effect once per tenant and id; default: the Idempotency-Key"),
    event_type: z.string().regex(/^[a-z][a-z0-9_.]{2,63}$/, "must be a dotted name such as sms.delivered"),
    channel: z.enum(RATING_CHANNELS as [string, ...string[]], {
      error: `must be one of ${RATING_CHANNELS.join(", ")}`,
    }),
    to: z.string().max(64).optional().describe("Not used and not kept: numbers stay out of the books"),
    operator: z.string().max(100).nullable().default(null),
    destination: country.nullable().default(null),
    tenant_id: tenantId,
    timestamp: time.optional().describe("When it happened, which prices it; default: now"),
    units: z.int().min(1).max(1_000_000_000).default(1),
    opening_volume: z
      .int()
      .min(0)
      .optional()
      .describe("Sets the month's volume before this event, as an audited entry of its own"),
  })
  .meta({
    examples: [
      {
        event_type: "sms.delivered",
        channel: "sms",
        to: "+1 (234) 567-8900",
        operator: "Verizon",
        destination: "US",
        tenant_id: "TENANT-001",
        timestamp: "2024-12-25T18:00:00Z",
        opening_volume: 49999,
      },
    ],
  });

type UsageRequest = z.infer<typeof request>;

const charged = z.object({
  status: z.enum(["completed", "pending"]),
  event_id: z.string(),
  billing_event_id: z.string().describe("The ledger's name for it"),
  transaction: transactionBody
    .nullable()
    .describe("Null while the ledger has no entry; events without a price never get one"),
});

const EXAMPLE = { event_id: "EVT-001", billing_event_id: TRANSACTION_EXAMPLE.event_id };

/** POST /api/v2/usage-events: the guide's event as it stands, charged by the same stage as all traffic. */
export const createUsageEvent: AddRoute = (gateway, context) => {
  const { dependencies } = context;
  gateway.route({
    method: "POST",
    url: "/api/v2/usage-events",
    config: { operation: "usage_events.create" },
    schema: {
      operationId: "createUsageEvent",
      summary: "Charge an event",
      description:
        "201 with every step of the charge once the ledger has it, 202 when that takes longer or the event has no price.",
      tags: ["billing"],
      security: ADMINISTRATION_KEY,
      headers: idempotencyHeaders,
      body: request,
      response: {
        201: charged.meta({
          examples: [{ status: "completed", ...EXAMPLE, transaction: TRANSACTION_EXAMPLE }],
        }),
        202: charged.meta({ examples: [{ status: "pending", ...EXAMPLE, transaction: null }] }),
        ...problemResponses(400, 404, 409, 413, 415, 422),
      },
    },
    handler: async (httpRequest, reply) => {
      const { body } = httpRequest;
      const tenant = await visibleTenant(httpRequest, dependencies, body.tenant_id);
      walletOf(tenant);
      assertTime(body, dependencies.clock.now());
      const key = body.event_id ?? idempotencyKey(httpRequest);
      const effect = await once(
        dependencies.idempotency,
        {
          scope: `tenant:${tenant.tenantId}:usage-events`,
          key,
          body,
          resourceIds: [dependencies.newId()],
          now: dependencies.clock.now(),
          fromIds: ([id = ""]) => pending(body, key ?? id, id),
        },
        ([id = ""]) =>
          charge(context, tenant, body, { id, shownId: key ?? id, actor: actorName(actorOf(httpRequest)) }),
      );
      return sendEffect(reply, effect);
    },
  });
};

/** Clocks differ by seconds; further ahead it is a mistake that would be priced by a card not yet known. */
const AHEAD_MS_MAX = 60_000;

function assertTime({ timestamp }: UsageRequest, now: number): void {
  if (timestamp !== undefined && Date.parse(timestamp) > now + AHEAD_MS_MAX) {
    throw fieldProblem("timestamp", "lies in the future: correct it");
  }
}

function pending(body: UsageRequest, shownId: string, id: string): Effect {
  return {
    status: 202,
    body: {
      status: "pending",
      event_id: shownId,
      billing_event_id: billingEventId(id, canonicalEventType(body.event_type), 1),
      transaction: null,
    },
  };
}

async function charge(
  { dependencies, waitMs }: RouteContext,
  tenant: TenantConfiguration,
  body: UsageRequest,
  event: { readonly id: string; readonly shownId: string; readonly actor: string },
): Promise<Effect> {
  const usage = toUsageEvent(tenant, body, event.id);
  const opening = toOpeningVolume(usage, body, event);
  await publishBillingEvents(dependencies.publisher, opening === null ? [usage] : [opening, usage]);
  const entry = await waitFor(() => dependencies.ledger.byEvent(usage.id, usage.acceptedAt), waitMs);
  if (entry === null) return pending(body, event.shownId, event.id);
  return {
    status: 201,
    body: {
      status: "completed",
      event_id: event.shownId,
      billing_event_id: usage.id,
      transaction: toTransactionBody(entry),
    },
  };
}

function toUsageEvent(tenant: TenantConfiguration, body: UsageRequest, id: string): UsageEvent {
  const acceptedAt = acceptedAtOf(id);
  const eventType = canonicalEventType(body.event_type);
  return {
    v: 1,
    kind: "usage",
    id: billingEventId(id, eventType, 1),
    tenantId: tenant.tenantId,
    walletId: walletOf(tenant).walletId,
    at: body.timestamp === undefined ? acceptedAt : Date.parse(body.timestamp),
    acceptedAt,
    eventType,
    messageId: null,
    part: 1,
    channel: body.channel.startsWith("rcs-") ? "rcs" : body.channel,
    units: body.units,
    country: body.destination,
    operator: body.operator,
    hold: "0",
  };
}

function toOpeningVolume(
  usage: UsageEvent,
  { opening_volume: volume }: UsageRequest,
  { id, shownId, actor }: { readonly id: string; readonly shownId: string; readonly actor: string },
): BillingEvent | null {
  if (volume === undefined) return null;
  return {
    v: 1,
    kind: "entry",
    id: billingEventId(id, "opening_volume", 0),
    tenantId: usage.tenantId,
    walletId: usage.walletId,
    at: usage.at,
    acceptedAt: usage.acceptedAt,
    entryType: "opening_volume",
    amount: "0",
    units: volume,
    reason: `opening volume for usage event ${shownId}`,
    actor,
  };
}
