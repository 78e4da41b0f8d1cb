import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { logLevel, Kafka } from "kafkajs";
import pg from "pg";
import { v7 as uuidv7 } from "uuid";
import { KafkaPublisher } from "#adapters/kafka/publisher.ts";
import type { UsageEvent } from "#domain/events/billing-event.ts";
import type { Environment } from "../../scripts/environment.ts";
import { attachTestEnvironment } from "../../scripts/test-environment.ts";
import { catalyst } from "../launcher/catalyst-command.ts";
import { createTenant } from "./tenant.ts";

interface ListedLetter {
  readonly stage: string;
  readonly offset: string;
  readonly key: string;
  readonly attempt: number;
  readonly origin_topic: string;
  readonly error_class: string;
  readonly error: string;
}

interface Listing {
  readonly stages: readonly { readonly stage: string; readonly total: number; readonly waiting: number }[];
  readonly letters: readonly ListedLetter[];
}

let environment: Environment;
let kafka: Kafka;
let publisher: KafkaPublisher;
let database: pg.Client;

beforeAll(async () => {
  environment = await attachTestEnvironment();
  kafka = new Kafka({ brokers: [environment.urls.kafka], logLevel: logLevel.NOTHING });
  publisher = new KafkaPublisher(kafka);
  await publisher.connect();
  database = new pg.Client({ connectionString: environment.urls.postgres });
  await database.connect();
}, 60_000);

afterAll(async () => {
  await publisher.close();
  await database.end();
});

async function dlq(...args: readonly string[]): Promise<string> {
  const outcome = await catalyst(["dlq", ...args, "--data", environment.dataDirectory]);
  expect([outcome.code, outcome.code === 0 ? "" : outcome.stderr]).toEqual([0, ""]);
  return outcome.stdout;
}

async function list(stage: string): Promise<Listing> {
  return JSON.parse(await dlq("list", "--stage", stage, "--limit", "1000", "--json")) as Listing;
}

/** The letter with this key, once it has come. */
async function letterOf(stage: string, key: string): Promise<ListedLetter> {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const found = (await list(stage)).letters.findLast((letter) => letter.key === key);
    if (found !== undefined) return found;
    await sleep(250);
  }
  throw new Error(`no letter of ${stage} has the key ${key}`);
}

function usageEvent(tenantId: string, walletId: string): UsageEvent {
  const messageId = uuidv7();
  const now = Date.now();
  return {
    v: 1,
    kind: "usage",
    id: `${messageId}:sms.delivered:1`,
    eventType: "sms.delivered",
    messageId,
    part: 1,
    tenantId,
    walletId,
    channel: "sms",
    at: now,
    acceptedAt: now,
    units: 1,
    country: "US",
    operator: null,
    hold: "0",
  };
}

async function publishBilling(event: UsageEvent): Promise<void> {
  await publisher.publish([{ topic: "billing.events", key: event.walletId, value: JSON.stringify(event) }]);
}

async function charges(eventId: string): Promise<number> {
  const { rows } = await database.query<{ n: string }>(
    "SELECT count(*) AS n FROM ledger_entries WHERE event_id = $1",
    [eventId],
  );
  return Number(rows[0]?.n);
}

async function waitForCharge(eventId: string): Promise<void> {
  for (let attempt = 0; attempt < 100 && (await charges(eventId)) === 0; attempt += 1) await sleep(100);
  expect(await charges(eventId)).toBe(1);
}

describe("what is not JSON", () => {
  const key = `not-json-${randomUUID()}`;

  test("goes to the dead letter of each stage that reads the topic, with where it came from", async () => {
    await publisher.publish([
      { topic: "messaging.sms.submitted", key, value: "+12125550001 is no JSON" },
      { topic: "messaging.sms.cleared", key, value: "nor this" },
      { topic: "messaging.sms.status", key, value: "nor that" },
      { topic: "billing.events", key, value: new Uint8Array([0xff, 0x00]) },
    ]);
    const origins = {
      firewall: "messaging.sms.submitted",
      sms: "messaging.sms.cleared",
      billing: "billing.events",
      analytics: "messaging.sms.status",
      notifications: "messaging.sms.status",
      receipts: "messaging.sms.status",
    };
    for (const [stage, origin] of Object.entries(origins)) {
      const letter = await letterOf(stage, key);
      expect(letter).toMatchObject({ stage, origin_topic: origin, attempt: 1 });
    }
    expect((await letterOf("timeline", key)).origin_topic).toMatch(/^messaging\.sms\./);
    expect((await letterOf("firewall", key)).error).toBe("the record is not JSON");
  }, 120_000);

  test("even a record without any value finds its way there", async () => {
    const empty = `empty-${randomUUID()}`;
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic: "billing.events", messages: [{ key: empty, value: null }] });
    await producer.disconnect();
    expect(await letterOf("billing", empty)).toMatchObject({ origin_topic: "billing.events", attempt: 1 });
  }, 60_000);

  test("is shown only on demand", async () => {
    const { offset } = await letterOf("firewall", key);
    const one = ["show", "--stage", "firewall", "--offset", offset];
    expect(await dlq(...one)).not.toContain("2125550001");
    expect(await dlq(...one, "--reveal")).toContain("+12125550001 is no JSON");
  }, 60_000);

  test("leaves every process alive", async () => {
    const { processes } = await environment.status();
    expect(processes.filter(({ health }) => health !== "healthy").map(({ name }) => name)).toEqual([]);
  });
});

describe("a charge that failed for want of its tenant", () => {
  const tenantId = `DLQ-${randomUUID().slice(0, 8)}`;
  const walletId = uuidv7();
  const event = usageEvent(tenantId, walletId);
  const letters: string[] = [];

  test("lies in the dead letter while the stage goes on", async () => {
    await publishBilling(event);
    const letter = await letterOf("billing", walletId);
    letters.push(letter.offset);
    expect(letter).toMatchObject({ error_class: "Poison", attempt: 1 });
    expect(letter.error).toContain("does not exist");
    expect(await charges(event.id)).toBe(0);
  }, 60_000);

  test("redriven too early, comes back as the second attempt", async () => {
    await dlq("redrive", "--stage", "billing", "--offset", letters[0]!);
    let again = await letterOf("billing", walletId);
    for (let attempt = 0; attempt < 40 && again.offset === letters[0]; attempt += 1) {
      await sleep(250);
      again = await letterOf("billing", walletId);
    }
    expect([again.offset === letters[0], again.attempt]).toEqual([false, 2]);
  }, 60_000);

  test("once the tenant is there, is redriven and charged once, however often it goes back", async () => {
    await createTenant(environment.urls.postgres, publisher, tenantId, walletId);
    const later = usageEvent(tenantId, walletId);
    await publishBilling(later);
    await waitForCharge(later.id);
    const waiting = (listing: Listing): number => listing.stages[0]!.waiting;
    expect(waiting(await list("billing"))).toBeGreaterThanOrEqual(2);
    const first = JSON.parse(await dlq("redrive", "--stage", "billing", "--limit", "1000000", "--json")) as {
      redriven: number;
      passed_over: unknown[];
    };
    expect(first.redriven).toBeGreaterThanOrEqual(2);
    await waitForCharge(event.id);
    await dlq("redrive", "--stage", "billing", "--offset", letters[0]!);
    const last = usageEvent(tenantId, walletId);
    await publishBilling(last);
    await waitForCharge(last.id);
    expect([await charges(event.id), await charges(later.id)]).toEqual([1, 1]);
    const { rows } = await database.query("SELECT balance::text FROM wallets WHERE wallet_id = $1", [
      walletId,
    ]);
    expect(rows).toEqual([{ balance: "-0.030000000000000000" }]);
    const left = (await list("billing")).letters.filter(({ key }) => key === walletId);
    expect(left).toEqual([]);
  }, 120_000);
});

describe("a receipt that no message is known by", () => {
  test("is passed over by redrive, with the reason", async () => {
    const key = `connector-${randomUUID()}`;
    const headers = { "x-stage": "sms", "x-origin-topic": "smpp:sim", "x-attempt": "1" };
    await publisher.publish([{ topic: "sms.dead-letter", key, value: "{}", headers }]);
    const letter = await letterOf("sms", key);
    const answer = JSON.parse(await dlq("redrive", "--stage", "sms", "--json")) as {
      passed_over: { offset: string; reason: string }[];
    };
    const passed = answer.passed_over.find(({ offset }) => offset === letter.offset);
    expect(passed?.reason).toContain("SMSC connector sim");
    expect((await list("sms")).stages[0]?.waiting).toBeLessThanOrEqual(1);
  }, 60_000);
});
