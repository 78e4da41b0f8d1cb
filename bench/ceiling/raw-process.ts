import type { Kafka } from "kafkajs";
import { createKafka } from "#adapters/kafka/connection.ts";
import { KafkaConsumer } from "#adapters/kafka/consumer.ts";
import { KafkaPublisher } from "#adapters/kafka/publisher.ts";
import { createPool, type Pool } from "#adapters/postgres/pool.ts";
import { createRedisConnection, type RedisConnection } from "#adapters/redis/connection.ts";
import type { RawRecord } from "#domain/events/ports.ts";
import { STAGE_BATCHES, type StageName } from "#pipeline/stages.ts";
import { createLogger } from "#platform/logger.ts";
import { readPlan, type CeilingPlan } from "./plan.ts";

/** What a raw process has in its hands: the product's own connections to the servers, and nothing that decides. */
export interface RawProcess {
  readonly plan: CeilingPlan;
  readonly publisher: KafkaPublisher;
  readonly pool: Pool;
  readonly redis: RedisConnection;
  readonly consume: (
    stage: StageName,
    topics: readonly string[],
    process: (records: readonly RawRecord[]) => Promise<void>,
  ) => Promise<void>;
}

/** Starts one; says "ready" on standard output when `compose` is through. Ends with SIGTERM. */
export async function runRaw(name: string, compose: (raw: RawProcess) => Promise<void>): Promise<void> {
  const logger = createLogger(`ceiling-${name}`, "warn");
  const variable = (key: string): string => process.env[key] ?? "";
  const kafka: Kafka = createKafka([variable("KAFKA_BROKERS")], `ceiling-${name}`, logger);
  const publisher = new KafkaPublisher(kafka);
  await publisher.connect();
  process.once("SIGTERM", () => process.exit(0));
  await compose({
    plan: readPlan(),
    publisher,
    pool: createPool(variable("DATABASE_URL"), `ceiling-${name}`),
    redis: createRedisConnection(variable("REDIS_URL")),
    consume: (stage, topics, handle) =>
      new KafkaConsumer(kafka, {
        groupId: `ceiling.${stage}`,
        topics,
        batchEveryMs: STAGE_BATCHES[stage].everyMs,
        fetchBytesMax: STAGE_BATCHES[stage].bytesMax,
        process: handle,
        logger,
        onFatal: () => process.exit(1),
      }).start(),
  });
  process.stdout.write("ready\n");
}
