import type { MessageStatus } from "#domain/events/message-status.ts";
import type { MessageSubmitted } from "#domain/events/message-submitted.ts";
import type { WebhookEvent } from "#domain/webhooks/events.ts";
import { statusData, statusId } from "./payload.ts";

/** What endpoints are told of a message: that it arrived, that it will not (in whatever state it ended), that one came in. */
export function messageEvent(event: MessageStatus | MessageSubmitted): WebhookEvent | null {
  if (event.type === "message.status") {
    if (event.state === "sent") return null;
    return {
      id: statusId(event),
      type: event.state === "delivered" ? "message.delivered" : "message.failed",
      tenantId: event.tenantId,
      at: event.at,
      data: statusData(event),
    };
  }
  if (event.type !== "message.inbound") return null;
  const { messageId, tenantId, channel, parts, country, acceptedAt } = event;
  return {
    id: `${messageId}:inbound`,
    type: "message.inbound",
    tenantId,
    at: acceptedAt,
    data: { message_id: messageId, channel, parts, country },
  };
}
