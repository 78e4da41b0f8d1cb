import { z } from "zod";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { TENANT_EXAMPLE, UUID_EXAMPLE } from "./schemas.ts";
import { PAYMENT_SETTINGS_EXAMPLE, paymentFields, toPaymentSettingsBody } from "./tenant-payment-body.ts";
import { INVOICING_EXAMPLE, invoicingFields, toInvoicingBody } from "./tenant-invoicing-body.ts";
import { TERMS_EXAMPLE, termsFields, toTermsBody } from "./tenant-terms-body.ts";

const fields = z.object({
  tenant_id: z.string(),
  revision: z.int(),
  name: z.string(),
  email: z.string().nullable(),
  status: z.enum(["onboarding", "active", "suspended", "closed"]),
  timezone: z.string(),
  country: z.string(),
  tax_rate: z.string().describe("Percent"),
  rate_card_id: z.string().nullable(),
  trusted_hints: z.boolean().describe("Whether the tenant's own country and operator are believed"),
  wallets: z.array(
    z.object({
      wallet_id: z.string(),
      currency: z.string(),
      kind: z.enum(["prepaid", "postpaid"]),
      credit_limit: z.string(),
      thresholds: z.object({
        low: z.string().nullable(),
        critical: z.string().nullable(),
        reference: z.string().nullable(),
        hysteresis_percent: z.string(),
      }),
      contract: z.string().nullable(),
      rate_card_id: z.string().nullable().describe("In place of the tenant's"),
      channels: z.array(z.string()).nullable().describe("Null: all that no other wallet names"),
    }),
  ),
  webhook: z.object({ url: z.string() }).nullable(),
  firewall: z.object({
    blocked_keywords: z.array(z.string()),
    per_destination_per_minute: z.int().nullable(),
  }),
  ...termsFields,
  ...invoicingFields,
  ...paymentFields,
});

export const TENANT_BODY_EXAMPLE: z.infer<typeof fields> = {
  tenant_id: TENANT_EXAMPLE,
  revision: 3,
  name: "Acme Messaging",
  email: "ops@acme.example",
  status: "active",
  timezone: "America/New_York",
  country: "US",
  tax_rate: "8",
  rate_card_id: "RC-TENANT-001",
  trusted_hints: false,
  wallets: [
    {
      wallet_id: UUID_EXAMPLE,
      currency: "USD",
      kind: "prepaid",
      credit_limit: "0",
      thresholds: { low: "10", critical: "1", reference: null, hysteresis_percent: "5" },
      contract: null,
      rate_card_id: null,
      channels: null,
    },
  ],
  webhook: { url: "https://acme.example/hooks/catalyst" },
  firewall: { blocked_keywords: ["lottery"], per_destination_per_minute: 5 },
  ...TERMS_EXAMPLE,
  ...INVOICING_EXAMPLE,
  ...PAYMENT_SETTINGS_EXAMPLE,
};

/** A tenant as the API shows it: no hash, no webhook secret. */
export const tenantBody = fields.meta({ id: "Tenant", examples: [TENANT_BODY_EXAMPLE] });

export function toTenantBody(tenant: TenantConfiguration): z.infer<typeof fields> {
  return {
    tenant_id: tenant.tenantId,
    revision: tenant.revision,
    name: tenant.name,
    email: tenant.email,
    status: tenant.status,
    timezone: tenant.timezone,
    country: tenant.country,
    tax_rate: tenant.taxRate,
    rate_card_id: tenant.rateCardId,
    trusted_hints: tenant.trustedHints,
    wallets: tenant.wallets.map(toWalletBody),
    webhook: tenant.webhook === null ? null : { url: tenant.webhook.url },
    firewall: {
      blocked_keywords: tenant.firewall.blockedKeywords,
      per_destination_per_minute: tenant.firewall.perDestinationPerMinute,
    },
    ...toTermsBody(tenant),
    ...toInvoicingBody(tenant),
    ...toPaymentSettingsBody(tenant),
  };
}

function toWalletBody(wallet: TenantConfiguration["wallets"][number]) {
  const { low, critical, reference, hysteresisPercent } = wallet.thresholds;
  return {
    wallet_id: wallet.walletId,
    currency: wallet.currency,
    kind: wallet.kind,
    credit_limit: wallet.creditLimit,
    thresholds: {
      low,
      critical,
      reference: reference ?? null,
      hysteresis_percent: hysteresisPercent ?? "5",
    },
    contract: wallet.contract ?? null,
    rate_card_id: wallet.rateCardId ?? null,
    channels: wallet.channels ?? null,
  };
}
