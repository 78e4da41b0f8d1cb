import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { createInvoiceEntryOutbox } from "#adapters/postgres/invoice-entry-outbox.ts";
import { createInvoicePayments } from "#adapters/postgres/invoice-payments.ts";
import { createInvoiceBooks } from "#adapters/postgres/invoices.ts";
import type { InvoiceSummary } from "#domain/invoicing/ports.ts";
import { postInvoiceEntries } from "#pipeline/books/post-invoice-entries.ts";
import { startPostgres, type TestPostgres } from "../billing/servers.ts";
import {
  append,
  closeThrough,
  invoiceOf,
  invoicingOf,
  openWallet,
  tenantOf,
  type TestWallet,
} from "./ledger.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 120_000);
afterAll(() => postgres.stop());

const ISSUED = "2026-11-28T05:10:00Z";

/** An invoice of 108.00: 100 and 8 % of tax, or of what is said. */
async function invoiced(
  invoicing: Parameters<typeof invoicingOf>[0] = {},
  charges: readonly (readonly [revenue: string, tax: string])[] = [["100", "8"]],
): Promise<{ readonly wallet: TestWallet; readonly summary: InvoiceSummary }> {
  const wallet = tenantOf(invoicingOf(invoicing));
  await openWallet(postgres.pool, wallet);
  await append(
    postgres.pool,
    wallet,
    charges.map(([revenue, tax]) => ({ at: "2026-11-27T15:00:00Z", revenue, tax })),
  );
  const outcome = await closeThrough(postgres.pool, wallet, "2026-11-27", { at: ISSUED });
  return { wallet, ...(await invoiceOf(postgres.pool, outcome)) };
}

/** Brings the entries that invoices posted into the ledger, as the billing stage would. */
async function post(wallet: TestWallet): Promise<number> {
  const records: string[] = [];
  const outbox = createInvoiceEntryOutbox(postgres.pool);
  const publisher = {
    publish: async (all: readonly { readonly value: string | Uint8Array }[]) =>
      void records.push(...all.map(({ value }) => String(value))),
  };
  const clock = { now: () => Date.now() };
  await postInvoiceEntries(outbox, publisher, clock);
  for (const record of records) {
    const event = JSON.parse(record) as Record<string, string> & { at: number };
    if (event["walletId"] !== wallet.walletId) continue;
    await append(postgres.pool, wallet, [
      {
        at: new Date(event.at).toISOString(),
        type: "adjustment",
        id: event["id"] ?? "",
        amount: event["amount"] ?? "",
        revenue: event["revenue"] ?? "0",
        tax: event["tax"] ?? "0",
        trace: { reason: event["reason"] },
      },
    ]);
  }
  return (await postInvoiceEntries(outbox, publisher, clock)).posted;
}

const pay = (wallet: TestWallet, amount: string): Promise<void> =>
  append(postgres.pool, wallet, [{ at: "2026-12-01T00:00:00Z", type: "top_up", amount, trace: {} }]);

async function balance({ walletId }: TestWallet): Promise<number> {
  const { rows } = await postgres.pool.query("SELECT balance FROM wallets WHERE wallet_id = $1", [walletId]);
  return Number(rows[0]?.balance);
}

async function accounts({ tenant }: TestWallet): Promise<Record<string, number>> {
  const { rows } = await postgres.pool.query(
    "SELECT account, balance FROM ledger_accounts WHERE tenant_id = $1",
    [tenant.tenantId],
  );
  return Object.fromEntries(rows.map(({ account, balance: of }) => [account, Number(of)]));
}

const payments = () => createInvoicePayments(postgres.pool);

describe("rounding", () => {
  test("is posted, so that a wallet stands at zero once the invoice is paid, and the tax account at what it states", async () => {
    const { wallet, summary } = await invoiced({}, [
      ["0.015", "0.0012"],
      ["0.015", "0.0012"],
      ["0.0111", "0.000888"],
    ]);
    expect(summary.totalMinor).toBe(4n);
    expect(await post(wallet)).toBe(1);
    await pay(wallet, "0.04");
    expect(await balance(wallet)).toBe(0);
    // Net 0.0411 became 0.04 and tax 0.003288 nothing; the payment is still to be cleared.
    expect(await accounts(wallet)).toEqual({ revenue: 0.0411, rounding: -0.0011, clearing: -0.04 });
  });

  test("of an invoice that needs none posts nothing", async () => {
    const { wallet } = await invoiced();
    expect(await post(wallet)).toBe(0);
    await pay(wallet, "108");
    expect(await balance(wallet)).toBe(0);
  });

  test("what one invoice posts is on no other", async () => {
    const { wallet } = await invoiced({}, [["0.011", "0"]]);
    await post(wallet);
    expect(await closeThrough(postgres.pool, wallet, "2026-11-28")).toEqual({ kind: "empty" });
  });
});

describe("payments of an invoice", () => {
  test("add up, each once, and one may be taken back", async () => {
    const { summary } = await invoiced();
    const { invoiceId } = summary;
    const at = Date.parse("2026-12-01T00:00:00Z");
    const paid = (paymentId: string, amountMinor: bigint) =>
      payments().recordPayment({ invoiceId, paymentId, amountMinor, at });
    expect(await paid("p1", 5_000n)).toMatchObject({ paidMinor: 5_000n, openMinor: 5_800n });
    expect(await paid("p1", 5_000n)).toMatchObject({ paidMinor: 5_000n });
    const both = await Promise.all([paid("p2", 5_800n), paid("p2", 5_800n)]);
    expect(both.map((one) => one?.openMinor)).toEqual([0n, 0n]);
    expect(await paid("r1", -5_000n)).toMatchObject({ paidMinor: 5_800n, openMinor: 5_000n });
    expect(await payments().standing(invoiceId)).toMatchObject({
      totalMinor: 10_800n,
      openMinor: 5_000n,
      dueAt: Date.parse("2026-12-13T05:00:00Z"),
    });
    expect(await payments().standing(randomUUID())).toBeNull();
    expect(
      await payments().recordPayment({ invoiceId: randomUUID(), paymentId: "p", amountMinor: 1n, at }),
    ).toBeNull();
  });

  test("in time, less the discount: the rest goes back to the wallet at the promotions account's expense", async () => {
    const { wallet, summary } = await invoiced({ earlyPayment: { percent: "2", days: 10 } });
    const { invoiceId } = summary;
    const standing = await payments().standing(invoiceId);
    // Issued on the 28th; ten days later the day is over in New York.
    expect(standing?.earlyPayment).toEqual({ amountMinor: 216n, until: Date.parse("2026-12-09T05:00:00Z") });
    const at = Date.parse("2026-12-09T04:59:59Z");
    await payments().recordPayment({ invoiceId, paymentId: "p1", amountMinor: 5_000n, at });
    const closed = await payments().recordPayment({ invoiceId, paymentId: "p2", amountMinor: 5_584n, at });
    expect(closed).toMatchObject({ paidMinor: 10_584n, discountedMinor: 216n, openMinor: 0n });
    expect(await post(wallet)).toBe(1);
    await pay(wallet, "105.84");
    expect(await balance(wallet)).toBe(0);
    expect(await accounts(wallet)).toMatchObject({ promotions: -2.16, clearing: -105.84 });
  });

  test("too late, the discount is still to be paid", async () => {
    const { summary } = await invoiced({ earlyPayment: { percent: "2", days: 10 } });
    const { invoiceId } = summary;
    const at = Date.parse("2026-12-09T05:00:00Z");
    expect(
      await payments().recordPayment({ invoiceId, paymentId: "p1", amountMinor: 10_584n, at }),
    ).toMatchObject({ discountedMinor: 0n, openMinor: 216n });
  });
});

describe("credit notes", () => {
  const note = (invoiceId: string, amountMinor: bigint | null, creditNoteId: string = randomUUID()) => ({
    creditNoteId,
    invoiceId,
    amountMinor,
    reason: "complaint 4711",
    actor: "finance: Kim",
    at: Date.parse("2026-12-02T00:00:00Z"),
  });

  test("give the amount back to the wallet, revenue and tax with it, once", async () => {
    const { wallet, summary } = await invoiced();
    const books = createInvoiceBooks(postgres.pool);
    const request = note(summary.invoiceId, 1_080n);
    const [one, two] = await Promise.all([books.credit(request), books.credit(request)]);
    expect(one).toEqual(two);
    expect(one).toMatchObject({
      kind: "credited",
      creditNote: {
        kind: "credit_note",
        number: expect.stringMatching(/^CN-2026-\d{6}$/),
        netTotal: "10.00",
        taxTotal: "0.80",
        total: "10.80",
        amountDue: "0.00",
        corrects: { number: summary.number, reason: "complaint 4711" },
      },
    });
    expect(await payments().standing(summary.invoiceId)).toMatchObject({
      creditedMinor: 1_080n,
      openMinor: 9_720n,
    });
    await post(wallet);
    await pay(wallet, "97.2");
    expect(await balance(wallet)).toBe(0);
    expect(await accounts(wallet)).toEqual({ revenue: 90, tax: 7.2, clearing: -97.2 });
  });

  test("never exceed the invoice, however many ask at once", async () => {
    const { summary } = await invoiced();
    const books = createInvoiceBooks(postgres.pool);
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => books.credit(note(summary.invoiceId, 5_000n))),
    );
    expect(outcomes.filter(({ kind }) => kind === "credited")).toHaveLength(2);
    expect(outcomes.find(({ kind }) => kind === "exceeds")).toEqual({
      kind: "exceeds",
      remainingMinor: 800n,
      currency: "USD",
    });
    const rest = await books.credit(note(summary.invoiceId, null));
    expect(rest).toMatchObject({ creditNote: { total: "8.00" } });
    if (rest.kind !== "credited") throw new Error("the rest was refused");
    expect(await books.credit(note(rest.creditNote.invoiceId, null))).toEqual({ kind: "not_an_invoice" });
    expect(await books.credit(note(randomUUID(), null))).toEqual({ kind: "unknown" });
  });
});
