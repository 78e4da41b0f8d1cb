import type { Channel } from "#domain/messages/channels.ts";
import type { MessageState } from "#domain/messages/state.ts";
import type { MessageChange, TimelineStep } from "#domain/messages/timeline.ts";
import type { Money } from "#domain/money/money.ts";
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
  take(
    systemIds: readonly string[],
    limit: number,
    now: number,
    leaseMs: number,
  ): Promise<readonly TakenReceipt[]>;
  /** Forgets receipts that their ESME acknowledged. */
  remove(receipts: readonly PendingReceipt[]): Promise<void>;
  /** Gives up receipts whose state is older than `before` (epoch ms). Returns how many. */
  discardOlderThan(before: number): Promise<number>;
}

export type { TimelineStep };

/** The timeline's store, the one writer of messages. Everything in this file throws Unavailable when its server is away. */
export interface TimelineStore {
  /**
   * Applies all changes in one transaction, with the carriers' ids. The rows that result depend neither on the order of changes nor
   * on repetition, nor on who else writes at the same time. Throws Poison when a message id is not a UUID.
   */
  apply(changes: readonly MessageChange[]): Promise<void>;
  /** Creates partitions for the days ahead and drops guards that nothing can need any more; at start and daily, safe to repeat. */
  ensurePartitions(now: number): Promise<void>;
}

/** A message without a final state whose receipt did not come in time. */
export interface DueMessage {
  readonly messageId: string;
  readonly tenantId: string;
  readonly walletId: string;
  readonly channel: Channel;
  readonly conversation: string;
  readonly acceptedAt: number;
  /** Epoch ms when its receipt was due. */
  readonly dueAt: number;
  readonly parts: number;
  readonly country: string | null;
  readonly operator: string | null;
  readonly origin: MessageSubmitted["origin"];
  readonly from: string;
  readonly to: string;
  readonly reference: string | null;
  readonly holdOpen: Money;
}

export interface DueMessages {
  /** In order of (dueAt, messageId), those after `after`. */
  due(
    now: number,
    after: { readonly dueAt: number; readonly messageId: string } | null,
    limit: number,
  ): Promise<readonly DueMessage[]>;
}

/** Whose rows a read may return: one tenant's (through row-level security) or, for administration, everybody's. */
export type MessageScope = { readonly tenantId: string } | "administration";

export interface MessageView {
  readonly messageId: string;
  readonly tenantId: string;
  readonly channel: Channel;
  readonly direction: "outbound" | "inbound";
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly parts: number;
  readonly encoding: MessageSubmitted["encoding"];
  readonly country: string | null;
  readonly operator: string | null;
  readonly reference: string | null;
  readonly state: MessageState;
  readonly acceptedAt: number;
  readonly expiresAt: number;
  readonly finalAt: number | null;
  /** From `accepted` on, by time. */
  readonly timeline: readonly TimelineStep[];
}

export interface MessageReads {
  /** Null while its submission is not stored, and when it is not in scope. */
  get(scope: MessageScope, messageId: string): Promise<MessageView | null>;
  /** Newest first; `after` is the `next` of the page before. */
  list(
    scope: MessageScope,
    tenantId: string,
    filter: { readonly state: MessageState | null },
    page: { readonly after: string | null; readonly limit: number },
  ): Promise<{ readonly rows: readonly MessageView[]; readonly next: string | null }>;
  /** How many of a tenant's messages, accepted since `since` (epoch ms), are in each state. Reads them all: for people, not for dashboards. */
  countByState(
    scope: MessageScope,
    tenantId: string,
    since: number,
  ): Promise<Readonly<Partial<Record<MessageState, number>>>>;
}

export type UsageOutcome = "delivered" | "failed" | "rejected" | "blocked" | "expired";

/** The outcome of a part, or (part 0) of a message as a whole. */
export interface UsageRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly messageId: string;
  readonly part: number;
  /** Parts that this outcome covers. */
  readonly units: number;
  readonly tenantId: string;
  readonly channel: Channel;
  readonly outcome: UsageOutcome;
  /** "ZZ" = unknown. */
  readonly country: string;
  /** Epoch ms, the start of the hour. */
  readonly hour: number;
}

export interface UsageRow {
  readonly channel: Channel;
  readonly outcome: UsageOutcome;
  readonly country: string;
  readonly hour: number;
  readonly messages: number;
  readonly parts: number;
}

export interface UsageStore {
  /**
   * Counts each outcome once: records below the stored position of their partition, and parts counted before, are left
   * out. `positions` are where the batch ends, also of records that count nothing. One transaction. Returns how many parts were counted.
   */
  count(
    records: readonly UsageRecord[],
    positions: readonly { readonly topic: string; readonly partition: number; readonly nextOffset: bigint }[],
  ): Promise<number>;
  /** Rows of [from, to) (epoch ms) by hour. */
  read(scope: MessageScope, tenantId: string, from: number, to: number): Promise<readonly UsageRow[]>;
}

/** Where a delivery goes: to a tenant's own webhook, or to the endpoint of that id. */
export interface WebhookDestination {
  /** Null of an endpoint of every tenant. */
  readonly tenantId: string | null;
  readonly endpointId: string | null;
}

/** What deliveries to one destination have in common: they are made side by side, and spared together. */
export function laneOf({ tenantId, endpointId }: WebhookDestination): string {
  return endpointId ?? tenantId ?? "";
}

/** One call to a webhook. `body` is JSON text without number or text of the message. */
export interface WebhookDelivery extends WebhookDestination {
  /** `messageId:state`, with `:part` for messages of several parts: the same for every attempt. */
  readonly webhookId: string;
  readonly body: string;
  readonly createdAt: number;
}

export interface ClaimedDelivery extends WebhookDelivery {
  /** Attempts made before. */
  readonly attempts: number;
}

export interface WebhookDeliveries {
  /** Stores for a later attempt; one that is stored already stays as it is. */
  defer(
    deliveries: readonly {
      readonly delivery: WebhookDelivery;
      readonly attempts: number;
      readonly nextAttemptAt: number;
      readonly error: string | null;
    }[],
  ): Promise<void>;
  /**
   * Leases what is due: at most `perLane` of each lane and `limit` in all, so that one destination's backlog starves nobody;
   * nothing of the lanes in `except`.
   */
  claim(claim: {
    readonly now: number;
    readonly leaseMs: number;
    readonly perLane: number;
    readonly limit: number;
    readonly except: readonly string[];
  }): Promise<readonly ClaimedDelivery[]>;
  delivered(delivery: WebhookDelivery): Promise<void>;
  /** `nextAttemptAt` null: given up. */
  failed(delivery: WebhookDelivery, nextAttemptAt: number | null, error: string, now: number): Promise<void>;
  disableEndpoint(destination: WebhookDestination, url: string, now: number): Promise<void>;
  disabledEndpoints(): Promise<readonly { readonly tenantId: string; readonly url: string }[]>;
  /** Forgets what was given up before `before` (epoch ms). Returns how many. */
  prune(before: number): Promise<number>;
}

/** What came of one HTTP call to an address that somebody else chose. */
export type WebhookAnswer =
  | { readonly kind: "answered"; readonly status: number; readonly retryAfterMs: number | null }
  /** Never connected: the URL or the address that its name resolves to is not allowed. */
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };

export interface WebhookSender {
  /** POSTs JSON. Follows no redirect; gives up after `timeoutMs`. Never rejects. */
  post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    timeoutMs: number,
  ): Promise<WebhookAnswer>;
}

/** Which operator serves a number. Synchronous: the hot path never waits for a lookup. */
export interface NumberRanges {
  /**
   * @param number E.164 with +.
   * @param country ISO 3166-1 alpha-2, null when unknown.
   * @returns the operator's name, null where no data knows it (in the United States and wherever numbers are ported freely).
   */
  operator(number: string, country: string | null): string | null;
}
