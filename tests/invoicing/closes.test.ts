import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { createInvoiceReads } from "#adapters/postgres/invoice-reads.ts";
import { belongsTo, type CloseMark } from "#domain/invoicing/membership.ts";
import { startPostgres, type TestPostgres } from "../billing/servers.ts";
import {
  append,
  closeThrough,
  invoiceOf,
  invoicingOf,
  openWallet,
  type TestEntry,
  tenantOf,
} from "./ledger.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 120_000);
afterAll(() => postgres.stop());

/** The guide's second example: 0.05 + 2 × 0.01 + 0.02. */
function session(at: string, by: Pick<TestEntry, "message" | "trace">): TestEntry[] {
  const events = [
    ["ussd.session.initiated", "0.05"],
    ["ussd.response.sent", "0.01"],
    ["ussd.menu.action", "0.02"],
    ["ussd.response.sent", "0.01"],
  ] as const;
  return events.map(([event, revenue]) => ({ at, event, revenue, tax: "0", ...by }));
}

const untaxed = { v: 2, units: 1 };

describe("closing a period", () => {
  test("the guide's USSD session is one line: quantity 1, 0.09", async () => {
    const wallet = tenantOf({ taxRate: "0" });
    await openWallet(postgres.pool, wallet);
    await append(postgres.pool, wallet, session("2026-11-27T15:00:00Z", { message: "m1", trace: untaxed }));
    const { invoice } = await invoiceOf(
      postgres.pool,
      await closeThrough(postgres.pool, wallet, "2026-11-27"),
    );
    expect(invoice.lines).toEqual([
      {
        position: 1,
        description: "USSD Session - 3 interactions",
        channel: "ussd",
        eventType: "ussd.session",
        quantity: "1",
        unitRate: "0.09",
        discount: "0",
        amount: "0.09",
        taxCategory: null,
        late: false,
      },
    ]);
    expect(invoice).toMatchObject({
      kind: "invoice",
      number: "INV-2026-000001",
      total: "0.09",
      amountDue: "0.09",
      period: { from: "2026-11-27", to: "2026-11-28", timezone: "America/New_York" },
      issuedOn: "2026-12-24",
      dueOn: "2027-01-07",
    });
  });

  test("sessions are told apart by message or by the attribute of posted events, and alike ones counted", async () => {
    const wallet = tenantOf();
    await openWallet(postgres.pool, wallet);
    const at = "2026-11-27T15:00:00Z";
    const posted = (name: string) => ({ trace: { ...untaxed, in: { attributes: { session: name } } } });
    await append(postgres.pool, wallet, [
      ...session(at, { message: "m1", trace: untaxed }),
      ...session(at, posted("s2")),
      ...session(at, posted("s3")).slice(0, 2),
    ]);
    const { invoice } = await invoiceOf(
      postgres.pool,
      await closeThrough(postgres.pool, wallet, "2026-11-27"),
    );
    expect(
      invoice.lines.map(({ description, quantity, unitRate }) => [description, quantity, unitRate]),
    ).toEqual([
      ["USSD Session - 3 interactions", "2", "0.09"],
      ["USSD Session - 1 interaction", "1", "0.06"],
    ]);
  });

  test("run again, or for a day within a longer close, gives the same invoice and takes no number", async () => {
    const wallet = tenantOf();
    await openWallet(postgres.pool, wallet);
    await append(postgres.pool, wallet, [{ at: "2026-11-25T15:00:00Z" }]);
    await closeThrough(postgres.pool, wallet, "2026-11-24");
    const first = await invoiceOf(postgres.pool, await closeThrough(postgres.pool, wallet, "2026-11-27"));
    await append(postgres.pool, wallet, [{ at: "2026-11-25T16:00:00Z" }]);
    for (const day of ["2026-11-27", "2026-11-26", "2026-11-25"])
      expect(await invoiceOf(postgres.pool, await closeThrough(postgres.pool, wallet, day))).toEqual(first);
    expect(first.invoice.period).toMatchObject({ from: "2026-11-25", to: "2026-11-28" });
    expect(await closeThrough(postgres.pool, wallet, "2026-11-24")).toEqual({ kind: "empty" });
  });

  test("events of a closed period that come late are in the next one, on lines marked late", async () => {
    const wallet = tenantOf();
    await openWallet(postgres.pool, wallet);
    await append(postgres.pool, wallet, [{ at: "2026-11-26T15:00:00Z" }, { at: "2026-11-27T05:01:00Z" }]);
    const first = await invoiceOf(postgres.pool, await closeThrough(postgres.pool, wallet, "2026-11-26"));
    await append(postgres.pool, wallet, [{ at: "2026-11-26T16:00:00Z" }, { at: "2026-11-27T15:00:00Z" }]);
    const second = await invoiceOf(postgres.pool, await closeThrough(postgres.pool, wallet, "2026-11-27"));
    const lines = (of: typeof first) => of.invoice.lines.map(({ late, quantity }) => [late, quantity]);
    expect(lines(first)).toEqual([[false, "1"]]);
    expect(lines(second)).toEqual([
      [false, "2"],
      [true, "1"],
    ]);
    expect(second.invoice.notes.join()).toContain("late");
  });

  test("the month turns in the tenant's zone", async () => {
    const wallet = tenantOf({ timezone: "Asia/Kolkata", ...invoicingOf({ cycle: "monthly" }) });
    await openWallet(postgres.pool, wallet);
    // Midnight in Kolkata is 18:30 in UTC.
    await append(postgres.pool, wallet, [
      { at: "2026-10-31T18:29:59Z" },
      { at: "2026-11-30T18:29:59Z" },
      { at: "2026-11-30T18:30:00Z" },
    ]);
    await closeThrough(postgres.pool, wallet, "2026-10-31");
    const { invoice } = await invoiceOf(
      postgres.pool,
      await closeThrough(postgres.pool, wallet, "2026-11-30"),
    );
    expect(invoice.period).toEqual({ from: "2026-11-01", to: "2026-12-01", timezone: "Asia/Kolkata" });
    expect(invoice.lines).toMatchObject([{ quantity: "1", late: false }]);
  });

  test("refunds, re-ratings, true-ups and adjustments are lines; top-ups and what invoices post are not", async () => {
    const wallet = tenantOf();
    await openWallet(postgres.pool, wallet);
    const at = "2026-11-27T15:00:00Z";
    await append(postgres.pool, wallet, [
      { at, id: "charge-1" },
      {
        at,
        type: "refund",
        revenue: "-0.015",
        tax: "-0.0012",
        amount: "0.0162",
        trace: { corrects: "charge-1" },
      },
      {
        at,
        type: "re_rating",
        revenue: "-0.005",
        tax: "-0.0004",
        amount: "0.0054",
        trace: { corrects: "charge-1" },
      },
      {
        at,
        type: "true_up",
        event: "sms.delivered",
        base: "0",
        revenue: "-0.1",
        tax: "-0.008",
        amount: "0.108",
      },
      { at, type: "adjustment", amount: "2.5", trace: { reason: "complaint 4711" } },
      { at, type: "adjustment", amount: "-7", id: "inv-x:rounding:0", trace: { reason: "rounding" } },
      { at, type: "adjustment", amount: "-9", id: "payment:inv-x:dispute:2", trace: { reason: "dispute" } },
      { at, type: "top_up", amount: "50", trace: {} },
    ]);
    const { invoice } = await invoiceOf(
      postgres.pool,
      await closeThrough(postgres.pool, wallet, "2026-11-27"),
    );
    expect(
      invoice.lines.map(({ description, amount, taxCategory }) => [description, amount, taxCategory]),
    ).toEqual([
      ["SMS delivered", "0.02", "Tax"],
      ["Volume discount of the month – SMS delivered", "-0.10", "Tax"],
      ["Refund – SMS delivered", "-0.01", "Tax"],
      ["Price correction – SMS delivered", "-0.01", "Tax"],
      ["Adjustment – complaint 4711", "-2.50", null],
    ]);
    expect(invoice).toMatchObject({
      netTotal: "-2.60",
      taxTotal: "-0.01",
      total: "-2.61",
      amountDue: "0.00",
      dueOn: null,
    });
  });

  test("a prepaid wallet gets a statement: balance before and after, nothing due, and no rounding", async () => {
    const wallet = tenantOf({}, "prepaid");
    await openWallet(postgres.pool, wallet);
    await append(postgres.pool, wallet, [
      { at: "2026-11-26T15:00:00Z", type: "top_up", amount: "100", trace: {} },
      { at: "2026-11-26T15:00:00Z" },
    ]);
    await closeThrough(postgres.pool, wallet, "2026-11-26");
    await append(postgres.pool, wallet, [
      { at: "2026-11-27T15:00:00Z", type: "top_up", amount: "20", trace: {} },
      { at: "2026-11-27T15:00:00Z", revenue: "30", tax: "2.4" },
    ]);
    const { invoice, summary } = await invoiceOf(
      postgres.pool,
      await closeThrough(postgres.pool, wallet, "2026-11-27"),
    );
    expect(invoice).toMatchObject({
      kind: "statement",
      total: "32.40",
      amountDue: "0.00",
      dueOn: null,
      balance: { opening: "99.98", credits: "20.00", charges: "32.40", closing: "87.58" },
    });
    expect(invoice.number).toMatch(/^STM-2026-/);
    const { rows } = await postgres.pool.query("SELECT FROM invoice_entries WHERE wallet_id = $1", [
      summary.walletId,
    ]);
    expect(rows).toEqual([]);
  });

  test("what is missing to a commitment is a line, and is charged", async () => {
    const wallet = tenantOf(invoicingOf({ commitment: "10" }));
    await openWallet(postgres.pool, wallet);
    const { invoice, summary } = await invoiceOf(
      postgres.pool,
      await closeThrough(postgres.pool, wallet, "2026-11-27"),
    );
    expect(invoice.lines).toMatchObject([
      { description: "Minimum commitment of the period", amount: "10.00", taxCategory: "Tax" },
    ]);
    expect(invoice.total).toBe("10.80");
    const { rows } = await postgres.pool.query("SELECT event FROM invoice_entries WHERE wallet_id = $1", [
      summary.walletId,
    ]);
    expect(rows).toMatchObject([
      {
        event: {
          id: `inv-${summary.invoiceId}:commitment:0`,
          entryType: "adjustment",
          amount: "-10.8",
          revenue: "10",
          tax: "0.8",
        },
      },
    ]);
  });
});

describe("numbers", () => {
  test("of many closes at once have no gap, and a failed one takes none", async () => {
    const wallets = Array.from({ length: 40 }, () => tenantOf());
    for (const [index, wallet] of wallets.entries()) {
      await openWallet(postgres.pool, wallet);
      await append(postgres.pool, wallet, [
        { at: "2025-11-26T15:00:00Z", base: index % 4 === 0 ? "NaN" : "0.015" },
      ]);
    }
    const at = "2025-12-24T12:00:00Z";
    const closes = wallets.map((wallet) => closeThrough(postgres.pool, wallet, "2025-11-26", { at }));
    const outcomes = await Promise.allSettled(closes);
    const numbers = outcomes
      .flatMap((one) =>
        one.status === "fulfilled" && one.value.kind === "invoice" ? [one.value.invoice.number] : [],
      )
      .sort();
    expect(numbers).toEqual(
      Array.from({ length: 30 }, (_, index) => `INV-2025-${String(index + 1).padStart(6, "0")}`),
    );
  });

  test("the same period closed by ten at once is one invoice", async () => {
    const wallet = tenantOf();
    await openWallet(postgres.pool, wallet);
    await append(postgres.pool, wallet, [{ at: "2026-11-26T15:00:00Z" }]);
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => closeThrough(postgres.pool, wallet, "2026-11-26")),
    );
    expect(new Set(outcomes.map((one) => JSON.stringify(one, text))).size).toBe(1);
  });

  test("what was issued cannot be changed, nor its number", async () => {
    for (const change of ["document = '{}'", "number = 'INV-2026-999999'", "net_minor = 0"])
      await expect(
        postgres.pool.query(`UPDATE invoices SET ${change} WHERE number IS NOT NULL`),
      ).rejects.toMatchObject({ message: expect.stringContaining("append-only") });
    await expect(postgres.pool.query("DELETE FROM invoice_closes")).rejects.toMatchObject({
      message: expect.stringContaining("append-only"),
    });
  });
});

const text = (_key: string, value: unknown): unknown =>
  typeof value === "bigint" ? value.toString() : value;

test("over random entries and closes, each entry is on exactly one invoice, as the rule says", async () => {
  const steps = fc.array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant("entry" as const),
          hour: fc.integer({ min: 0, max: 24 * 8 }),
          cents: fc.integer({ min: 1, max: 999 }),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant("close" as const), days: fc.integer({ min: 1, max: 3 }) }),
      },
    ),
    { minLength: 5, maxLength: 40 },
  );
  const start = Date.parse("2026-11-01T00:00:00Z");
  await fc.assert(
    fc.asyncProperty(steps, async (life) => {
      const wallet = tenantOf({ timezone: "UTC", taxRate: "0" });
      await openWallet(postgres.pool, wallet);
      const entries: { occurredAt: number; sequence: bigint; cents: number }[] = [];
      const marks: CloseMark[] = [];
      let day = 0;
      const close = async (days: number): Promise<void> => {
        day += days;
        const last = new Date(start + (day - 1) * 86_400_000).toISOString().slice(0, 10);
        const outcome = await closeThrough(postgres.pool, wallet, last);
        const mark = { endedAt: start + day * 86_400_000, lastSequence: BigInt(entries.length) };
        const before = marks.at(-1) ?? null;
        marks.push(mark);
        const held = entries.filter((entry) => belongsTo(entry, mark, before));
        const expected = held.reduce((sum, { cents }) => sum + cents, 0);
        if (outcome.kind === "empty") expect(held).toEqual([]);
        else {
          const { invoice } = await invoiceOf(postgres.pool, outcome);
          expect(invoice.total).toBe((expected / 100).toFixed(2));
          expect(invoice.lines.reduce((sum, { quantity }) => sum + Number(quantity), 0)).toBe(held.length);
        }
      };
      for (const step of life) {
        if (step.kind === "close") await close(step.days);
        else {
          const occurredAt = start + step.hour * 3_600_000;
          const revenue = (step.cents / 100).toFixed(2);
          entries.push({ occurredAt, sequence: BigInt(entries.length + 1), cents: step.cents });
          await append(postgres.pool, wallet, [
            { at: new Date(occurredAt).toISOString(), revenue, tax: "0", trace: untaxed },
          ]);
        }
      }
      await close(Math.max(1, 9 - day));
      const { rows } = await postgres.pool.query<{ entries: string }>(
        "SELECT sum(entries)::text AS entries FROM invoice_closes WHERE wallet_id = $1",
        [wallet.walletId],
      );
      expect(Number(rows[0]?.entries)).toBe(entries.length);
    }),
    { numRuns: 25 },
  );
}, 120_000);

test("a tenant reads its own invoices alone", async () => {
  const [mine, other] = [tenantOf(), tenantOf()];
  const ids: string[] = [];
  for (const wallet of [mine, other]) {
    await openWallet(postgres.pool, wallet);
    await append(postgres.pool, wallet, [{ at: "2026-11-26T15:00:00Z" }]);
    const { summary } = await invoiceOf(
      postgres.pool,
      await closeThrough(postgres.pool, wallet, "2026-11-26"),
    );
    ids.push(summary.invoiceId);
  }
  const reads = createInvoiceReads(postgres.pool);
  const scope = { tenantId: mine.tenant.tenantId };
  const now = Date.parse("2027-06-01T00:00:00Z");
  const none = { tenantId: null, status: null, from: null, to: null };
  const page = { after: null, limit: 200 };
  expect((await reads.list(scope, none, page, now)).rows.map(({ standing }) => standing.invoiceId)).toEqual([
    ids[0],
  ]);
  expect((await reads.get(scope, ids[0] ?? "", now))?.listed.status).toBe("overdue");
  expect(await reads.get(scope, ids[1] ?? "", now)).toBeNull();
  const all = await reads.list("administration", none, { after: null, limit: 1 }, now);
  const next = await reads.list("administration", none, { after: all.next, limit: 1 }, now);
  expect(all.rows[0]?.standing.invoiceId).not.toBe(next.rows[0]?.standing.invoiceId);
  for (const [status, count] of [
    ["open", 1],
    ["overdue", 1],
    ["paid", 0],
    ["nothing_due", 0],
  ] as const)
    expect((await reads.list(scope, { ...none, status }, page, now)).rows).toHaveLength(count);
});
