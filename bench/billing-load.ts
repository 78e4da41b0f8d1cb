import { randomUUID } from "node:crypto";
import { Kafka, logLevel } from "kafkajs";
import pg from "pg";
import { createKafka } from "#adapters/kafka/connection.ts";
import { KafkaPublisher } from "#adapters/kafka/publisher.ts";
import { billingEventId, type UsageEvent } from "#domain/events/billing-event.ts";
import { createLogger } from "#platform/logger.ts";
import type { Environment } from "../scripts/environment.ts";

/** Records of one publish call. */
const PUBLISHED_AT_ONCE = 5_000;

/** A wallet that the bench charges. */
export interface BilledTenant {
  readonly tenantId: string;
  readonly walletId: string;
}

/** One delivered SMS of the tenant, as the sms stage publishes it. */
export function deliveredSms({ tenantId, walletId }: BilledTenant, at: number): UsageEvent {
  const messageId = randomUUID();
  return {
    v: 1,
    kind: "usage",
    id: billingEventId(messageId, "sms.delivered", 1),
    eventType: "sms.delivered",
    messageId,
    part: 1,
    tenantId,
    walletId,
    channel: "sms",
    at,
    acceptedAt: at,
    units: 1,
    country: "US",
    operator: "Verizon",
    hold: "0",
    prefix: "1202555",
    connector: "smsc-1",
  };
}

/** Publishes to billing.events as the product's own processes do. */
export class BillingLoad {
  readonly #publisher: KafkaPublisher;

  private constructor(publisher: KafkaPublisher) {
    this.#publisher = publisher;
  }

  static async connect(environment: Environment): Promise<BillingLoad> {
    const logger = createLogger("bench", "warn");
    const publisher = new KafkaPublisher(createKafka([environment.urls.kafka], "bench", logger));
    await publisher.connect();
    return new BillingLoad(publisher);
  }

  /** `count` events, spread evenly over the tenants. */
  async fill(tenants: readonly BilledTenant[], count: number): Promise<void> {
    for (let first = 0; first < count; first += PUBLISHED_AT_ONCE) {
      const size = Math.min(PUBLISHED_AT_ONCE, count - first);
      await this.publish(
        Array.from({ length: size }, (_, index) =>
          deliveredSms(tenants[(first + index) % tenants.length]!, Date.now()),
        ),
      );
    }
  }

  async publish(events: readonly UsageEvent[]): Promise<void> {
    await this.#publisher.publish(
      events.map((event) => ({
        topic: "billing.events",
        key: event.walletId,
        value: JSON.stringify(event),
      })),
    );
  }

  async close(): Promise<void> {
    await this.#publisher.close();
  }
}

/** Makes a topic's consumer group begin at its end, so that only what comes later is read. */
export async function skipToEnd(environment: Environment, groupId: string): Promise<void> {
  const kafka = new Kafka({
    brokers: [environment.urls.kafka],
    clientId: "bench",
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.resetOffsets({ groupId, topic: "billing.events", earliest: false });
  } finally {
    await admin.disconnect();
  }
}

export interface Progress {
  /** Sum of the wallets' sequences. */
  readonly entries: number;
  /** performance.now() */
  readonly at: number;
}

/** Looks at the sum of all sequences until `target` is reached or nothing moves for `stalledMs`. */
export async function followLedger(
  databaseUrl: string,
  table: string,
  target: number,
  stalledMs = 30_000,
): Promise<Progress[]> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: "bench" });
  await client.connect();
  try {
    const samples: Progress[] = [];
    for (;;) {
      const { rows } = await client.query<{ entries: string }>(
        `SELECT coalesce(sum(sequence), 0) AS entries FROM ${table}`,
      );
      const entries = Number(rows[0]?.entries ?? 0);
      const at = performance.now();
      const moved = samples.at(-1);
      if (moved === undefined || moved.entries !== entries) samples.push({ entries, at });
      if (entries >= target || at - (samples.at(-1)?.at ?? at) > stalledMs) return samples;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  } finally {
    await client.end();
  }
}

/** Entries a second between the first commit that was seen and the last: starting the process is not counted. */
export function rateOf(samples: readonly Progress[]): number {
  const first = samples[1] ?? samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.at <= first.at) return 0;
  return ((last.entries - first.entries) * 1000) / (last.at - first.at);
}
