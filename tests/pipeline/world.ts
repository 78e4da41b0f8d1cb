import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import { onboard, type OnboardedTenant } from "../../scripts/demo/onboard.ts";
import { createRest, type Rest } from "../../scripts/demo/rest.ts";
import type { Environment } from "../../scripts/environment.ts";
import { attachTestEnvironment } from "../../scripts/test-environment.ts";

export interface World {
  readonly environment: Environment;
  readonly admin: Rest;
  /** Makes names that no other test of this environment has. */
  unique(name: string): string;
  tenant(name: string, changes?: Readonly<Record<string, unknown>>, topUp?: string): Promise<Tenant>;
}

export interface Tenant extends OnboardedTenant {
  readonly rest: Rest;
}

export async function attachWorld(): Promise<World> {
  const environment = await attachTestEnvironment();
  const admin = createRest(environment.urls.gateway, environment.secrets.adminToken);
  const unique = (name: string): string => `${name}-${randomBytes(4).toString("hex")}`.toUpperCase();
  return {
    environment,
    admin,
    unique,
    async tenant(name, changes = {}, topUp = "10") {
      const tenantId = unique(name);
      const cardId = `RC-${tenantId}`;
      await admin.post("/api/v2/rate-cards", rateCard(cardId, "0.03"));
      const onboarded = await onboard(admin, {
        tenant_id: tenantId,
        name: tenantId,
        country: "GB",
        rate_card_id: cardId,
        ...changes,
      });
      if (topUp !== "0") {
        await admin.post(
          `/api/v2/tenants/${tenantId}/top-ups`,
          { amount: topUp },
          { "idempotency-key": tenantId },
        );
      }
      return { ...onboarded, rest: createRest(environment.urls.gateway, onboarded.apiKey) };
    },
  };
}

/** Prices delivered messages, and what the firewall does. The same always: any hour, any operator. */
export function rateCard(rateCardId: string, price: string): Record<string, unknown> {
  return {
    rate_card_id: rateCardId,
    name: "Tests",
    currency: "USD",
    effective_date: "2024-01-01",
    timezone: "UTC",
    rates: {
      sms: { base_rate: price },
      firewall: { events: { "firewall.scan": "0.0001", "firewall.block": "0.0005" } },
    },
  };
}

export interface MessageView {
  readonly message_id: string;
  readonly state: string;
  readonly timeline: readonly {
    readonly state: string;
    readonly at: string;
    readonly connector: string | null;
  }[];
}

export const FINAL = new Set(["delivered", "failed", "rejected", "blocked", "expired"]);

/** Asks until the answer is as wanted; fails with the last answer when it does not come. */
export async function eventually<Answer>(
  ask: () => Promise<Answer>,
  wanted: (answer: Answer) => boolean,
  limitMs = 60_000,
): Promise<Answer> {
  const end = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (performance.now() > end) throw new Error(`still ${JSON.stringify(answer)} after ${limitMs} ms`);
    await sleep(100);
  }
}

export function finalMessage(rest: Rest, messageId: string): Promise<MessageView> {
  return eventually(
    () =>
      rest
        .get<MessageView>(`/api/v2/messages/${messageId}`)
        .catch(() => ({ message_id: messageId, state: "", timeline: [] })),
    ({ state }) => FINAL.has(state),
  );
}

export interface SeenRecord {
  readonly topic: string;
  readonly key: string;
  readonly value: string;
  readonly headers: string;
}

/** Everything that lies in these topics now. */
export async function readTopics(environment: Environment, topics: readonly string[]): Promise<SeenRecord[]> {
  const kafka = new Kafka({ brokers: [environment.urls.kafka], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const left = new Map<string, bigint>();
  for (const topic of topics) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic))
      if (BigInt(high) > BigInt(low)) left.set(`${topic}/${partition}`, BigInt(high));
  }
  const seen: SeenRecord[] = [];
  const groupId = `test-${randomBytes(6).toString("hex")}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
  try {
    if (left.size === 0) return seen;
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer
        .run({
          autoCommit: false,
          eachBatch: ({ batch }) => {
            for (const { key, value, headers } of batch.messages) {
              const words = Object.entries(headers ?? {}).map(([name, word]) => `${name}=${String(word)}`);
              seen.push({
                topic: batch.topic,
                key: String(key),
                value: String(value),
                headers: words.join(" "),
              });
            }
            const place = `${batch.topic}/${batch.partition}`;
            if (BigInt(batch.lastOffset()) + 1n >= (left.get(place) ?? 0n)) left.delete(place);
            if (left.size === 0) resolve();
            return Promise.resolve();
          },
        })
        .catch(reject);
    });
    return seen;
  } finally {
    await consumer.disconnect();
    await admin.disconnect();
  }
}
