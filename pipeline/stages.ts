import { CHANNELS, messagingTopic } from "#domain/messages/channels.ts";

/** One consumer of the pipeline: what it reads, writes and where its poison goes. */
export interface Stage {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly consumerGroup: string;
  readonly deadLetterTopic: string;
  /** What the keys of its output records are. */
  readonly messageKey: "conversation" | "wallet" | "tenant" | "none";
}

const everyChannel = (kind: "submitted" | "cleared" | "status" | "inbound"): string[] =>
  CHANNELS.map((channel) => messagingTopic(channel, kind));

function stage(
  name: string,
  inputs: readonly string[],
  outputs: readonly string[],
  messageKey: Stage["messageKey"],
): Stage {
  return {
    name,
    inputs,
    outputs,
    consumerGroup: `catalyst.${name}`,
    deadLetterTopic: `${name}.dead-letter`,
    messageKey,
  };
}

/** The picture of the pipeline as data: consumers are wired from it, docs/architecture.md is checked against it. */
export const STAGES = {
  firewall: stage(
    "firewall",
    [...everyChannel("submitted"), ...everyChannel("inbound")],
    [...everyChannel("cleared"), ...everyChannel("status"), "firewall.events", "billing.events"],
    "conversation",
  ),
  sms: stage(
    "sms",
    [messagingTopic("sms", "cleared")],
    [messagingTopic("sms", "status"), messagingTopic("sms", "inbound"), "billing.events"],
    "conversation",
  ),
  billing: stage("billing", ["billing.events"], ["workflow.triggers"], "wallet"),
  timeline: stage(
    "timeline",
    [
      ...everyChannel("submitted"),
      ...everyChannel("cleared"),
      ...everyChannel("status"),
      ...everyChannel("inbound"),
    ],
    [...everyChannel("status"), "billing.events"],
    "conversation",
  ),
  analytics: stage("analytics", [...everyChannel("status"), "firewall.events"], [], "none"),
  notifications: stage("notifications", [...everyChannel("status"), ...everyChannel("inbound")], [], "none"),
  fraud: stage("fraud", [...everyChannel("status"), "firewall.events"], ["fraud.alerts"], "tenant"),
  cases: stage("cases", ["fraud.alerts"], [], "none"),
  flows: stage("flows", ["workflow.triggers"], [], "none"),
  receipts: stage("receipts", everyChannel("status"), [], "none"),
} as const satisfies Record<string, Stage>;

export type StageName = keyof typeof STAGES;

/** How a stage's records gather under load; a first record is always handled at once. */
export interface StageBatches {
  /** Least time from one batch's start to the next one's. */
  readonly everyMs: number;
  /** Most bytes of one fetch, and so of one batch. */
  readonly bytesMax: number;
}

const MEBIBYTE = 1_048_576;

/**
 * The first three stand between a message and its charge. For the others nobody waits: the larger their batches, the more of a message's
 * steps fall into one change of one row. A record takes some 700 bytes.
 */
export const STAGE_BATCHES: Readonly<Record<StageName, StageBatches>> = {
  firewall: { everyMs: 10, bytesMax: 2 * MEBIBYTE },
  sms: { everyMs: 10, bytesMax: 2 * MEBIBYTE },
  billing: { everyMs: 20, bytesMax: 2 * MEBIBYTE },
  timeline: { everyMs: 300, bytesMax: 8 * MEBIBYTE },
  analytics: { everyMs: 300, bytesMax: 4 * MEBIBYTE },
  notifications: { everyMs: 50, bytesMax: 2 * MEBIBYTE },
  fraud: { everyMs: 1_000, bytesMax: 4 * MEBIBYTE },
  cases: { everyMs: 50, bytesMax: MEBIBYTE },
  flows: { everyMs: 50, bytesMax: MEBIBYTE },
  receipts: { everyMs: 20, bytesMax: 2 * MEBIBYTE },
};

/** Configuration topics: compacted, one record per key, read whole by every process at start. */
export const CONTROL_TOPICS = ["control.tenants", "control.rate-cards", "control.rules"] as const;

/** Topics of the guide that nothing writes yet: created, so that what reads them may be deployed first. */
const AWAITED_TOPICS = ["notifications.sent"] as const;

/** Every event topic that exists, created at start. */
export function eventTopics(): string[] {
  const topics = new Set<string>(AWAITED_TOPICS);
  for (const { inputs, outputs, deadLetterTopic } of Object.values(STAGES)) {
    for (const topic of [...inputs, ...outputs, deadLetterTopic]) topics.add(topic);
  }
  return [...topics].sort();
}

/**
 * Partitions of each event topic. In development, channels without a service of their own yet get one:
 * kafkajs names every partition in every fetch, which an idle machine would feel.
 */
export function topicPartitions(
  topics: readonly string[],
  partitions: number,
  environment: "development" | "production",
): Map<string, number> {
  const busy = (topic: string): boolean =>
    environment === "production" || !topic.startsWith("messaging.") || topic.startsWith("messaging.sms.");
  return new Map(
    topics.map((topic) => [topic, busy(topic) && !topic.endsWith(".dead-letter") ? partitions : 1]),
  );
}
