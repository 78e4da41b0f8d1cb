import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createCorrections } from "#adapters/postgres/corrections.ts";
import { createMarginReports } from "#adapters/postgres/margin-reports.ts";
import { createReRatingWork } from "#adapters/postgres/re-rating-work.ts";
import { createReRatings } from "#adapters/postgres/re-ratings.ts";
import { billingEvent } from "#domain/events/billing-event.ts";
import { formatMoney, money, parseMoney, type Money } from "#domain/money/money.ts";
import { marginOf } from "#domain/wallet/margin.ts";
import { correctionEvent, type RefundRequest } from "#domain/wallet/corrections.ts";
import { postCorrections } from "#pipeline/books/post-corrections.ts";
import { runReRatings, type ReRatingDependencies } from "#pipeline/books/run-re-ratings.ts";
import { tenant } from "../gateway/fakes.ts";
import { uuidv7 } from "../gateway/uuidv7.ts";
import { fillWallet, startBooks, type TestBooks } from "./books.ts";

const NOW = Date.parse("2026-11-24T10:00:00Z");
const of = (text: string): Money => parseMoney(text) as Money;

let books: TestBooks;
beforeAll(async () => {
  books = await startBooks();
  await fillWallet(books.pool, "T1", "w1", 40);
  await fillWallet(books.pool, "T1", "w2", 6_000);
  await fillWallet(books.pool, "T2", "w3", 3);
}, 120_000);
afterAll(() => books.stop());

const request = (name: string, originalId: string, amount: string | null): RefundRequest => ({
  correctionId: `${name}:refund:0`,
  originalId,
  amount: amount === null ? null : of(amount),
  reason: "complaint 4711",
  actor: "Finance",
  decidedAt: NOW,
});

describe("refunds", () => {
  test("however many ask at once, together they get what was charged and no more", async () => {
    const corrections = createCorrections(books.pool);
    const decisions = await Promise.all(
      Array.from({ length: 12 }, (_, index) => corrections.refund(request(`race-${index}`, "w1:5", "0.002"))),
    );
    expect(decisions.filter(({ kind }) => kind === "decided")).toHaveLength(7);
    const refused = decisions.find((decision) => decision.kind === "exceeds");
    expect(refused).toEqual({ kind: "exceeds", remaining: of("0.00139"), currency: "USD" });
    expect((await corrections.refund(request("race-rest", "w1:5", null))).kind).toBe("decided");
    const { rows } = await books.pool.query(
      "SELECT sum(amount)::numeric(38,18) AS amount, sum(revenue) AS revenue, sum(tax) AS tax FROM ledger_corrections WHERE original_id = 'w1:5'",
    );
    expect(rows).toEqual([
      { amount: "0.015390000000000000", revenue: "-0.014250000000000000", tax: "-0.001140000000000000" },
    ]);
  });

  test("the same refund again is the same one", async () => {
    const corrections = createCorrections(books.pool);
    const first = await corrections.refund(request("same", "w1:6", null));
    expect(await corrections.refund(request("same", "w1:6", null))).toEqual(first);
    expect(first).toMatchObject({
      kind: "decided",
      correction: { tenantId: "T1", walletId: "w1", kind: "refund" },
    });
  });

  test("take a partner's commission back in the same proportion", async () => {
    await fillWallet(books.pool, "T3", "w4", 2);
    await books.tamper(
      "UPDATE ledger_entries SET commission = 0.001425 WHERE wallet_id = 'w4' AND sequence > 1",
    );
    await books.tamper(
      `WITH made AS (INSERT INTO ledger_transactions (transaction_id, tenant_id, kind, event_id, occurred_at)
         VALUES ('w4:2:commission', 'T3', 'commission', 'w4:2', now()) RETURNING transaction_id)
       INSERT INTO ledger_postings (transaction_id, line, tenant_id, account, party, amount, currency)
       SELECT transaction_id, line, 'T3', account, party, amount, 'USD' FROM made, (VALUES (1, 'revenue', NULL, -0.001425),
         (2, 'partner', 'P-1', 0.001425)) AS p(line, account, party, amount)`,
    );
    const corrections = createCorrections(books.pool);
    const first = await corrections.refund(request("part", "w4:2", "0.0108"));
    if (first.kind !== "decided") throw new Error(first.kind);
    expect(correctionEvent(first.correction).commission).toEqual({ partnerId: "P-1", amount: "-0.001" });
    const rest = await corrections.refund(request("part-rest", "w4:2", null));
    expect(rest).toMatchObject({
      kind: "decided",
      correction: { partnerId: "P-1", movement: { commission: of("-0.000425") } },
    });
  });

  test("only charges are refunded", async () => {
    const corrections = createCorrections(books.pool);
    expect(await corrections.refund(request("top", "w1:1", null))).toEqual({
      kind: "not_a_charge",
      entryType: "top_up",
    });
    expect(await corrections.refund(request("none", "nobody", null))).toEqual({ kind: "unknown" });
  });

  test("what was decided is published until the ledger has it, and never changes", async () => {
    const corrections = createCorrections(books.pool);
    await corrections.refund(request("posted", "w1:7", null));
    const published: string[] = [];
    const publisher = {
      publish: async (records: readonly { readonly value: string | Uint8Array | null }[]) => {
        published.push(...records.map(({ value }) => String(value)));
      },
    };
    let now = NOW + 1_000;
    const pass = () => postCorrections(corrections, publisher, { now: () => now });
    await pass();
    const event = published
      .map((text) => billingEvent.parse(JSON.parse(text)))
      .find(({ id }) => id === "posted:refund:0");
    expect(event).toMatchObject({
      kind: "entry",
      entryType: "refund",
      amount: "0.01539",
      revenue: "-0.01425",
      tax: "-0.00114",
      actor: "Finance",
      corrects: "w1:7",
      acceptedAt: NOW,
    });
    const count = published.length;
    await pass();
    expect(published).toHaveLength(count);
    now += 5 * 60_000;
    await pass();
    expect(published).toHaveLength(2 * count);
    await enter("posted:refund:0", "w1");
    expect((await pass()).posted).toBe(1);
    now += 86_400_000;
    await pass();
    expect(published).toHaveLength(3 * count - 1);
    await expect(
      books.pool.query(
        "UPDATE ledger_corrections SET amount = amount * 2, revenue = revenue * 2, tax = tax * 2",
      ),
    ).rejects.toThrow("append-only");
    await expect(books.pool.query("DELETE FROM ledger_corrections")).rejects.toThrow("append-only");
  });
});

/** The billing stage's part: the correction stands in the ledger. */
async function enter(correctionId: string, walletId: string): Promise<void> {
  await books.pool.query(
    `INSERT INTO ledger_entries (event_id, accepted_month, wallet_id, tenant_id, sequence, entry_type, event_type, part, amount, revenue, tax,
       clearing, balance_after, currency, volume_ordinal, trace, kafka_partition, kafka_offset, occurred_at)
     SELECT c.correction_id, date_trunc('month', c.decided_at AT TIME ZONE 'UTC')::date, c.wallet_id, c.tenant_id, w.sequence + 1, c.kind,
            c.kind, 0, c.amount, c.revenue, c.tax, 0, w.balance + c.amount, c.currency, 0, '{}', 0, 0, c.decided_at
       FROM ledger_corrections c JOIN wallets w USING (wallet_id) WHERE c.correction_id = $1 AND c.wallet_id = $2`,
    [correctionId, walletId],
  );
  await books.pool.query(
    `UPDATE wallets w SET sequence = sequence + 1, balance = w.balance + c.amount FROM ledger_corrections c
      WHERE c.correction_id = $1 AND w.wallet_id = c.wallet_id`,
    [correctionId],
  );
}

describe("re-rating", () => {
  const CARD = {
    rate_card_id: "RC",
    name: "corrected",
    currency: "USD",
    effective_date: "2026-01-01",
    rates: { sms: { base_rate: 0.02 } },
    volume_discounts: [{ min_volume: 10_000, max_volume: 10_000_000, discount: 5 }],
  };
  const dependencies = (): ReRatingDependencies => ({
    work: createReRatingWork(books.pool),
    tenant: async (tenantId) => tenant(tenantId, "w2"),
    versions: async () => [
      { v: 1, rateCardId: "RC", version: 2, validFrom: 0, storedAt: 0, source: JSON.stringify(CARD) },
    ],
  });
  const asked = (reRatingId: string, version = 2) => ({
    reRatingId,
    tenantId: "T1",
    rateCardId: "RC",
    version,
    currency: "USD",
    from: Date.parse("2026-11-10T12:01:00Z"),
    to: Date.parse("2026-11-10T13:00:00Z"),
    eventType: null,
    reason: "price published late",
    requestedBy: "Finance",
    requestedAt: NOW,
  });

  test("a report first, then entries of its differences by whoever approved it, each once", async () => {
    const corrections = createCorrections(books.pool);
    const reRatings = createReRatings(books.pool);
    const id = uuidv7(NOW);
    await corrections.refund(request("before", "w2:100", "0.001"));
    expect((await reRatings.create(asked(id))).status).toBe("computing");
    expect((await reRatings.create(asked(id))).reRatingId).toBe(id);
    expect((await reRatings.decide(id, "approved", { actor: "Chief", at: NOW })).kind).toBe("not_reported");
    await runReRatings(dependencies());
    const report = await reRatings.get(id);
    // One hour from 12:01: entries 60 to 3599 of w2, one of them refunded; none of w1's 41 seconds.
    expect(report).toMatchObject({
      status: "reported",
      examined: 3_540n,
      changed: 3_539n,
      skipped: { refunded: 1 },
    });
    // 0.02 − 5 % + 8 % = 0.02052
    expect(formatMoney(report?.repriced ?? money(0n))).toBe(formatMoney(money(of("0.02052") * 3_539n)));
    expect(formatMoney(report?.charged ?? money(0n))).toBe(formatMoney(money(of("0.01539") * 3_539n)));
    const page = await reRatings.lines(id, { after: null, limit: 2 });
    expect(page.rows.map(({ eventId }) => eventId)).toEqual(["w2:60", "w2:61"]);
    expect((await reRatings.lines(id, { after: page.next, limit: 1 })).rows[0]?.eventId).toBe("w2:62");
    expect(
      (await books.pool.query("SELECT FROM ledger_corrections WHERE re_rating_id = $1", [id])).rowCount,
    ).toBe(0);

    await corrections.refund(request("since", "w2:200", null));
    expect(await reRatings.decide(id, "approved", { actor: "Chief", at: NOW + 5 })).toMatchObject({
      kind: "decided",
    });
    expect((await reRatings.decide(id, "rejected", { actor: "Other", at: NOW })).kind).toBe("not_reported");
    await runReRatings(dependencies());
    await runReRatings(dependencies());
    expect(await reRatings.get(id)).toMatchObject({
      status: "posted",
      decidedBy: "Chief",
      adjusted: 3_538n,
      skipped: { refunded: 1, changed_since: 1 },
    });
    const { rows } = await books.pool.query(
      `SELECT count(*)::int AS count, sum(amount)::numeric(38,18) AS amount, sum(revenue)::numeric(38,18) AS revenue, min(actor) AS actor,
              min(reason) AS reason FROM ledger_corrections WHERE re_rating_id = $1`,
      [id],
    );
    expect(rows).toEqual([
      {
        count: 3_538,
        amount: `${formatMoney(money(of("-0.00513") * 3_538n))}0000000000000`,
        revenue: formatMoney(money(of("0.00475") * 3_538n)).padEnd(21, "0"),
        actor: "Chief",
        reason: "price published late",
      },
    ]);
  });

  test("again under the same card, nothing differs; a refund now reaches the corrected price", async () => {
    const reRatings = createReRatings(books.pool);
    const id = uuidv7(NOW + 1);
    await reRatings.create(asked(id));
    await runReRatings(dependencies());
    expect(await reRatings.get(id)).toMatchObject({ status: "reported", changed: 0n });
    const decision = await createCorrections(books.pool).refund(request("after", "w2:300", null));
    expect(decision).toMatchObject({ kind: "decided", correction: { movement: { amount: of("0.02052") } } });
  });

  test("a version that does not exist fails and says so", async () => {
    const reRatings = createReRatings(books.pool);
    const id = uuidv7(NOW + 2);
    await reRatings.create(asked(id, 9));
    await runReRatings(dependencies());
    expect(await reRatings.get(id)).toMatchObject({
      status: "failed",
      problem: "rate card RC has no version 9",
    });
    const listed = await reRatings.list("T1", { after: null, limit: 2 });
    expect(listed.rows).toHaveLength(2);
    expect((await reRatings.list("T1", { after: listed.next, limit: 2 })).rows).toHaveLength(1);
  });
});

describe("margin reports", () => {
  test("add revenue, cost and corrections up by whatever is asked for", async () => {
    await books.tamper(
      "UPDATE ledger_entries SET cost = 0.01, commission = 0.001 WHERE wallet_id = 'w3' AND sequence IN (2, 3)",
    );
    const reports = createMarginReports(books.pool);
    const window = {
      from: Date.parse("2026-11-01T00:00:00Z"),
      to: Date.parse("2026-12-01T00:00:00Z"),
      timezone: "UTC",
    };
    const rows = await reports.margin({
      ...window,
      by: ["tenant", "channel", "operator", "day"],
      tenantId: "T2",
    });
    expect(rows).toHaveLength(1);
    const row = rows?.[0];
    expect(row).toMatchObject({
      group: { tenant: "T2", channel: "sms", operator: "Verizon", day: "2026-11-10" },
      currency: "USD",
      charges: 3n,
      withoutCost: 1n,
      revenue: of("0.04275"),
      cost: of("0.02"),
      commission: of("0.002"),
    });
    expect(row === undefined ? null : formatMoney(marginOf(row))).toBe("0.02075");
    await createCorrections(books.pool).refund(request("margin", "w3:2", null));
    const days = await reports.margin({ ...window, by: ["day"], tenantId: "T2" });
    expect(days?.map(({ group, revenue }) => [group.day, formatMoney(revenue)])).toEqual([
      ["2026-11-10", "0.04275"],
      ["2026-11-24", "-0.01425"],
    ]);
    const auckland = await reports.margin({
      ...window,
      by: ["day"],
      tenantId: "T2",
      timezone: "Pacific/Auckland",
    });
    expect(auckland?.[0]?.group.day).toBe("2026-11-11");
  });
});
