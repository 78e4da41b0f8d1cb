import { z } from "zod";
import { destination } from "../fraud/destination-schema.ts";
import { DESTINATIONS_MAX } from "../fraud/destinations.ts";
import { SAMPLES_MAX } from "../fraud/open-case.ts";
import { SEVERITIES } from "../fraud/severity.ts";

/**
 * `traffic_pumping`: messages to a range of numbers rise far beyond what the tenant sends otherwise, and few arrive (artificially inflated
 * traffic). `velocity`: the firewall goes on blocking bursts. `blocked_content`: many texts hold blocked keywords.
 * `refused_destinations`: carriers refuse most of what is sent, as they do for numbers that were guessed. `reported`: whatever else an
 * external detector or a person reports.
 */
export const FRAUD_PATTERNS = [
  "traffic_pumping",
  "velocity",
  "blocked_content",
  "refused_destinations",
  "reported",
] as const;
export type FraudPattern = (typeof FRAUD_PATTERNS)[number];

/** What a person's note may be taken for: nothing that has room for a phone number. */
const NUMBER_LIKE = /\d(?:[\s().\-/]*\d){6,}/;

/** Text of a person that stays in the books of a case: no phone number in it. */
export const note = z
  .string()
  .trim()
  .max(500)
  .refine((text) => !NUMBER_LIKE.test(text), "must hold no phone number: name a country or leading digits");

/**
 * A suspicion, on fraud.alerts keyed by tenant. The id is stable per tenant, pattern and window: a repetition is the same alert, though it may
 * know of more. No phone number and no text: conversations by their keyed HMAC, destinations by country and leading digits.
 *
 * @example {"v":1,"type":"fraud.alert","id":"fraud:TENANT-001:traffic_pumping:1735149600000","tenantId":"TENANT-001",
 *   "pattern":"traffic_pumping","severity":"high","window":{"from":1735149600000,"to":1735150200000},
 *   "destinations":[{"country":"LV","prefix":"3712000"}],"evidence":{"messages":4200,"expected":12,"delivered":300,"undelivered":2900},
 *   "samples":["pK3v…"],"source":"detector","reporter":"detector","note":null,"at":1735149900000}
 */
export const fraudAlert = z.object({
  v: z.literal(1),
  type: z.literal("fraud.alert"),
  id: z.string().min(1).max(200),
  tenantId: z.string().min(1).max(64),
  pattern: z.enum(FRAUD_PATTERNS),
  severity: z.enum(SEVERITIES),
  /** Epoch ms, [from, to). */
  window: z.object({ from: z.number().int(), to: z.number().int() }),
  /** What is frozen until a person has decided; may be empty. */
  destinations: z.array(destination).max(DESTINATIONS_MAX),
  /** Counts by name ("messages", "delivered", …). */
  evidence: z.record(z.string().regex(/^[a-z][a-z_]{0,39}$/), z.number().int().min(0)),
  /** Pseudonyms of conversations (keyed HMAC). */
  samples: z.array(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)).max(SAMPLES_MAX),
  source: z.enum(["detector", "report"]),
  /** Who says so. */
  reporter: z.string().min(1).max(200),
  note: note.nullable(),
  /** Epoch ms. */
  at: z.number().int(),
});

export type FraudAlert = z.infer<typeof fraudAlert>;

export function fraudAlertId(tenantId: string, pattern: FraudPattern, windowFrom: number): string {
  return `fraud:${tenantId}:${pattern}:${windowFrom}`;
}
