import { z } from "zod";
import { CHANNELS } from "../messages/channels.ts";

/**
 * Something happened to one part of a message. On messaging.<channel>.status, keyed by conversation.
 * `part` counts from 1; 0 means the message as a whole (blocked, expired, rejected before sending).
 */
export const messageStatus = z.object({
  v: z.literal(1),
  type: z.literal("message.status"),
  messageId: z.string(),
  tenantId: z.string(),
  walletId: z.string(),
  channel: z.enum(CHANNELS),
  conversation: z.string(),
  part: z.number().int().min(0),
  parts: z.number().int().min(1),
  state: z.enum(["sent", "delivered", "failed", "blocked", "rejected", "expired"]),
  /** Epoch ms. */
  at: z.number().int(),
  /** Machine-readable reason ("keyword", "velocity", "ESME_RINVDSTADR", "UNDELIV", …). */
  code: z.string().optional(),
  /** One sentence for a person. No number, no text of the message. */
  reason: z.string().optional(),
  /** ISO 3166-1 alpha-2 of the destination, for usage by country; absent or null when unknown. */
  country: z.string().nullable().optional(),
  /** Leading digits of the destination, never its last four; absent where unknown. */
  prefix: z
    .string()
    .regex(/^\d{1,9}$/)
    .optional(),
  connector: z.string().optional(),
  /** The SMSC's or platform's id of this part, as the carrier wrote it. */
  carrierMessageId: z.string().optional(),
  origin: z
    .object({
      door: z.enum(["rest", "smpp", "ussd", "webhook"]),
      systemId: z.string().optional(),
      receipt: z.boolean(),
    })
    .optional(),
  /** Present for SMPP-submitted messages that asked for a receipt: the addresses of the deliver_sm. */
  addresses: z.object({ from: z.string(), to: z.string() }).optional(),
  acceptedAt: z.number().int(),
  reference: z.string().optional(),
});

export type MessageStatus = z.infer<typeof messageStatus>;
