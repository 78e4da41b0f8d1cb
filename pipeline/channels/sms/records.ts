import { billingEventId } from "#domain/events/billing-event.ts";
import type { UsageEvent } from "#domain/events/billing-event.ts";
import type { MessageStatus } from "#domain/events/message-status.ts";
import type { MessageSubmitted } from "#domain/events/message-submitted.ts";
import type { OutgoingRecord } from "#domain/events/ports.ts";
import { messagingTopic } from "#domain/messages/channels.ts";
import { destinationPrefix } from "#domain/messages/numbers.ts";
import type { CarrierMatch } from "#domain/messages/ports.ts";

const STATUS_TOPIC = messagingTopic("sms", "status");
const BILLING_TOPIC = "billing.events";

/** What a message's statuses and billing events share; a CarrierMatch is one too. */
export type MessageFacts = Pick<
  CarrierMatch,
  | "messageId"
  | "tenantId"
  | "walletId"
  | "conversation"
  | "parts"
  | "country"
  | "operator"
  | "acceptedAt"
  | "from"
  | "to"
  | "origin"
  | "holds"
  | "reference"
>;

export function factsOf(message: MessageSubmitted): MessageFacts {
  return { ...message, reference: message.reference ?? null };
}

export interface StatusDetails {
  readonly part: number;
  readonly state: MessageStatus["state"];
  readonly at: number;
  readonly code?: string;
  readonly reason?: string;
  readonly connector?: string;
  readonly carrierMessageId?: string;
}

export function statusRecord(facts: MessageFacts, details: StatusDetails): OutgoingRecord {
  const owesReceipt = facts.origin.door === "smpp" && facts.origin.receipt;
  const status: MessageStatus = {
    v: 1,
    type: "message.status",
    messageId: facts.messageId,
    tenantId: facts.tenantId,
    walletId: facts.walletId,
    channel: "sms",
    conversation: facts.conversation,
    parts: facts.parts,
    ...details,
    country: facts.country,
    prefix: destinationPrefix(facts.to),
    origin: facts.origin,
    ...(owesReceipt ? { addresses: { from: facts.from, to: facts.to } } : {}),
    acceptedAt: facts.acceptedAt,
    ...(facts.reference === null ? {} : { reference: facts.reference }),
  };
  return { topic: STATUS_TOPIC, key: facts.conversation, value: JSON.stringify(status) };
}

export type SmsBillingType = "sms.submit" | "sms.delivered" | "sms.failed" | "sms.expired";

/** @param connector the one that carried the part, whose supplier is owed for it; absent where none was. */
export function billingRecord(
  facts: MessageFacts,
  eventType: SmsBillingType,
  part: number,
  at: number,
  hold: string,
  connector?: string,
): OutgoingRecord {
  const event: UsageEvent = {
    v: 1,
    kind: "usage",
    id: billingEventId(facts.messageId, eventType, part),
    tenantId: facts.tenantId,
    walletId: facts.walletId,
    at,
    acceptedAt: facts.acceptedAt,
    eventType,
    messageId: facts.messageId,
    part,
    channel: "sms",
    units: 1,
    country: facts.country,
    operator: facts.operator,
    hold,
    prefix: destinationPrefix(facts.to),
    ...(facts.origin.requestSize === undefined ? {} : { requestSize: facts.origin.requestSize }),
    ...(connector === undefined ? {} : { connector }),
  };
  return { topic: BILLING_TOPIC, key: facts.walletId, value: JSON.stringify(event) };
}

/** Whether a share of the reservation is anything at all: "0" means that the card does not price it. */
export function isHeld(hold: string): boolean {
  return hold !== "0";
}
