import { randomUUID } from "node:crypto";
import { Kafka, logLevel, type Admin } from "kafkajs";
import { STAGES, type Stage } from "#pipeline/stages.ts";
import { readDeadLetter, type DeadLetter } from "./dead-letter.ts";

/** Where one stage's letters stand. A letter below `redriven` was redriven or passed over. */
export interface LetterCounts {
  readonly stage: string;
  /** Letters kept in the topic. */
  readonly total: number;
  readonly waiting: number;
  readonly partitions: readonly LetterRange[];
}

/** Offsets of one partition: low ≤ redriven ≤ high. */
interface LetterRange {
  readonly partition: number;
  readonly low: bigint;
  readonly redriven: bigint;
  readonly high: bigint;
}

/** Kafka answers within milliseconds; a topic that yields nothing for so long is not going to. */
const READ_SILENCE_MS_MAX = 10_000;

/** The group whose committed offset says how far a stage's letters were redriven. */
export function redriveGroup(stage: Pick<Stage, "name">): string {
  return `catalyst.dlq.${stage.name}`;
}

export function connectKafka(broker: string): Kafka {
  return new Kafka({ brokers: [broker], clientId: "catalyst-dlq", logLevel: logLevel.NOTHING });
}

export async function withAdmin<Result>(
  kafka: Kafka,
  work: (admin: Admin) => Promise<Result>,
): Promise<Result> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

export async function countLetters(
  kafka: Kafka,
  stages: readonly Stage[] = Object.values(STAGES),
): Promise<LetterCounts[]> {
  return withAdmin(kafka, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const counts: LetterCounts[] = [];
    for (const stage of stages) {
      const partitions = existing.has(stage.deadLetterTopic) ? await rangesOf(admin, stage) : [];
      const sum = (size: (range: LetterRange) => bigint): number =>
        Number(partitions.reduce((total, range) => total + size(range), 0n));
      counts.push({
        stage: stage.name,
        total: sum(({ low, high }) => high - low),
        waiting: sum(({ redriven, high }) => high - redriven),
        partitions,
      });
    }
    return counts;
  });
}

async function rangesOf(admin: Admin, stage: Stage): Promise<LetterRange[]> {
  const topic = stage.deadLetterTopic;
  const offsets = await admin.fetchTopicOffsets(topic);
  const [committed] = await admin.fetchOffsets({ groupId: redriveGroup(stage), topics: [topic] });
  const marks = new Map(
    committed?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)] as const),
  );
  return offsets.map((one) => {
    const [low, high] = [BigInt(one.low), BigInt(one.high)];
    const mark = marks.get(one.partition) ?? -1n; // −1: never committed
    return { partition: one.partition, low, high, redriven: mark < low ? low : mark > high ? high : mark };
  });
}

/**
 * Letters of one stage in order, from `from` (an offset, every partition's) or else from where it was redriven to, at most `limit`.
 * Reading marks nothing.
 */
export async function readLetters(
  kafka: Kafka,
  stage: Stage,
  from: bigint | null,
  limit: number,
): Promise<DeadLetter[]> {
  const [counts] = await countLetters(kafka, [stage]);
  const ranges = (counts?.partitions ?? [])
    .map((range) => ({ ...range, start: from === null ? range.redriven : max(from, range.low) }))
    .filter(({ start, high }) => start < high);
  if (ranges.length === 0) return [];
  const groupId = `${redriveGroup(stage)}.reader.${randomUUID()}`;
  const letters: DeadLetter[] = [];
  const open = new Map(ranges.map(({ partition, start, high }) => [partition, { start, high }]));
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, allowAutoTopicCreation: false });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [stage.deadLetterTopic], fromBeginning: true });
    await new Promise<void>((done, failed) => {
      const giveUp = (): NodeJS.Timeout =>
        setTimeout(
          () => failed(new Error(`${stage.deadLetterTopic} could not be read to its end`)),
          READ_SILENCE_MS_MAX,
        );
      let silence = giveUp();
      void consumer.run({
        autoCommit: false,
        eachBatch: ({ batch }) => {
          clearTimeout(silence);
          silence = giveUp();
          const range = open.get(batch.partition);
          if (range === undefined) return Promise.resolve();
          for (const record of batch.messages) {
            const offset = BigInt(record.offset);
            if (offset < range.start || offset >= range.high || letters.length >= limit) continue;
            letters.push(readDeadLetter(stage.name, batch.partition, record));
          }
          if (BigInt(batch.lastOffset()) + 1n >= range.high) open.delete(batch.partition);
          if (open.size > 0 && letters.length < limit) return Promise.resolve();
          clearTimeout(silence);
          done();
          return Promise.resolve();
        },
      });
      for (const { partition, start } of ranges) {
        consumer.seek({ topic: stage.deadLetterTopic, partition, offset: start.toString() });
      }
    });
  } finally {
    await consumer.disconnect();
    await withAdmin(kafka, (admin) => admin.deleteGroups([groupId])).catch(() => undefined);
  }
  return letters;
}

function max(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}
