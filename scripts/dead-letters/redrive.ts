import { Partitioners, type Consumer, type EachBatchPayload, type Kafka, type Producer } from "kafkajs";
import type { Stage } from "#pipeline/stages.ts";
import { readDeadLetter, whyNotRedriven, type DeadLetter } from "./dead-letter.ts";
import { countLetters, readLetters, redriveGroup } from "./dead-letter-topics.ts";

/** What became of one letter. `reason` null: it is back in its topic. */
export interface Redriven {
  readonly letter: DeadLetter;
  readonly reason: string | null;
}

/** Letters that one commit of the mark covers: a kill makes at most these go out again. */
const LETTERS_PER_MARK = 100;
/** A member that was killed keeps the partition until its session ends (10 s). */
const JOIN_MS_MAX = 30_000;

/**
 * Puts a stage's letters back into the topics that they came from, oldest first, from the stage's mark on. The mark (the committed
 * offset of the group catalyst.dlq.STAGE) moves after the original is durable: killed between the two, a letter goes out again, and
 * stages take a record that comes twice. What cannot go back is reported and passed over; it stays in the topic.
 */
export async function redrive(
  kafka: Kafka,
  stage: Stage,
  limit: number,
  onLetter: (redriven: Redriven) => void,
): Promise<void> {
  const [counts] = await countLetters(kafka, [stage]);
  const ends = new Map(
    (counts?.partitions ?? [])
      .filter(({ redriven, high }) => redriven < high)
      .map(({ partition, redriven, high }) => [partition, { redriven, high }]),
  );
  if (ends.size === 0 || limit <= 0) return;
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  });
  const consumer = kafka.consumer({
    groupId: redriveGroup(stage),
    sessionTimeout: 10_000,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [stage.deadLetterTopic], fromBeginning: true });
    await consumeMarked(consumer, producer, stage, ends, limit, onLetter);
  } finally {
    await consumer.disconnect();
    await producer.disconnect();
  }
}

async function consumeMarked(
  consumer: Consumer,
  producer: Producer,
  stage: Stage,
  ends: Map<number, { readonly redriven: bigint; readonly high: bigint }>,
  limit: number,
  onLetter: (redriven: Redriven) => void,
): Promise<void> {
  let left = limit;
  await new Promise<void>((done, failed) => {
    const timer = setTimeout(
      () => failed(new Error(`another redrive of ${stage.name} holds its letters`)),
      JOIN_MS_MAX,
    );
    consumer.on("consumer.crash", ({ payload }) => {
      clearTimeout(timer);
      failed(payload.error);
    });
    void consumer.run({
      autoCommit: false,
      eachBatch: async (payload) => {
        clearTimeout(timer);
        const { partition } = payload.batch;
        const end = ends.get(partition);
        if (end === undefined || left === 0) return;
        left -= await redriveBatch(consumer, producer, stage, payload, end.high, left, onLetter);
        if (left === 0 || BigInt(payload.batch.lastOffset()) + 1n >= end.high) ends.delete(partition);
        if (left === 0 || ends.size === 0) done();
      },
    });
    // Where nothing was committed yet, the group would begin at its own idea of the beginning.
    for (const [partition, { redriven }] of ends) {
      consumer.seek({ topic: stage.deadLetterTopic, partition, offset: redriven.toString() });
    }
  });
}

/** Answers how many letters it dealt with. */
async function redriveBatch(
  consumer: Consumer,
  producer: Producer,
  stage: Stage,
  payload: EachBatchPayload,
  high: bigint,
  limit: number,
  onLetter: (redriven: Redriven) => void,
): Promise<number> {
  const { batch } = payload;
  const letters = batch.messages
    .filter(({ offset }) => BigInt(offset) < high)
    .slice(0, limit)
    .map((record) => readDeadLetter(stage.name, batch.partition, record));
  for (let start = 0; start < letters.length; start += LETTERS_PER_MARK) {
    const group = letters.slice(start, start + LETTERS_PER_MARK);
    const results = await publish(producer, group);
    const next = (group.at(-1)!.offset + 1n).toString();
    await consumer.commitOffsets([
      { topic: stage.deadLetterTopic, partition: batch.partition, offset: next },
    ]);
    for (const result of results) onLetter(result);
    await payload.heartbeat();
  }
  return letters.length;
}

/** Puts one letter back, wherever the mark stands, and leaves the mark. Null: there is no such letter. */
export async function redriveOne(kafka: Kafka, stage: Stage, offset: bigint): Promise<Redriven | null> {
  const [letter] = await readLetters(kafka, stage, offset, 1);
  if (letter?.offset !== offset) return null;
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  try {
    const [result] = await publish(producer, [letter]);
    return result ?? null;
  } finally {
    await producer.disconnect();
  }
}

async function publish(producer: Producer, letters: readonly DeadLetter[]): Promise<Redriven[]> {
  const results = letters.map((letter) => ({ letter, reason: whyNotRedriven(letter) }));
  const topicMessages = results
    .filter(({ reason }) => reason === null)
    .map(({ letter }) => ({
      topic: letter.originTopic!,
      messages: [
        {
          key: letter.key,
          value: letter.value,
          // The stage counts on from x-attempt; other readers of the topic handled the record the first time.
          headers: { "x-attempt": String(letter.attempt), "x-redrive-stage": letter.stage },
        },
      ],
    }));
  if (topicMessages.length > 0) await producer.sendBatch({ topicMessages, acks: -1 });
  return results;
}
