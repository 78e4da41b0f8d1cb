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
  return {
    webhookId: statusId(status),
    tenantId: status.tenantId,
    endpointId: null,
    createdAt: now,
    body: JSON.stringify({
      type: `message.${status.state}`,
      timestamp: new Date(status.at).toISOString(),
      data: statusData(status),
    }),
  };
}

export function statusId({ messageId, state, part, parts }: MessageStatus): string {
  const ofWhole = parts === 1 || part === 0;
  return ofWhole ? `${messageId}:${state}` : `${messageId}:${state}:${part}`;
}

/** Neither number nor text: a reason is a sentence of ours or a carrier's. */
export function statusData(status: MessageStatus): Record<string, unknown> {
  const { messageId, channel, state, part, parts, code, reason, reference } = status;
  return {
    message_id: messageId,
    channel,
    state,
    part,
    parts,
    code,
    reason: reason?.slice(0, REASON_LENGTH_MAX),
    reference: reference?.slice(0, REFERENCE_LENGTH_MAX),
  };
}
