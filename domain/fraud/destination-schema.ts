import { z } from "zod";

/** So many digits at most, and never a number's last four: too few to be a phone number. */
const PREFIX_DIGITS_MAX = 9;

/** Where messages go: a range of numbers by its leading digits, or a whole country. */
export const destination = z
  .object({
    /** ISO 3166-1 alpha-2; null where unknown. */
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, "must be two capital letters (ISO 3166-1)")
      .nullable(),
    /** Leading digits in E.164 without +; null: the whole country. */
    prefix: z
      .string()
      .regex(new RegExp(`^[1-9]\\d{0,${PREFIX_DIGITS_MAX - 1}}$`), "must be 1 to 9 leading digits, without +")
      .nullable(),
  })
  .refine(({ country, prefix }) => country !== null || prefix !== null, "needs a country or a prefix");

export type Destination = z.infer<typeof destination>;

/** One destination that a tenant may not reach; stands in the tenant's configuration and so travels on control.tenants. */
export const frozenDestination = z.object({
  country: z.string().nullable(),
  prefix: z.string().nullable(),
  /** The case that froze it. */
  caseId: z.string(),
  /** Epoch ms. */
  since: z.number().int(),
  /** A person decided to block it: it outlives its case. */
  permanent: z.boolean(),
});

export type FrozenDestination = z.infer<typeof frozenDestination>;
