import { setTimeout as sleep } from "node:timers/promises";
import type { EachBatchPayload, Kafka, Consumer } from "kafkajs";
import type { RawRecord } from "#domain/events/ports.ts";
import type { Closable } from "#platform/lifecycle.ts";
import type { Logger } from "#platform/logger.ts";

export interface ConsumerOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Handles records of several partitions; when it resolves their offsets are committed. */
  readonly process: (records: readonly RawRecord[]) => Promise<void>;
  /**
   * Least time from one batch's start to the next one's, 0 = none. A first record is handled at once; under load
   * records gather, which costs everybody less: every batch is a fetch, a commit and (where there is one) a transaction.
   */
  readonly batchEveryMs?: number;
  /** Most bytes of one fetch. */
  readonly fetchBytesMax?: number;
  readonly logger: Logger;
  /** Called when the consumer cannot go on (kafkajs gave up): the process must end and start anew. */
  readonly onFatal: (error: Error) => void;
}

/** A dead member keeps its partitions this long; kafkajs knows no static membership, so it stays near the broker's least. */
const SESSION_MS = 10_000;
const HEARTBEAT_MS = 2_000;
/** Bounds a batch to some 3,000 records of 700 bytes: enough to amortise a transaction, little enough to stay below a second. */
const FETCH_BYTES_MAX = 2_097_152;
const FETCH_BYTES_PER_PARTITION_MAX = 1_048_576;

interface Gathered {
  readonly payload: EachBatchPayload;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * A consumer group member that hands its stage everything one fetch brought, of all partitions
 * together, and commits after it is handled (never before: a kill loses nothing).
 */
export class KafkaConsumer implements Closable {
  readonly name: string;
  readonly #consumer: Consumer;
  readonly #options: ConsumerOptions;
  #gathered: Gathered[] = [];
  #processing = false;

  constructor(kafka: Kafka, options: ConsumerOptions) {
    this.name = `consumer ${options.groupId}`;
    this.#options = options;
    this.#consumer = kafka.consumer({
      groupId: options.groupId,
      sessionTimeout: SESSION_MS,
      rebalanceTimeout: SESSION_MS,
      heartbeatInterval: HEARTBEAT_MS,
      maxBytes: options.fetchBytesMax ?? FETCH_BYTES_MAX,
      maxBytesPerPartition: FETCH_BYTES_PER_PARTITION_MAX,
      maxWaitTimeInMs: 250,
      allowAutoTopicCreation: false,
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 2_000,
        retries: 10,
        restartOnFailure: () => Promise.resolve(true),
      },
    });
    this.#consumer.on("consumer.crash", ({ payload }) => {
      options.logger.error(
        { err: payload.error, groupId: payload.groupId, restart: payload.restart },
        "consumer crashed",
      );
      if (!payload.restart) options.onFatal(payload.error);
    });
  }

  /** Joins the group and starts to consume; resolves once partitions are assigned. */
  async start(): Promise<void> {
    const joined = new Promise<void>((resolve) => {
      const remove = this.#consumer.on("consumer.group_join", () => {
        remove();
        resolve();
      });
    });
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 256,
      eachBatch: (payload) => this.#gather(payload),
    });
    await joined;
  }

  async close(): Promise<void> {
    await this.#consumer.disconnect();
  }

  #gather(payload: EachBatchPayload): Promise<void> {
    return new Promise((done, failed) => {
      this.#gathered.push({ payload, done, failed });
      if (this.#processing) return;
      this.#processing = true;
      setImmediate(() => void this.#processGathered());
    });
  }

  async #processGathered(): Promise<void> {
    while (this.#gathered.length > 0) {
      const startedAt = performance.now();
      const batch = this.#gathered;
      this.#gathered = [];
      const heartbeat = setInterval(() => void batch[0]!.payload.heartbeat().catch(() => {}), HEARTBEAT_MS);
      try {
        await this.#options.process(batch.flatMap(({ payload }) => toRecords(payload)));
        await this.#commit(batch);
        await this.#pace(startedAt);
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      } finally {
        clearInterval(heartbeat);
      }
    }
    this.#processing = false;
  }

  /** The next fetch starts when this one's partitions are given back. */
  async #pace(startedAt: number): Promise<void> {
    const left = (this.#options.batchEveryMs ?? 0) - (performance.now() - startedAt);
    if (left >= 1) await sleep(left);
  }

  async #commit(batch: readonly Gathered[]): Promise<void> {
    const offsets = batch.map(({ payload }) => ({
      topic: payload.batch.topic,
      partition: payload.batch.partition,
      offset: (BigInt(payload.batch.lastOffset()) + 1n).toString(),
    }));
    await this.#consumer.commitOffsets(offsets);
  }
}

function toRecords({ batch }: EachBatchPayload): RawRecord[] {
  const { topic, partition } = batch;
  return batch.messages.map(({ offset, key, value, headers }) => ({
    topic,
    partition,
    offset: BigInt(offset),
    key: key?.toString() ?? "",
    value,
    headers: readHeaders(headers),
  }));
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

function readHeaders(
  headers: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, string>> {
  if (headers === undefined) return NO_HEADERS;
  let read: Record<string, string> | undefined;
  for (const name in headers) (read ??= {})[name] = String(headers[name]);
  return read ?? NO_HEADERS;
}
