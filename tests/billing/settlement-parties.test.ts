import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createSettlements } from "#adapters/postgres/settlements.ts";
import { money, parseMoney, type Money } from "#domain/money/money.ts";
import type { PaymentProvider, ProviderMovement } from "#domain/payments/ports.ts";
import { uuidv7 } from "../gateway/uuidv7.ts";
import { fillWallet, startBooks, type TestBooks } from "./books.ts";
import { createSettler, type Settler } from "./settle-day.ts";

let now = 0;
let books: TestBooks;
let settler: Settler;
let movements: ProviderMovement[] = [];
const stripe: Pick<PaymentProvider, "name" | "movements" | "standing"> = {
  name: "stripe",
  async *movements(from, to) {
    yield movements.filter(({ at }) => at >= from && at < to);
  },
  standing: async () => null,
};
beforeAll(async () => {
  books = await startBooks();
  // No cache at all: every wallet is cold.
  const store = { held: async () => null, rebuild: () => Promise.reject(new Error("nothing is rebuilt")) };
  settler = createSettler(books.pool, store, { clock: { now: () => now }, providers: [stripe] });
  await fillWallet(books.pool, "T1", "f", 20);
  await books.tamper(
    "UPDATE ledger_entries SET connector = 'carrier-a', cost = 0.009 WHERE entry_type = 'charge'",
  );
}, 120_000);
afterAll(() => books.stop());

const next = (day: string): void => {
  now = Date.parse(`${day}T05:00:00Z`) + 86_400_000;
};

describe("payments", () => {
  const day = "2026-11-30";
  const at = Date.parse(`${day}T10:00:00Z`);
  const paid = (id: string, amountMinor: bigint, feeMinor = 59n): ProviderMovement => ({
    providerMovementId: `txn_${id}`,
    kind: "payment",
    providerPaymentId: id,
    paymentId: null,
    amountMinor,
    feeMinor,
    currency: "USD",
    at,
  });

  test("on both sides agree, or are told", async () => {
    next(day);
    for (const id of ["sound", "missing", "less", "fee"]) await payment(id, 1_999, at);
    movements = [
      paid("pi_sound", 1_999n),
      paid("pi_less", 1_900n),
      paid("pi_fee", 1_999n, 60n),
      paid("pi_extra", 500n),
      { ...paid("pi_sound", -300n, 0n), kind: "refund" },
    ];
    const report = await settler.settle(day);
    const told = report.differences.listed
      .filter(({ kind }) => kind.startsWith("payment") || kind.startsWith("fee") || kind.startsWith("refund"))
      .map(({ kind, subject, amount }) => `${kind} ${subject} ${amount}`);
    expect(told.toSorted()).toEqual(
      [
        "payment_missing pi_missing 19.99",
        "payment_differs pi_less -0.99",
        "fee_differs pi_fee 0.01",
        "payment_unrecorded pi_extra 5",
        "refund_unrecorded pi_sound 3",
      ].toSorted(),
    );
    expect(report.providers).toEqual([
      {
        provider: "stripe",
        currency: "USD",
        payments: 4,
        opening: "0",
        paid: "63.98",
        given_back: "-3",
        fees: "2.37",
        paid_out: "0",
        closing: "58.61",
      },
    ]);
  });

  test("paid out beyond what the provider held are told the next day", async () => {
    const after = "2026-12-01";
    next(after);
    movements = [{ ...paid("-", -6_000n, 0n), kind: "payout", providerPaymentId: null, at: at + 86_400_000 }];
    const report = await settler.settle(after);
    expect(report.differences.listed.find(({ kind }) => kind === "payout_unexplained")).toMatchObject({
      amount: "1.39",
    });
    movements = [];
  });
});

describe("partners and carriers", () => {
  const settlements = (): ReturnType<typeof createSettlements> => createSettlements(books.pool);
  const of = (text: string): Money => parseMoney(text) as Money;
  const commission = async (id: string, day: string, tenant: string, amount: string): Promise<void> => {
    await books.tamper(
      `WITH t AS (INSERT INTO ledger_transactions (transaction_id, tenant_id, kind, occurred_at, created_at)
                  VALUES ($1, $2, 'commission', $4::timestamptz, $4::timestamptz))
       INSERT INTO ledger_postings (transaction_id, line, tenant_id, account, party, amount, currency)
       VALUES ($1, 1, $2, 'revenue', NULL, -$3::numeric, 'USD'), ($1, 2, $2, 'partner', 'P1', $3::numeric, 'USD')`,
      [id, tenant, amount, `${day} 12:00Z`],
    );
  };

  test("statements carry what cannot be paid, and are paid once with balanced postings", async () => {
    const [first, second] = ["2026-12-02", "2026-12-03"];
    await commission("c1", first, "T1", "-2.5");
    next(first);
    expect((await settler.settle(first)).partners).toMatchObject([{ amount: "-2.5", status: "carried" }]);
    await commission("c2", second, "T1", "1");
    await commission("c3", second, "T2", "5");
    next(second);
    const [line] = (await settler.settle(second)).partners;
    expect(line).toMatchObject({ brought_forward: "-2.5", movements: "6", amount: "3.5", status: "open" });
    const by = { actor: "Finance", reference: "SEPA 1", at: now };
    const id = line?.statement_id ?? "";
    const [one, other] = await Promise.all([
      settlements().payStatement(id, by),
      settlements().payStatement(id, by),
    ]);
    expect([one.kind, other.kind]).toEqual(["paid", "paid"]);
    expect(await settlements().payStatement(id, { ...by, reference: "SEPA 2" })).toMatchObject({
      kind: "not_open",
    });
    for (const change of ["SET partner_id = 'P2'", "SET reference = 'SEPA 2' WHERE paid_at IS NOT NULL"])
      await expect(books.pool.query(`UPDATE settlement_statements ${change}`)).rejects.toMatchObject({
        code: "23001",
      });
    const { rows } = await books.pool.query(
      `SELECT tenant_id, account, amount::float8 AS amount FROM ledger_postings JOIN ledger_transactions t USING (transaction_id, tenant_id)
        WHERE t.kind = 'settlement' ORDER BY tenant_id, account`,
    );
    expect(rows).toEqual([
      { tenant_id: "T1", account: "clearing", amount: -1.5 },
      { tenant_id: "T1", account: "partner", amount: 1.5 },
      { tenant_id: "T2", account: "clearing", amount: 5 },
      { tenant_id: "T2", account: "partner", amount: -5 },
    ]);
    const { rows: owed } = await books.pool.query(
      "SELECT tenant_id, balance::float8 AS balance FROM ledger_accounts WHERE account = 'partner'",
    );
    expect(owed).toEqual([]);
    // What was paid is no commission of the day on which it was paid.
    next("2026-12-04");
    expect((await settler.settle("2026-12-04")).partners).toEqual([]);
  });

  test("a carrier's invoice moves our cost within one percent, and is a case beyond", async () => {
    const own = of("0.18"); // twenty charges of 0.009 each
    const invoice = (reference: string, amount: Money) => ({
      invoiceId: uuidv7(now),
      connector: "carrier-a",
      reference,
      currency: "USD",
      from: "2026-11-01",
      to: "2026-11-30",
      amount,
    });
    const by = { actor: "Finance", at: now };
    const near = invoice("R-1", money(own + 1n));
    expect(await settlements().addSupplierInvoice(near, by)).toMatchObject({
      kind: "compared",
      invoice: { outcome: "posted", ourCost: own, difference: 1n },
    });
    expect(await settlements().addSupplierInvoice(near, by)).toMatchObject({ kind: "compared" });
    const { rows } = await books.pool.query(
      "SELECT account, amount::text FROM ledger_postings WHERE party = 'carrier-a' ORDER BY account",
    );
    expect(rows).toEqual([
      { account: "cost_of_sales", amount: "-0.000000000000000001" },
      { account: "supplier", amount: "0.000000000000000001" },
    ]);
    const far = await settlements().addSupplierInvoice(invoice("R-2", of("9")), by);
    expect(far.invoice).toMatchObject({ outcome: "case" });
    const changed = await settlements().addSupplierInvoice(invoice("R-2", of("8")), by);
    expect(changed).toMatchObject({ kind: "differs", invoice: { amount: of("9") } });
    const found = await settlements().cases({ day: null, open: true }, { after: null, limit: 100 });
    expect(found.rows.find(({ kind }) => kind === "supplier_differs")?.caseId).toBe(far.invoice.caseId);
  });
});

/** A payment of 19.99 as the payments' store writes it, with a fee of 0.59. */
async function payment(id: string, amountMinor: number, at: number): Promise<void> {
  const [day, fee] = [new Date(at).toISOString(), "0.59"];
  await books.pool.query(
    `INSERT INTO payments (payment_id, tenant_id, wallet_id, purpose, amount_minor, currency, actor, state, created_at, updated_at)
     VALUES ($1, 'T1', 'f', 'top_up', $2, 'USD', 'owner', 'paid', $3, $3)`,
    [id, amountMinor, day],
  );
  await books.pool.query(
    `INSERT INTO payment_attempts (payment_id, number, tenant_id, provider, amount_minor, provider_payment_id, state, started_at)
     VALUES ($1, 1, 'T1', 'stripe', $2, 'pi_' || $1, 'succeeded', $3)`,
    [id, amountMinor, day],
  );
  await books.pool.query(
    `INSERT INTO payment_movements (payment_id, number, tenant_id, kind, amount_minor, source, reason, actor, recorded_at)
     VALUES ($1, 1, 'T1', 'receipt', $2, 'attempt:1', 'top-up', 'stripe', $3)`,
    [id, amountMinor, day],
  );
  await books.pool.query(
    `WITH t AS (INSERT INTO ledger_transactions (transaction_id, tenant_id, kind, occurred_at)
                VALUES ('payment:' || $1::text || ':fee:1', 'T1', 'payment', $2))
     INSERT INTO ledger_postings (transaction_id, line, tenant_id, account, party, amount, currency)
     VALUES ('payment:' || $1::text || ':fee:1', 1, 'T1', 'provider_fees', 'stripe', -$3::numeric, 'USD'),
            ('payment:' || $1::text || ':fee:1', 2, 'T1', 'clearing', NULL, $3::numeric, 'USD')`,
    [id, day, fee],
  );
}
