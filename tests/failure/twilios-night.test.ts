/**
 * 18 July 2013: a Redis master came back empty and read-only, every balance looked like zero, and cards were charged again and again
 * (https://www.twilio.com/blog/2013/07/billing-incident-post-mortem-breakdown-analysis-and-root-cause.html). Here it is empty, read-only, or as old as
 * before the money came and went: nobody is alarmed, charged or suspended, and who has no money sends nothing.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { demoMessage } from "../../scripts/demo/traffic.ts";
import { createRest } from "../../scripts/demo/rest.ts";
import { onboard, type OnboardedTenant } from "../../scripts/demo/onboard.ts";
import { settled, settledBooks } from "./books.ts";
import { startWorld, tenantRequest, type World } from "./world.ts";

const MESSAGES = 40;
const SETTLE_MS_MAX = 150_000;
const TEST_MS_MAX = 400_000;

let world: World;
let redis: Redis;
beforeAll(async () => {
  world = await startWorld();
  redis = new Redis(world.environment.urls.redis, { maxRetriesPerRequest: null });
  redis.on("error", () => {});
}, 300_000);

afterAll(async () => {
  redis.disconnect();
  await world.stop();
}, 120_000);

/** Has money, a stored card and an automatic recharge below 100; and one that had money, and has none. */
interface Scene {
  readonly rich: OnboardedTenant;
  readonly poor: OnboardedTenant;
}

/** @param before runs while the rich one has next to nothing, and the poor one has money. */
async function open(name: string, before: () => Promise<unknown>): Promise<Scene> {
  const { admin } = world;
  const tenant = (id: string): Promise<OnboardedTenant> =>
    onboard(admin, { ...tenantRequest(id), payment_provider: "stripe" });
  const [rich, poor] = await Promise.all([tenant(`RICH-${name}`), tenant(`POOR-${name}`)]);
  await pay(rich, "0.50");
  await pay(poor, "50");
  await before();
  await pay(rich, "999.50");
  await admin.post(`/api/v2/tenants/${poor.tenantId}/adjustments`, { amount: "-50", reason: "spent" });
  await admin.patch(`/api/v2/tenants/${rich.tenantId}`, {
    thresholds: { low: "100", critical: "10" },
    payment: { payment_method_id: "pm_card_visa", auto_recharge: { amount: "100", monthly_cap: "500" } },
  });
  return { rich, poor };
}

function pay({ tenantId }: OnboardedTenant, amount: string): Promise<unknown> {
  return world.admin.post(
    `/api/v2/tenants/${tenantId}/top-ups`,
    { amount },
    { "idempotency-key": `${tenantId}-${amount}` },
  );
}

/** Tries each message once, a few at a time; whatever is answered, the books tell what became of it. */
async function send({ apiKey }: OnboardedTenant): Promise<void> {
  const rest = createRest(world.environment.urls.gateway, apiKey);
  for (let index = 0; index < MESSAGES; index += 4) {
    const messages = [0, 1, 2, 3].map((step) => demoMessage(index + step));
    await rest.post("/api/v2/messages", { messages }).catch(() => {});
  }
}

interface Page {
  readonly data: readonly { readonly status: string }[];
}

async function countOf(path: string): Promise<number> {
  return (await world.admin.get<Page>(path)).data.length;
}

/** What must not have happened to somebody whose money is all there. */
async function consequences({ tenantId }: OnboardedTenant) {
  const { admin } = world;
  return {
    status: (await admin.get<{ status: string }>(`/api/v2/tenants/${tenantId}`)).status,
    alerts: await countOf(`/api/v2/workflows/runs?tenant_id=${tenantId}&workflow=lowBalance`),
    suspensions: await countOf(`/api/v2/workflows/runs?tenant_id=${tenantId}&workflow=suspension`),
    payments: await countOf(`/api/v2/payments?tenant_id=${tenantId}`),
  };
}

async function deliveredOf({ tenantId }: OnboardedTenant): Promise<number> {
  const { data } = await world.admin.get<{ data: readonly { readonly state: string }[] }>(
    `/api/v2/messages?tenant_id=${tenantId}&limit=100`,
  );
  return data.filter(({ state }) => state === "delivered").length;
}

async function balanceOf({ tenantId }: OnboardedTenant): Promise<number> {
  return Number((await world.admin.get<{ balance: string }>(`/api/v2/tenants/${tenantId}/balance`)).balance);
}

async function survives({ rich, poor }: Scene, harm: () => Promise<unknown>): Promise<void> {
  await Promise.all([harm(), send(rich), send(poor)]);
  await Promise.all([send(rich), send(poor)]);
  for (const { tenantId } of [rich, poor]) {
    const books = await settledBooks(world.environment, tenantId, SETTLE_MS_MAX);
    expect(books).toMatchObject({ open: 0, gapless: true, reconciled: true, wallet_reserved: "0" });
  }
  expect(await consequences(rich)).toEqual({ status: "active", alerts: 0, suspensions: 0, payments: 0 });
  expect(await deliveredOf(rich)).toBeGreaterThan(MESSAGES / 2);
  expect(await balanceOf(rich)).toBeGreaterThan(990);
  expect(await deliveredOf(poor)).toBe(0);
  expect(await balanceOf(poor)).toBe(0);
  await isAlarmedByTheLedger(rich);
}

/** Else nothing above could have been seen. */
async function isAlarmedByTheLedger(rich: OnboardedTenant): Promise<void> {
  await world.admin.post(`/api/v2/tenants/${rich.tenantId}/adjustments`, {
    amount: "-950",
    reason: "now it is true",
  });
  const { alerts } = await settled(
    () => consequences(rich),
    (now) => now.alerts > 0,
    SETTLE_MS_MAX,
  );
  expect(alerts).toBe(1);
}

const nothing = (): Promise<void> => Promise.resolve();

describe("Twilio's night", () => {
  test(
    "Redis empty: no alert, no recharge, no suspension, no free traffic",
    async () => {
      const scene = await open("EMPTY", nothing);
      await redis.flushall();
      await survives(scene, async () => {
        for (let turn = 0; turn < 5; turn += 1) {
          await sleep(100); // between messages, not before them all
          await redis.flushall();
        }
      });
    },
    TEST_MS_MAX,
  );

  test(
    "Redis empty and read-only: no alert, no recharge, no suspension, no free traffic",
    async () => {
      const scene = await open("READ-ONLY", nothing);
      await redis.flushall();
      await redis.replicaof("127.0.0.1", 1);
      await survives(scene, async () => {
        await sleep(3_000); // for that long nothing can be written
        await redis.replicaof("NO", "ONE");
      });
    },
    TEST_MS_MAX,
  );

  test(
    "Redis as old as before the money came and went: no alert, no recharge, no suspension, no free traffic",
    async () => {
      const scene = await open("OLD", () => redis.save());
      try {
        await world.killAndWait("redis");
        expect(await redis.dbsize()).toBeGreaterThan(0);
        await survives(scene, nothing);
      } finally {
        rmSync(join(world.environment.dataDirectory, "redis", "dump.rdb"), { force: true });
      }
    },
    TEST_MS_MAX,
  );
});
