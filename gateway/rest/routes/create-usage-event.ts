import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { type BillingEvent, billingEventId, type UsageEvent } from "#domain/events/billing-event.ts";
import { canonicalEventType, RATING_CHANNELS } from "#domain/rating/event-types.ts";
import { parsePercent } from "#domain/money/percent.ts";
import type { TenantConfiguration, WalletConfiguration } from "#domain/tenants/tenant.ts";
import { actorOf } from "../authenticate.ts";
import { publishBillingEvents } from "../billing-events.ts";
import type { AddRoute, RouteContext } from "../context.ts";
import { type Effect, idempotencyKey, once, sendEffect } from "../idempotency.ts";
import { fieldProblem, ProblemError, problemResponses } from "../problems.ts";
import { ADMINISTRATION_KEY, country, idempotencyHeaders, tenantId, time } from "../schemas.ts";
import { visibleTenant } from "../tenant-access.ts";
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
    prefix: z
      .string()
      .regex(/^\d{1,9}$/, "must be 1 to 9 leading digits of the number")
      .optional()
      .describe("Of the destination in E.164, without +"),
    attributes: z
      .record(z.string().min(1).max(40), z.string().max(100))
      .refine((attributes) => Object.keys(attributes).length <= 20, "may hold 20 attributes")
      .optional()
      .describe("What the card's attribute rates, pulses, sizes and formulas look at"),
    request_size: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe("Messages in the request, for bulk discounts"),
    load: z
      .string()
      .regex(/^\d{1,3}(\.\d{1,18})?$/, 'must be a percentage such as "80"')
      .optional()
      .describe("The platform's load, for surge prices"),
    connector: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe("The connection that carried it: names the supplier"),
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
  status: z
    .enum(["completed", "free", "pending"])
    .describe("free: it costs nothing and moves no volume, so the ledger has no entry of it"),
  event_id: z.string(),
  billing_event_id: z.string().describe("The ledger's name for it"),
  transaction: transactionBody.nullable().describe("Null while the ledger has no entry, and for free events"),
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
        "201 with every step of the charge once the ledger has it, 202 when that takes longer. An event that cannot be priced at all (no card, a stale exchange rate, an attribute that is no number) is refused.",
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
  const { wallet, free } = await priced(dependencies, tenant, body, acceptedAtOf(event.id));
  const usage = toUsageEvent(tenant, wallet, body, event.id);
  const opening = toOpeningVolume(usage, body, event);
  await publishBillingEvents(dependencies.publisher, opening === null ? [usage] : [opening, usage]);
  if (free)
    return {
      status: 201,
      body: { status: "free", event_id: event.shownId, billing_event_id: usage.id, transaction: null },
    };
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

/** Which wallet pays, and whether anything is to be paid; what could only end among the dead letters is refused here. */
async function priced(
  { quote }: RouteContext["dependencies"],
  { tenantId }: TenantConfiguration,
  body: UsageRequest,
  acceptedAt: number,
): Promise<{ readonly wallet: WalletConfiguration; readonly free: boolean }> {
  const outcome = await quote({
    tenantId,
    walletId: null,
    rateCardId: null,
    eventType: body.event_type,
    channel: body.channel,
    at: body.timestamp === undefined ? acceptedAt : Date.parse(body.timestamp),
    units: body.units,
    to: null,
    country: body.destination,
    operator: body.operator,
    prefix: body.prefix ?? null,
    attributes: body.attributes ?? {},
    requestSize: body.request_size ?? 1,
    load: body.load === undefined ? null : parsePercent(body.load),
    connector: body.connector ?? null,
    volume: body.opening_volume === undefined ? null : BigInt(body.opening_volume) + BigInt(body.units),
  });
  if (!outcome.ok) throw new ProblemError("conflict", `The event cannot be charged: ${outcome.message}.`);
  const { charge, wallet } = outcome;
  return { wallet, free: charge.total === 0n && charge.volume === null && charge.counters.length === 0 };
}

function toUsageEvent(
  tenant: TenantConfiguration,
  wallet: WalletConfiguration,
  body: UsageRequest,
  id: string,
): UsageEvent {
  const acceptedAt = acceptedAtOf(id);
  const eventType = canonicalEventType(body.event_type);
  return {
    v: 1,
    kind: "usage",
    id: billingEventId(id, eventType, 1),
    tenantId: tenant.tenantId,
    walletId: wallet.walletId,
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
    ...(body.prefix === undefined ? {} : { prefix: body.prefix }),
    ...(body.attributes === undefined ? {} : { attributes: body.attributes }),
    ...(body.request_size === undefined ? {} : { requestSize: body.request_size }),
    ...(body.load === undefined ? {} : { load: body.load }),
    ...(body.connector === undefined ? {} : { connector: body.connector }),
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
