import type { Clock } from "#domain/clock.ts";
import type { MessageSubmitted } from "#domain/events/message-submitted.ts";
import type { EventPublisher, OutgoingRecord } from "#domain/events/ports.ts";
import { messagingTopic } from "#domain/messages/channels.ts";
import type { CarrierIds, CarrierMatch } from "#domain/messages/ports.ts";
import type { Pseudonyms } from "#domain/privacy/ports.ts";
import type {
  CarrierEvents,
  CarrierHandled,
  CarrierInbound,
  CarrierReceipt,
  InboundRoute,
  SentParts,
} from "#domain/sms/ports.ts";
import { billingRecord, isHeld, statusRecord } from "./records.ts";
import { createReceiptLookup } from "./receipt-lookup.ts";
import type { LookupStats } from "./receipt-lookup.ts";

export interface CarrierEventsDependencies {
  readonly sent: SentParts;
  readonly carrierIds: CarrierIds;
  readonly publisher: EventPublisher;
  readonly pseudonyms: Pick<Pseudonyms, "conversation">;
  readonly inboundRoute: InboundRoute;
  readonly clock: Clock;
  /** A new UUIDv7. */
  readonly newMessageId: () => string;
  /** The sms stage's dead-letter topic. */
  readonly deadLetterTopic: string;
  readonly limits?: Partial<ReceiptLimits>;
}

export interface ReceiptLimits {
  /** How long a receipt whose message is unknown is looked for before it goes to the dead letter. */
  readonly unknownMs: number;
  /** Most receipts being looked for; further ones go back to the SMSC. */
  readonly maxUnknown: number;
}

/** The timeline stores an id within seconds of its `sent` status; a minute covers its restart. */
const DEFAULT_LIMITS: ReceiptLimits = { unknownMs: 60_000, maxUnknown: 5_000 };

export interface CarrierEventsHandler extends CarrierEvents {
  stats(): LookupStats & { readonly deadLetters: number };
  /** Gives what is still looked for back to the SMSC. */
  close(): void;
}

/**
 * What a connector does with receipts and subscribers' messages. A receipt finds its message in memory, else in PostgreSQL; it may come before
 * the response that names its id, so an unknown id is looked for again. Its status and its charge are durable before it is acknowledged.
 */
export function createCarrierEvents(dependencies: CarrierEventsDependencies): CarrierEventsHandler {
  const { sent, carrierIds, publisher, clock, deadLetterTopic } = dependencies;
  const limits = { ...DEFAULT_LIMITS, ...dependencies.limits };
  const lookup = createReceiptLookup({ sent, carrierIds, clock, ...limits });
  let deadLetters = 0;

  async function receipt(carrierReceipt: CarrierReceipt): Promise<CarrierHandled> {
    if (carrierReceipt.state === "pending") return "taken";
    const known = findSent(sent, carrierReceipt);
    const match = known ?? (await lookup.find(carrierReceipt));
    if (match === "full") return "later";
    if (match === "unknown") {
      deadLetters += 1;
      await publisher.publish([deadReceipt(deadLetterTopic, carrierReceipt)]);
      return "taken";
    }
    await publisher.publish(receiptRecords(match, carrierReceipt));
    return "taken";
  }

  async function inbound(message: CarrierInbound): Promise<CarrierHandled> {
    const record = inboundRecord(dependencies, message);
    if (record.topic === deadLetterTopic) deadLetters += 1;
    await publisher.publish([record]);
    return "taken";
  }

  return { receipt, inbound, stats: () => ({ ...lookup.stats(), deadLetters }), close: lookup.close };
}

export function findSent(sent: SentParts, receipt: CarrierReceipt): CarrierMatch | undefined {
  for (const id of receipt.ids) {
    const match = sent.find(receipt.connector, id);
    if (match !== undefined) return match;
  }
  return undefined;
}

function receiptRecords(match: CarrierMatch, receipt: CarrierReceipt): OutgoingRecord[] {
  const { connector, code, at } = receipt;
  const delivered = receipt.state === "delivered";
  const { part, carrierMessageId } = match;
  const records = [
    statusRecord(match, {
      part,
      state: delivered ? "delivered" : "failed",
      at,
      connector,
      carrierMessageId,
      ...(delivered ? {} : { code }),
    }),
  ];
  if (isHeld(match.holds.part)) {
    records.push(
      delivered
        ? billingRecord(match, "sms.delivered", part, at, match.holds.part, connector)
        : billingRecord(match, "sms.failed", part, at, match.holds.part),
    );
  }
  return records;
}

/** Neither number nor text: the receipt's own words stay out of the dead letter. */
function deadReceipt(topic: string, { connector, ids, state, code, at }: CarrierReceipt): OutgoingRecord {
  const value = JSON.stringify({
    v: 1,
    type: "carrier.receipt",
    connector,
    carrierMessageId: ids[0],
    state,
    code,
    at,
  });
  return dead(topic, connector, at, "UnknownCarrierId", "no message is known by the receipt's id", value);
}

function dead(
  topic: string,
  connector: string,
  at: number,
  errorClass: string,
  error: string,
  value: string,
): OutgoingRecord {
  return {
    topic,
    key: connector,
    value,
    headers: {
      "x-stage": "sms",
      "x-origin-topic": `smpp:${connector}`,
      "x-attempt": "1",
      "x-error-class": errorClass,
      "x-error": error,
      "x-at": new Date(at).toISOString(),
    },
  };
}

/** How long the firewall and what follows may take: inbound messages are not sent to a carrier, so this only bounds queues. */
const INBOUND_VALIDITY_MS = 86_400_000;

function inboundRecord(dependencies: CarrierEventsDependencies, message: CarrierInbound): OutgoingRecord {
  const { inboundRoute, pseudonyms, newMessageId, deadLetterTopic } = dependencies;
  const { connector, from, to, text, encoding, at } = message;
  const route = inboundRoute(to);
  if (route === null) {
    // Whole, or it would be lost: like every dead letter it may hold what a messaging topic holds.
    const value = JSON.stringify({ v: 1, type: "carrier.inbound", ...message });
    return dead(
      deadLetterTopic,
      connector,
      at,
      "NoInboundRoute",
      "the destination belongs to no tenant",
      value,
    );
  }
  const conversation = pseudonyms.conversation(route.tenantId, from, to);
  const submitted: MessageSubmitted = {
    v: 1,
    type: "message.inbound",
    messageId: newMessageId(),
    tenantId: route.tenantId,
    walletId: route.walletId,
    channel: "sms",
    direction: "inbound",
    conversation,
    from,
    to,
    text,
    encoding,
    parts: 1,
    country: null,
    operator: null,
    acceptedAt: at,
    expiresAt: at + INBOUND_VALIDITY_MS,
    origin: { door: "smpp", receipt: false },
    holds: { scan: "0", submit: "0", part: "0" },
  };
  return { topic: messagingTopic("sms", "inbound"), key: conversation, value: JSON.stringify(submitted) };
}
