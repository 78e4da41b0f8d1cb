import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { chainLedger } from "#adapters/postgres/audit-chainer.ts";
import type { AuditedTenant, AuditFinding, AuditHead } from "#adapters/postgres/audit-findings.ts";
import { auditHeads, verifyAuditChains } from "#adapters/postgres/audit-verifier.ts";
import { fillWallet, startBooks, type TestBooks } from "./books.ts";

const SEAL_KEY = "a key that the database does not hold";
const NO_ANCHORS: ReadonlyMap<string, AuditHead> = new Map();

let books: TestBooks;
beforeAll(async () => {
  books = await startBooks();
}, 120_000);
afterAll(() => books.stop());

/** Chained are: T1 with two wallets and transactions, T2 with one wallet. */
beforeEach(async () => {
  await books.tamper(
    `WITH gone AS (DELETE FROM ledger_entries), gone_too AS (DELETE FROM wallets), blocks AS (DELETE FROM audit_blocks),
       progress AS (DELETE FROM audit_progress), heads AS (DELETE FROM audit_heads), postings AS (DELETE FROM ledger_postings),
       transactions AS (DELETE FROM ledger_transactions) SELECT 1`,
  );
  await fillWallet(books.pool, "T1", "w1", 200);
  await fillWallet(books.pool, "T1", "w2", 5);
  await fillWallet(books.pool, "T2", "w3", 7_000);
  for (const name of ["one", "two", "three"]) await transaction(name, "T1");
  await transaction("four", "T2");
  await chain();
  await fillMore("w1", "T1", 10);
  await transaction("five", "T1");
  await chain();
});

async function chain() {
  return chainLedger({ pool: books.pool, sealKey: SEAL_KEY });
}

async function verify(
  options: {
    readonly sealKey?: string;
    readonly anchors?: ReadonlyMap<string, AuditHead>;
    readonly later?: number;
  } = {},
): Promise<{ readonly found: AuditFinding[]; readonly tenants: AuditedTenant[] }> {
  const found: AuditFinding[] = [];
  const tenants = await verifyAuditChains(books.pool, {
    tenantId: null,
    sealKey: options.sealKey ?? SEAL_KEY,
    now: Date.now() + (options.later ?? 0),
    anchors: options.anchors ?? NO_ANCHORS,
    onFinding: (finding) => found.push(finding),
    onProgress: () => {},
  });
  return { found, tenants };
}

const shown = ({ kind, tenantId, source, first }: AuditFinding): string =>
  `${kind} ${tenantId} ${source ?? "-"} ${first ?? "-"}`;

async function findings(options: Parameters<typeof verify>[0] = {}): Promise<string[]> {
  return (await verify(options)).found.map(shown);
}

async function transaction(name: string, tenantId: string): Promise<void> {
  // One statement: the books are checked at its end.
  await books.tamper(
    `WITH made AS (INSERT INTO ledger_transactions (transaction_id, tenant_id, kind, event_id, reason, actor, occurred_at)
       VALUES ($1, $2, 'commission', NULL, 'a test', 'somebody', now()) RETURNING transaction_id)
     INSERT INTO ledger_postings (transaction_id, line, account, tenant_id, party, amount, currency)
     SELECT transaction_id, line, account, $2, NULL, amount, 'USD' FROM made,
            (VALUES (1, 'revenue', -0.001), (2, 'partner', 0.001)) AS p(line, account, amount)`,
    [name, tenantId],
  );
}

async function fillMore(walletId: string, tenantId: string, more: number): Promise<void> {
  await books.pool.query(
    `INSERT INTO ledger_entries (event_id, accepted_month, wallet_id, tenant_id, sequence, entry_type, event_type, part, amount, revenue, tax,
       clearing, balance_after, currency, volume_ordinal, trace, kafka_partition, kafka_offset, occurred_at)
     SELECT $1 || ':more:' || w.sequence + n, '2026-12-01', $1, $2, w.sequence + n, 'charge', 'sms.delivered', 1, -0.01, 0.01, 0, 0, w.balance - 0.01 * n,
            'USD', 0, '{}', 0, n, now() FROM wallets w, generate_series(1, $3::bigint) n WHERE w.wallet_id = $1`,
    [walletId, tenantId, more],
  );
  await books.pool.query(
    "UPDATE wallets SET sequence = sequence + $2, balance = balance - 0.01 * $2 WHERE wallet_id = $1",
    [walletId, more],
  );
}

describe("books that nobody touched", () => {
  test("are intact, every row of every wallet covered", async () => {
    const { found, tenants } = await verify();
    expect(found).toEqual([]);
    expect(tenants.map(({ tenantId, rows, waiting }) => ({ tenantId, rows, waiting }))).toEqual([
      { tenantId: "T1", rows: 201 + 6 + 10 + 4, waiting: 0 },
      { tenantId: "T2", rows: 7_001 + 1, waiting: 0 },
    ]);
    expect(await chain()).toEqual({ blocks: 0, rows: 0, behind: false });
  });

  test("of which the newest rows are not chained yet are intact, too, for ten minutes", async () => {
    await fillMore("w2", "T1", 3);
    const { found, tenants } = await verify();
    expect(found).toEqual([]);
    expect(tenants[0]?.waiting).toBe(3);
    expect(await findings({ later: 11 * 60_000 })).toEqual(["not_chained T1 wallet:w2 7"]);
  });

  test("are chained once, whoever works at the same time", async () => {
    await fillMore("w1", "T1", 50);
    const passes = await Promise.all([chain(), chain(), chain()]);
    await chain();
    expect(passes.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThanOrEqual(50);
    expect(await findings()).toEqual([]);
  });

  test("with more transactions at once than a block holds are covered without a gap between the blocks", async () => {
    await books.tamper(
      `INSERT INTO ledger_transactions (transaction_id, tenant_id, kind, occurred_at)
       SELECT 'many:' || n, CASE n % 2 WHEN 0 THEN 'T1' ELSE 'T9' END, 'settlement', now() FROM generate_series(1, 10400) n`,
    );
    expect((await chain()).rows).toBe(10_400);
    expect(await findings()).toEqual([]);
    // Between two rows of T9, and between its two blocks.
    await books.tamper("DELETE FROM ledger_transactions WHERE transaction_id IN ('many:500', 'many:10000')");
    await books.tamper(
      `UPDATE ledger_transactions SET tenant_id = 'T9' WHERE transaction_id IN ('many:502', 'many:10002')`,
    );
    const found = (await findings()).map((finding) => finding.replace(/ \S+$/, ""));
    expect(found.filter((finding) => finding === "row_inserted T9 transactions")).toHaveLength(2);
  });

  test("refuse changes of the chain", async () => {
    await expect(books.pool.query("UPDATE audit_blocks SET rows = rows")).rejects.toThrow("append-only");
    await expect(books.pool.query("DELETE FROM audit_blocks")).rejects.toThrow("append-only");
    await expect(books.pool.query("TRUNCATE audit_blocks")).rejects.toThrow("append-only");
  });
});

describe("a superuser's tampering is found", () => {
  const EDITS = [
    ["amount", "amount = amount - 1, revenue = revenue + 1"],
    ["trace", `trace = trace || '{"x": 1}'`],
    ["time", "occurred_at = occurred_at + interval '1 microsecond'"],
    ["operator", "operator = 'Other'"],
    ["cost", "cost = 0"],
    ["name of the event", "event_id = event_id || 'x'"],
    ["tenant", "tenant_id = 'T2'"],
  ] as const;
  test.each(EDITS)("an edited entry: %s", async (_name, change) => {
    await books.tamper(`UPDATE ledger_entries SET ${change} WHERE wallet_id = 'w1' AND sequence = 77`);
    expect(await findings()).toEqual(["row_altered T1 wallet:w1 77"]);
  });

  test("an entry moved to another month", async () => {
    await books.tamper(
      "UPDATE ledger_entries SET accepted_month = '2026-12-01' WHERE wallet_id = 'w3' AND sequence = 6000",
    );
    expect(await findings()).toEqual(["row_altered T2 wallet:w3 6000"]);
  });

  test("a deleted entry", async () => {
    await books.tamper("DELETE FROM ledger_entries WHERE wallet_id = 'w3' AND sequence = 5001");
    expect(await findings()).toEqual(["row_missing T2 wallet:w3 5001"]);
  });

  test("an inserted entry, within the sequence, behind it and before it", async () => {
    const copy = (sequence: string, month: string): string =>
      `INSERT INTO ledger_entries SELECT (jsonb_populate_record(e, jsonb_build_object('event_id', 'forged',
         'sequence', ${sequence}, 'accepted_month', '${month}'))).* FROM ledger_entries e WHERE wallet_id = 'w1' AND sequence = 50`;
    for (const [sequence, expected] of [
      ["50", "row_inserted T1 wallet:w1 50"],
      ["9999", "row_inserted T1 wallet:w1 212"],
      ["0", "row_inserted T1 wallet:w1 212"],
    ] as const) {
      await books.tamper(copy(sequence, "2026-10-01"));
      expect(await findings()).toEqual([expected]);
      await books.tamper("DELETE FROM ledger_entries WHERE event_id = 'forged'");
    }
    expect(await findings()).toEqual([]);
  });

  test("a truncated partition", async () => {
    await books.tamper("DELETE FROM ledger_entries WHERE accepted_month = '2026-12-01'");
    const found = await findings();
    expect(found).toHaveLength(10);
    expect(found[0]).toBe("row_missing T1 wallet:w1 202");
  });

  test("the end of a wallet cut off, its row set back", async () => {
    await books.tamper("DELETE FROM ledger_entries WHERE wallet_id = 'w1' AND sequence > 201");
    await books.tamper("UPDATE wallets SET sequence = 201 WHERE wallet_id = 'w1'");
    const found = await findings();
    expect(found).toContain("row_missing T1 wallet:w1 202");
  });

  test("entries exchanged", async () => {
    await books
      .tamper(
        `UPDATE ledger_entries SET sequence = CASE sequence WHEN 10 THEN 11 ELSE 10 END, accepted_month = accepted_month
        WHERE wallet_id = 'w1' AND sequence IN (10, 11)`,
      )
      .catch(async () => {
        // The unique index is checked row by row: over a number that is free.
        await books.tamper(
          "UPDATE ledger_entries SET sequence = -1 WHERE wallet_id = 'w1' AND sequence = 10",
        );
        await books.tamper(
          "UPDATE ledger_entries SET sequence = 10 WHERE wallet_id = 'w1' AND sequence = 11",
        );
        await books.tamper(
          "UPDATE ledger_entries SET sequence = 11 WHERE wallet_id = 'w1' AND sequence = -1",
        );
      });
    expect(await findings()).toEqual(["row_altered T1 wallet:w1 10", "row_altered T1 wallet:w1 11"]);
  });

  test("a transaction or a posting edited, deleted, slipped in", async () => {
    await books.tamper("UPDATE ledger_postings SET amount = amount * 2 WHERE transaction_id = 'two'");
    expect((await findings()).map((finding) => finding.replace(/ \d+$/, ""))).toEqual([
      "row_altered T1 transactions",
    ]);
    await books.tamper("UPDATE ledger_postings SET amount = amount / 2 WHERE transaction_id = 'two'");
    expect(await findings()).toEqual([]);
    await books.tamper("UPDATE ledger_transactions SET reason = 'another' WHERE transaction_id = 'five'");
    expect((await findings())[0]).toMatch(/^row_altered T1 transactions/);
    await books.tamper("DELETE FROM ledger_postings WHERE transaction_id = 'one'");
    await books.tamper("DELETE FROM ledger_transactions WHERE transaction_id = 'one'");
    expect((await findings()).some((finding) => finding.startsWith("row_missing T1 transactions"))).toBe(
      true,
    );
  });

  test("a transaction given a place behind the chain's end", async () => {
    await books.tamper(
      `INSERT INTO ledger_transactions (transaction_id, tenant_id, kind, occurred_at, audit_position)
       OVERRIDING SYSTEM VALUE SELECT 'forged', 'T2', 'settlement', now(), max(audit_position) FROM ledger_transactions`,
    );
    expect(await findings()).toEqual(["row_inserted T2 transactions -"]);
  });

  test("blocks edited, taken out, cut off", async () => {
    await books.tamper(
      "UPDATE audit_blocks SET row_marks = row_marks || row_marks, rows = rows * 2 WHERE position = 1",
    );
    expect(await findings()).toContain("row_missing T1 wallet:w1 1");
    await books.tamper("DELETE FROM audit_blocks WHERE tenant_id = 'T1' AND position = 1");
    expect(await findings()).toEqual(expect.arrayContaining(["block_missing T1 - -"]));
    await books.tamper("DELETE FROM audit_blocks WHERE tenant_id = 'T2' AND position > 1");
    expect(await findings()).toEqual(expect.arrayContaining(["chain_truncated T2 - -"]));
  });

  test("a whole chain computed anew over edited rows: the seal is missing", async () => {
    await books.tamper(
      "UPDATE ledger_entries SET operator = 'Other' WHERE wallet_id = 'w1' AND sequence = 77",
    );
    await books.tamper("DELETE FROM audit_blocks WHERE tenant_id = 'T1'");
    await books.tamper("DELETE FROM audit_progress WHERE tenant_id IN ('T1', '')");
    await books.tamper("DELETE FROM audit_heads WHERE tenant_id = 'T1'");
    await chainLedger({ pool: books.pool, sealKey: "a guess" });
    expect((await findings()).every((finding) => finding.startsWith("head_forged"))).toBe(true);
    expect((await findings())[0]).toBe("head_forged T1 - -");
  });

  test("an old state of everything put back: the head that was written down tells", async () => {
    const heads = new Map((await auditHeads(books.pool, null)).map((head) => [head.tenantId, head]));
    expect(await findings({ anchors: heads })).toEqual([]);
    await fillMore("w2", "T1", 4);
    await chain();
    const later = new Map((await auditHeads(books.pool, null)).map((head) => [head.tenantId, head]));
    expect(await findings({ anchors: heads })).toEqual([]);
    const old = heads.get("T1") as AuditHead;
    const { seal } = (await books.pool.query("SELECT seal FROM audit_heads WHERE tenant_id = 'T2'"))
      .rows[0] as {
      seal: Buffer;
    };
    expect(seal).toHaveLength(32);
    await books.tamper("DELETE FROM ledger_entries WHERE wallet_id = 'w2' AND sequence > 6");
    await books.tamper("UPDATE wallets SET sequence = 6 WHERE wallet_id = 'w2'");
    await books.tamper("DELETE FROM audit_blocks WHERE tenant_id = 'T1' AND position > $1", [
      old.position.toString(),
    ]);
    await books.tamper("UPDATE audit_progress SET reached = 6 WHERE source = 'wallet:w2'");
    await books.tamper("DELETE FROM audit_heads WHERE tenant_id = 'T1'");
    const { sealOf } = await import("#adapters/postgres/audit-rows.ts");
    const hash = Buffer.from(old.hash, "hex");
    // The seal of that day, kept by whoever puts it back.
    await books.tamper("INSERT INTO audit_heads VALUES ('T1', $1, $2, $3, now())", [
      old.position.toString(),
      hash,
      sealOf(SEAL_KEY, "T1", old.position, hash),
    ]);
    expect(await findings()).toEqual([]);
    expect(await findings({ anchors: later })).toEqual(["anchor_differs T1 - -"]);
  });

  test("a wallet taken away, and entries of one that never was", async () => {
    await books.tamper("DELETE FROM wallets WHERE wallet_id = 'w2'");
    expect(await findings()).toEqual(["unknown_wallet T1 wallet:w2 1", "unknown_wallet  wallet:w2 -"]);
  });

  test("books verified with another key are nobody's", async () => {
    expect(await findings({ sealKey: "another" })).toEqual(["head_forged T1 - -", "head_forged T2 - -"]);
  });
});
