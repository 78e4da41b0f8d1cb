import type { Clock } from "#domain/clock.ts";
import { billingEventId, type UsageEvent } from "#domain/events/billing-event.ts";
import type { MessageStatus } from "#domain/events/message-status.ts";
import type { EventPublisher, OutgoingRecord } from "#domain/events/ports.ts";
import { messagingTopic, ratingChannel } from "#domain/messages/channels.ts";
import type { DueMessage, DueMessages } from "#domain/messages/ports.ts";
import { formatMoney } from "#domain/money/money.ts";

/** Messages expired by one publication: some hundred kilobytes. */
const BATCH_MAX = 500;
/** Publications of one sweep: a backlog of any size is worked off without keeping a drain waiting. */
const BATCHES_PER_SWEEP_MAX = 20;
/**
 * What was published stays due until the timeline has read it back. Only after this long is it published again, in
 * case a publication went wrong; its events' ids are the same, so that does no harm.
 */
const REPEAT_AFTER_MS = 60_000;

export interface ExpirySweeperDependencies {
  readonly store: DueMessages;
  readonly publisher: EventPublisher;
  readonly clock: Clock;
}

export interface ExpirySweeper {
  /** Expires what is due now. Called every second, never twice at a time. Returns how many. Throws Unavailable. */
  sweep(): Promise<number>;
}

/**
 * Declares messages expired whose receipt did not come within validity and receipt window, and releases what
 * they had set aside.
 */
export function createExpirySweeper({ store, publisher, clock }: ExpirySweeperDependencies): ExpirySweeper {
  let after: DueMessage | null = null;
  let startedAt = -Infinity;
  return {
    async sweep() {
      const now = clock.now();
      if (now - startedAt >= REPEAT_AFTER_MS) {
        after = null;
        startedAt = now;
      }
      let expired = 0;
      for (let batch = 0; batch < BATCHES_PER_SWEEP_MAX; batch += 1) {
        const due = await store.due(now, after, BATCH_MAX);
        if (due.length > 0) await publisher.publish(due.flatMap(expiryRecords));
        after = due.at(-1) ?? after;
        expired += due.length;
        if (due.length < BATCH_MAX) break;
      }
      return expired;
    },
  };
}

/** The status and the billing event of an expiry: made of the message alone, so that every repetition is the same. */
export function expiryRecords(message: DueMessage): OutgoingRecord[] {
  const {
    messageId,
    tenantId,
    walletId,
    channel,
    conversation,
    acceptedAt,
    parts,
    country,
    operator,
    dueAt,
  } = message;
  const status: MessageStatus = {
    v: 1,
    type: "message.status",
    messageId,
    tenantId,
    walletId,
    channel,
    conversation,
    part: 0,
    parts,
    state: "expired",
    at: dueAt,
    code: "NO_RECEIPT",
    reason: "No delivery receipt came in time.",
    country,
    origin: message.origin,
    acceptedAt,
    ...(message.origin.receipt ? { addresses: { from: message.from, to: message.to } } : {}),
    ...(message.reference === null ? {} : { reference: message.reference }),
  };
  const eventType = `${ratingChannel(channel)}.expired`;
  const billing: UsageEvent = {
    v: 1,
    kind: "usage",
    id: billingEventId(messageId, eventType, 0),
    tenantId,
    walletId,
    at: dueAt,
    acceptedAt,
    eventType,
    messageId,
    part: 0,
    channel: ratingChannel(channel),
    units: 1,
    country,
    operator,
    hold: formatMoney(message.holdOpen),
  };
  return [
    { topic: "billing.events", key: walletId, value: JSON.stringify(billing) },
    { topic: messagingTopic(channel, "status"), key: conversation, value: JSON.stringify(status) },
  ];
}
