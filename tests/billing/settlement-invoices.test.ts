import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createIssuedInvoices } from "#adapters/postgres/issued-invoices.ts";
import { formatMoney, money } from "#domain/money/money.ts";
import { settlementDay, type SettlementDay } from "#domain/settlement/day.ts";
import { invoiceDifference, type IssuedInvoice } from "#domain/settlement/invoice-check.ts";
import { append, closeThrough, invoiceOf, openWallet, tenantOf } from "../invoicing/ledger.ts";
import { startBooks, type TestBooks } from "./books.ts";

const ISSUED = settlementDay("2026-12-24") as SettlementDay;

let books: TestBooks;
let numbers: string[] = [];
beforeAll(async () => {
  books = await startBooks();
  for (const kind of ["postpaid", "postpaid", "prepaid"] as const) {
    const wallet = tenantOf({}, kind);
    await openWallet(books.pool, wallet);
    await append(books.pool, wallet, [
      { at: "2026-11-26T15:00:00Z", type: "top_up", amount: "10" },
      { at: "2026-11-26T15:00:01Z" },
      { at: "2026-11-26T15:00:02Z", revenue: "0.333333333333333333", tax: "0.026666666666666667" },
      { at: "2026-11-27T15:00:00Z" },
    ]);
    const first = await closeThrough(books.pool, wallet, "2026-11-26");
    // One more of the day before, too late for its invoice.
    await append(books.pool, wallet, [{ at: "2026-11-26T16:00:00Z" }, { at: "2026-11-27T16:00:00Z" }]);
    const second = await closeThrough(books.pool, wallet, "2026-11-27");
    for (const outcome of [first, second])
      numbers.push((await invoiceOf(books.pool, outcome)).invoice.number);
  }
  numbers = numbers.toSorted();
}, 120_000);
afterAll(() => books.stop());

async function issued(): Promise<readonly IssuedInvoice[]> {
  return createIssuedInvoices(books.pool).issued(ISSUED, null, 100);
}

const told = (invoices: readonly IssuedInvoice[]): string[] =>
  invoices.flatMap((invoice) => {
    const found = invoiceDifference(invoice);
    return found === null ? [] : [`${found.subject} ${formatMoney(found.amount ?? money(0n))}`];
  });

test("invoices and statements come to the entries that they closed, late ones in the second", async () => {
  const all = await issued();
  expect(all.map(({ number }) => number)).toEqual(numbers);
  expect(told(all)).toEqual([]);
  expect(all.map(({ entered }) => formatMoney(entered)).toSorted()).toEqual([
    "0.0486",
    "0.0486",
    "0.0486",
    "0.3762",
    "0.3762",
    "0.3762",
  ]);
  expect(all.every(({ rounding }) => rounding !== 0n)).toBe(true);
});

test("pages follow each other, and another day has none of them", async () => {
  const invoices = createIssuedInvoices(books.pool);
  const first = await invoices.issued(ISSUED, null, 4);
  const rest = await invoices.issued(ISSUED, first.at(-1)?.number ?? null, 4);
  expect([...first, ...rest].map(({ number }) => number)).toEqual(numbers);
  expect(await invoices.issued(settlementDay("2026-12-23") as SettlementDay, null, 100)).toEqual([]);
});

/** Each of another invoice, so that what was found before stays found. */
test.each([
  [0, "a total", "UPDATE invoices SET net_minor = net_minor + 1 WHERE number = $1", "-0.01"],
  [
    1,
    "a line",
    `UPDATE invoices SET document = jsonb_set(document, '{lines,0,amount}', '"9.99"') WHERE number = $1`,
    "9.96",
  ],
  [
    2,
    "an entry",
    `UPDATE ledger_entries SET amount = amount - 0.25, revenue = revenue + 0.25 WHERE entry_type = 'charge' AND occurred_at = '2026-11-26T15:00:01Z'
        AND wallet_id = (SELECT wallet_id FROM invoices WHERE number = $1)`,
    "-0.25",
  ],
  [
    3,
    "its rounding",
    `UPDATE ledger_postings SET amount = amount + 0.5 WHERE account = 'clearing'
        AND transaction_id = (SELECT 'inv-' || invoice_id || ':rounding' FROM invoices WHERE number = $1)`,
    "0.5",
  ],
])("%i: %s that was changed is found, and nothing else", async (index, _what, change, amount) => {
  const number = numbers.filter((one) => one.startsWith("INV"))[index] ?? "";
  await books.tamper(change, [number]);
  const found = told(await issued());
  expect(found).toHaveLength(index + 1);
  expect(found).toContain(`${number} ${amount}`);
});
