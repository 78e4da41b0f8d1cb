import { z } from "zod";

/** A wallet of a tenant, as configuration; its balance lives in the ledger. Amounts are decimal strings. */
export const walletConfiguration = z.object({
  /** UUIDv7. */
  walletId: z.string(),
  /** ISO 4217. */
  currency: z.string().length(3),
  kind: z.enum(["prepaid", "postpaid"]),
  /** How far below zero reservations may go ("0" for prepaid). */
  creditLimit: z.string(),
  thresholds: z.object({ low: z.string().nullable(), critical: z.string().nullable() }),
});

export type WalletConfiguration = z.infer<typeof walletConfiguration>;

/** What every process knows of a tenant; travels on control.tenants, keyed by tenantId. No secrets but hashes. */
export const tenantConfiguration = z.object({
  v: z.literal(1),
  tenantId: z.string(),
  /** Grows with every change; an older revision never replaces a newer one. */
  revision: z.number().int(),
  name: z.string(),
  email: z.string().nullable(),
  status: z.enum(["onboarding", "active", "suspended", "closed"]),
  /** IANA zone: the month of volume tiers turns in it. */
  timezone: z.string(),
  /** ISO 3166-1 alpha-2: default region for national numbers. */
  country: z.string(),
  /** Percent as a decimal string, "8" = 8 %. */
  taxRate: z.string(),
  rateCardId: z.string().nullable(),
  /** The wallet that ingress charges (first of `wallets`). */
  wallets: z.array(walletConfiguration),
  /** Whether this tenant's own operator/country hint is believed. */
  trustedHints: z.boolean(),
  webhook: z.object({ url: z.string(), secret: z.string() }).nullable(),
  firewall: z.object({
    blockedKeywords: z.array(z.string()),
    /** Most messages per destination in a minute, null = the platform's default. */
    perDestinationPerMinute: z.number().int().min(1).nullable(),
  }),
});

export type TenantConfiguration = z.infer<typeof tenantConfiguration>;
