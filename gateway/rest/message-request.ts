import { z } from "zod";
import { CHANNELS } from "#domain/messages/channels.ts";
import type { Submission } from "#domain/messages/submission.ts";

/** One message to send. Numbers and senders are judged by the ingress, in the tenant's country; this is their form. */
export const messageRequest = z
  .strictObject({
    channel: z.enum(CHANNELS, { error: `must be one of ${CHANNELS.join(", ")}` }).default("sms"),
    from: z
      .string({ error: "is needed: the sender's name (up to 11 characters), short code or number" })
      .max(64),
    to: z
      .string({ error: "is needed: the destination's number" })
      .max(64)
      .meta({ examples: ["+12025550143"] }),
    text: z.string({ error: "is needed: the message's text" }).max(20_000, "may have 20,000 characters"),
    reference: z
      .string()
      .max(128, "may have 128 characters")
      .optional()
      .describe("Your own, echoed in webhooks"),
    validity_seconds: z
      .int("must be a whole number of seconds")
      .optional()
      .describe("How long it may still be sent"),
    country: z.string().max(2).optional().describe("Believed only where the tenant is trusted"),
    operator: z.string().max(64).optional().describe("Believed only where the tenant is trusted"),
  })
  .meta({
    id: "MessageRequest",
    examples: [{ from: "ACME", to: "+12025550143", text: "Your code is 482915", reference: "order-4711" }],
  });

export type MessageRequest = z.infer<typeof messageRequest>;

export function toSubmission(tenantId: string, messageId: string, message: MessageRequest): Submission {
  return {
    tenantId,
    messageId,
    channel: message.channel,
    from: message.from,
    to: message.to,
    text: message.text,
    door: "rest",
    receipt: false,
    ...(message.reference === undefined ? {} : { reference: message.reference }),
    ...(message.validity_seconds === undefined ? {} : { validityMs: message.validity_seconds * 1000 }),
    ...(message.country === undefined ? {} : { countryHint: message.country }),
    ...(message.operator === undefined ? {} : { operatorHint: message.operator }),
  };
}
