import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import type { Operation } from "#domain/access/permissions.ts";
import { RATE_CARD_SOURCE_EXAMPLE } from "#gateway/rest/rate-card-body.ts";
import { createRestGateway } from "#gateway/rest/server.ts";
import { PAYMENT_SAMPLES } from "./payment-samples.ts";
import { FLOW_SAMPLES } from "./flow-samples.ts";
import { WEBHOOK_SAMPLES } from "./webhook-samples.ts";
import { SCHEDULE_SAMPLES } from "./schedule-samples.ts";
import { INVOICE_SAMPLES } from "./invoice-samples.ts";
import { SETTLEMENT_SAMPLES } from "./settlement-samples.ts";
import { PRICE_RULE_SAMPLES } from "./price-rule-samples.ts";
import { RE_RATING } from "./fake-books.ts";
import { ADMIN_KEY, ADMIN_TOKEN, createFakePlatform, type FakePlatform, KEY_1, MESSAGE_1 } from "./fakes.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A request that succeeds for whoever may make it, on TENANT-001's things. */
export interface SampleRequest {
  readonly operation: Operation;
  readonly method: Method;
  /** As the route names it. */
  readonly route: string;
  readonly url: string;
  readonly body?: unknown;
  /** Of the body; JSON if left out. */
  readonly type?: string;
  readonly status: number;
  /** The same request on TENANT-002's things, where the address or body names a tenant's. */
  readonly foreignUrl?: string;
}

const T = "/api/v2/tenants";
const MESSAGE_2 = MESSAGE_1.replace(/1$/, "2");
const KEY_2 = KEY_1.replace(/1$/, "2");

/** One per operation. */
export const SAMPLES: readonly SampleRequest[] = [
  {
    operation: "tenants.create",
    method: "POST",
    route: T,
    url: T,
    body: { tenant_id: "TENANT-003", name: "Three" },
    status: 201,
  },
  { operation: "tenants.list", method: "GET", route: T, url: T, status: 200 },
  {
    operation: "tenants.read",
    method: "GET",
    route: `${T}/:id`,
    url: `${T}/TENANT-001`,
    foreignUrl: `${T}/TENANT-002`,
    status: 200,
  },
  {
    operation: "tenants.update",
    method: "PATCH",
    route: `${T}/:id`,
    url: `${T}/TENANT-001`,
    foreignUrl: `${T}/TENANT-002`,
    body: {},
    status: 200,
  },
  {
    operation: "wallets.create",
    method: "POST",
    route: `${T}/:id/wallets`,
    url: `${T}/TENANT-001/wallets`,
    body: { currency: "EUR", channels: ["whatsapp"] },
    status: 201,
  },
  {
    operation: "top_ups.create",
    method: "POST",
    route: `${T}/:id/top-ups`,
    url: `${T}/TENANT-001/top-ups`,
    body: { amount: "100" },
    status: 201,
  },
  {
    operation: "balance.read",
    method: "GET",
    route: `${T}/:id/balance`,
    url: `${T}/TENANT-001/balance`,
    foreignUrl: `${T}/TENANT-002/balance`,
    status: 200,
  },
  {
    operation: "transactions.list",
    method: "GET",
    route: `${T}/:id/transactions`,
    url: `${T}/TENANT-001/transactions`,
    foreignUrl: `${T}/TENANT-002/transactions`,
    status: 200,
  },
  {
    operation: "transactions.read",
    method: "GET",
    route: "/api/v2/transactions/:id",
    url: "/api/v2/transactions/txn-1",
    foreignUrl: "/api/v2/transactions/txn-2",
    status: 200,
  },
  {
    operation: "transactions.explain",
    method: "GET",
    route: "/api/v2/transactions/:id/explain",
    url: "/api/v2/transactions/txn-1/explain",
    foreignUrl: "/api/v2/transactions/txn-2/explain",
    status: 200,
  },
  {
    operation: "refunds.create",
    method: "POST",
    route: "/api/v2/transactions/:id/refunds",
    url: "/api/v2/transactions/txn-1/refunds",
    body: { reason: "complaint 4711" },
    status: 201,
  },
  {
    operation: "adjustments.create",
    method: "POST",
    route: `${T}/:id/adjustments`,
    url: `${T}/TENANT-001/adjustments`,
    body: { amount: "-2.5", reason: "correction of top-up 4711" },
    status: 201,
  },
  {
    operation: "re_ratings.create",
    method: "POST",
    route: "/api/v2/re-ratings",
    url: "/api/v2/re-ratings",
    body: {
      tenant_id: "TENANT-001",
      rate_card_id: "RC-0",
      from: "2026-11-01T00:00:00Z",
      to: "2026-11-08T00:00:00Z",
      reason: "published late",
    },
    status: 202,
  },
  {
    operation: "re_ratings.list",
    method: "GET",
    route: "/api/v2/re-ratings",
    url: "/api/v2/re-ratings",
    status: 200,
  },
  {
    operation: "re_ratings.read",
    method: "GET",
    route: "/api/v2/re-ratings/:id",
    url: `/api/v2/re-ratings/${RE_RATING}`,
    status: 200,
  },
  {
    operation: "re_ratings.lines",
    method: "GET",
    route: "/api/v2/re-ratings/:id/lines",
    url: `/api/v2/re-ratings/${RE_RATING}/lines`,
    status: 200,
  },
  {
    operation: "re_ratings.decide",
    method: "POST",
    route: "/api/v2/re-ratings/:id/decisions",
    url: `/api/v2/re-ratings/${RE_RATING}/decisions`,
    body: { decision: "approved" },
    status: 200,
  },
  {
    operation: "reports.margin",
    method: "GET",
    route: "/api/v2/reports/margin",
    url: "/api/v2/reports/margin?from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z&by=channel,day",
    status: 200,
  },
  {
    operation: "quotes.create",
    method: "POST",
    route: "/api/v2/quotes",
    url: "/api/v2/quotes",
    body: { event_type: "sms.delivered", channel: "sms", tenant_id: "TENANT-001", volume: 1 },
    status: 200,
  },
  {
    operation: "rate_cards.create",
    method: "POST",
    route: "/api/v2/rate-cards",
    url: "/api/v2/rate-cards",
    body: RATE_CARD_SOURCE_EXAMPLE,
    status: 201,
  },
  {
    operation: "rate_cards.list",
    method: "GET",
    route: "/api/v2/rate-cards",
    url: "/api/v2/rate-cards",
    status: 200,
  },
  {
    operation: "rate_cards.read",
    method: "GET",
    route: "/api/v2/rate-cards/:id",
    url: "/api/v2/rate-cards/RC-0",
    status: 200,
  },
  {
    operation: "rate_cards.diff",
    method: "GET",
    route: "/api/v2/rate-cards/:id/diff",
    url: "/api/v2/rate-cards/RC-0/diff?from=1&to=1",
    status: 200,
  },
  {
    operation: "rate_cards.set_formula",
    method: "POST",
    route: "/api/v2/rate-cards/:id/formulas",
    url: "/api/v2/rate-cards/RC-0/formulas",
    body: { event_type: "sms.delivered", formula: "rate * 2" },
    status: 201,
  },
  {
    operation: "rate_sheets.create",
    method: "POST",
    route: "/api/v2/rate-cards/:id/sheet",
    url: "/api/v2/rate-cards/RC-0/sheet",
    body: "channel,prefix,rate\nsms,4477,0.045\n",
    type: "text/csv",
    status: 201,
  },
  {
    operation: "rate_sheets.read",
    method: "GET",
    route: "/api/v2/rate-cards/:id/sheet",
    url: "/api/v2/rate-cards/RC-0/sheet",
    status: 200,
  },
  {
    operation: "formulas.test",
    method: "POST",
    route: "/api/v2/formulas/test",
    url: "/api/v2/formulas/test",
    body: { formula: "rate * 2", cases: [{ rate: "0.015" }] },
    status: 200,
  },
  ...PRICE_RULE_SAMPLES,
  ...FLOW_SAMPLES,
  ...WEBHOOK_SAMPLES,
  ...PAYMENT_SAMPLES,
  ...SCHEDULE_SAMPLES,
  ...INVOICE_SAMPLES,
  ...SETTLEMENT_SAMPLES,
  {
    operation: "messages.create",
    method: "POST",
    route: "/api/v2/messages",
    url: "/api/v2/messages",
    body: { from: "ACME", to: "+12025550143", text: "hello" },
    status: 202,
  },
  {
    operation: "messages.list",
    method: "GET",
    route: "/api/v2/messages",
    url: "/api/v2/messages?tenant_id=TENANT-001",
    foreignUrl: "/api/v2/messages?tenant_id=TENANT-002",
    status: 200,
  },
  {
    operation: "messages.read",
    method: "GET",
    route: "/api/v2/messages/:id",
    url: `/api/v2/messages/${MESSAGE_1}`,
    foreignUrl: `/api/v2/messages/${MESSAGE_2}`,
    status: 200,
  },
  {
    operation: "usage_events.create",
    method: "POST",
    route: "/api/v2/usage-events",
    url: "/api/v2/usage-events",
    body: { event_type: "sms.delivered", channel: "sms", tenant_id: "TENANT-001" },
    status: 201,
  },
  {
    operation: "admin_keys.create",
    method: "POST",
    route: "/api/v2/admin-keys",
    url: "/api/v2/admin-keys",
    body: { name: "Anna", role: "finance" },
    status: 201,
  },
  {
    operation: "admin_keys.list",
    method: "GET",
    route: "/api/v2/admin-keys",
    url: "/api/v2/admin-keys",
    status: 200,
  },
  {
    operation: "admin_keys.revoke",
    method: "DELETE",
    route: "/api/v2/admin-keys/:id",
    url: `/api/v2/admin-keys/${ADMIN_KEY}`,
    status: 204,
  },
  {
    operation: "api_keys.create",
    method: "POST",
    route: `${T}/:id/api-keys`,
    url: `${T}/TENANT-001/api-keys`,
    foreignUrl: `${T}/TENANT-002/api-keys`,
    status: 201,
  },
  {
    operation: "api_keys.list",
    method: "GET",
    route: `${T}/:id/api-keys`,
    url: `${T}/TENANT-001/api-keys`,
    foreignUrl: `${T}/TENANT-002/api-keys`,
    status: 200,
  },
  {
    operation: "api_keys.revoke",
    method: "DELETE",
    route: `${T}/:id/api-keys/:keyId`,
    url: `${T}/TENANT-001/api-keys/${KEY_1}`,
    foreignUrl: `${T}/TENANT-002/api-keys/${KEY_2}`,
    status: 204,
  },
];

export interface Opened {
  readonly platform: FakePlatform;
  readonly gateway: FastifyInstance;
}

export async function openGateway(
  settings: Partial<Parameters<typeof createRestGateway>[1]> = {},
): Promise<Opened> {
  const platform = createFakePlatform();
  platform.rateCards.push({
    v: 1,
    rateCardId: "RC-0",
    version: 1,
    validFrom: 0,
    storedAt: 0,
    source: JSON.stringify({ ...RATE_CARD_SOURCE_EXAMPLE, rate_card_id: "RC-0" }),
    name: "Zero",
    currency: "USD",
    actor: "owner",
  });
  const gateway = await createRestGateway(platform.dependencies, {
    adminToken: ADMIN_TOKEN,
    version: "0.0.0",
    eventLoopDelayMsMax: 0,
    failuresPerSecond: 1_000_000,
    waitMs: 0,
    ...settings,
  });
  return { platform, gateway };
}

interface Call {
  readonly token?: string | null;
  readonly body?: unknown;
  /** Of the body; JSON if left out. */
  readonly type?: string | undefined;
  readonly headers?: Record<string, string>;
}

/** Calls the gateway as the first owner unless told otherwise; a string or bytes go as they are. */
export function call(
  gateway: FastifyInstance,
  method: Method,
  url: string,
  { token = ADMIN_TOKEN, body, type = "application/json", headers = {} }: Call = {},
): Promise<LightMyRequestResponse> {
  return gateway.inject({
    method,
    url,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": type }),
      ...headers,
    },
    ...(body === undefined
      ? {}
      : { payload: typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
  });
}

/** Reads an answer that must be problem+json, with all its members. */
export function problem(answer: LightMyRequestResponse): {
  code: string;
  detail: string;
  errors: { path: string; message: string }[];
} {
  const body = answer.json();
  const complete =
    String(answer.headers["content-type"]).startsWith("application/problem+json") &&
    body.status === answer.statusCode &&
    body.type === `urn:catalyst:problem:${body.code}` &&
    body.title !== "" &&
    body.requestId === answer.headers["x-request-id"];
  if (!complete) throw new Error(`no problem: ${answer.statusCode} ${answer.body}`);
  return body;
}
