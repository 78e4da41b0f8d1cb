import { z } from "zod";
import { actorName } from "#domain/access/actor.ts";
import { PAYMENT_PROVIDERS } from "#domain/payments/ports.ts";
import { parsePercent } from "#domain/money/percent.ts";
import type { OnboardingInput } from "#workflows/tenant-onboarding/api.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute, RouteContext } from "../context.ts";
import { type Effect, idempotencyKey, once, sendEffect } from "../idempotency.ts";
import { type FieldError, ProblemError, problemResponses, validationProblem } from "../problems.ts";
import {
  ADMINISTRATION_KEY,
  billingAddress,
  country,
  currency,
  firewall,
  idempotencyHeaders,
  notNegativeAmount,
  taxId,
  tenantId,
  thresholds,
  timezone,
  toThresholds,
  webhook,
} from "../schemas.ts";
import { API_KEY_PREFIX, mintKey, mintSmppPassword } from "../secrets.ts";
import { defaultSystemId } from "../system-id.ts";
import { TENANT_BODY_EXAMPLE, tenantBody, toTenantBody } from "../tenant-body.ts";

const request = z
  .strictObject({
    tenant_id: tenantId,
    name: z.string().trim().min(1, "must not be empty").max(200, "may have 200 characters"),
    email: z
      .email("must be a mail address")
      .max(254)
      .nullable()
      .default(null)
      .describe("Null: no welcome mail"),
    currency: currency.default("USD"),
    timezone: timezone.default("UTC"),
    country: country.default("US"),
    tax_rate: z
      .union([z.string(), z.number()])
      .transform(String)
      .refine((text) => parsePercent(text) !== null, 'must be a percentage such as "8"')
      .default("0"),
    rate_card_id: z.string().min(1).max(64).nullable().default(null).describe("Card to attach; null: later"),
    kind: z.enum(["prepaid", "postpaid"]).default("prepaid"),
    credit_limit: notNegativeAmount.default("0"),
    thresholds: thresholds.prefault({}),
    trusted_hints: z.boolean().default(false),
    firewall: firewall.default({ blocked_keywords: [], per_destination_per_minute: null }),
    smpp_system_id: z
      .string()
      .regex(/^[!-~]{1,15}$/, "must be 1 to 15 printable ASCII characters")
      .optional()
      .describe("Default: made from the tenant's id"),
    tax_id: taxId.nullable().default(null).describe("VAT id, EIN, GSTIN, …: checked by the country's rule"),
    billing_address: billingAddress.optional(),
    webhook: webhook.nullable().default(null).describe("Its signing secret is shown once"),
    allow_duplicate: z
      .boolean()
      .default(false)
      .describe("Whether another open tenant may have the same tax id, or the same name and mail address"),
    payment_provider: z
      .enum(PAYMENT_PROVIDERS)
      .nullable()
      .default(null)
      .describe("Where it becomes a customer; null: it pays by bank transfer"),
    kyc: z
      .strictObject({
        required: z.boolean(),
        deadline_seconds: z
          .int()
          .min(60)
          .max(90 * 86_400)
          .default(7 * 86_400)
          .describe("Without an answer by then the tenant is rejected"),
      })
      .optional()
      .describe("Whether a person approves the tenant before it opens"),
  })
  .meta({
    examples: [
      {
        tenant_id: "TENANT-001",
        name: "Acme Messaging",
        email: "ops@acme.example",
        timezone: "America/New_York",
        tax_rate: "8",
      },
    ],
  });

type TenantRequest = z.infer<typeof request>;

/** A person's answer takes longer than any client waits: this is for what the flow itself finds wrong. */
const KYC_WAIT_MS = 1_000;

const onboarded = z
  .object({
    status: z.enum(["active", "onboarding"]),
    tenant_id: z.string(),
    tenant: tenantBody.nullable().describe("Null while the onboarding runs"),
    api_key: z.string().nullable().describe("Shown this once; null when the answer is repeated"),
    smpp: z.object({ system_id: z.string(), password: z.string().nullable().describe("Shown this once") }),
    webhook_secret: z
      .string()
      .nullable()
      .describe("Signing secret of the webhook (Standard Webhooks); shown this once"),
    workflow: z.object({ id: z.string(), url: z.string().nullable().describe("In Temporal's Web UI") }),
  })
  .meta({
    examples: [
      {
        status: "active",
        tenant_id: "TENANT-001",
        tenant: TENANT_BODY_EXAMPLE,
        api_key: "cat_live_9fQ2…",
        smpp: { system_id: "TENANT-001", password: "k3V9xQ2a" },
        webhook_secret: null,
        workflow: {
          id: "onboarding-TENANT-001",
          url: "http://127.0.0.1:8233/namespaces/default/workflows/onboarding-TENANT-001",
        },
      },
    ],
  });

/** POST /api/v2/tenants: starts the onboarding flow and waits some seconds for its end. */
export const createTenant: AddRoute = (gateway, context) => {
  const { dependencies } = context;
  gateway.route({
    method: "POST",
    url: "/api/v2/tenants",
    config: { operation: "tenants.create", body: "lossless" },
    schema: {
      operationId: "createTenant",
      summary: "Onboard a tenant",
      description:
        "201 with the tenant once its onboarding is through, 202 while it still runs or waits for a person's approval. Secrets are shown once.",
      tags: ["tenants"],
      security: ADMINISTRATION_KEY,
      headers: idempotencyHeaders,
      body: request,
      response: { 201: onboarded, 202: onboarded, ...problemResponses(400, 409, 413, 415, 422) },
    },
    handler: async (httpRequest, reply) => {
      const { body } = httpRequest;
      const effect = await once(
        dependencies.idempotency,
        {
          scope: "administration:tenants",
          key: idempotencyKey(httpRequest),
          body,
          resourceIds: [dependencies.newId()],
          now: dependencies.clock.now(),
          fromIds: () => {
            throw new ProblemError(
              "already_exists",
              `Tenant ${body.tenant_id} was onboarded with this key: read it at /api/v2/tenants/${body.tenant_id}.`,
            );
          },
        },
        ([walletId = ""]) => onboard(context, body, walletId, actorName(actorOf(httpRequest))),
      );
      return sendEffect(reply, effect);
    },
  });
};

async function onboard(
  { dependencies, waitMs }: RouteContext,
  body: TenantRequest,
  walletId: string,
  actor: string,
): Promise<Effect> {
  const apiKey = mintKey(dependencies.randomBytes, API_KEY_PREFIX);
  const password = mintSmppPassword(dependencies.randomBytes);
  const systemId = body.smpp_system_id ?? defaultSystemId(body.tenant_id);
  const input: OnboardingInput = {
    tenantId: body.tenant_id,
    name: body.name,
    email: body.email,
    timezone: body.timezone,
    country: body.country,
    taxRate: body.tax_rate,
    wallet: {
      walletId,
      currency: body.currency,
      kind: body.kind,
      creditLimit: body.credit_limit,
      thresholds: toThresholds(body.thresholds),
    },
    rateCardId: body.rate_card_id,
    trustedHints: body.trusted_hints,
    firewall: {
      blockedKeywords: body.firewall.blocked_keywords,
      perDestinationPerMinute: body.firewall.per_destination_per_minute,
    },
    apiKey: { hash: apiKey.hash, last4: apiKey.lastFour },
    smppAccount: { systemId, passwordHash: await dependencies.hashPassword(password) },
    ...optionalInput(body),
    actor,
  };
  const outcome = await dependencies.onboarding.onboard(input, input.kyc ? KYC_WAIT_MS : waitMs);
  if (outcome.kind === "exists") {
    throw new ProblemError(
      "already_exists",
      `There is a tenant ${body.tenant_id} already: choose another tenant_id.`,
      {
        errors: [{ path: "tenant_id", message: "is taken" }],
      },
    );
  }
  if (outcome.kind === "duplicate") throw duplicate(outcome.problems.map(toRequestField));
  if (outcome.kind === "refused") throw validationProblem(outcome.problems.map(toRequestField));
  const tenant = outcome.kind === "completed" ? await dependencies.tenants.get(body.tenant_id) : null;
  const shown = {
    status: outcome.kind === "completed" ? ("active" as const) : ("onboarding" as const),
    tenant_id: body.tenant_id,
    tenant: tenant === null ? null : toTenantBody(tenant),
    workflow: { id: outcome.workflowId, url: outcome.url },
  };
  return {
    status: outcome.kind === "completed" ? 201 : 202,
    body: {
      ...shown,
      api_key: apiKey.key,
      smpp: { system_id: systemId, password },
      webhook_secret: body.webhook === null ? null : dependencies.webhookSecret(walletId),
    },
    stored: { ...shown, api_key: null, smpp: { system_id: systemId, password: null }, webhook_secret: null },
  };
}

/** What is not asked for is absent: an onboarding of the same input has the same fingerprint in every release. */
function optionalInput(body: TenantRequest): Partial<OnboardingInput> {
  const { kyc } = body;
  return {
    ...(body.tax_id === null ? {} : { taxId: body.tax_id }),
    ...(body.billing_address === undefined ? {} : { billingAddress: body.billing_address }),
    ...(body.webhook === null ? {} : { webhookUrl: body.webhook.url }),
    ...(body.allow_duplicate ? { allowDuplicate: true } : {}),
    ...(body.payment_provider === null ? {} : { paymentProvider: body.payment_provider }),
    ...(kyc?.required === true ? { kyc: { deadlineSeconds: kyc.deadline_seconds } } : {}),
  };
}

function duplicate(errors: readonly FieldError[]): ProblemError {
  const [field = { path: "tenant_id", message: "" }] = errors;
  return new ProblemError(
    "already_exists",
    `Another open tenant has the same ${field.path}: say allow_duplicate where that is meant.`,
    { errors },
  );
}

/** Paths of OnboardingInput, by the request's names where they differ. */
const REQUEST_FIELDS: Readonly<Record<string, string>> = {
  "wallet.currency": "currency",
  "wallet.kind": "kind",
  "wallet.creditLimit": "credit_limit",
  "wallet.thresholds": "thresholds",
  tenantId: "tenant_id",
  taxRate: "tax_rate",
  rateCardId: "rate_card_id",
  trustedHints: "trusted_hints",
  systemId: "smpp_system_id",
  "smppAccount.systemId": "smpp_system_id",
  taxId: "tax_id",
  webhookUrl: "webhook.url",
  billingAddress: "billing_address",
  paymentProvider: "payment_provider",
};

function toRequestField({ path, message }: { readonly path: string; readonly message: string }) {
  return { path: REQUEST_FIELDS[path] ?? path, message };
}
