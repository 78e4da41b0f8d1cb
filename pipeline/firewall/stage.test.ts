import { describe, expect, test } from "@jest/globals";
import { assert, asyncProperty, constantFrom, record, string } from "fast-check";
import { Poison, Unavailable } from "#domain/errors.ts";
import { billingEvent } from "#domain/events/billing-event.ts";
import { firewallEvent } from "#domain/events/firewall-event.ts";
import { messageStatus } from "#domain/events/message-status.ts";
import { type MessageSubmitted, messageSubmitted } from "#domain/events/message-submitted.ts";
import type { StageRecord } from "#domain/events/ports.ts";
import type { VelocityCounter } from "#domain/firewall/ports.ts";
import { DEFAULT_FIREWALL_RULES, type FirewallRules } from "#domain/firewall/rules.ts";
import { CHANNELS, messagingTopic } from "#domain/messages/channels.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { createFirewallHandler } from "./stage.ts";

const NOW = 1_735_149_600_000;

const TENANT: TenantConfiguration = {
  v: 1,
  tenantId: "TENANT-001",
  revision: 1,
  name: "Acme",
  email: null,
  status: "active",
  timezone: "UTC",
  country: "US",
  taxRate: "8",
  rateCardId: "RC",
  wallets: [],
  trustedHints: false,
  webhook: null,
  firewall: { blockedKeywords: ["casino*"], perDestinationPerMinute: null },
};

function message(changes: Partial<MessageSubmitted> = {}): MessageSubmitted {
  return {
    v: 1,
    type: "message.submitted",
    messageId: "01940000-0000-7000-8000-000000000001",
    tenantId: TENANT.tenantId,
    walletId: "W1",
    channel: "sms",
    direction: "outbound",
    conversation: "conversation",
    from: "ACME",
    to: "+12125551234",
    text: "Hello",
    encoding: "gsm7",
    parts: 2,
    country: "US",
    operator: "Verizon",
    acceptedAt: NOW - 10,
    expiresAt: NOW + 1_000,
    origin: { door: "smpp", systemId: "acme", receipt: true },
    holds: { scan: "0.0001", submit: "0.001", part: "0.0162" },
    reference: "order 7",
    ...changes,
  };
}

/** Counts as the port says, in memory. */
function memoryCounter(): VelocityCounter & { readonly calls: string[][] } {
  const sets = new Map<string, Set<string>>();
  const calls: string[][] = [];
  return {
    calls,
    count(requests) {
      calls.push(requests.map(({ key }) => key));
      const answers = requests.map(({ key, messageId, limit, at }) => {
        const name = `${key} ${Math.floor(at / 60_000)}`;
        const ids = sets.get(name) ?? new Set();
        sets.set(name, ids);
        if (!ids.has(messageId) && ids.size >= limit) return false;
        ids.add(messageId);
        return true;
      });
      return Promise.resolve(answers);
    },
  };
}

interface PublishedRecord {
  readonly topic: string;
  readonly key: string;
  readonly value: string;
}

interface Setup {
  readonly tenant?: TenantConfiguration;
  readonly rules?: FirewallRules;
  readonly velocity?: VelocityCounter;
  readonly confirm?: () => Promise<void>;
}

function setUp({ tenant = TENANT, rules = DEFAULT_FIREWALL_RULES, velocity, confirm }: Setup = {}): {
  readonly judge: (...events: MessageSubmitted[]) => Promise<PublishedRecord[]>;
  readonly published: PublishedRecord[];
} {
  const published: PublishedRecord[] = [];
  const handler = createFirewallHandler({
    control: {
      confirm: confirm ?? (() => Promise.resolve()),
      tenant: (tenantId) => (tenantId === tenant.tenantId ? tenant : undefined),
    },
    rules: () => rules,
    velocity: velocity ?? memoryCounter(),
    publisher: {
      publish(records) {
        for (const { topic, key, value } of records) published.push({ topic, key, value: String(value) });
        return Promise.resolve();
      },
    },
    pseudonyms: {
      conversation: () => "unused",
      of: (scope, tenantId, value) => `hmac(${scope},${tenantId},${value})`,
    },
    clock: { now: () => NOW },
  });
  return {
    published,
    async judge(...events) {
      published.length = 0;
      const records = events.map((event, index): StageRecord<MessageSubmitted> => {
        const topic = messagingTopic(event.channel, event.direction === "inbound" ? "inbound" : "submitted");
        return { topic, partition: 0, offset: BigInt(index), key: event.conversation, event };
      });
      await handler(records);
      return [...published];
    },
  };
}

const topics = (records: readonly PublishedRecord[]): string[] =>
  records.map(({ topic }) => topic).toSorted();
const valueOf = (records: readonly PublishedRecord[], topic: string): unknown =>
  JSON.parse(records.find((found) => found.topic === topic)?.value ?? "null");
const billed = (records: readonly PublishedRecord[]): (string | undefined)[][] =>
  records
    .filter(({ topic }) => topic === "billing.events")
    .map(({ key, value }) => {
      const event = billingEvent.parse(JSON.parse(value));
      return event.kind === "usage"
        ? [key, event.id.split(":").slice(1).join(":"), event.channel, event.hold]
        : [];
    });

describe("the firewall stage", () => {
  test("stops what was accepted before its destination was frozen, and lets an inbound one pass", async () => {
    const one = { country: "US", prefix: "1212555", caseId: "FC-1", since: 1, permanent: false };
    const { judge } = setUp({ tenant: { ...TENANT, frozenDestinations: [one] } });
    const records = await judge(message());
    expect(firewallEvent.parse(valueOf(records, "firewall.events"))).toMatchObject({
      verdict: "block",
      code: "destination_frozen",
      country: "US",
      prefix: "1212555",
    });
    expect(topics(records)).not.toContain("messaging.sms.cleared");
    const inbound = message({ type: "message.inbound", direction: "inbound" });
    expect(topics(await judge(inbound))).not.toContain("messaging.sms.status");
    expect(topics(await judge(message({ to: "+12135551234" })))).toContain("messaging.sms.cleared");
  });

  test("sends a harmless message on unchanged and bills the scan", async () => {
    const records = await setUp().judge(message());
    expect(topics(records)).toEqual(["billing.events", "firewall.events", "messaging.sms.cleared"]);
    expect(valueOf(records, "messaging.sms.cleared")).toEqual({ ...message(), type: "message.cleared" });
    expect(firewallEvent.parse(valueOf(records, "firewall.events"))).toMatchObject({ verdict: "pass" });
    expect(billed(records)).toEqual([["W1", "firewall.scan:0", "firewall", "0.0001"]]);
  });

  test("bills no scan that the card does not price", async () => {
    const records = await setUp().judge(message({ holds: { scan: "0", submit: "0", part: "0" } }));
    expect(topics(records)).toEqual(["firewall.events", "messaging.sms.cleared"]);
  });

  test("blocks by the platform's keyword, gives the rest of the reservation back and says why", async () => {
    const records = await setUp().judge(message({ text: "Please reply with your P\u0406N" }));
    expect(topics(records)).toEqual([
      "billing.events",
      "billing.events",
      "firewall.events",
      "messaging.sms.status",
    ]);
    expect(messageStatus.parse(valueOf(records, "messaging.sms.status"))).toMatchObject({
      state: "blocked",
      part: 0,
      parts: 2,
      code: "keyword",
      addresses: { from: "ACME", to: "+12125551234" },
      reference: "order 7",
    });
    const verdict = { verdict: "block", code: "keyword", ruleId: "fraud.pin" };
    expect(firewallEvent.parse(valueOf(records, "firewall.events"))).toMatchObject(verdict);
    expect(billed(records)).toEqual([
      ["W1", "firewall.scan:0", "firewall", "0.0001"],
      ["W1", "firewall.block:0", "firewall", "0.0334"],
    ]);
  });

  test("blocks by the tenant's own keyword without naming it", async () => {
    const records = await setUp().judge(message({ text: "Best CASINOS in town" }));
    expect(firewallEvent.parse(valueOf(records, "firewall.events"))).toMatchObject({
      ruleId: "tenant.keyword",
    });
    for (const { topic, value } of records) expect([topic, /casino/i.test(value)]).toEqual([topic, false]);
  });

  test("blocks beyond the limit per destination, the tenant's before the platform's, in one round trip", async () => {
    const velocity = memoryCounter();
    const limited = { ...TENANT, firewall: { blockedKeywords: [], perDestinationPerMinute: 2 } };
    const { judge } = setUp({ tenant: limited, velocity });
    const batch = ["1", "2", "3", "4"].map((messageId) => message({ messageId }));
    const others = [message({ messageId: "5", to: "+12125550000" })];
    const records = await judge(...batch, ...others);
    const states = records
      .filter(({ topic }) => topic.startsWith("messaging."))
      .map(({ topic, value }) => [topic.split(".").at(-1), messageIdIn(value)]);
    expect(states).toEqual([
      ["cleared", "1"],
      ["cleared", "2"],
      ["status", "3"],
      ["status", "4"],
      ["cleared", "5"],
    ]);
    expect(velocity.calls).toHaveLength(1);
    expect(await judge(...batch, ...others)).toEqual(records);
  });

  test("limits an inbound sender, sends nothing inbound on, and counts it apart from outbound", async () => {
    const velocity = memoryCounter();
    const rules: FirewallRules = {
      ...DEFAULT_FIREWALL_RULES,
      velocity: {
        outbound: { perDestinationPerMinute: 1, perSenderPerMinute: 5 },
        inbound: { perDestinationPerMinute: null, perSenderPerMinute: 1 },
      },
    };
    const { judge } = setUp({ rules, velocity });
    const inbound = { type: "message.inbound", direction: "inbound" } as const;
    const records = await judge(
      message({ ...inbound, messageId: "1" }),
      message({ ...inbound, messageId: "2" }),
      message({ messageId: "3" }),
    );
    expect(velocity.calls[0]).toEqual([
      "hmac(velocity_sender.inbound,TENANT-001,ACME)",
      "hmac(velocity_sender.inbound,TENANT-001,ACME)",
      "hmac(velocity_destination.outbound,TENANT-001,+12125551234)",
      "hmac(velocity_sender.outbound,TENANT-001,ACME)",
    ]);
    const cleared = records.filter(({ topic }) => topic.endsWith(".cleared"));
    expect(cleared.map(({ value }) => messageIdIn(value))).toEqual(["3"]);
    expect(valueOf(records, "messaging.sms.status")).toMatchObject({
      messageId: "2",
      code: "velocity_sender",
    });
  });

  test("does not send on what has expired, and gives its whole reservation back", async () => {
    const velocity = memoryCounter();
    const records = await setUp({ velocity }).judge(message({ expiresAt: NOW, text: "reply with your pin" }));
    expect(topics(records)).toEqual(["billing.events", "messaging.sms.status"]);
    expect(messageStatus.parse(valueOf(records, "messaging.sms.status"))).toMatchObject({
      state: "expired",
      part: 0,
    });
    expect(billed(records)).toEqual([["W1", "sms.expired:0", "sms", "0.0335"]]);
    expect(velocity.calls).toEqual([]);
  });

  test("fails closed: nothing is published while the counter or the configuration is away", async () => {
    const away = (): Promise<never> => Promise.reject(new Unavailable("Redis"));
    for (const setup of [setUp({ velocity: { count: away } }), setUp({ confirm: away })]) {
      await expect(setup.judge(message())).rejects.toThrow(Unavailable);
      expect(setup.published).toEqual([]);
    }
    const unknown = setUp();
    await expect(unknown.judge(message({ tenantId: "NOBODY" }))).rejects.toThrow(Poison);
    expect(unknown.published).toEqual([]);
  });

  test("a short answer of the counter is no permission", async () => {
    const records = await setUp({ velocity: { count: () => Promise.resolve([]) } }).judge(message());
    expect(topics(records)).not.toContain("messaging.sms.cleared");
  });

  test("whatever the message, its holds are settled at most once and number and text stay where they may be", async () => {
    const anyMessage = record({
      channel: constantFrom(...CHANNELS),
      text: string({ unit: "grapheme", maxLength: 80 }).map((text) => `canary ${text}`),
      parts: constantFrom(1, 2, 10),
      direction: constantFrom("outbound", "inbound"),
      expiresAt: constantFrom(NOW - 1, NOW + 1),
      holds: constantFrom(message().holds, { scan: "0", submit: "0", part: "0" }),
    });
    const property = asyncProperty(
      anyMessage,
      constantFrom("canary", "nothing"),
      async (changes, keyword) => {
        const tenant = { ...TENANT, firewall: { blockedKeywords: [keyword], perDestinationPerMinute: null } };
        const event = message({ ...changes, origin: { door: "rest", receipt: false } });
        const records = await setUp({ tenant }).judge(event);
        const cleared = records.filter(({ topic }) => topic.endsWith(".cleared"));
        const finished = records.filter(({ topic }) => topic.endsWith(".status"));
        expect(cleared.length + finished.length).toBeLessThanOrEqual(1);
        for (const { value } of cleared) messageSubmitted.parse(JSON.parse(value));
        for (const { value, topic } of records) {
          if (topic.endsWith(".cleared")) continue;
          expect(value).not.toContain("canary");
          expect(value).not.toContain("2125551234");
        }
      },
    );
    await assert(property, { numRuns: 300 });
  });
});

function messageIdIn(value: string): string {
  return (JSON.parse(value) as { messageId: string }).messageId;
}
