import { setTimeout as sleep } from "node:timers/promises";
import type { Kafka, Message, Producer } from "kafkajs";
import { Unavailable } from "#domain/errors.ts";
import type { EventPublisher, OutgoingRecord } from "#domain/events/ports.ts";
import type { Closable } from "#platform/lifecycle.ts";
import { keyPartitioner } from "./partitioner.ts";

/** Records in one request: 2,000 of about 700 bytes stay well below the broker's 1 MiB a partition batch. */
const RECORDS_PER_REQUEST_MAX = 2_000;
/** Records waiting for the request in flight; beyond it the caller is told that Kafka is not keeping up. */
const RECORDS_WAITING_MAX = 50_000;

/**
 * Least time from one request's start to the next one's: the first leaves at once, under load records gather. Each request
 * costs the broker and this process the same again for every partition it touches.
 */
const REQUEST_EVERY_MS = 5;

interface Waiting {
  readonly records: readonly OutgoingRecord[];
  readonly resolve: () => void;
  readonly reject: (error: Unavailable) => void;
}

/**
 * Publishes with acks=all, one request in flight: what arrives meanwhile forms the next one. So the
 * order of a key's records holds, and a busy process batches by itself.
 */
export class KafkaPublisher implements EventPublisher, Closable {
  readonly name = "kafka publisher";
  readonly #producer: Producer;
  #waiting: Waiting[] = [];
  #waitingRecords = 0;
  #sending: Promise<void> | undefined;
  #lastRequestAt = -Infinity;

  constructor(kafka: Kafka) {
    this.#producer = kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: keyPartitioner,
    });
  }

  async connect(): Promise<void> {
    await this.#producer.connect();
  }

  publish(records: readonly OutgoingRecord[]): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    if (this.#waitingRecords + records.length > RECORDS_WAITING_MAX) {
      return Promise.reject(
        new Unavailable("kafka", { message: "kafka does not keep up: too many records are waiting" }),
      );
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, resolve, reject });
      this.#waitingRecords += records.length;
      this.#sending ??= this.#sendWaiting();
    });
  }

  async close(): Promise<void> {
    await this.#sending;
    await this.#producer.disconnect();
  }

  async #sendWaiting(): Promise<void> {
    // One turn of the event loop lets every caller of this tick join the request.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const left = this.#lastRequestAt + REQUEST_EVERY_MS - performance.now();
      if (left >= 1 && this.#waitingRecords < RECORDS_PER_REQUEST_MAX) await sleep(left);
      this.#lastRequestAt = performance.now();
      const batch = this.#takeBatch();
      try {
        await this.#send(batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        const unavailable = new Unavailable("kafka", { cause: error });
        for (const { reject } of batch) reject(unavailable);
      }
    }
    this.#sending = undefined;
  }

  #takeBatch(): Waiting[] {
    let records = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      if (count > 0 && records + waiting.records.length > RECORDS_PER_REQUEST_MAX) break;
      records += waiting.records.length;
      count += 1;
    }
    this.#waitingRecords -= records;
    return this.#waiting.splice(0, count);
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    const byTopic = new Map<string, Message[]>();
    for (const { records } of batch) {
      for (const { topic, key, value, headers } of records) {
        let messages = byTopic.get(topic);
        if (messages === undefined) byTopic.set(topic, (messages = []));
        messages.push({ key, value: writable(value), ...(headers && { headers: { ...headers } }) });
      }
    }
    const topicMessages = [...byTopic].map(([topic, messages]) => ({ topic, messages }));
    await this.#producer.sendBatch({ topicMessages, acks: -1, timeout: 15_000 });
  }
}

/** kafkajs measures whatever is no Buffer as text: a plain Uint8Array would become a record that the broker refuses for ever. */
function writable(value: string | Uint8Array): string | Buffer {
  if (typeof value === "string" || Buffer.isBuffer(value)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
