import { z } from "zod";

/**
 * What a charge was computed from, stored with it (a few hundred bytes of JSON): enough to compute every amount
 * again and to say each step in words (describeCharge). Numbers are decimal strings.
 *
 * @example {"v":1,"card":"RC-TENANT-001","version":1,"event":"sms.delivered","units":1,"source":"time_band","rate":"0.015",
 *   "band":{"name":"Peak (US)","zone":"America/New_York","local":"Wed 13:00"},"volume":"50000","tier":"10000","discount":"5","tax":"8"}
 */
export const ratingTrace = z.object({
  v: z.literal(1),
  /** rate_card_id and version. */
  card: z.string(),
  version: z.number().int(),
  /** Canonical event type. */
  event: z.string(),
  units: z.number().int(),
  /** Where the unit rate stands on the card; "none": the card does not price the event, and nothing else follows. */
  source: z.enum(["time_band", "contract", "operator", "destination", "base", "event", "none"]),
  /** Operator or country, where that is the source. */
  name: z.string().optional(),
  rate: z.string().optional(),
  /** The time band that gave the rate, or multiplied it. `local` is the zone's weekday and time. */
  band: z
    .object({ name: z.string(), zone: z.string(), local: z.string(), multiplier: z.string().optional() })
    .optional(),
  /** The month's volume with this event; absent where volume gives no discount. */
  volume: z.string().optional(),
  /** min_volume of the tier that applied. */
  tier: z.string().optional(),
  /** Percent. */
  discount: z.string().optional(),
  tax: z.string().optional(),
  /** Steps whose product had more than 18 decimals and was rounded half-even. */
  rounded: z.array(z.enum(["base", "discount", "tax"])).optional(),
});

export type RatingTrace = z.infer<typeof ratingTrace>;
export type RoundedStep = NonNullable<RatingTrace["rounded"]>[number];
