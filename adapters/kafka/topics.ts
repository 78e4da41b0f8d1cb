import { setTimeout as sleep } from "node:timers/promises";
import type { Admin, ITopicConfig, Kafka } from "kafkajs";

export interface TopicPlan {
  /** Event topics and how many partitions each has. */
  readonly events: ReadonlyMap<string, number>;
  /** Compacted topics of one partition. */
  readonly control: readonly string[];
  readonly replicationFactor: number;
}

/** Thirty days, as the guide plans its storage. Dead letters share it: longer than any incident. */
const RETENTION_MS = 30 * 24 * 3600 * 1000;

/**
 * Creates the topics that are missing; existing ones keep their partitions (those of billing.events
 * never change in place: wallets would move between consumers).
 */
export async function createTopics(kafka: Kafka, plan: TopicPlan): Promise<string[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const brokers = (await admin.describeCluster()).brokers.length;
    const replicationFactor = Math.min(plan.replicationFactor, brokers);
    const insync = String(Math.max(1, Math.min(2, replicationFactor - 1)));
    const wanted: ITopicConfig[] = [
      ...[...plan.events].map(([topic, numPartitions]) => ({
        topic,
        numPartitions,
        replicationFactor,
        configEntries: [
          { name: "retention.ms", value: String(RETENTION_MS) },
          { name: "min.insync.replicas", value: insync },
        ],
      })),
      ...plan.control.map((topic) => ({
        topic,
        numPartitions: 1,
        replicationFactor,
        configEntries: [
          { name: "cleanup.policy", value: "compact" },
          { name: "min.insync.replicas", value: insync },
        ],
      })),
    ];
    const missing = wanted.filter(({ topic }) => !existing.has(topic));
    if (missing.length > 0)
      await admin.createTopics({ topics: missing, waitForLeaders: true, timeout: 60_000 });
    for (const { topic } of missing) await untilLed(admin, topic);
    return missing.map(({ topic }) => topic);
  } finally {
    await admin.disconnect();
  }
}

const LEADER_ATTEMPTS_MAX = 100;
const LEADER_PAUSE_MS = 100;

/** KRaft names a new partition's leader in its metadata a moment before that broker serves it. */
async function untilLed(admin: Admin, topic: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await admin.fetchTopicOffsets(topic);
      return;
    } catch (error) {
      if (attempt === LEADER_ATTEMPTS_MAX) throw error;
      await sleep(LEADER_PAUSE_MS);
    }
  }
}
