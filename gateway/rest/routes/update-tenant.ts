import { z } from "zod";
import { type Actor, actorName } from "#domain/access/actor.ts";
import { mayChange, TENANT_FIELD_PERMISSIONS, type TenantField } from "#domain/access/permissions.ts";
import { parsePercent } from "#domain/money/percent.ts";
import { parseTaxId } from "#domain/tax/tax-id.ts";
import { invoicingSchedule, invoicingScheduleId } from "#domain/invoicing/schedule.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import type { TenantChange } from "#domain/tenants/tenant-store.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute, RouteContext } from "../context.ts";
import { fieldProblem, ProblemError, problemResponses } from "../problems.ts";
import {
  ANY_KEY,
  country,
  firewall,
  notNegativeAmount,
  tenantParams,
  thresholds,
  timezone,
  toThresholds,
  webhook,
} from "../schemas.ts";
import { noSuchTenant, visibleTenant } from "../tenant-access.ts";
import { TENANT_BODY_EXAMPLE, tenantBody, toTenantBody } from "../tenant-body.ts";
import { assertTenantsOwnPayment, paymentChange, paymentPatch } from "../tenant-payment-body.ts";
import { invoicingChange, invoicingPatch } from "../tenant-invoicing-body.ts";
import { termsChange, termsPatch } from "../tenant-terms-body.ts";

const request = z
  .strictObject({
    name: z.string().trim().min(1).max(200).optional(),
    email: z.email("must be a mail address").max(254).nullable().optional(),
    timezone: timezone.optional().describe("The month of volume tiers turns in it"),
    country: country.optional(),
    tax_rate: z
      .union([z.string(), z.number()])
      .transform(String)
      .refine((text) => parsePercent(text) !== null, 'must be a percentage such as "8"')
      .optional(),
    rate_card_id: z.string().min(1).max(64).nullable().optional(),
    credit_limit: notNegativeAmount.optional(),
    thresholds: thresholds.optional(),
    trusted_hints: z.boolean().optional(),
    status: z.enum(["active", "suspended", "closed"]).optional(),
    webhook: webhook.nullable().optional().describe("Each new URL gets a new signing secret, shown once"),
    firewall: firewall.optional(),
    ...termsPatch,
    ...invoicingPatch,
    ...paymentPatch,
    expected_revision: z
      .int()
      .min(1)
      .optional()
      .describe("The change is refused when the tenant is at another revision"),
  })
  .meta({ examples: [{ rate_card_id: "RC-TENANT-001", thresholds: { low: "10", critical: "1" } }] });

type TenantPatch = z.infer<typeof request>;

const changed = z
  .object({
    tenant: tenantBody,
    webhook_secret: z
      .string()
      .nullable()
      .describe("Signing secret of a new webhook URL (Standard Webhooks); shown once"),
  })
  .meta({ examples: [{ tenant: TENANT_BODY_EXAMPLE, webhook_secret: null }] });

/** Standard Webhooks asks for 24 to 64 random bytes. */
const WEBHOOK_SECRET_BYTES = 32;

/** PATCH /api/v2/tenants/:id: what is absent stays. */
export const updateTenant: AddRoute = (gateway, context) => {
  const { dependencies } = context;
  gateway.route({
    method: "PATCH",
    url: "/api/v2/tenants/:id",
    config: { operation: "tenants.update", body: "lossless" },
    schema: {
      operationId: "updateTenant",
      summary: "Change a tenant's settings",
      description:
        "Which key may change which field stands in the documentation. A tenant changes its own webhook, firewall, thresholds, payment method and automatic recharge.",
      tags: ["tenants"],
      security: ANY_KEY,
      params: tenantParams,
      body: request,
      response: { 200: changed, ...problemResponses(400, 404, 409, 413, 415) },
    },
    handler: async (httpRequest) => {
      const actor = actorOf(httpRequest);
      const { id } = httpRequest.params;
      const current = await visibleTenant(httpRequest, dependencies, id);
      assertMayChange(actor, httpRequest.body);
      if (actor.kind === "tenant") assertTenantsOwnPayment(httpRequest.body);
      const converts = current.fx !== undefined || httpRequest.body.fx !== undefined;
      const currency = converts ? undefined : current.wallets[0]?.currency;
      assertTaxId(httpRequest.body, current.country);
      await assertRateCard(context, httpRequest.body.rate_card_id, currency);
      const webhook = newWebhook(context, httpRequest.body.webhook, current.webhook?.url);
      const outcome = await dependencies.tenants.change(
        id,
        {
          ...toChange(withTaxId(httpRequest.body, current.country), webhook, dependencies.clock.now()),
          ...paymentChange(httpRequest.body, current),
        },
        { actor: actorName(actor), ...expectedRevision(httpRequest.body, current) },
      );
      if (outcome.kind === "unknown") throw noSuchTenant(id);
      if (outcome.kind === "stale") {
        throw new ProblemError(
          "conflict",
          `The tenant is at revision ${outcome.configuration.revision}: read it again.`,
        );
      }
      await followSchedule(context, httpRequest.body, outcome.configuration);
      return { tenant: toTenantBody(outcome.configuration), webhook_secret: webhook?.secret ?? null };
    },
  });
};

/** Settings of payment are merged with those that were read: of two changes at once one is refused. */
function expectedRevision(
  { expected_revision: expected, payment }: TenantPatch,
  { revision }: TenantConfiguration,
): { expectedRevision?: number } {
  if (expected !== undefined) return { expectedRevision: expected };
  return payment === undefined || payment === null ? {} : { expectedRevision: revision };
}

/** As it is kept and compared. */
function withTaxId(patch: TenantPatch, country: string): TenantPatch {
  const { tax_id: text } = patch;
  return text ? { ...patch, tax_id: parseTaxId(text, patch.country ?? country) } : patch;
}

function assertTaxId({ tax_id: text, country: moved }: TenantPatch, country: string): void {
  const place = moved ?? country;
  if (text && parseTaxId(text, place) === null) throw fieldProblem("tax_id", `is no tax id of ${place}`);
}

/** Its invoices are made by a schedule in its zone; the same change again, where Temporal was away, makes it follow. */
async function followSchedule(
  { dependencies }: RouteContext,
  patch: TenantPatch,
  tenant: TenantConfiguration,
): Promise<void> {
  if (tenant.status === "closed") {
    await dependencies.schedules.delete(invoicingScheduleId(tenant.tenantId));
  } else if (patch.invoicing !== undefined || patch.timezone !== undefined) {
    await dependencies.schedules.put(invoicingSchedule(tenant));
  }
}

function assertMayChange(actor: Actor, patch: TenantPatch): void {
  const refused = (Object.keys(TENANT_FIELD_PERMISSIONS) as TenantField[]).filter(
    (field) => patch[field] !== undefined && !mayChange(actor, field),
  );
  if (refused.length === 0) return;
  throw new ProblemError("forbidden", `This key may not change ${refused.join(", ")}.`, {
    errors: refused.map((field) => ({
      path: field,
      message: `may be changed by: ${TENANT_FIELD_PERMISSIONS[field].join(", ")}`,
    })),
  });
}

async function assertRateCard(
  { dependencies }: RouteContext,
  rateCardId: string | null | undefined,
  currency: string | undefined,
): Promise<void> {
  if (rateCardId === undefined || rateCardId === null) return;
  const [latest] = await dependencies.rateCards.versions(rateCardId);
  const message =
    latest === undefined
      ? "is no rate card: create it first"
      : currency !== undefined && latest.currency !== currency
        ? `is in ${latest.currency}, the wallet in ${currency}: name a card in ${currency}, or set fx, so that its prices are exchanged`
        : null;
  if (message === null) return;
  throw new ProblemError("validation_failed", `rate_card_id: ${message}`, {
    errors: [{ path: "rate_card_id", message }],
  });
}

/** Undefined: the webhook stays as it is. */
function newWebhook(
  { dependencies }: RouteContext,
  wanted: TenantPatch["webhook"],
  currentUrl: string | undefined,
): { url: string; secret: string } | null | undefined {
  if (wanted === undefined || wanted === null) return wanted;
  if (wanted.url === currentUrl) return undefined;
  const secret = Buffer.from(dependencies.randomBytes(WEBHOOK_SECRET_BYTES)).toString("base64");
  return { url: wanted.url, secret: `whsec_${secret}` };
}

function toChange(
  patch: TenantPatch,
  webhook: { url: string; secret: string } | null | undefined,
  now: number,
): TenantChange {
  return {
    ...termsChange(patch, now),
    ...invoicingChange(patch),
    ...(patch.name === undefined ? {} : { name: patch.name }),
    ...(patch.email === undefined ? {} : { email: patch.email }),
    ...(patch.timezone === undefined ? {} : { timezone: patch.timezone }),
    ...(patch.country === undefined ? {} : { country: patch.country }),
    ...(patch.tax_rate === undefined ? {} : { taxRate: patch.tax_rate }),
    ...(patch.rate_card_id === undefined ? {} : { rateCardId: patch.rate_card_id }),
    ...(patch.credit_limit === undefined ? {} : { creditLimit: patch.credit_limit }),
    ...(patch.thresholds === undefined ? {} : { thresholds: toThresholds(patch.thresholds) }),
    ...(patch.trusted_hints === undefined ? {} : { trustedHints: patch.trusted_hints }),
    ...(patch.status === undefined ? {} : { status: patch.status }),
    ...(webhook === undefined ? {} : { webhook }),
    ...(patch.firewall === undefined
      ? {}
      : {
          firewall: {
            blockedKeywords: patch.firewall.blocked_keywords,
            perDestinationPerMinute: patch.firewall.per_destination_per_minute,
          },
        }),
  };
}
