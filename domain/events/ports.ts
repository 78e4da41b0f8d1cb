/** A record to publish. `value` is UTF-8 JSON (raw bytes only where a dead letter keeps what it was given). */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key: string;
  readonly value: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Publishes with acks=all: when the promise resolves, every record is durable on the in-sync replicas.
 * Records of one key and topic keep their order. Rejects with Unavailable; then some records may
 * or may not have been written, and the caller may publish them again (consumers are idempotent).
 */
export interface EventPublisher {
  publish(records: readonly OutgoingRecord[]): Promise<void>;
}

/** A record as the bus delivers it, before anything is known of its content. */
export interface RawRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** A record as a stage receives it. */
export interface StageRecord<Event> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly event: Event;
}

/**
 * A stage's work on one batch (records of several partitions, each partition in order). When it
 * resolves, every effect is durable and the offsets are committed. It must be idempotent: the same records come again after
 * a crash or a rebalance. It throws Unavailable when a server is away (the batch is retried, nothing
 * is committed) and Poison when one record can never succeed (the runner then tries records singly and sends that one to the stage's dead letter).
 */
export type StageHandler<Event> = (records: readonly StageRecord<Event>[]) => Promise<void>;
