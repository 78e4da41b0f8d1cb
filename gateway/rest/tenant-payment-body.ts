import { z } from "zod";
import { parseMoney } from "#domain/money/money.ts";
import type { TenantChange } from "#domain/tenants/tenant-store.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { ProblemError } from "./problems.ts";
import { positiveAmount } from "./schemas.ts";

const id = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\x21-\x7e]+$/, "must be the provider's id");

const autoRecharge = z
  .strictObject({
    amount: positiveAmount.describe("What is bought each time"),
    monthly_cap: positiveAmount.describe("Most of a calendar month in the tenant's zone"),
  })
  .refine(({ amount, monthly_cap: cap }) => (parseMoney(amount) ?? 0n) <= (parseMoney(cap) ?? 0n), {
    path: ["monthly_cap"],
    error: "must be at least the amount",
  });

/** How a tenant pays, in a request; what is absent stays. */
export const paymentPatch = {
  payment: z
    .strictObject({
      provider: z.enum(["stripe", "paypal"]).optional(),
      customer_id: id.nullable().optional().describe("The provider's"),
      payment_method_id: id
        .nullable()
        .optional()
        .describe("Charged without the payer; null: each payment waits for the payer"),
      auto_recharge: autoRecharge.nullable().optional(),
    })
    .nullable()
    .optional()
    .describe("Null: by bank transfer. A tenant changes payment_method_id and auto_recharge alone")
    .meta({
      examples: [
        { provider: "stripe", customer_id: "cus_1", payment_method_id: "pm_1", auto_recharge: null },
      ],
    }),
};

const patch = z.object(paymentPatch);
type PaymentPatch = z.infer<typeof patch>;

/** Where its money is collected is not a tenant's to decide. */
const FIELDS_OF_FINANCE = ["provider", "customer_id"] as const;

/** Throws `forbidden` where a tenant changes more than its own. */
export function assertTenantsOwnPayment({ payment }: PaymentPatch): void {
  const refused =
    payment === null ? ["payment"] : FIELDS_OF_FINANCE.filter((field) => payment?.[field] !== undefined);
  if (refused.length === 0) return;
  throw new ProblemError("forbidden", `This key may not change payment's ${refused.join(", ")}.`, {
    errors: refused.map((field) => ({
      path: field === "payment" ? field : `payment.${field}`,
      message: "may be changed by: owner, finance",
    })),
  });
}

/** Throws `validation_failed` where a provider is missing. */
export function paymentChange({ payment }: PaymentPatch, current: TenantConfiguration): TenantChange {
  if (payment === undefined) return {};
  if (payment === null) return { payment: null };
  const before = current.payment;
  const provider = payment.provider ?? before?.provider;
  if (provider === undefined)
    throw new ProblemError("validation_failed", "payment.provider: is needed", {
      errors: [{ path: "payment.provider", message: "is needed: the tenant has none yet" }],
    });
  // Another provider's ids mean nothing to this one.
  const kept = before?.provider === provider ? before : undefined;
  const recharge = payment.auto_recharge;
  return {
    payment: {
      provider,
      customerId: given(payment.customer_id, kept?.customerId),
      paymentMethodId: given(payment.payment_method_id, kept?.paymentMethodId),
      autoRecharge:
        recharge === undefined
          ? (before?.autoRecharge ?? null)
          : recharge === null
            ? null
            : { amount: recharge.amount, monthlyCap: recharge.monthly_cap },
    },
  };
}

function given(value: string | null | undefined, before: string | null | undefined): string | null {
  return value === undefined ? (before ?? null) : value;
}

/** The same fields in an answer. */
export const paymentFields = {
  payment: z
    .object({
      provider: z.enum(["stripe", "paypal"]),
      customer_id: z.string().nullable(),
      payment_method_id: z.string().nullable(),
      auto_recharge: z.object({ amount: z.string(), monthly_cap: z.string() }).nullable(),
    })
    .nullable()
    .describe("Null: by bank transfer"),
};

const shown = z.object(paymentFields);

export const PAYMENT_SETTINGS_EXAMPLE: z.infer<typeof shown> = {
  payment: {
    provider: "stripe",
    customer_id: "cus_1",
    payment_method_id: "pm_1",
    auto_recharge: { amount: "100", monthly_cap: "500" },
  },
};

export function toPaymentSettingsBody({ payment }: TenantConfiguration): z.infer<typeof shown> {
  if (payment === undefined || payment === null) return { payment: null };
  const { provider, customerId, paymentMethodId, autoRecharge: recharge } = payment;
  return {
    payment: {
      provider,
      customer_id: customerId,
      payment_method_id: paymentMethodId,
      auto_recharge: recharge === null ? null : { amount: recharge.amount, monthly_cap: recharge.monthlyCap },
    },
  };
}
