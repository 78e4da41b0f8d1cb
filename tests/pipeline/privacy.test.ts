import { beforeAll, expect, test } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { createEsme } from "../../examples/esme/esme.ts";
import { eventTopics } from "#pipeline/stages.ts";
import { attachWorld, eventually, finalMessage, readTopics, type Tenant, type World } from "./world.ts";

let world: World;
let tenant: Tenant;

/** A number and a word that occur nowhere else. */
const NUMBER = "447700900461";
const NATIONAL = "7700900461";
const WORD = "Quetzalcoatl";
const CANARIES = [NUMBER, NATIONAL, WORD];

const found = (text: string): string[] => CANARIES.filter((canary) => text.includes(canary));

beforeAll(async () => {
  world = await attachWorld();
  tenant = await world.tenant("CANARY", { firewall: { blocked_keywords: ["lottery"] } });
  const bodies = [WORD, `${WORD} lottery`, WORD.repeat(30)];
  const ids = await Promise.all(
    bodies.map(async (text) => {
      const body = { from: "ACME", to: `+${NUMBER}`, text };
      return (await tenant.rest.post<{ message_id: string }>("/api/v2/messages", body)).message_id;
    }),
  );
  const { systemId, password } = tenant;
  const esme = createEsme({ host: "127.0.0.1", port: world.environment.ports.smpp, systemId, password });
  await esme.whenBound();
  const outcome = await esme.submit({ from: "ACME", to: `+${NUMBER}`, text: WORD });
  await esme.stop();
  if (outcome.kind === "answered") ids.push(outcome.messageId);
  // What is refused is logged as well.
  await expect(
    tenant.rest.post("/api/v2/messages", { from: "ACME", to: `+${NUMBER}00000`, text: WORD }),
  ).rejects.toThrow(/422/);
  for (const id of ids) {
    expect(found(id)).toEqual([]);
    await finalMessage(tenant.rest, id);
  }
  await eventually(
    () => tenant.rest.get<{ reserved: string }>(`/api/v2/tenants/${tenant.tenantId}/balance`),
    ({ reserved }) => Number(reserved) === 0,
  );
}, 120_000);

test("the canaries are where messages are: the search would find them", async () => {
  const records = await readTopics(world.environment, ["messaging.sms.submitted"]);
  expect(records.some(({ value }) => found(value).length > 0)).toBe(true);
});

test("neither number nor text is in a topic beside messaging.*, in any key, or in any header", async () => {
  const records = await readTopics(world.environment, [...eventTopics(), "control.tenants"]);
  const hits = records.filter(
    ({ topic, key, value, headers }) =>
      found(`${key} ${headers}`).length > 0 || (!topic.startsWith("messaging.") && found(value).length > 0),
  );
  expect(records.some(({ topic }) => topic === "billing.events")).toBe(true);
  expect(records.some(({ topic }) => topic === "firewall.events")).toBe(true);
  expect(hits.map(({ topic, key }) => `${topic} ${key}`)).toEqual([]);
}, 120_000);

test("nor in a log", () => {
  const directory = join(world.environment.dataDirectory, "logs");
  const files = readdirSync(directory).filter((name) => name.endsWith(".log"));
  expect(files).toContain("gateway.log");
  const hits = files.flatMap((file) =>
    found(readFileSync(join(directory, file), "latin1")).map((canary) => `${file}: ${canary}`),
  );
  expect(hits).toEqual([]);
});

test("nor in a metric", async () => {
  const { environment } = world;
  // The codec server has no metrics.
  const pages = (await environment.status()).processes.filter(
    ({ kind, name }) => kind === "process" && !/simulator|catcher|codec/.test(name),
  );
  expect(pages.length).toBeGreaterThanOrEqual(7);
  for (const { ports, name } of pages) {
    const port = name === "gateway" ? environment.ports.gateway : Object.values(ports)[0];
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, {
      headers: { authorization: `Bearer ${environment.secrets.adminToken}` },
    });
    expect([name, response.status]).toEqual([name, 200]);
    expect(found(await response.text())).toEqual([]);
  }
});

/** Where messages themselves are kept, or what a client told us to repeat to it. */
const MAY_HOLD = /^(messages|receipts|pending_receipts|message_parts|sms_parts)/;

test("nor in a table beside those of messages", async () => {
  const database = new pg.Client({ connectionString: world.environment.urls.postgres });
  await database.connect();
  try {
    const { rows } = await database.query<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    );
    const hits: string[] = [];
    for (const { name } of rows) {
      const { rows: lines } = await database.query<{ hits: number }>(
        `SELECT count(*)::int AS hits FROM "${name}" AS line WHERE line::text ~ $1`,
        [CANARIES.join("|")],
      );
      if ((lines[0]?.hits ?? 0) > 0) hits.push(name);
    }
    expect(rows.map(({ name }) => name)).toContain("ledger_entries");
    expect(hits).toContain("messages");
    expect(hits.filter((name) => !MAY_HOLD.test(name))).toEqual([]);
  } finally {
    await database.end();
  }
});
