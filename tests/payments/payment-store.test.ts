import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { createPaymentFees } from "#adapters/postgres/payment-fees.ts";
import { createPaymentStore } from "#adapters/postgres/payments.ts";
import { parseMoney, type Money } from "#domain/money/money.ts";
import { type NewPayment, receivedMinor, refundableMinor } from "#domain/payments/payment.ts";
import type { PaymentStore } from "#domain/payments/payment-store.ts";
import { judgeRecharge, RECHARGE_LIMITS } from "#domain/payments/recharge-limits.ts";
import { openDatabase, type TestDatabase } from "../timeline/database.ts";

const NOW = Date.UTC(2026, 10, 28, 12);
const BY = { reason: "test", actor: "finance: Kim" };

let database: TestDatabase;
let store: PaymentStore;
beforeAll(async () => {
  database = await openDatabase();
  store = createPaymentStore(database.pool);
}, 120_000);
afterAll(() => database.close());

function payment(change: Partial<NewPayment> = {}): NewPayment {
  return {
    paymentId: randomUUID(),
    tenantId: "TENANT-001",
    walletId: "w",
    purpose: "top_up",
    invoiceId: null,
    invoiceNumber: null,
    amountMinor: 12_345_678_901_234_567n,
    currency: "USD",
    dueAt: NOW + 1,
    actor: "owner",
    ...change,
  };
}

const METHOD = { provider: "stripe", customerId: "cus_1", paymentMethodId: null } as const;
const succeeded = (receivedMinor: bigint) =>
  ({ kind: "succeeded", receivedMinor, feeMinor: null, at: NOW }) as const;
const repeat = <Result>(work: () => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: 8 }, work));

describe("a payment", () => {
  test("is opened once, as it was first asked for, and comes back as it was", async () => {
    const asked = payment();
    await repeat(() => store.open(asked, NOW));
    await store.open({ ...asked, amountMinor: 1n }, NOW + 5);
    expect(await store.get(asked.paymentId)).toEqual({
      ...asked,
      state: "collecting",
      because: null,
      actionUrl: null,
      attempts: [],
      movements: [],
      createdAt: NOW,
      updatedAt: NOW,
    });
  });

  test("keeps an attempt as it was begun: the provider is asked the same again", async () => {
    const { paymentId } = await store.open(payment(), NOW);
    const begin = (amountMinor: bigint) =>
      store.beginAttempt(paymentId, { number: 1, amountMinor, ...METHOD }, NOW);
    await begin(500n);
    expect(await begin(700n)).toMatchObject({ amountMinor: 500n, state: "asking", providerPaymentId: null });
  });

  test("has a receipt once, however often, by whom and in which order its provider tells of it", async () => {
    const { paymentId } = await store.open(payment(), NOW);
    await store.beginAttempt(paymentId, { number: 1, amountMinor: 500n, ...METHOD }, NOW);
    const told = [100n, 500n, 100n, 300n, 500n];
    await Promise.all(
      told.map((amount) =>
        store.recordStanding(paymentId, 1, { providerPaymentId: "pi_1", state: succeeded(amount) }, NOW),
      ),
    );
    await store.recordStanding(
      paymentId,
      1,
      { providerPaymentId: "pi_1", state: { kind: "processing" } },
      NOW,
    );
    const { movements, attempts } = (await store.get(paymentId))!;
    expect(receivedMinor(movements)).toBe(500n);
    expect(movements.map(({ number }) => number)).toEqual(movements.map((_, index) => index + 1));
    expect(attempts[0]).toMatchObject({ state: "succeeded" });
  });

  test("is found by the id of its link and by the one that came after it", async () => {
    const { paymentId } = await store.open(payment(), NOW);
    await store.beginAttempt(paymentId, { number: 1, amountMinor: 500n, ...METHOD }, NOW);
    const waits = { kind: "requires_action", actionUrl: "https://pay.test" } as const;
    const [link, intent] = [`cs_${paymentId}`, `pi_${paymentId}`];
    await store.recordStanding(paymentId, 1, { providerPaymentId: link, state: waits }, NOW);
    await store.recordStanding(paymentId, 1, { providerPaymentId: intent, state: waits }, NOW);
    for (const id of [link, intent])
      expect((await store.ofProviderPayment("stripe", id))?.paymentId).toBe(paymentId);
    expect(await store.ofProviderPayment("paypal", intent)).toBeNull();
  });

  test("that is closed opens no more, except that it may be paid", async () => {
    const { paymentId } = await store.open(payment(), NOW);
    const set = (state: "cancelled" | "retrying" | "paid") =>
      store.setState(paymentId, { state, because: null, actionUrl: null }, NOW);
    await set("cancelled");
    await set("retrying");
    expect((await store.get(paymentId))?.state).toBe("cancelled");
    await set("paid");
    await set("cancelled");
    expect((await store.get(paymentId))?.state).toBe("paid");
  });

  test("is seen by its tenant alone, page by page, the latest first", async () => {
    const tenantId = `T-${randomUUID()}`;
    for (let index = 0; index < 5; index += 1)
      await store.open(payment({ tenantId, paymentId: `${tenantId.slice(2)}-${index}` }), NOW + index);
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page = await store.list({ tenantId, state: null }, { after, limit: 2 }, tenantId);
      seen.push(...page.payments.map(({ paymentId }) => paymentId.slice(-1)));
      after = page.next;
    } while (after !== null);
    expect(seen).toEqual(["4", "3", "2", "1", "0"]);
    const foreign = await store.list({ tenantId, state: null }, { after: null, limit: 2 }, "TENANT-002");
    expect(foreign.payments).toEqual([]);
    expect(await store.get(`${tenantId.slice(2)}-0`, "TENANT-002")).toBeNull();
  });
});

describe("money", () => {
  async function received(amountMinor = 1000n): Promise<string> {
    const { paymentId } = await store.open(payment(), NOW);
    await store.beginAttempt(paymentId, { number: 1, amountMinor, ...METHOD }, NOW);
    await store.recordStanding(paymentId, 1, { providerPaymentId: "pi", state: succeeded(amountMinor) }, NOW);
    return paymentId;
  }

  test("goes back no more than it came, however many ask at once", async () => {
    const paymentId = await received();
    const opened = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        store.openRefund(paymentId, { refundId: `r${index}`, amountMinor: 300n, ...BY }, NOW),
      ),
    );
    expect(opened.filter(({ kind }) => kind === "opened")).toHaveLength(3);
    expect(opened.find(({ kind }) => kind === "exceeds")).toMatchObject({ refundableMinor: 100n });
  });

  test("goes back once for each refund, and comes again once where that fails", async () => {
    const paymentId = await received();
    const transfer = { source: "transfer:B1", amountMinor: 500n, ...BY };
    await repeat(() => store.recordTransfer(paymentId, transfer, NOW));
    await repeat(() => store.openRefund(paymentId, { refundId: "r", amountMinor: 1200n, ...BY }, NOW));
    await repeat(() => store.returnRefund(paymentId, { refundId: "r", from: "attempt:1", ...BY }, NOW));
    const { movements } = (await store.get(paymentId))!;
    expect(movements.map(({ kind, source, amountMinor }) => [kind, source, amountMinor])).toEqual([
      ["receipt", "attempt:1", 1000n],
      ["receipt", "transfer:B1", 500n],
      ["refund", "refund:r/attempt:1", 1000n],
      ["refund", "refund:r/transfer:B1", 200n],
      ["refund_returned", "refund:r/attempt:1", 1000n],
    ]);
    expect(refundableMinor(movements)).toBe(1300n);
  });

  test("is taken by a dispute once and given back once, although its end was told first", async () => {
    const paymentId = await received();
    const told = (news: "dispute_opened" | "dispute_won") =>
      store.recordDispute(paymentId, { attempt: 1, amountMinor: 1000n, news, ...BY }, NOW);
    await told("dispute_won");
    await repeat(() => told("dispute_opened"));
    expect((await store.get(paymentId))!.movements).toHaveLength(1);
    const other = await received();
    const of = (news: "dispute_opened" | "dispute_won") =>
      store.recordDispute(other, { attempt: 1, amountMinor: 1000n, news, ...BY }, NOW);
    await repeat(() => of("dispute_opened"));
    await repeat(() => of("dispute_won"));
    const kinds = (await store.get(other))!.movements.map(({ kind }) => kind);
    expect(kinds).toEqual(["receipt", "dispute", "dispute_returned"]);
  });

  test("that is not booked is found until it is, and what is written is never changed", async () => {
    const paymentId = await received();
    const mine = async () =>
      (await store.unbooked(NOW + 1, 1000)).filter((one) => one.payment.paymentId === paymentId);
    expect((await mine())[0]?.movements.map(({ number }) => number)).toEqual([1]);
    await store.markBooked(paymentId, [1], NOW);
    expect(await mine()).toEqual([]);
    for (const change of ["UPDATE payment_movements SET amount_minor = 1", "DELETE FROM payment_movements"])
      await expect(database.pool.query(change)).rejects.toThrow("append-only");
  });

  test("a fee is posted once, and adds up to zero", async () => {
    const paymentId = await received();
    const fees = createPaymentFees(database.pool);
    const fee = {
      paymentId,
      tenantId: "T",
      attempt: 1,
      provider: "stripe",
      feeMinor: 59n,
      currency: "USD",
      at: NOW,
    } as const;
    await repeat(() => fees.post(fee));
    const { rows } = await database.pool.query(
      "SELECT account, amount::text FROM ledger_postings WHERE transaction_id = $1 ORDER BY line",
      [`payment:${paymentId}:fee:1`],
    );
    expect(rows).toEqual([
      { account: "provider_fees", amount: "-0.590000000000000000" },
      { account: "clearing", amount: "0.590000000000000000" },
    ]);
  });
});

test("of many automatic recharges at once no more begin than the breaker lets through, nor more than a tenant's cap", async () => {
  await database.pool.query("DELETE FROM payments WHERE purpose = 'auto_recharge'");
  const monthStart = Date.UTC(2026, 10, 1);
  const cap = parseMoney("25") as Money;
  const admit = (tenantId: string, paymentId: string = randomUUID()) =>
    store.admitRecharge(
      payment({ paymentId, tenantId, purpose: "auto_recharge", amountMinor: 1000n }),
      monthStart,
      (history) =>
        judgeRecharge({ amount: parseMoney("10") as Money, monthlyCap: cap }, history, {
          ...RECHARGE_LIMITS,
          tenantPerHour: 10,
          tenantPerDay: 10,
        }),
      NOW,
    );
  const own = await Promise.all(Array.from({ length: 6 }, () => admit("T-CAP")));
  expect(own.filter(({ kind }) => kind === "allowed")).toHaveLength(2);
  expect(own.find(({ kind }) => kind === "refused")).toMatchObject({ by: "monthly_cap" });
  const all = await Promise.all(Array.from({ length: 60 }, (_, index) => admit(`T-${index}`)));
  expect(all.filter(({ kind }) => kind === "allowed")).toHaveLength(RECHARGE_LIMITS.platformPerMinute - 2);
  const again = randomUUID();
  await database.pool.query("DELETE FROM payments WHERE purpose = 'auto_recharge'");
  expect(await repeat(() => admit("T-AGAIN", again))).toEqual(
    Array.from({ length: 8 }, () => ({ kind: "allowed" })),
  );
});
