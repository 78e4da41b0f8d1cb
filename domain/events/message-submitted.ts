import { z } from "zod";
import { CHANNELS } from "../messages/channels.ts";

/**
 * A message that a door accepted: priced, reserved and durable. On messaging.<channel>.submitted, and
 * again (with type message.cleared) on messaging.<channel>.cleared once the firewall let it pass.
 * Inbound (mobile originated) messages use the same shape with direction "inbound".
 *
 * Amounts in `holds` are decimal strings in the wallet's currency: what the reservation set aside
 * for each billable event, so that each event settles exactly its own share.
 */
export const messageSubmitted = z.object({
  v: z.literal(1),
  type: z.enum(["message.submitted", "message.cleared", "message.inbound"]),
  /** UUIDv7. */
  messageId: z.string(),
  tenantId: z.string(),
  walletId: z.string(),
  channel: z.enum(CHANNELS),
  direction: z.enum(["outbound", "inbound"]),
  /** Kafka key: keyed HMAC of (tenant, sender, destination); never the numbers themselves. */
  conversation: z.string(),
  /** Sender: alphanumeric (≤ 11), short code or E.164 with +. */
  from: z.string(),
  /** Destination: E.164 with +. */
  to: z.string(),
  text: z.string(),
  /** 3GPP 23.038 alphabet that the text needs; binary text is hex. */
  encoding: z.enum(["gsm7", "ucs2", "binary"]),
  /** Number of SMS segments (≥ 1); 1 on other channels. */
  parts: z.number().int().min(1),
  /** ISO 3166-1 alpha-2, or null when unknown. */
  country: z.string().nullable(),
  operator: z.string().nullable(),
  /** Epoch ms when the door accepted it. */
  acceptedAt: z.number().int(),
  /** On message.cleared: epoch ms when the firewall let it pass. */
  clearedAt: z.number().int().optional(),
  /** Epoch ms after which it must not be sent any more (validity period). */
  expiresAt: z.number().int(),
  origin: z.object({
    door: z.enum(["rest", "smpp", "ussd", "webhook"]),
    /** SMPP system_id that submitted it. */
    systemId: z.string().optional(),
    /** Whether that ESME asked for a receipt (registered_delivery). */
    receipt: z.boolean(),
    /** Messages that came in the same request, if several: bulk discounts look at it. */
    requestSize: z.number().int().min(2).optional(),
  }),
  holds: z.object({ scan: z.string(), submit: z.string(), part: z.string() }),
  /** The tenant's own reference, echoed in webhooks. */
  reference: z.string().optional(),
});

export type MessageSubmitted = z.infer<typeof messageSubmitted>;
