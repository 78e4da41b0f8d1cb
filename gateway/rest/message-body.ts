import { z } from "zod";
import type { MessageView } from "#domain/messages/ports.ts";
import { STATE_RANK, type MessageState } from "#domain/messages/state.ts";

import { isoTime, TENANT_EXAMPLE, TIME_EXAMPLE, UUID_EXAMPLE } from "./schemas.ts";

export const messageState = z.enum(Object.keys(STATE_RANK) as [MessageState, ...MessageState[]]);

const fields = z.object({
  message_id: z.string(),
  tenant_id: z.string(),
  channel: z.string(),
  direction: z.enum(["outbound", "inbound"]),
  from: z.string(),
  to: z.string(),
  text: z.string(),
  parts: z.int(),
  encoding: z.string(),
  country: z.string().nullable(),
  operator: z.string().nullable(),
  reference: z.string().nullable(),
  state: messageState,
  accepted_at: z.string(),
  expires_at: z.string(),
  final_at: z.string().nullable(),
  timeline: z.array(
    z.object({
      state: messageState,
      part: z.int().describe("From 1; 0 = the message as a whole"),
      at: z.string(),
      code: z.string().nullable(),
      reason: z.string().nullable(),
      connector: z.string().nullable(),
    }),
  ),
});

export const MESSAGE_EXAMPLE: z.infer<typeof fields> = {
  message_id: UUID_EXAMPLE,
  tenant_id: TENANT_EXAMPLE,
  channel: "sms",
  direction: "outbound",
  from: "ACME",
  to: "+12025550143",
  text: "Your code is 482915",
  parts: 1,
  encoding: "gsm7",
  country: "US",
  operator: "Verizon",
  reference: "order-4711",
  state: "delivered",
  accepted_at: TIME_EXAMPLE,
  expires_at: "2026-11-24T21:33:00.000Z",
  final_at: "2026-11-23T21:33:01.200Z",
  timeline: [
    { state: "accepted", part: 0, at: TIME_EXAMPLE, code: null, reason: null, connector: null },
    {
      state: "delivered",
      part: 1,
      at: "2026-11-23T21:33:01.200Z",
      code: null,
      reason: null,
      connector: "sim",
    },
  ],
};

export const messageBody = fields.meta({ id: "Message", examples: [MESSAGE_EXAMPLE] });

export function toMessageBody(message: MessageView): z.infer<typeof fields> {
  return {
    message_id: message.messageId,
    tenant_id: message.tenantId,
    channel: message.channel,
    direction: message.direction,
    from: message.from,
    to: message.to,
    text: message.text,
    parts: message.parts,
    encoding: message.encoding,
    country: message.country,
    operator: message.operator,
    reference: message.reference,
    state: message.state,
    accepted_at: isoTime(message.acceptedAt),
    expires_at: isoTime(message.expiresAt),
    final_at: message.finalAt === null ? null : isoTime(message.finalAt),
    timeline: message.timeline.map((step) => ({
      state: step.state,
      part: step.part,
      at: isoTime(step.at),
      code: step.code ?? null,
      reason: step.reason ?? null,
      connector: step.connector ?? null,
    })),
  };
}
