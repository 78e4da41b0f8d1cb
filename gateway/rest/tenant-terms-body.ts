import { z } from "zod";
import { parseMoney } from "#domain/money/money.ts";
import { parsePercent, parseSignedPercent } from "#domain/money/percent.ts";
import { dayNumber } from "#domain/rating/zone-clock.ts";
import type { TenantChange } from "#domain/tenants/tenant-store.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { readNumber } from "#domain/messages/numbers.ts";
import { billingAddress, notNegativeAmount, taxId } from "./schemas.ts";

const day = z
  .string()
  .refine((text) => dayNumber(text) !== null, "must be a calendar day such as 2026-01-31")
  .meta({ examples: ["2026-01-31"] });

const percent = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine((text) => parsePercent(text) !== null, 'must be a percentage from 0 to 1000 such as "8"')
  .meta({ examples: ["8"] });

const signedPercent = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine((text) => parseSignedPercent(text) !== null, 'must be a percentage from -100 to 1000 such as "2.5"')
  .meta({ examples: ["2.5"] });

/** E.164 with +: whoever is told in the night has one number, whatever the tenant's country is. */
const number = z
  .string()
  .transform((text) => (text.startsWith("+") ? readNumber(text, "ZZ")?.number : undefined))
  .refine((read) => read !== undefined, "must be a number with its country code such as +12025550143")
  .transform(String)
  .meta({ examples: ["+12025550143"] });

const tax = z
  .strictObject({
    taxes: z
      .array(
        z.strictObject({
          name: z.string().min(1).max(60),
          percent,
          jurisdiction: z.string().max(20).optional(),
          compound: z.boolean().default(false).describe("Levied on the taxes before it, too"),
        }),
      )
      .max(10, "may hold 10 taxes"),
    inclusive: z.boolean().default(false).describe("Whether the card's prices contain the taxes"),
    exemptions: z
      .array(
        z.strictObject({
          tax: z.string().describe("Name of the tax"),
          certificate: z.string().min(1).max(100),
          valid_from: day,
          valid_to: day.nullable().default(null).describe("The first day without"),
        }),
      )
      .max(50, "may hold 50 exemptions")
      .default([]),
    reverse_charge: z
      .strictObject({ registration: z.string().min(1).max(60) })
      .nullable()
      .default(null)
      .describe("The customer owes the taxes itself: none is levied"),
  })
  .refine(({ taxes, exemptions }) => exemptions.every((one) => taxes.some(({ name }) => name === one.tax)), {
    path: ["exemptions"],
    error: "name a tax that is not in taxes",
  })
  .refine(({ taxes }) => new Set(taxes.map(({ name }) => name)).size === taxes.length, {
    path: ["taxes"],
    error: "hold the same name twice",
  })
  .meta({
    examples: [
      {
        taxes: [{ name: "VAT", percent: "19", jurisdiction: "DE" }],
        exemptions: [{ tax: "VAT", certificate: "DE-4711", valid_from: "2026-01-01", valid_to: null }],
      },
    ],
  });

/** Fields of a tenant that decide its prices, in a request. */
export const termsPatch = {
  customer_since: day.nullable().optional().describe("Loyalty discounts count from here"),
  markup_percent: signedPercent.optional().describe("On every price of the card"),
  promotion: z
    .strictObject({ code: z.string().min(1).max(40) })
    .nullable()
    .optional()
    .describe("Redeems one of the card's promotions in place of any other; null ends it"),
  partner: z
    .strictObject({
      partner_id: z.string().min(1).max(64),
      commission_percent: percent,
      of: z.enum(["revenue", "margin"]).default("revenue"),
    })
    .nullable()
    .optional(),
  tax: tax.nullable().optional().describe("In place of tax_rate; null: tax_rate again"),
  fx: z
    .strictObject({
      markup_percent: signedPercent.default("0"),
      max_age_seconds: z.int().min(1).max(31_622_400).default(129_600),
    })
    .optional(),
  subscriptions: z
    .array(z.enum(["firewall"]))
    .transform((services) => [...new Set(services)])
    .optional()
    .describe("Services that it pays for by the month"),
  tax_id: taxId.nullable().optional().describe("VAT id, EIN, GSTIN, …: checked by the country's rule"),
  billing_address: billingAddress.optional(),
  alerts: z
    .strictObject({
      sms: z
        .array(number)
        .max(5, "may hold 5 numbers")
        .transform((numbers) => [...new Set(numbers)])
        .default([]),
      webhook: z.boolean().default(false),
    })
    .optional()
    .describe("Where alerts of the balance go besides mail"),
  suspension: z
    .strictObject({ automatic: z.boolean(), grace_seconds: z.int().min(0).max(7_776_000).optional() })
    .optional()
    .describe("Of a critical balance; grace by default: none for prepaid wallets, a day for postpaid ones"),
  when_wallet_away: z
    .strictObject({ policy: z.enum(["hold", "capped", "reject"]), cap: notNegativeAmount.optional() })
    .refine(
      ({ policy, cap }) => (policy === "capped") === (cap !== undefined && (parseMoney(cap) ?? 0n) > 0n),
      {
        path: ["cap"],
        error: "belongs to the policy capped, and must be above zero",
      },
    )
    .optional(),
};

const patch = z.object(termsPatch);

/** @param now epoch ms: when a promotion is redeemed. */
export function termsChange(body: z.infer<typeof patch>, now: number): TenantChange {
  return {
    ...(body.customer_since === undefined ? {} : { customerSince: body.customer_since }),
    ...(body.markup_percent === undefined ? {} : { markupPercent: body.markup_percent }),
    ...(body.promotion === undefined
      ? {}
      : { promotion: body.promotion === null ? null : { code: body.promotion.code, redeemedAt: now } }),
    ...(body.partner === undefined
      ? {}
      : { partner: body.partner === null ? null : toPartner(body.partner) }),
    ...(body.tax === undefined ? {} : { tax: body.tax === null ? null : toTax(body.tax) }),
    ...(body.fx === undefined
      ? {}
      : { fx: { markupPercent: body.fx.markup_percent, maxAgeSeconds: body.fx.max_age_seconds } }),
    ...(body.subscriptions === undefined ? {} : { subscriptions: body.subscriptions }),
    ...(body.tax_id === undefined ? {} : { taxId: body.tax_id }),
    ...(body.billing_address === undefined ? {} : { billingAddress: body.billing_address }),
    ...(body.alerts === undefined ? {} : { alerts: body.alerts }),
    ...(body.suspension === undefined
      ? {}
      : {
          suspension: {
            automatic: body.suspension.automatic,
            ...(body.suspension.grace_seconds === undefined
              ? {}
              : { graceSeconds: body.suspension.grace_seconds }),
          },
        }),
    ...(body.when_wallet_away === undefined
      ? {}
      : {
          whenWalletAway: {
            policy: body.when_wallet_away.policy,
            ...(body.when_wallet_away.cap === undefined ? {} : { cap: body.when_wallet_away.cap }),
          },
        }),
  };
}

function toPartner(body: NonNullable<z.infer<typeof patch>["partner"]>): TenantConfiguration["partner"] {
  return { partnerId: body.partner_id, commissionPercent: body.commission_percent, of: body.of };
}

function toTax(body: z.infer<typeof tax>): NonNullable<TenantConfiguration["tax"]> {
  return {
    taxes: body.taxes.map(({ name, percent: rate, jurisdiction, compound }) => ({
      name,
      percent: rate,
      compound,
      ...(jurisdiction === undefined ? {} : { jurisdiction }),
    })),
    inclusive: body.inclusive,
    exemptions: body.exemptions.map((one) => ({
      tax: one.tax,
      certificate: one.certificate,
      validFrom: one.valid_from,
      validTo: one.valid_to,
    })),
    reverseCharge: body.reverse_charge,
  };
}

/** The same fields in an answer. */
export const termsFields = {
  customer_since: z.string().nullable(),
  markup_percent: z.string(),
  promotion: z.object({ code: z.string(), redeemed_at: z.string() }).nullable(),
  partner: z
    .object({ partner_id: z.string(), commission_percent: z.string(), of: z.enum(["revenue", "margin"]) })
    .nullable(),
  tax: z
    .object({
      taxes: z.array(
        z.object({
          name: z.string(),
          percent: z.string(),
          jurisdiction: z.string().optional(),
          compound: z.boolean(),
        }),
      ),
      inclusive: z.boolean(),
      exemptions: z.array(
        z.object({
          tax: z.string(),
          certificate: z.string(),
          valid_from: z.string(),
          valid_to: z.string().nullable(),
        }),
      ),
      reverse_charge: z.object({ registration: z.string() }).nullable(),
    })
    .nullable()
    .describe("Null: tax_rate is the one tax"),
  fx: z.object({ markup_percent: z.string(), max_age_seconds: z.int() }).nullable(),
  subscriptions: z.array(z.string()),
  tax_id: z.string().nullable(),
  billing_address: z.array(z.string()),
  alerts: z.object({ sms: z.array(z.string()), webhook: z.boolean() }),
  suspension: z.object({ automatic: z.boolean(), grace_seconds: z.int().nullable() }),
  when_wallet_away: z.object({ policy: z.enum(["hold", "capped", "reject"]), cap: z.string().optional() }),
};

const shown = z.object(termsFields);

export const TERMS_EXAMPLE: z.infer<typeof shown> = {
  customer_since: "2024-05-01",
  markup_percent: "0",
  promotion: null,
  partner: { partner_id: "RESELLER-7", commission_percent: "10", of: "revenue" },
  tax: null,
  fx: null,
  subscriptions: ["firewall"],
  tax_id: "12-3456789",
  billing_address: ["1 Main Street", "Springfield, IL 62701"],
  alerts: { sms: [], webhook: true },
  suspension: { automatic: true, grace_seconds: null },
  when_wallet_away: { policy: "hold" },
};

export function toTermsBody(tenant: TenantConfiguration): z.infer<typeof shown> {
  const { promotion, partner, tax: settings, fx, whenWalletAway } = tenant;
  return {
    customer_since: tenant.customerSince ?? null,
    markup_percent: tenant.markupPercent ?? "0",
    promotion: promotion
      ? { code: promotion.code, redeemed_at: new Date(promotion.redeemedAt).toISOString() }
      : null,
    partner: partner
      ? { partner_id: partner.partnerId, commission_percent: partner.commissionPercent, of: partner.of }
      : null,
    tax: settings ? toTaxBody(settings) : null,
    fx: fx === undefined ? null : { markup_percent: fx.markupPercent, max_age_seconds: fx.maxAgeSeconds },
    subscriptions: tenant.subscriptions ?? [],
    tax_id: tenant.taxId ?? null,
    billing_address: tenant.billingAddress ?? [],
    alerts: tenant.alerts ?? { sms: [], webhook: false },
    suspension: {
      automatic: tenant.suspension?.automatic ?? true,
      grace_seconds: tenant.suspension?.graceSeconds ?? null,
    },
    when_wallet_away: {
      policy: whenWalletAway?.policy ?? "hold",
      ...(whenWalletAway?.cap === undefined ? {} : { cap: whenWalletAway.cap }),
    },
  };
}

function toTaxBody(settings: NonNullable<TenantConfiguration["tax"]>): z.infer<typeof shown>["tax"] {
  return {
    taxes: settings.taxes.map(({ name, percent: rate, jurisdiction, compound = false }) => ({
      name,
      percent: rate,
      compound,
      ...(jurisdiction === undefined ? {} : { jurisdiction }),
    })),
    inclusive: settings.inclusive ?? false,
    exemptions: (settings.exemptions ?? []).map((one) => ({
      tax: one.tax,
      certificate: one.certificate,
      valid_from: one.validFrom,
      valid_to: one.validTo,
    })),
    reverse_charge: settings.reverseCharge ?? null,
  };
}
