import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { Poison, Unavailable } from "#domain/errors.ts";
import type { BillingEvent } from "#domain/events/billing-event.ts";
import { formatMoney } from "#domain/money/money.ts";
import { createBillingHandler } from "#pipeline/billing/stage.ts";
import {
  checkWallet,
  entriesOf,
  entry,
  log,
  NOW,
  openWallet,
  parsed,
  startBilling,
  tenant,
  usage,
  wallet,
  world,
  type BillingServers,
} from "./world.ts";

let servers: BillingServers;
beforeAll(async () => {
  servers = await startBilling();
}, 60_000);
afterAll(() => servers?.stop());

describe("the guide's Example 1", () => {
  test("charges 0.01539 at a volume of 50,000 and leaves 99.98461", async () => {
    const guide = readFileSync(new URL("../../examples/rate-cards/guide.json", import.meta.url), "utf8");
    await openWallet(servers, "example");
    const { dependencies } = world(
      servers,
      tenant([wallet("example")], { timezone: "America/New_York" }),
      guide,
    );
    const at = Date.parse("2024-12-25T18:00:00Z");
    const opening = { ...entry("example", "opening", "opening_volume", "0", 49_999), at };
    const example = usage("example", "evt-1:sms.deliver:1", {
      at,
      channel: "sms",
      operator: "Verizon",
      hold: "0",
    });
    await createBillingHandler(dependencies)(
      log([entry("example", "top", "top_up", "100"), opening, example]),
    );
    const rows = await entriesOf(servers, "example");
    expect(rows.map((row) => formatMoney(parsed(row.balance_after)))).toEqual(["100", "100", "99.98461"]);
    expect(rows[2]).toMatchObject({
      sequence: "3",
      volume_ordinal: "50000",
      volume_period: "202412",
      event_type: "sms.delivered",
    });
    expect([rows[2]?.revenue, rows[2]?.tax].map((text) => formatMoney(parsed(text as string)))).toEqual([
      "0.01425",
      "0.00114",
    ]);
    expect(formatMoney((await servers.store.balance("example")).balance)).toBe("99.98461");
  });
});

describe("what can never be charged", () => {
  test.each([
    [
      "an unknown tenant",
      usage("poison", "m:sms.delivered:1", { tenantId: "nobody" }),
      /Tenant nobody does not exist/,
    ],
    ["another's wallet", usage("elsewhere", "m:sms.delivered:1"), /no wallet elsewhere/],
    [
      "an event older than 400 days",
      usage("poison", "m:sms.delivered:1", { acceptedAt: NOW - 401 * 86_400_000 }),
      /400 days/,
    ],
    ["an amount below 10⁻¹⁸", entry("poison", "e", "top_up", "1e-19"), /18 places/],
    ["a wallet that the ledger lacks", usage("poison", "m:sms.delivered:1"), /ledger has no wallet/],
  ])("%s", async (_, event, message) => {
    const { dependencies } = world(servers, tenant([wallet("poison")]));
    const done = createBillingHandler(dependencies)(log([event]));
    await expect(done).rejects.toThrow(message);
    await expect(done).rejects.toBeInstanceOf(Poison);
  });
});

test("an id that two wallets share is an error that shows, not a charge that is lost", async () => {
  await openWallet(servers, "shared-1");
  await openWallet(servers, "shared-2");
  const handler = createBillingHandler(
    world(servers, tenant([wallet("shared-1"), wallet("shared-2")])).dependencies,
  );
  await handler(log([usage("shared-1", "same:sms.delivered:1")]));
  await expect(handler(log([usage("shared-2", "same:sms.delivered:1")]))).rejects.toThrow(/another wallet/);
  await handler(log([usage("shared-2", "other:sms.delivered:1")]));
  await checkWallet(servers, "shared-2", ["other:sms.delivered:1"], 0n);
});

describe("events that come again", () => {
  test("long after the store forgot them change nothing, and new ones beside them keep their ordinals", async () => {
    await openWallet(servers, "again");
    const { dependencies, counts } = world(servers, tenant([wallet("again")]));
    const handler = createBillingHandler(dependencies);
    const events = Array.from({ length: 30 }, (_, index) => usage("again", `m${index}:sms.delivered:1`));
    await handler(log([entry("again", "top-again", "top_up", "5"), ...events.slice(0, 20)]));
    await servers.redis.admin.del("o0:{again}", "o1:{again}");
    await handler(log([...events.slice(0, 5), events[25] as BillingEvent, ...events.slice(15)]));
    await servers.redis.admin.del("o0:{again}", "o1:{again}");
    await handler(log(events));
    await checkWallet(servers, "again", ["top-again", ...events.map((event) => event.id)], 5n);
    expect(counts).toMatchObject({ charged: 30, entered: 1 });
    expect(counts.duplicate).toBeGreaterThan(0);
  });

  test("under another tax rate keep the price that the ledger wrote, and take the new one where it wrote none", async () => {
    await openWallet(servers, "taxed");
    const configured = [wallet("taxed")];
    const before = world(servers, tenant(configured));
    const broken = {
      ...before.dependencies,
      ledger: { ...servers.ledger, commit: async () => Promise.reject(new Unavailable("postgres")) },
    };
    const event = usage("taxed", "m:sms.delivered:1");
    await expect(createBillingHandler(broken)(log([event]))).rejects.toBeInstanceOf(Unavailable);
    await createBillingHandler(world(servers, tenant(configured, { taxRate: "0" })).dependencies)(
      log([event]),
    );
    await createBillingHandler(before.dependencies)(log([event]));
    const rows = await entriesOf(servers, "taxed");
    expect(rows).toHaveLength(1);
    expect(parsed(rows[0]?.tax as string)).toBe(0n);
    expect((await servers.store.balance("taxed")).balance).toBe(parsed(rows[0]?.balance_after as string));
  });
});
