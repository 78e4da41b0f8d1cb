import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createLedger } from "#adapters/postgres/ledger.ts";
import { createSettlements } from "#adapters/postgres/settlements.ts";
import { createRedisConnection, type RedisConnection } from "#adapters/redis/connection.ts";
import { createWalletStore } from "#adapters/redis/wallet-store.ts";
import { money } from "#domain/money/money.ts";
import type { SettlementReport } from "#domain/settlement/report.ts";
import type { WalletStore } from "#domain/wallet/ports.ts";
import { createReportCrypto, createReportSigner } from "#platform/settlement-signer.ts";
import { uuidv7 } from "../gateway/uuidv7.ts";
import { fillWallet, startBooks, type TestBooks } from "./books.ts";
import { startRedis, type TestRedis } from "./servers.ts";
import { verifyReports } from "../../scripts/books/verify-reports.ts";
import { createSettler, SECRET_KEY, type Settler } from "./settle-day.ts";

const [D1, D2, D3, D4] = ["2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27"] as const;
const WALLETS = ["a", "b", "c", "d", "e", "f"];

let now = Date.parse("2026-11-25T05:00:00Z");
let books: TestBooks;
let redis: TestRedis;
let connection: RedisConnection;
let store: WalletStore;
let settler: Settler;
beforeAll(async () => {
  books = await startBooks();
  redis = await startRedis();
  connection = createRedisConnection(redis.url);
  store = createWalletStore(connection, createLedger(books.pool));
  settler = createSettler(books.pool, store, { clock: { now: () => now } });
  for (const wallet of WALLETS) await fillWallet(books.pool, "T1", wallet, 20);
  await recordedAt(D1, "true");
}, 120_000);
afterAll(async () => {
  await connection.close();
  await redis.stop();
  await books.stop();
});

/** Puts entries into a day as if they had been recorded at its noon. */
async function recordedAt(day: string, where: string): Promise<void> {
  const noon = `timestamptz '${day} 12:00Z'`;
  await books.tamper(`UPDATE ledger_entries SET created_at = ${noon}, occurred_at = ${noon} WHERE ${where}`);
}

async function charge(
  wallet: string,
  day: string,
  eventId: string,
  occurred = `${day} 11:00Z`,
): Promise<void> {
  await books.pool.query(
    `INSERT INTO ledger_entries (event_id, accepted_month, wallet_id, tenant_id, sequence, entry_type, event_type, message_id, part, amount,
       revenue, tax, clearing, balance_after, currency, volume_ordinal, trace, kafka_partition, kafka_offset, occurred_at, created_at, connector, cost)
     SELECT $1, '2026-11-01', wallet_id, tenant_id, sequence + 1, 'charge', 'sms.delivered', split_part($1, ':', 1), 1, -0.01539, 0.01425,
            0.00114, 0, balance - 0.01539, 'USD', 0, '{}', 0, 0, $3::timestamptz, ($2 || ' 12:00Z')::timestamptz, 'carrier-a', 0.009
       FROM wallets WHERE wallet_id = $4`,
    [eventId, day, occurred, wallet],
  );
  await books.pool.query(
    "UPDATE wallets SET sequence = sequence + 1, balance = balance - 0.01539 WHERE wallet_id = $1",
    [wallet],
  );
  await redis.admin.del(`w:{${wallet}}`);
}

const shown = ({ differences }: SettlementReport): string[] =>
  differences.listed.map(({ kind, wallet_id: wallet, outcome }) => `${kind} ${wallet ?? "-"} ${outcome}`);

const next = (day: string): void => {
  now = Date.parse(`${day}T05:00:00Z`) + 86_400_000;
};

describe("a day on which everything agrees", () => {
  let report: SettlementReport;
  test("has nothing to say, cached or cold", async () => {
    await store.state("a");
    report = await settler.settle(D1);
    expect(shown(report)).toEqual([]);
    expect(report.compared).toMatchObject({ wallets: 6, cached: 1 });
    expect(report.currencies["USD"]).toEqual({
      wallets: 6,
      moved: 6,
      opening: "0",
      charged: "1.8468",
      corrected: "0",
      credited: "6000",
      closing: "5998.1532",
      entries: 126,
      late_entries: 0,
      late_charged: "0",
    });
    expect(settler.published).toEqual([]);
    expect(settler.mails.at(-1)).toMatchObject({
      to: "operator@localhost",
      subject: `Settlement of ${D1}: everything agrees`,
      messageId: `settlement.${D1}.1@catalyst`,
    });
  });

  test("settled again comes to the same, as another revision behind the first", async () => {
    const again = await settler.settle(D1, "another run");
    expect(shown(again)).toEqual([]);
    expect(again).toMatchObject({ revision: 2, position: 2, currencies: report.currencies });
    expect(again.previous).toMatchObject({ position: 1, day: D1 });
    // The same run again is the same report.
    expect(await settler.settle(D1, "another run")).toEqual(again);
  });

  test("cannot be settled before it is over", async () => {
    await expect(settler.settle("2026-11-25")).rejects.toMatchObject({
      type: "TooEarly",
      nonRetryable: true,
    });
  });
});

describe("each difference, planted", () => {
  test("late entries count in the day that recorded them, those of the next day not yet", async () => {
    next(D2);
    await charge("a", D2, "late-1", `${D1} 23:59Z`);
    await charge("a", D2, "on-time-1");
    await charge("a", D3, "tomorrow-1");
    const report = await settler.settle(D2);
    expect(shown(report)).toEqual([]);
    expect(report.currencies["USD"]).toMatchObject({
      moved: 1,
      entries: 2,
      late_entries: 1,
      late_charged: "0.01539",
      opening: "5998.1532",
      charged: "0.03078",
      closing: "5998.12242",
    });
  });

  test("in the ledger, the row and the cache: found with wallet and amount, the cache alone mended", async () => {
    next(D3);
    for (const wallet of ["b", "c", "d", "e"]) {
      await charge(wallet, D3, `x-${wallet}-1`);
      await charge(wallet, D3, `x-${wallet}-2`);
      await charge(wallet, D3, `x-${wallet}-3`);
    }
    await store.state("f");
    await redis.admin.hset("w:{f}", { balance: "1" });
    await books.tamper("UPDATE wallets SET balance = balance + 5 WHERE wallet_id = 'b'");
    await books.tamper("DELETE FROM ledger_entries WHERE event_id = 'x-c-2'");
    await books.tamper(
      "UPDATE ledger_entries SET amount = -0.02, revenue = 0.01886 WHERE event_id = 'x-d-2'",
    );
    await books.tamper(
      `INSERT INTO ledger_entries SELECT (jsonb_populate_record(e, '{"event_id": "forged", "accepted_month": "2026-10-01"}')).*
         FROM ledger_entries e WHERE event_id = 'x-e-2'`,
    );
    const report = await settler.settle(D3);
    expect(shown(report).toSorted()).toEqual(
      [
        "cache_differs f adjusted",
        "entries_altered d case",
        "entries_missing c case",
        "entries_repeated e case",
        "projection_differs b case",
        "projection_differs d case",
      ].toSorted(),
    );
    // Only what is sound is added up: a's entry of today.
    expect(report.currencies["USD"]).toMatchObject({ wallets: 2, moved: 1, entries: 1, charged: "0.01539" });
    const missing = report.differences.listed.find(({ kind }) => kind === "entries_missing");
    expect(missing).toMatchObject({ amount: "-0.01539", tenant_id: "T1", severity: "critical" });
    expect((await store.held("f"))?.balance).toBe(money(9_996_922n * 10n ** 14n));
    expect(settler.mails.at(-1)?.text).toContain("entries 23 to 23 are gone");
    expect(settler.published).toEqual([]);
  });

  test("what is not mended is found again in the case that is open; mended, the wallet is settled whole", async () => {
    next(D4);
    await books.tamper("UPDATE wallets SET balance = balance - 5 WHERE wallet_id = 'b'");
    const report = await settler.settle(D4);
    expect(shown(report)).not.toContain("projection_differs b case");
    // The day's entries and those that the day before could not settle.
    expect(report.currencies["USD"]).toMatchObject({ entries: 3, late_entries: 3 });
    const settlements = createSettlements(books.pool);
    const { rows } = await settlements.cases({ day: null, open: true }, { after: null, limit: 100 });
    expect(rows.map(({ kind }) => kind).toSorted()).toEqual(
      [
        "entries_altered",
        "entries_missing",
        "entries_repeated",
        "projection_differs",
        "projection_differs",
      ].toSorted(),
    );
    expect(rows.find(({ kind }) => kind === "entries_missing")).toMatchObject({
      openedBy: D3,
      lastFoundBy: D4,
    });
    await books.tamper("DELETE FROM ledger_entries WHERE wallet_id IN ('c', 'd', 'e')");
    await books.tamper("DELETE FROM settlement_wallets WHERE wallet_id IN ('c', 'd', 'e')");
    await books.tamper("DELETE FROM wallets WHERE wallet_id IN ('c', 'd', 'e')");
  });

  test("a settled day that was touched is told", async () => {
    await books.tamper(
      "UPDATE settlement_wallets SET closing_balance = closing_balance + 1, credited = credited + 1 WHERE wallet_id = 'f'",
    );
    const report = await settler.settle(D1, "touched");
    expect(shown(report)).toEqual(["settled_differs f case"]);
    await books.tamper(
      "UPDATE settlement_wallets SET closing_balance = closing_balance - 1, credited = credited - 1 WHERE wallet_id = 'f'",
    );
  });

  test("charges missing and unexplained are posted once; still there the next night, they are a person's", async () => {
    const day = "2026-11-28";
    next(day);
    const at = Date.parse(`${day}T10:00:00Z`);
    const [free, wrong] = [uuidv7(at), uuidv7(at + 1)];
    await message(free, "delivered", at, { "delivered:1": { at: at + 1_000 } });
    await message(wrong, "failed", at, { "failed:1": { at: at + 1_000 } });
    await charge("f", day, `${wrong}:sms.delivered:1`);
    const report = await settler.settle(day);
    expect(shown(report)).toEqual(["charge_missing f adjusted", "charge_unexplained f adjusted"]);
    expect(settler.published.map(({ value }) => JSON.parse(String(value)).id)).toEqual([
      `${free}:sms.delivered:1`,
    ]);
    const { rows } = await books.pool.query("SELECT correction_id, actor FROM ledger_corrections");
    expect(rows).toEqual([{ correction_id: `${wrong}:refund.reconciliation:1`, actor: "settlement" }]);
    const after = "2026-11-29";
    next(after);
    const later = await settler.settle(after);
    // The refund is decided and its posting stuck, since no worker runs here.
    expect(shown(later).toSorted()).toEqual(["charge_missing f case", "correction_unposted f case"]);
    expect(settler.published).toHaveLength(1);
  });
});

describe("Twilio's night", () => {
  const day = "2026-12-05";
  const posted = async (): Promise<unknown> =>
    (
      await books.pool.query(
        `SELECT (SELECT count(*) FROM ledger_entries) AS entries, (SELECT count(*) FROM ledger_corrections) AS corrections,
                (SELECT count(*) FROM settlement_cases WHERE closed_at IS NULL AND kind LIKE 'cache%') AS cases`,
      )
    ).rows[0];

  test.each([
    ["empty", () => redis.admin.flushall()],
    ["read-only", () => redis.admin.config("SET", "min-replicas-to-write", "5")],
    [
      "a day old",
      async () => {
        await redis.admin.config("SET", "min-replicas-to-write", "0");
        for (const wallet of ["a", "b", "f"]) await store.state(wallet);
        await redis.admin.hset("w:{a}", { balance: "1", sequence: "3" });
        await redis.admin.save();
        await redis.crash();
      },
    ],
  ])("Redis %s: nothing is posted, no case is opened", async (_state, break_) => {
    next(day);
    const before = await posted();
    const published = settler.published.length;
    await break_();
    const report = await settler.settle(day, `twilio ${_state}`);
    expect(shown(report).filter((line) => line.includes("cache"))).toEqual([]);
    expect(await posted()).toEqual(before);
    expect(settler.published).toHaveLength(published);
  });

  test("Redis read-only with a balance that is wrong: told, and charging mends it when it can", async () => {
    await store.state("a");
    await redis.admin.hset("w:{a}", { balance: "1" });
    await redis.admin.config("SET", "min-replicas-to-write", "5");
    const before = await posted();
    const report = await settler.settle(day, "twilio read-only and wrong");
    expect(shown(report)).toContain("cache_differs a adjusted");
    expect(await posted()).toEqual(before);
  });
});

describe("the chain of reports", () => {
  const verify = async (day: string | null = null): Promise<string[]> => {
    const crypto = createReportCrypto([createReportSigner(SECRET_KEY, null).publicKey]);
    const verified = await verifyReports(books.pool, crypto, day);
    expect(verified.length).toBeGreaterThan(0);
    return verified.flatMap(({ report, findings }) =>
      findings.map((finding) => `${report.position} ${finding}`),
    );
  };

  test("is intact as it was written, from the first to the last", async () => {
    expect(await verify()).toEqual([]);
    expect(await verify(D1)).toEqual([]);
  });

  test("tells what was edited, signed by another, and taken out", async () => {
    const stands = `SELECT position, body, hash, signature, key_id FROM settlement_reports WHERE position IN (2, 3, 4)`;
    const { rows } = await books.pool.query<Record<string, string>>(stands);
    await books.tamper(
      `UPDATE settlement_reports SET body = replace(body, '"USD"', '"EUR"') WHERE position = 2`,
    );
    const forger = createReportSigner("another key of at least 32 characters", null).sign(
      rows[1]?.["body"] ?? "",
    );
    await books.tamper("UPDATE settlement_reports SET signature = $1 WHERE position = 3", [forger.signature]);
    await books.tamper("UPDATE settlement_reports SET signature = $1, key_id = $2 WHERE position = 4", [
      forger.signature,
      forger.keyId,
    ]);
    expect(await verify()).toEqual(["2 altered", "3 wrong_signature", "4 unknown_key"]);
    for (const row of rows)
      await books.tamper(
        "UPDATE settlement_reports SET body = $2, signature = $3, key_id = $4 WHERE position = $1",
        [row["position"], row["body"], row["signature"], row["key_id"]],
      );
    expect(await verify()).toEqual([]);
    await books.tamper("DELETE FROM settlement_reports WHERE position = 3");
    expect(await verify()).toEqual(["4 missing", "4 chain_broken"]);
  });
});

describe("what was settled", () => {
  test("cannot be rewritten by the service itself", async () => {
    for (const statement of [
      "UPDATE settlement_reports SET body = '{}'",
      "DELETE FROM settlement_differences",
      "UPDATE settlement_cases SET explanation = 'nothing'",
      "TRUNCATE settlement_wallets",
    ])
      await expect(books.pool.query(statement)).rejects.toMatchObject({ code: "23001" });
  });

  test("cannot be settled before, once a later day is", async () => {
    await expect(settler.settle("2026-11-20")).rejects.toMatchObject({ type: "Superseded" });
  });

  test("cases are closed once, with name and reason", async () => {
    const settlements = createSettlements(books.pool);
    const page = { after: null, limit: 1 };
    const first = await settlements.cases({ day: null, open: true }, page);
    expect(first.next).not.toBeNull();
    const caseId = first.rows[0]?.caseId ?? "";
    const by = { actor: "Kim", reason: "known", at: now };
    expect(await settlements.closeCase(caseId, by)).toMatchObject({ kind: "closed", case: { closing: by } });
    expect(await settlements.closeCase(caseId, { ...by, actor: "Lee" })).toMatchObject({
      kind: "closed_before",
      case: { closing: by },
    });
    const second = await settlements.cases({ day: null, open: true }, { ...page, after: first.next });
    expect(second.rows[0]?.caseId).not.toBe(caseId);
  });
});

async function message(id: string, state: string, at: number, steps: Record<string, unknown>): Promise<void> {
  await books.pool.query(
    `INSERT INTO messages (message_id, tenant_id, wallet_id, channel, conversation, accepted_at, parts, direction, holds, steps, state,
       final_at, hold_open, country, recipient) VALUES ($1, 'T1', 'f', 'sms', 'c', to_timestamp($2::float8 / 1000), 1, 'outbound',
       '{"scan":"0","submit":"0","part":"0.01539"}', $3, $4, to_timestamp($2::float8 / 1000 + 1), 0, 'US', '+12025550143')`,
    [id, at, JSON.stringify(steps), state],
  );
}
