import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import type { OnboardedTenant } from "../../scripts/demo/onboard.ts";
import { onboard } from "../../scripts/demo/onboard.ts";
import { allOnce, collected, openDueTenants, startInvoicing, tenantIdsOf } from "../crashes/due-together.ts";
import { openFlowBooks } from "../crashes/flow-books.ts";
import { fateOf, settled, settledBooks } from "./books.ts";
import { Client } from "./client.ts";
import { startWorld, tenantRequest, type World } from "./world.ts";

const LONG = process.env["CATALYST_TEST_ALL"] === "1";
const MESSAGES = LONG ? 5_000 : 600;
const ROUNDS = LONG ? 10 : 1;
/** Traffic is spread so that the fault comes into the middle of it. */
const SPREAD_MS = LONG ? 5_000 : 1_500;
/** Nothing goes on sooner than a dead member's session with Kafka ends (10 s); the machine may be busy. */
const SETTLE_MS_MAX = 150_000;
const TEST_MS_MAX = 400_000;
/** Enough that a kill comes into the middle of them. */
const DUE_TENANTS = 30;

let world: World;
let runs = 0;

beforeAll(async () => {
  world = await startWorld();
}, 300_000);

afterAll(() => world.stop(), 120_000);

/** What a fault is done with: the traffic's tenant and a connection to Redis. */
interface Scene {
  readonly tenant: OnboardedTenant;
  readonly redis: Redis;
}

/**
 * Lets traffic flow, does harm in its middle, and checks what must hold afterwards whatever happened: every acknowledged message is
 * final, delivered and charged once or not delivered and not charged for it; the books agree; the ESME has its receipts.
 */
async function survive(name: string, harm: (scene: Scene) => Promise<unknown>): Promise<void> {
  runs += 1;
  const { environment } = world;
  const tenant = await world.newTenant(`${name.toUpperCase()}-${runs}`);
  const client = new Client({ gateway: environment.urls.gateway, smppPort: environment.ports.smpp }, tenant);
  const redis = new Redis(environment.urls.redis, { maxRetriesPerRequest: null });
  redis.on("error", () => {});
  try {
    const startedAt = performance.now();
    const sending = client.send(MESSAGES, SPREAD_MS);
    await Promise.race([sending, reached(() => client.count >= MESSAGES / 4)]);
    const inMiddle = client.count;
    const [back] = await Promise.all([timed(() => harm({ tenant, redis })), sending]);
    const sentAt = performance.now();
    const acknowledged = [...client.acknowledged.rest, ...client.acknowledged.smpp];
    const books = await settledBooks(environment, tenant.tenantId, SETTLE_MS_MAX);
    const settledAt = performance.now();
    const receipts = await settled(
      () => Promise.resolve(client.acknowledged.smpp.filter((id) => !client.receipts.has(id))),
      (missing) => missing.length === 0,
      SETTLE_MS_MAX,
    );
    report(name, {
      inMiddle,
      back,
      send: sentAt - startedAt,
      settle: settledAt - sentAt,
      unanswered: client.acknowledged.unanswered,
    });

    expect(inMiddle).toBeLessThan(MESSAGES);
    expect(acknowledged).toHaveLength(MESSAGES);
    expect(new Set(acknowledged).size).toBe(MESSAGES);
    expect(books).toMatchObject({ open: 0, unexplained_charges: 0, gapless: true, wallet_reserved: "0" });
    expect(books.reconciled ? "reconciled" : books).toBe("reconciled");
    expect(await fateOf(environment, tenant.tenantId, acknowledged)).toEqual({
      known: MESSAGES,
      final: MESSAGES,
      charged_twice: 0,
      free: 0,
      blocked_but_sent: 0,
    });
    expect(receipts).toEqual([]);
    for (const { before, now } of await client.repeatRequests(5)) expect(now).toEqual(before);
  } finally {
    redis.disconnect();
    await client.close();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

async function reached(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

function report(name: string, figures: Readonly<Record<string, number>>): void {
  const words = Object.entries(figures).map(([key, value]) => `${key} ${Math.round(value)}`);
  process.stderr.write(`    ${name}: ${words.join(", ")}\n`);
}

const STAGES = ["firewall", "sms", "billing", "timeline", "analytics", "notifications"];

describe.each(Array.from({ length: ROUNDS }, (_, round) => round + 1))("round %i", () => {
  test("kill -9 of gateway", () => survive("gateway", () => world.killAndWait("gateway")), TEST_MS_MAX);

  // Each costs the ten seconds of a dead member's session: the short run lets them pass together.
  test.each(LONG ? STAGES.map((name) => [name]) : [STAGES])(
    "kill -9 of %s %s %s %s %s %s",
    (...names) =>
      survive(names.length === 1 ? names[0]! : "stages", async () => {
        const returns: Promise<number>[] = [];
        for (const name of names) {
          returns.push(world.killAndWait(name));
          await sleep(100);
        }
        await Promise.all(returns);
      }),
    TEST_MS_MAX,
  );

  test.each(["kafka", "postgres"])(
    "kill -9 of %s",
    (name) => survive(name, () => world.killAndWait(name)),
    TEST_MS_MAX,
  );

  test.each(["temporal", "flows"])(
    "kill -9 of %s while a tenant is onboarded",
    async (name) => {
      const late = `LATE-${name.toUpperCase()}-${runs}`;
      await survive(name, async () => {
        const { workflow } = await world.admin.post<{ workflow: { url: string | null } }>(
          "/api/v2/tenants",
          tenantRequest(late),
        );
        await world.killAndWait(name);
        expect(workflow.url).toContain("http");
        const status = await settled(
          async () => (await world.admin.get<{ status: string }>(`/api/v2/tenants/${late}`)).status,
          (now) => now === "active",
          SETTLE_MS_MAX,
        );
        expect(status).toBe("active");
      });
    },
    TEST_MS_MAX,
  );

  test("kill -9 of redis", () => survive("redis", () => world.killAndWait("redis")), TEST_MS_MAX);

  test(
    "FLUSHALL: the wallet comes back from the ledger, never as zero",
    () =>
      survive("flushall", async ({ tenant, redis }) => {
        const rest = world.admin;
        const seen: number[] = [];
        for (let turn = 0; turn < 5; turn += 1) {
          await redis.flushall();
          const { balance } = await rest.get<{ balance: string }>(
            `/api/v2/tenants/${tenant.tenantId}/balance`,
          );
          seen.push(Number(balance));
          await sleep(100);
        }
        for (const balance of seen) expect(balance).toBeGreaterThan(900);
      }),
    TEST_MS_MAX,
  );

  test(
    "Redis restarted with an old snapshot: what it says is not believed",
    () =>
      survive("snapshot", async ({ redis }) => {
        const snapshot = join(world.environment.dataDirectory, "redis", "dump.rdb");
        await redis.save();
        await sleep(400); // the traffic leaves the snapshot behind
        try {
          await world.killAndWait("redis");
          expect(await redis.dbsize()).toBeGreaterThan(0);
        } finally {
          rmSync(snapshot, { force: true });
        }
      }),
    TEST_MS_MAX,
  );

  test(
    "Redis read-only for a while: nothing goes out free, nothing is charged twice",
    () =>
      survive("read-only", async ({ redis }) => {
        await redis.replicaof("127.0.0.1", 1);
        await sleep(3_000);
        await redis.replicaof("NO", "ONE");
      }),
    TEST_MS_MAX,
  );
});

/** Whoever takes part in an invoice that is being paid. */
const PAYING = ["temporal", "flows", "billing", "gateway", "stripe-simulator"];

test.each(LONG ? PAYING : ["temporal"])(
  "kill -9 of %s while tenants are invoiced and pay: each once",
  async (name) => {
    const books = await openFlowBooks(world.environment);
    try {
      const due = await openDueTenants(books, DUE_TENANTS);
      await startInvoicing(books, due);
      const begun = async (): Promise<number> =>
        Number(
          (
            await books.pool.query("SELECT count(*) AS n FROM payments WHERE tenant_id = ANY($1)", [
              tenantIdsOf(due),
            ])
          ).rows[0].n,
        );
      while ((await begun()) < DUE_TENANTS / 4) await sleep(20);
      const inMiddle = await begun();
      const back = await world.killAndWait(name);
      const from = performance.now();
      expect(await collected(books, due)).toEqual(allOnce(DUE_TENANTS));
      report(`invoices, ${name}`, { inMiddle, back, settle: performance.now() - from });
      expect(inMiddle).toBeLessThan(DUE_TENANTS);
    } finally {
      await books.close();
    }
  },
  TEST_MS_MAX,
);

test("an onboarding survives nobody's absence for long: the platform still takes tenants", async () => {
  const tenant = await onboard(world.admin, tenantRequest(`AFTERWARDS-${runs}`));
  expect(tenant.apiKey).not.toBe("");
}, 60_000);
