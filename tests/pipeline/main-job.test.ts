import { beforeAll, expect, test } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { createEsme } from "../../examples/esme/esme.ts";
import { attachWorld, eventually, finalMessage, rateCard, readTopics, type World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await attachWorld();
}, 60_000);

const MESSAGE = { from: "ACME", to: "+447700900123", text: "Your code is 482915" };
const TEST_MS_MAX = 120_000;

interface Charge {
  readonly event_type: string;
  readonly amount: string;
}

async function chargesOf(messageId: string): Promise<Charge[]> {
  const database = new pg.Client({ connectionString: world.environment.urls.postgres });
  await database.connect();
  try {
    const { rows } = await database.query<Charge>(
      "SELECT event_type, (-amount)::float8::text AS amount FROM ledger_entries WHERE message_id = $1 ORDER BY event_type",
      [messageId],
    );
    return rows;
  } finally {
    await database.end();
  }
}

const send = async (
  tenant: { rest: { post<Body>(path: string, body: unknown): Promise<Body> } },
  change = {},
): Promise<string> =>
  (await tenant.rest.post<{ message_id: string }>("/api/v2/messages", { ...MESSAGE, ...change })).message_id;

const simulated = async (): Promise<number> =>
  (
    (await (await fetch(`http://127.0.0.1:${world.environment.ports.simulatorHealth}/messages`)).json()) as {
      submitted: number;
    }
  ).submitted;

test(
  "a message goes past the firewall to the carrier, tells its timeline and is billed once",
  async () => {
    const tenant = await world.tenant("PATH");
    const messageId = await send(tenant);
    const message = await finalMessage(tenant.rest, messageId);
    expect(message.timeline.map(({ state }) => state)).toEqual(["accepted", "cleared", "sent", "delivered"]);
    const times = message.timeline.map(({ at }) => Date.parse(at));
    expect(times).toEqual(times.toSorted((left, right) => left - right));
    expect(message.timeline.find(({ state }) => state === "sent")?.connector).toBe("sim");
    const charges = await eventually(
      () => chargesOf(messageId),
      ({ length }) => length >= 2,
    );
    expect(charges).toEqual([
      { event_type: "firewall.scan", amount: "0.0001" },
      { event_type: "sms.delivered", amount: "0.03" },
    ]);
    const balance = await eventually(
      () =>
        tenant.rest.get<Record<"balance" | "reserved", string>>(`/api/v2/tenants/${tenant.tenantId}/balance`),
      ({ reserved }) => Number(reserved) === 0,
    );
    expect(Number(balance.balance)).toBe(9.9699);
  },
  TEST_MS_MAX,
);

test(
  "a blocked message is billed as blocked and never reaches the carrier",
  async () => {
    const tenant = await world.tenant("BLOCK", { firewall: { blocked_keywords: ["lottery"] } });
    const before = await simulated();
    const messageId = await send(tenant, { text: "You won the LOTTERY" });
    const message = await finalMessage(tenant.rest, messageId);
    expect(message.state).toBe("blocked");
    expect(message.timeline.map(({ state }) => state)).not.toContain("sent");
    const charges = await eventually(
      () => chargesOf(messageId),
      ({ length }) => length >= 2,
    );
    expect(charges).toEqual([
      { event_type: "firewall.block", amount: "0.0005" },
      { event_type: "firewall.scan", amount: "0.0001" },
    ]);
    expect(await simulated()).toBe(before);
  },
  TEST_MS_MAX,
);

test(
  "a wallet that does not cover a message refuses it at both doors",
  async () => {
    const tenant = await world.tenant("POOR", {}, "0");
    await expect(send(tenant)).rejects.toThrow(/answered 402/);
    const { systemId, password } = tenant;
    const esme = createEsme({ host: "127.0.0.1", port: world.environment.ports.smpp, systemId, password });
    try {
      await esme.whenBound();
      expect(await esme.submit(MESSAGE)).toMatchObject({ kind: "answered", status: 0x45 });
    } finally {
      await esme.stop();
    }
  },
  TEST_MS_MAX,
);

test(
  "one tenant sees nothing of another's",
  async () => {
    const [mine, theirs] = [await world.tenant("MINE"), await world.tenant("THEIRS")];
    const messageId = await send(theirs);
    await finalMessage(theirs.rest, messageId);
    await expect(mine.rest.get(`/api/v2/messages/${messageId}`)).rejects.toThrow(/answered 404/);
    for (const path of ["", "/balance", "/transactions"])
      await expect(mine.rest.get(`/api/v2/tenants/${theirs.tenantId}${path}`)).rejects.toThrow(
        /answered (403|404)/,
      );
    expect(JSON.stringify(await mine.rest.get("/api/v2/messages"))).not.toContain(messageId);
    expect(JSON.stringify(await theirs.rest.get("/api/v2/messages"))).toContain(messageId);
  },
  TEST_MS_MAX,
);

test(
  "a new version of a rate card prices from its valid_from on, not before",
  async () => {
    const tenant = await world.tenant("CARD");
    const card = rateCard(`RC-${tenant.tenantId}`, "0.07");
    const { rate_card } = await world.admin.post<{ rate_card: { valid_from: string } }>(
      "/api/v2/rate-cards",
      card,
    );
    const before = await send(tenant);
    await sleep(Math.max(0, Date.parse(rate_card.valid_from) - Date.now()) + 50);
    const after = await send(tenant);
    const price = async (messageId: string): Promise<string | undefined> => {
      await eventually(
        () => chargesOf(messageId),
        ({ length }) => length >= 2,
      );
      return (await chargesOf(messageId)).find(({ event_type }) => event_type === "sms.delivered")?.amount;
    };
    expect([await price(before), await price(after)]).toEqual(["0.03", "0.07"]);
  },
  TEST_MS_MAX,
);

test(
  "a balance that falls below its limits asks for workflows, once each",
  async () => {
    const tenant = await world.tenant("LOW", { thresholds: { low: "0.99", critical: "0.95" } }, "1");
    // All at once: the second brings the balance so low that service ends.
    const sent = await Promise.all([send(tenant), send(tenant), send(tenant)]);
    await Promise.all(sent.map((messageId) => finalMessage(tenant.rest, messageId)));
    await world.admin.post(`/api/v2/tenants/${tenant.tenantId}/top-ups`, { amount: "1" });
    const triggers = await eventually(
      async () =>
        (await readTopics(world.environment, ["workflow.triggers"]))
          .map(({ value }) => JSON.parse(value) as { id: string; tenantId: string; threshold: string })
          .filter(({ tenantId }) => tenantId === tenant.tenantId),
      ({ length }) => length >= 3,
    );
    expect(triggers.map(({ threshold }) => threshold)).toEqual(["low", "critical", "recovered"]);
    expect(new Set(triggers.map(({ id }) => id)).size).toBe(3);
  },
  TEST_MS_MAX,
);
