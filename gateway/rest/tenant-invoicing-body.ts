import { z } from "zod";
import { parsePercent } from "#domain/money/percent.ts";
import { UNITS_PER_ONE } from "#domain/money/money.ts";
import { CYCLES } from "#domain/invoicing/period.ts";
import type { TenantChange } from "#domain/tenants/tenant-store.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { positiveAmount } from "./schemas.ts";

const HUNDRED = 100n * UNITS_PER_ONE;

const discount = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine(
    (text) => (parsePercent(text) ?? HUNDRED) < HUNDRED && (parsePercent(text) ?? 0n) > 0n,
    'must be a percentage above 0 and below 100 such as "2"',
  )
  .meta({ examples: ["2"] });

/** How a tenant's usage is invoiced, in a request. */
export const invoicingPatch = {
  invoicing: z
    .strictObject({
      cycle: z.enum(CYCLES).default("daily"),
      payment_term_days: z.int().min(0).max(180).default(14),
      early_payment: z
        .strictObject({ percent: discount, days: z.int().min(1).max(180) })
        .nullable()
        .default(null)
        .describe("Taken off what is paid so many days after the issue"),
      commitment: positiveAmount
        .nullable()
        .default(null)
        .describe("Least net amount of a period; what is missing is a line of its own"),
      language: z
        .string()
        .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language such as "en"')
        .default("en"),
      paper: z.enum(["A4", "letter"]).default("A4"),
    })
    .refine(({ early_payment: early, payment_term_days: term }) => early === null || early.days <= term, {
      path: ["early_payment"],
      error: "must end before the payment term does",
    })
    .optional()
    .meta({ examples: [{ cycle: "monthly", early_payment: { percent: "2", days: 10 } }] }),
};

const patch = z.object(invoicingPatch);

export function invoicingChange(body: z.infer<typeof patch>): TenantChange {
  const { invoicing } = body;
  if (invoicing === undefined) return {};
  return {
    invoicing: {
      cycle: invoicing.cycle,
      paymentTermDays: invoicing.payment_term_days,
      earlyPayment: invoicing.early_payment,
      commitment: invoicing.commitment,
      language: invoicing.language,
      paper: invoicing.paper,
    },
  };
}

/** The same fields in an answer. */
export const invoicingFields = {
  invoicing: z
    .object({
      cycle: z.enum(CYCLES),
      payment_term_days: z.int(),
      early_payment: z.object({ percent: z.string(), days: z.int() }).nullable(),
      commitment: z.string().nullable(),
      language: z.string(),
      paper: z.enum(["A4", "letter"]),
    })
    .nullable()
    .describe("Null: daily, payable within 14 days, as the issuer's documents look"),
};

const shown = z.object(invoicingFields);

export const INVOICING_EXAMPLE: z.infer<typeof shown> = {
  invoicing: {
    cycle: "monthly",
    payment_term_days: 30,
    early_payment: { percent: "2", days: 10 },
    commitment: null,
    language: "en",
    paper: "letter",
  },
};

export function toInvoicingBody({ invoicing }: TenantConfiguration): z.infer<typeof shown> {
  return {
    invoicing:
      invoicing === undefined
        ? null
        : {
            cycle: invoicing.cycle,
            payment_term_days: invoicing.paymentTermDays,
            early_payment: invoicing.earlyPayment,
            commitment: invoicing.commitment,
            language: invoicing.language,
            paper: invoicing.paper,
          },
  };
}
