import { z } from "zod";

const day = z.string().regex(/^\d{4}-\d\d-\d\d$/, "must be a calendar day such as 2026-01-31");

/**
 * How a tenant is taxed; part of its configuration. Percentages are decimal strings ("19" = 19 %), days are those of the
 * tenant's zone, ranges half open (valid_to is the first day without).
 */
export const taxSettings = z.strictObject({
  taxes: z
    .array(
      z.strictObject({
        /** Shown on charges and invoices: "VAT", "CA sales tax". One name once. */
        name: z.string().min(1).max(60),
        percent: z.string(),
        /** Where it is owed, as ISO 3166-1 or 3166-2: "DE", "US-CA". */
        jurisdiction: z.string().max(20).optional(),
        /** Levied on the net amount and the taxes before it in the list; default on the net amount alone. */
        compound: z.boolean().optional(),
      }),
    )
    .max(10),
  /** Whether the rate card's prices contain these taxes. */
  inclusive: z.boolean().optional(),
  exemptions: z
    .array(
      z.strictObject({
        /** Name of the tax that is not levied. */
        tax: z.string(),
        /** Number of the certificate that says so. */
        certificate: z.string().min(1).max(100),
        validFrom: day,
        validTo: day.nullable(),
      }),
    )
    .max(50)
    .optional(),
  /** The customer owes the taxes itself, under this registration number; nothing is levied here. */
  reverseCharge: z
    .strictObject({ registration: z.string().min(1).max(60) })
    .nullable()
    .optional(),
});

export type TaxSettings = z.infer<typeof taxSettings>;
