import type { MessageStatus } from "#domain/events/message-status.ts";
import type { WebhookDelivery } from "#domain/messages/ports.ts";

/** A reason is one sentence; longer ones (a carrier's) would take the body beyond what receivers accept. */
const REASON_LENGTH_MAX = 500;
const REFERENCE_LENGTH_MAX = 1000;

/**
 * The notification of a final status; its id is the same however often the status comes.
 *
 * @example {"type":"message.delivered","timestamp":"2026-05-05T10:20:00.000Z","data":{"message_id":"0197…","channel":"sms",
 *   "state":"delivered","part":1,"parts":1,"reference":"order 7"}}
 */
export function toDelivery(status: MessageStatus, now: number): WebhookDelivery {
  const { messageId, tenantId, channel, state, part, parts, at, code, reason, reference } = status;
  const ofWhole = parts === 1 || part === 0;
  return {
    webhookId: ofWhole ? `${messageId}:${state}` : `${messageId}:${state}:${part}`,
    tenantId,
    createdAt: now,
    body: JSON.stringify({
      type: `message.${state}`,
      timestamp: new Date(at).toISOString(),
      data: {
        message_id: messageId,
        channel,
        state,
        part,
        parts,
        code,
        reason: reason?.slice(0, REASON_LENGTH_MAX),
        reference: reference?.slice(0, REFERENCE_LENGTH_MAX),
      },
    }),
  };
}
