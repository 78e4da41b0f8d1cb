import type { Channel } from "#domain/messages/channels.ts";
import type { MessageState } from "#domain/messages/state.ts";
import type { MessageSubmitted } from "#domain/events/message-submitted.ts";
import type { MessageStatus } from "#domain/events/message-status.ts";

/** The part of a message that a carrier's id stands for: all that a receipt's status and billing event need. */
export interface CarrierMatch {
  readonly carrierMessageId: string;
  readonly messageId: string;
  readonly tenantId: string;
  readonly walletId: string;
  readonly channel: Channel;
  readonly conversation: string;
  /** From 1. */
  readonly part: number;
  readonly parts: number;
  readonly country: string | null;
  readonly operator: string | null;
  readonly acceptedAt: number;
  readonly from: string;
  readonly to: string;
  readonly origin: MessageSubmitted["origin"];
  readonly holds: MessageSubmitted["holds"];
  readonly reference: string | null;
}

export interface CarrierIds {
  /**
   * Matches ids that a connector's receipts name to what was sent through it; of an id used twice (SMSCs
   * recycle them), the latest. What is not found is absent: its `sent` status or its message has perhaps not been
   * stored yet (the timeline lags by up to seconds), so a caller asks again later before it gives up. Throws Unavailable.
   */
  find(connector: string, carrierMessageIds: readonly string[]): Promise<readonly CarrierMatch[]>;
}

/** A deliver_sm receipt owed to an ESME that was not bound or did not answer. */
export interface PendingReceipt {
  readonly systemId: string;
  readonly tenantId: string;
  readonly messageId: string;
  /** From 1; 0 = the message as a whole. */
  readonly part: number;
  readonly parts: number;
  readonly state: MessageStatus["state"];
  /** Epoch ms of the state. */
  readonly at: number;
  readonly acceptedAt: number;
  readonly code: string | null;
}

/** As taken for delivery: the addresses come from the messages table, the only place that keeps them. */
export interface TakenReceipt extends PendingReceipt {
  readonly from: string;
  readonly to: string;
}

export interface PendingReceipts {
  /** Stores; a receipt stored before (system id, message, part, state) is left as it is. */
  store(receipts: readonly PendingReceipt[]): Promise<void>;
  /**
   * Leases up to `limit` of the oldest receipts of these system ids for `leaseMs`: nobody else is given them meanwhile, and
   * what is neither deleted nor released by then is given out again.
   */
  take(systemIds: readonly string[], limit: number, now: number, leaseMs: number): Promise<readonly TakenReceipt[]>;
  /** Forgets receipts that their ESME acknowledged. */
  remove(receipts: readonly PendingReceipt[]): Promise<void>;
  /** Gives up receipts whose state is older than `before` (epoch ms). Returns how many. */
  discardOlderThan(before: number): Promise<number>;
}

/** One entry of a message's timeline. */
export interface TimelineStep {
  /** `accepted`, `cleared`, `sent`, `delivered`, … */
  readonly state: MessageState;
  /** From 1; 0 = the message as a whole. */
  readonly part: number;
  readonly at: number;
  readonly code?: string;
  readonly reason?: string;
  readonly connector?: string;
}
