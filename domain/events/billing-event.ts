import { z } from "zod";

/**
 * One billable action, on billing.events keyed by wallet id. Holds no phone number and no text.
 *
 * `usage` events are priced by the tenant's rate card; a free one (sms.failed, sms.expired) still counts as
 * usage and settles its hold. `entry` events move the wallet by a stated amount (top-up,
 * adjustment) or post an opening volume; they pass the same stage, so a wallet has one sequence.
 *
 * @example {"v":1,"kind":"usage","id":"0197…:sms.delivered:1","eventType":"sms.delivered","messageId":"0197…","part":1,
 *   "tenantId":"TENANT-001","walletId":"0197…","channel":"sms","at":1735149600000,"acceptedAt":1735149599000,
 *   "units":1,"country":"US","operator":"Verizon","hold":"0.01539"}
 */
const base = {
  v: z.literal(1),
  /** `messageId:eventType:part`; never random, never the carrier's id. */
  id: z.string().min(1).max(200),
  tenantId: z.string(),
  walletId: z.string(),
  /** Epoch ms of the action itself: prices it. */
  at: z.number().int(),
  /** Epoch ms when the platform accepted the message or event: bounds how long its id is remembered (400 days). */
  acceptedAt: z.number().int(),
};

/** A card looks at one or two of them; the rest would only fill the topic. */
const ATTRIBUTES_MAX = 20;

export const usageEvent = z.object({
  ...base,
  kind: z.literal("usage"),
  /** sms.submit, sms.delivered, firewall.scan, …: lower case, dotted. */
  eventType: z.string(),
  messageId: z.string().nullable(),
  part: z.number().int().min(0),
  /** Rating channel: sms, ussd, rcs, firewall, api, … */
  channel: z.string(),
  units: z.number().int().min(1),
  country: z.string().nullable(),
  operator: z.string().nullable(),
  /** Decimal string: the share of the message's reservation that this event settles ("0" if none). */
  hold: z.string(),
  /** What else describes the action and may decide its price: WhatsApp's category, a file's bytes, a session's seconds. */
  attributes: z
    .record(z.string().min(1).max(40), z.string().max(100))
    .refine((attributes) => Object.keys(attributes).length <= ATTRIBUTES_MAX, "at most 20 attributes")
    .optional(),
  /** Leading digits of the destination in E.164, never its last four: too few to be a phone number. */
  prefix: z
    .string()
    .regex(/^\d{1,9}$/)
    .optional(),
  /** Messages in the request that brought this one; 1 if absent. */
  requestSize: z.number().int().min(1).optional(),
  /** The platform's load when it happened, in percent. */
  load: z
    .string()
    .regex(/^\d{1,3}(\.\d{1,18})?$/)
    .optional(),
  /** The connection that took it to the operator: names the supplier. */
  connector: z.string().min(1).max(100).optional(),
});

export const walletEntryEvent = z.object({
  ...base,
  kind: z.literal("entry"),
  entryType: z.enum(["top_up", "adjustment", "opening_volume", "refund", "re_rating"]),
  /** Signed decimal string; "0" for opening_volume. */
  amount: z.string(),
  /** What revenue and tax move by, signed as the ledger signs them (a refund's are negative); absent: nothing of it is theirs. */
  revenue: z.string().optional(),
  tax: z.string().optional(),
  /** What a partner's commission moves by (a refund's is negative). */
  commission: z.object({ partnerId: z.string().min(1).max(200), amount: z.string() }).optional(),
  /** Id of the charge that a refund or a re-rating corrects. */
  corrects: z.string().min(1).max(200).optional(),
  /** Units to set as the month's volume, for opening_volume. */
  units: z.number().int().min(0),
  reason: z.string(),
  /** Named actor of the change. */
  actor: z.string(),
});

export const billingEvent = z.discriminatedUnion("kind", [usageEvent, walletEntryEvent]);

export type UsageEvent = z.infer<typeof usageEvent>;
export type WalletEntryEvent = z.infer<typeof walletEntryEvent>;
export type BillingEvent = z.infer<typeof billingEvent>;

export function billingEventId(messageId: string, eventType: string, part: number): string {
  return `${messageId}:${eventType}:${part}`;
}
