import { z } from "zod";
import { DISCOUNT_KINDS } from "./discounts.ts";

/**
 * What a charge was computed from, stored with it (a few hundred bytes of JSON): enough to compute every amount
 * again and to say each step in words (describeCharge). Numbers are decimal strings.
 *
 * @example {"v":2,"card":"RC-TENANT-001","version":1,"event":"sms.delivered","units":1,"source":"time_band","rate":"0.015",
 *   "band":{"name":"Peak (US)","zone":"America/New_York","local":"Wed 13:00"},"volume":"50000","tier":"10000","discount":"5","tax":"8"}
 */
export const ratingTrace = z.object({
  /** Whatever 1 says, 2 says alike; 2 may say more. */
  v: z.union([z.literal(1), z.literal(2)]),
  /** rate_card_id and version. */
  card: z.string(),
  version: z.number().int(),
  /** Canonical event type. */
  event: z.string(),
  units: z.number().int(),
  /** Where the unit rate stands on the card; "none": the card does not price the event, and nothing else follows. */
  source: z.enum([
    "time_band",
    "contract",
    "operator",
    "prefix",
    "destination",
    "base",
    "event",
    "attribute",
    "true_up",
    "none",
  ]),
  /** Operator, prefix, country, contract or attribute value, where that is the source. */
  name: z.string().optional(),
  rate: z.string().optional(),
  /** The time band that gave the rate, or multiplied it. `local` is the zone's weekday and time. */
  band: z
    .object({ name: z.string(), zone: z.string(), local: z.string(), multiplier: z.string().optional() })
    .optional(),
  /** Units do not multiply the price. */
  per: z.literal("event").optional(),
  /** `billed` of an attribute (seconds) in started pulses; the rate is for `unit` of them. `value` as the event had it. */
  pulse: z
    .object({
      attribute: z.string(),
      value: z.string().optional(),
      initial: z.number(),
      increment: z.number(),
      unit: z.number(),
      billed: z.string(),
    })
    .optional(),
  /** Added per unit: `rate` for each of the `started` `per` of an attribute (bytes). */
  size: z
    .object({
      attribute: z.string(),
      value: z.string().optional(),
      per: z.number(),
      rate: z.string(),
      started: z.string(),
    })
    .optional(),
  /** What a formula gave in place of all that, and the values of the variables that it names. */
  formula: z
    .object({ text: z.string(), values: z.record(z.string(), z.string()), amount: z.string() })
    .optional(),
  surge: z.object({ name: z.string(), multiplier: z.string(), load: z.string().optional() }).optional(),
  /** The tenant's, signed percent. */
  markup: z.string().optional(),
  /** From the card's currency to the wallet's; everything below is in the latter. */
  fx: z
    .object({
      pair: z.string(),
      rate: z.string(),
      markup: z.string(),
      source: z.string(),
      at: z.number(),
      effective: z.string(),
    })
    .optional(),
  /** For source true_up: the prices of the month's earlier charges, and the percentages before and after. */
  trueUp: z.object({ sum: z.string(), from: z.string(), to: z.string() }).optional(),
  /** The month's volume with this event; absent where volume gives no discount. */
  volume: z.string().optional(),
  /** min_volume of the tier that applied. */
  tier: z.string().optional(),
  /** Percent of the tier, where it is the only discount. */
  discount: z.string().optional(),
  /** Otherwise all of them as they were applied; `most`: what a capped one could still give. */
  discounts: z
    .array(
      z.object({
        kind: z.enum(DISCOUNT_KINDS),
        name: z.string(),
        percent: z.string(),
        most: z.string().optional(),
      }),
    )
    .optional(),
  /** How they combine, unless added up to at most 100 %. */
  combine: z.object({ how: z.enum(["additive", "compounding"]), max: z.string() }).optional(),
  /** The tenant's plain tax rate; where it has more to say of taxes, these in its place. */
  tax: z.string().optional(),
  taxes: z
    .array(z.object({ name: z.string(), percent: z.string(), compound: z.literal(true).optional() }))
    .optional(),
  /** The price contained the taxes. */
  inclusive: z.literal(true).optional(),
  /** Taxes that were not levied, and the certificate why. */
  exempt: z.array(z.object({ tax: z.string(), certificate: z.string() })).optional(),
  /** The customer's registration, where it owes the taxes itself. */
  reverseCharge: z.string().optional(),
  /** The supplier's price per unit and what it came to in the wallet's currency. */
  cost: z
    .object({
      sheet: z.string(),
      row: z.string(),
      rate: z.string(),
      currency: z.string(),
      amount: z.string(),
    })
    .optional(),
  commission: z
    .object({
      partner: z.string(),
      percent: z.string(),
      of: z.enum(["revenue", "margin"]),
      amount: z.string(),
    })
    .optional(),
  /** Steps whose product had more than 18 decimals and was rounded half-even. */
  rounded: z
    .array(z.enum(["base", "formula", "surge", "markup", "fx", "discount", "tax", "cost", "commission"]))
    .optional(),
});

export type RatingTrace = z.infer<typeof ratingTrace>;
export type RoundedStep = NonNullable<RatingTrace["rounded"]>[number];
