import type { ITopicConfig, Kafka } from "kafkajs";

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
    return missing.map(({ topic }) => topic);
  } finally {
    await admin.disconnect();
  }
}
