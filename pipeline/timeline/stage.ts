import type { MessageStatus } from "#domain/events/message-status.ts";
import type { MessageSubmitted } from "#domain/events/message-submitted.ts";
import type { StageHandler } from "#domain/events/ports.ts";
import type { TimelineStore } from "#domain/messages/ports.ts";
import { collapse } from "#domain/messages/timeline.ts";

export interface TimelineDependencies {
  readonly store: Pick<TimelineStore, "apply">;
}

/**
 * Writes what happened to messages: one change per message and one transaction per batch. Nobody waits for it, so
 * the larger the batch the better.
 */
export function createTimelineHandler({
  store,
}: TimelineDependencies): StageHandler<MessageSubmitted | MessageStatus> {
  return async (records) => {
    const changes = collapse(records.map(({ event }) => event));
    await store.apply([...changes.values()]);
  };
}
