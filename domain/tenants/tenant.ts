import { z } from "zod";
import { frozenDestination } from "#domain/fraud/destination-schema.ts";
import { fxSettings } from "#domain/fx/fx-rates.ts";
import { taxSettings } from "#domain/tax/tax-settings.ts";

/** A wallet of a tenant, as configuration; its balance lives in the ledger. Amounts are decimal strings. */
export const walletConfiguration = z.object({
  /** UUIDv7. */
  walletId: z.string(),
  /** ISO 4217. */
  currency: z.string().length(3),
  kind: z.enum(["prepaid", "postpaid"]),
  /** How far below zero reservations may go ("0" for prepaid). */
  creditLimit: z.string(),
  thresholds: z.object({
    /** Decimal, or percent of `reference` ("15%"). */
    low: z.string().nullable(),
    critical: z.string().nullable(),
    /** What percentages are of, decimal; default: the credit limit. */
    reference: z.string().nullable().optional(),
    /** A limit that was crossed counts again once the balance has risen so many percent of it above; default 5. */
    hysteresisPercent: z.string().optional(),
  }),
  /** The contract that it belongs to: the card's contract_rates by that name hold. */
  contract: z.string().nullable().optional(),
  /** In place of the tenant's. */
  rateCardId: z.string().nullable().optional(),
  /** Rating channels that it pays for; absent: all that no other wallet names. */
  channels: z.array(z.string()).nullable().optional(),
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
  /** Destinations that it may not reach; fraud cases alone write them. */
  frozenDestinations: z.array(frozenDestination).optional(),
  /** YYYY-MM-DD: loyalty discounts count from here. */
  customerSince: z.string().nullable().optional(),
  /** Signed percent on every price of the card. */
  markupPercent: z.string().optional(),
  /** The promotion that it has redeemed; one at a time. `redeemedAt` in epoch ms. */
  promotion: z.object({ code: z.string(), redeemedAt: z.number().int() }).nullable().optional(),
  /** Who brought this customer, and what share of each charge's revenue or margin is theirs. */
  partner: z
    .object({ partnerId: z.string(), commissionPercent: z.string(), of: z.enum(["revenue", "margin"]) })
    .nullable()
    .optional(),
  /** Services that it pays for by the month. */
  subscriptions: z.array(z.enum(["firewall"])).optional(),
  /** What a critical balance leads to: a suspension after the grace period (default: none for prepaid, a day for postpaid), or nothing. */
  suspension: z
    .object({ automatic: z.boolean(), graceSeconds: z.number().int().min(0).max(7_776_000).optional() })
    .optional(),
  /** VAT id, EIN, GSTIN, …; shown on invoices. */
  taxId: z.string().nullable().optional(),
  /** Where bills go: lines of the postal address, as they are printed. */
  billingAddress: z.array(z.string()).optional(),
  /** How its usage is invoiced; absent: daily, payable within 14 days. */
  invoicing: z
    .object({
      cycle: z.enum(["daily", "weekly", "monthly"]),
      /** Days from issue to due. */
      paymentTermDays: z.number().int().min(0).max(180),
      /** Taken off when it is paid so many days after issue. */
      earlyPayment: z.object({ percent: z.string(), days: z.number().int().min(1).max(180) }).nullable(),
      /** Least net amount of a period, decimal: what is missing is a line of its own. */
      commitment: z.string().nullable(),
      /** BCP 47, of its documents. */
      language: z.string(),
      paper: z.enum(["A4", "letter"]),
    })
    .optional(),
  /** How it pays; absent or null: by bank transfer. */
  payment: z
    .object({
      provider: z.enum(["stripe", "paypal"]),
      /** The provider's ids. */
      customerId: z.string().nullable(),
      /** Charged without the payer; null: each payment waits for the payer. */
      paymentMethodId: z.string().nullable(),
      autoRecharge: z
        .object({
          /** What is bought each time, decimal in the wallet's currency. */
          amount: z.string(),
          /** Most of it in a calendar month of the tenant's zone, decimal. */
          monthlyCap: z.string(),
        })
        .nullable(),
    })
    .nullable()
    .optional(),
  /** Where alerts of the balance go besides mail. */
  alerts: z
    .object({
      /** E.164 numbers, told by SMS through the tenant's own channel. */
      sms: z.array(z.string()).max(5),
      webhook: z.boolean(),
    })
    .optional(),
  /** In place of taxRate. */
  tax: taxSettings.nullable().optional(),
  /** For cards in another currency than the wallet's. */
  fx: fxSettings.optional(),
  /**
   * What ingress does while the wallet's store is away: `hold` refuses for the moment (the client tries again), `capped` lets each
   * process accept up to `cap` unreserved, `reject` refuses for good.
   */
  whenWalletAway: z
    .object({ policy: z.enum(["hold", "capped", "reject"]), cap: z.string().optional() })
    .optional(),
});

export type TenantConfiguration = z.infer<typeof tenantConfiguration>;
