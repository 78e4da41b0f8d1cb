import type { FirewallEvent } from "#domain/events/firewall-event.ts";
import type { MessageStatus } from "#domain/events/message-status.ts";
import type { StageHandler, StageRecord } from "#domain/events/ports.ts";
import { Poison } from "#domain/errors.ts";
import type { UsageOutcome, UsageRecord, UsageStore } from "#domain/messages/ports.ts";

const HOUR_MS = 3_600_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UNKNOWN_COUNTRY = "ZZ";

export interface AnalyticsDependencies {
  readonly store: Pick<UsageStore, "count">;
}

/**
 * Counts what became of messages by the hour of the outcome: each part once, however often its status is published or
 * replayed. Sent parts and firewall verdicts count nothing (a block arrives as a status too).
 */
export function createAnalyticsHandler({
  store,
}: AnalyticsDependencies): StageHandler<MessageStatus | FirewallEvent> {
  return async (records) => {
    if (records.length === 0) return;
    await store.count(records.flatMap(toUsage), positionsAfter(records));
  };
}

function toUsage({
  topic,
  partition,
  offset,
  event,
}: StageRecord<MessageStatus | FirewallEvent>): UsageRecord[] {
  if (event.type !== "message.status" || event.state === "sent") return [];
  if (!UUID.test(event.messageId)) throw new Poison("the message id is not a UUID in lower case");
  const outcome: UsageOutcome = event.state;
  return [
    {
      topic,
      partition,
      offset,
      messageId: event.messageId,
      part: event.part,
      units: event.part === 0 ? event.parts : 1,
      tenantId: event.tenantId,
      channel: event.channel,
      outcome,
      country: event.country ?? UNKNOWN_COUNTRY,
      hour: Math.floor(event.at / HOUR_MS) * HOUR_MS,
    },
  ];
}

/** The offset after the last record of each partition, in the order in which every process locks them. */
function positionsAfter(records: readonly StageRecord<unknown>[]): Parameters<UsageStore["count"]>[1] {
  const positions = new Map<string, { topic: string; partition: number; nextOffset: bigint }>();
  for (const { topic, partition, offset } of records) {
    const key = `${topic}:${partition}`;
    const known = positions.get(key);
    if (known === undefined || known.nextOffset <= offset)
      positions.set(key, { topic, partition, nextOffset: offset + 1n });
  }
  return [...positions.entries()]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, position]) => position);
}
