import { z } from "zod";
import { formatMoney } from "#domain/money/money.ts";
import { formatPercent, parsePercent } from "#domain/money/percent.ts";
import { describeCharge } from "#domain/rating/describe-charge.ts";
import { RATING_CHANNELS } from "#domain/rating/event-types.ts";
import type { Quote } from "#pipeline/ingress/quote.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import { fieldProblem, problemResponses } from "../problems.ts";
import { ANY_KEY, country, TENANT_EXAMPLE, tenantId, time, UUID_EXAMPLE, uuid } from "../schemas.ts";
import { listedTenant, noSuchTenant } from "../tenant-access.ts";
import { chargeSteps, TRANSACTION_EXAMPLE } from "../transaction-body.ts";

const EXAMPLE = {
  event_type: "sms.delivered",
  channel: "sms",
  operator: "Verizon",
  destination: "US",
  tenant_id: TENANT_EXAMPLE,
  timestamp: "2024-12-25T18:00:00Z",
  volume: 50000,
};

const request = z
  .strictObject({
    tenant_id: tenantId.optional().describe("Needed with an administration key; a tenant's own key names it"),
    wallet_id: uuid.optional().describe("Default: the wallet that pays for the channel"),
    rate_card_id: z
      .string()
      .max(64)
      .optional()
      .describe("Default: the card in force for the tenant; another one with an administration key"),
    event_type: z.string().regex(/^[a-z][a-z0-9_.]{2,63}$/, "must be a dotted name such as sms.delivered"),
    channel: z.enum(RATING_CHANNELS as [string, ...string[]], {
      error: `must be one of ${RATING_CHANNELS.join(", ")}`,
    }),
    timestamp: time.optional().describe("When it would happen; default: now"),
    units: z.int().min(1).max(1_000_000_000).default(1),
    to: z
      .string()
      .max(64)
      .optional()
      .describe(
        "A phone number, from which operator, destination and prefix follow where they are not given; not kept",
      ),
    operator: z.string().max(100).nullable().default(null),
    destination: country.nullable().default(null),
    prefix: z
      .string()
      .regex(/^\d{1,9}$/, "must be 1 to 9 leading digits of the number")
      .nullable()
      .default(null),
    attributes: z
      .record(z.string().min(1).max(40), z.string().max(100))
      .refine((attributes) => Object.keys(attributes).length <= 20, "may hold 20 attributes")
      .default({})
      .describe("What the card's attribute rates, pulses, sizes and formulas look at"),
    request_size: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(1)
      .describe("Messages in the request, for bulk discounts"),
    load: z
      .string()
      .refine((text) => parsePercent(text) !== null, 'must be a percentage such as "80"')
      .nullable()
      .default(null)
      .describe("The platform's load to assume, for surge prices"),
    connector: z
      .string()
      .max(100)
      .nullable()
      .default(null)
      .describe("By which supplier it would go: cost and margin are shown to administration keys"),
    volume: z
      .int()
      .min(1)
      .optional()
      .describe("The month's volume to assume, this event included; default: the wallet's own"),
  })
  .refine(({ volume, units }) => volume === undefined || volume >= units, {
    path: ["volume"],
    error: "includes this event: it must be at least units",
  })
  .meta({ examples: [EXAMPLE] });

const quote = z
  .object({
    tenant_id: z.string(),
    wallet_id: z.string(),
    currency: z.string(),
    rate_card_id: z.string(),
    version: z.int(),
    priced: z.boolean().describe("False: the card has no price for the event, which is free"),
    charge: chargeSteps,
    taxes: z.array(z.object({ name: z.string(), percent: z.string(), amount: z.string() })),
    cost: z
      .string()
      .nullable()
      .describe("What the supplier takes; null for tenants, and where it is not known"),
    commission: z.string().nullable().describe("What the partner gets of it; null for tenants"),
    explanation: z.array(z.string()),
    trace: z.unknown(),
  })
  .meta({
    id: "Quote",
    examples: [
      {
        tenant_id: TENANT_EXAMPLE,
        wallet_id: UUID_EXAMPLE,
        currency: "USD",
        rate_card_id: "RC-TENANT-001",
        version: 1,
        priced: true,
        charge: TRANSACTION_EXAMPLE.charge,
        taxes: [{ name: "Tax", percent: "8", amount: "0.00114" }],
        cost: null,
        commission: null,
        explanation: TRANSACTION_EXAMPLE.explanation,
        trace: TRANSACTION_EXAMPLE.trace,
      },
    ],
  });

/** POST /api/v2/quotes: what an event would cost, charged to nobody. */
export const createQuote: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "POST",
    url: "/api/v2/quotes",
    config: { operation: "quotes.create" },
    schema: {
      operationId: "createQuote",
      summary: "Price an event without charging it",
      description:
        "The price by the same rules and configuration as a charge of the same moment. The month's volume is the wallet's own, at most a second old, unless the request assumes another.",
      tags: ["billing"],
      security: ANY_KEY,
      body: request,
      response: { 200: quote, ...problemResponses(400, 404, 413, 415, 422) },
    },
    handler: async (httpRequest) => {
      const { body } = httpRequest;
      const actor = actorOf(httpRequest);
      if (actor.kind === "tenant" && body.rate_card_id !== undefined)
        throw fieldProblem("rate_card_id", "is for administration keys: leave it out");
      const named = listedTenant(actor, body.tenant_id, "tenant_id");
      const result = await dependencies.quote({
        tenantId: named,
        walletId: body.wallet_id ?? null,
        rateCardId: body.rate_card_id ?? null,
        eventType: body.event_type,
        channel: body.channel,
        at: body.timestamp === undefined ? dependencies.clock.now() : Date.parse(body.timestamp),
        units: body.units,
        to: body.to ?? null,
        country: body.destination,
        operator: body.operator,
        prefix: body.prefix,
        attributes: body.attributes,
        requestSize: body.request_size,
        load: body.load === null ? null : parsePercent(body.load),
        connector: body.connector,
        volume: body.volume === undefined ? null : BigInt(body.volume),
      });
      if (!result.ok && result.field === "tenantId") throw noSuchTenant(named);
      if (!result.ok) throw fieldProblem(REQUEST_FIELDS[result.field] ?? result.field, result.message);
      return toQuote(named, result, actor.kind === "administrator");
    },
  });
};

/** Fields of QuoteRequest, by the request's names where they differ. */
const REQUEST_FIELDS: Readonly<Record<string, string>> = {
  walletId: "wallet_id",
  rateCardId: "rate_card_id",
  eventType: "event_type",
  country: "destination",
  requestSize: "request_size",
};

/** Cost and commission are the operator's own business. */
function toQuote(
  tenantId: string,
  { charge, card, wallet }: Quote & { ok: true },
  showCost: boolean,
): z.infer<typeof quote> {
  return {
    tenant_id: tenantId,
    wallet_id: wallet.walletId,
    currency: wallet.currency,
    rate_card_id: card.rateCardId,
    version: card.version,
    priced: charge.priced,
    charge: {
      base_amount: charge.texts.base,
      discount: charge.texts.discount,
      subtotal: charge.texts.subtotal,
      tax: charge.texts.tax,
      total: charge.texts.total,
    },
    taxes: charge.taxes.map(({ name, percent, amount }) => ({
      name,
      percent: formatPercent(percent),
      amount: formatMoney(amount),
    })),
    cost: showCost && charge.cost !== null ? formatMoney(charge.cost) : null,
    commission: showCost && charge.commission !== null ? formatMoney(charge.commission.amount) : null,
    explanation: describeCharge(charge.trace, wallet.currency),
    trace: charge.trace,
  };
}
