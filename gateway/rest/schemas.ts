import { z } from "zod";
import { parseMoney } from "#domain/money/money.ts";
import type { WalletConfiguration } from "#domain/tenants/tenant.ts";

export const TENANT_EXAMPLE = "TENANT-001";
export const UUID_EXAMPLE = "01936f2e-7c1a-7000-8000-5a1b2c3d4e5f";
export const TIME_EXAMPLE = "2026-11-23T21:33:00.000Z";

export const tenantId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be 1 to 64 letters, digits, dots, dashes or underscores")
  .meta({ examples: [TENANT_EXAMPLE] });

export const uuid = z.uuid("must be a UUID").meta({ examples: [UUID_EXAMPLE] });

export const tenantParams = z.object({ id: tenantId.describe("The tenant's id") });

/** A signed amount in a request: a string, or a JSON number that the lossless reader left exact. */
export const amount = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine(
    (text) => parseMoney(text) !== null,
    "must be a decimal with at most 18 decimals and 20 digits before them",
  )
  .meta({ examples: ["100.00"] });

export const notNegativeAmount = amount.refine(
  (text) => (parseMoney(text) ?? 0n) >= 0n,
  "must be zero or more",
);

export const positiveAmount = amount.refine((text) => (parseMoney(text) ?? 1n) > 0n, "must be above zero");

export const timezone = z
  .string()
  .refine(isZone, "must be an IANA time zone such as America/New_York")
  .meta({ examples: ["America/New_York"] });

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

export const country = z
  .string()
  .regex(/^[A-Z]{2}$/, "must be two capital letters (ISO 3166-1)")
  .meta({ examples: ["US"] });

export const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, "must be three capital letters (ISO 4217)")
  .meta({ examples: ["USD"] });

/** RFC 3339 in a request. */
export const time = z.iso.datetime({ offset: true, error: "must be a time such as 2024-12-25T18:00:00Z" });

export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

const limit = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine(
    (text) => parseMoney(text.replace(/%$/, "")) !== null,
    'must be an amount, or a percentage such as "15%"',
  )
  .meta({ examples: ["10"] });

export const thresholds = z
  .strictObject({
    low: limit.nullable().default(null),
    critical: limit.nullable().default(null),
    reference: positiveAmount
      .nullable()
      .default(null)
      .describe("What percentages are of; null: the credit limit"),
    hysteresis_percent: notNegativeAmount
      .default("5")
      .describe("A limit counts again once the balance has risen so many percent of it above"),
  })
  .meta({ examples: [{ low: "10", critical: "1" }] });

/** Thresholds as configuration holds them. */
export function toThresholds({
  hysteresis_percent: hysteresisPercent,
  reference,
  ...limits
}: z.infer<typeof thresholds>): WalletConfiguration["thresholds"] {
  return {
    ...limits,
    ...(reference === null ? {} : { reference }),
    ...(hysteresisPercent === "5" ? {} : { hysteresisPercent }),
  };
}

export const firewall = z
  .strictObject({
    blocked_keywords: z.array(z.string().min(1).max(100)).max(1000, "may hold 1,000 keywords").default([]),
    per_destination_per_minute: z.int().min(1).nullable().default(null),
  })
  .meta({ examples: [{ blocked_keywords: ["lottery"], per_destination_per_minute: 5 }] });

/** Of whoever is to be called: which addresses may be is found out when that is done. */
export const webhookUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).max(2000);

export const webhook = z
  .strictObject({ url: webhookUrl })
  .meta({ examples: [{ url: "https://acme.example/hooks/catalyst" }] });

export const taxId = z
  .string()
  .trim()
  .min(1, "must not be empty")
  .max(60, "may have 60 characters")
  .meta({ examples: ["12-3456789"] });

export const billingAddress = z
  .array(z.string().trim().min(1).max(200))
  .max(8, "may have 8 lines")
  .describe("Lines of the postal address, as they are printed")
  .meta({ examples: [["1 Main Street", "Springfield, IL 62701"]] });

/** Header of every POST that takes effect. */
export const idempotencyHeaders = z.object({
  "idempotency-key": z
    .string()
    .optional()
    .describe("The request takes effect once per key; kept for 400 days, its answer for at least one day")
    .meta({ examples: ["order-4711"] }),
});

/** Both kinds of key open the route. */
export const ANY_KEY = [{ tenantKey: [] }, { administrationKey: [] }];
export const ADMINISTRATION_KEY = [{ administrationKey: [] }];
export const TENANT_KEY = [{ tenantKey: [] }];
