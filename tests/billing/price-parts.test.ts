import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { assert, asyncProperty, integer } from "fast-check";
import { Poison } from "#domain/errors.ts";
import type { BillingEvent } from "#domain/events/billing-event.ts";
import { compileSupplierSheet } from "#domain/cost/supplier-sheet.ts";
import { formatMoney, sum } from "#domain/money/money.ts";
import { createBillingHandler } from "#pipeline/billing/stage.ts";
import {
  type BillingServers,
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
} from "./world.ts";

let servers: BillingServers;
beforeAll(async () => {
  servers = await startBilling();
}, 60_000);
afterAll(() => servers?.stop());

/** From the third message of a month on, 10 % off all of that month's; counted by channel. */
const WHOLE = JSON.stringify({
  rate_card_id: "RC",
  name: "Whole",
  currency: "EUR",
  effective_date: "2024-01-01",
  rates: { sms: { base_rate: 0.1 }, whatsapp: { base_rate: 0.05 } },
  volume: { mode: "whole", scope: "channel" },
  volume_discounts: [{ min_volume: 3, discount: 10 }],
});

const SHEET = compileSupplierSheet({
  v: 1,
  type: "supplier_sheet",
  connector: "smsc-1",
  version: 4,
  validFrom: 0,
  currency: "EUR",
  rows: [{ rate: "0.06" }],
});

function setUp(walletId: string) {
  const configuration = tenant([wallet(walletId, { low: "9.3", critical: null })], {
    taxRate: "0",
    partner: { partnerId: "RESELLER-7", commissionPercent: "25", of: "revenue" },
    fx: { markupPercent: "0", maxAgeSeconds: 3_600 },
  });
  return world(servers, configuration, WHOLE, {
    fx: (base, quote) =>
      base === "EUR" && quote === "USD"
        ? { v: 1, type: "fx_rate", base, quote, rate: "2", source: "desk", at: NOW, validFrom: NOW }
        : undefined,
    supplier: () => SHEET,
    load: () => null,
  });
}

interface Entry {
  readonly event_id: string;
  readonly entry_type: string;
  readonly amount: string;
  readonly cost: string | null;
  readonly commission: string | null;
  readonly connector: string | null;
  readonly counters: Record<string, string> | null;
}

async function rowsOf(walletId: string): Promise<Entry[]> {
  const { rows } = await servers.postgres.pool.query<Entry>(
    "SELECT * FROM ledger_entries WHERE wallet_id = $1 ORDER BY sequence",
    [walletId],
  );
  return rows;
}

const plain = (amount: string | null): string | null =>
  amount === null ? null : formatMoney(parsed(amount));

const message = (
  walletId: string,
  name: string,
  more: Partial<Extract<BillingEvent, { kind: "usage" }>> = {},
) => usage(walletId, `${name}:sms.delivered:1`, { hold: "0", ...more });

describe("a charge with every part of a price", () => {
  test("exchange, true-up, cost and commission stand in the ledger, and their transactions balance", async () => {
    await openWallet(servers, "parts");
    const { dependencies, triggers } = setUp("parts");
    const events = [
      entry("parts", "parts-top", "top_up", "10"),
      message("parts", "p1", { connector: "smsc-1" }),
      message("parts", "p2"),
      message("parts", "p3"),
      message("parts", "p4"),
    ];
    await createBillingHandler(dependencies)(log(events));
    const rows = await rowsOf("parts");
    expect(rows.map(({ event_id, entry_type, amount }) => [event_id, entry_type, plain(amount)])).toEqual([
      ["parts-top", "top_up", "10"],
      ["p1:sms.delivered:1", "charge", "-0.2"],
      ["p2:sms.delivered:1", "charge", "-0.2"],
      ["p3:sms.delivered:1", "charge", "-0.18"],
      ["p3:sms.delivered:1:true_up", "true_up", "0.04"],
      ["p4:sms.delivered:1", "charge", "-0.18"],
    ]);
    expect(rows.map(({ cost }) => plain(cost))).toEqual([null, "0.12", null, null, null, null]);
    expect(rows.map(({ commission }) => plain(commission))).toEqual([
      null,
      "0.05",
      "0.05",
      "0.045",
      null,
      "0.045",
    ]);
    expect(rows[3]?.counters).toEqual({ "202611/sms$": "600000000000000000" });
    expect(triggers.map(({ threshold, balance }) => [threshold, balance])).toEqual([["low", "9.28"]]);
    const { rows: postings } = await servers.postgres.pool.query<{
      account: string;
      party: string | null;
      balance: string;
    }>("SELECT account, party, balance FROM ledger_accounts WHERE tenant_id = 'T1' AND party = 'RESELLER-7'");
    expect(postings.map(({ account, balance }) => [account, plain(balance)])).toEqual([["partner", "0.19"]]);
    const { rows: all } = await servers.postgres.pool.query<{ balance: string }>(
      "SELECT sum(balance)::numeric(38,18) AS balance FROM ledger_accounts GROUP BY currency",
    );
    expect(all.map(({ balance }) => plain(balance))).toEqual(["0"]);
  });

  test("a transaction that does not add up, or is added to, is refused by the database", async () => {
    const { pool } = servers.postgres;
    const write = (lines: string) =>
      pool.query(`WITH t AS (INSERT INTO ledger_transactions (transaction_id, tenant_id, kind, occurred_at)
                              VALUES (gen_random_uuid(), 'T1', 'rounding', now()) RETURNING transaction_id)
                  INSERT INTO ledger_postings (transaction_id, line, tenant_id, account, amount, currency)
                  SELECT transaction_id, x.* FROM t, (VALUES ${lines}) AS x`);
    await expect(write("(1, 'T1', 'rounding', 1, 'USD')")).rejects.toThrow("does not add up");
    await expect(write("(1, 'T1', 'rounding', 1, 'USD'), (2, 'T1', 'fx', -1, 'EUR')")).rejects.toThrow(
      "does not add up",
    );
    await write("(1, 'T1', 'rounding', 1, 'USD'), (2, 'T1', 'fx', -1, 'USD')");
    await expect(pool.query("UPDATE ledger_postings SET amount = 2")).rejects.toThrow("append-only");
    await expect(pool.query("DELETE FROM ledger_transactions")).rejects.toThrow("append-only");
  });

  test("the same id with another body is refused by name, and nothing of it happens", async () => {
    await openWallet(servers, "bodies");
    const { dependencies, counts } = setUp("bodies");
    const handler = createBillingHandler(dependencies);
    await handler(log([entry("bodies", "bodies-top", "top_up", "10"), message("bodies", "b1")]));
    const other = message("bodies", "b1", { units: 7 });
    await expect(handler(log([other]))).rejects.toThrow(Poison);
    // Long after, when only the ledger knows the id.
    await servers.redis.admin.flushall();
    await expect(createBillingHandler(dependencies)(log([other]))).rejects.toThrow("another body");
    expect(counts.conflict).toBeGreaterThan(0);
    await handler(log([message("bodies", "b1"), message("bodies", "b2")]));
    expect((await rowsOf("bodies")).map(({ event_id }) => event_id)).toEqual([
      "bodies-top",
      "b1:sms.delivered:1",
      "b2:sms.delivered:1",
    ]);
  });

  test("whatever is lost between two batches, and however often they come, the books are those of one run", async () => {
    let run = 0;
    await assert(
      asyncProperty(integer({ min: 1, max: 12 }), integer({ min: 1, max: 5 }), async (messages, size) => {
        const walletId = `again-${(run += 1)}`;
        await openWallet(servers, walletId);
        const { dependencies, triggers } = setUp(walletId);
        const events = [
          entry(walletId, `${walletId}-top`, "top_up", "10"),
          ...Array.from({ length: messages }, (_, index) => message(walletId, `${walletId}-${index}`)),
        ];
        const records = log(events);
        for (let first = 0; first < records.length; first += size) {
          const batch = records.slice(Math.max(0, first - 2), first + size);
          await createBillingHandler(dependencies)(batch);
          if (first % 2 === 0) await servers.redis.admin.flushall();
          await createBillingHandler(dependencies)(batch);
        }
        const discounted = messages >= 3;
        const expected = 10 - messages * 0.2 * (discounted ? 0.9 : 1);
        const rows = await rowsOf(walletId);
        expect(Number(formatMoney(sum(rows.map(({ amount }) => parsed(amount)))))).toBeCloseTo(expected, 12);
        expect(rows).toHaveLength(1 + messages + (discounted ? 1 : 0));
        const { balance } = await servers.store.state(walletId);
        expect(balance).toBe(sum(rows.map(({ amount }) => parsed(amount))));
        expect(new Set(triggers.map(({ id }) => id)).size).toBe(expected < 9.3 ? 1 : 0);
      }),
      { numRuns: 25 },
    );
  });
});
