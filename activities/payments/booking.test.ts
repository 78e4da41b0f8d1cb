import { expect, test } from "@jest/globals";
import { disputeSource, type Movement, type Payment } from "#domain/payments/payment.ts";
import { createPaymentCollectionActivities } from "./collection.ts";
import type { PaymentDependencies } from "./dependencies.ts";
import { createPaymentDisputeActivities } from "./disputes.ts";

const receipt = (number: number, bookedAt: number | null): Movement => ({
  number,
  kind: "receipt",
  amountMinor: BigInt(number * 100),
  source: `attempt:${number}`,
  reason: "paid",
  actor: "stripe",
  recordedAt: 1,
  bookedAt,
});

/** The payment `P` with these movements, and what was published and marked of them. */
function world(movements: readonly Movement[]) {
  const published: unknown[] = [];
  const marked: number[] = [];
  const payment = {
    attempts: [],
    paymentId: "P",
    tenantId: "T",
    walletId: "W",
    invoiceId: null,
    currency: "USD",
    movements,
  };
  const on: Partial<PaymentDependencies> = {
    payments: {
      get: async () => payment as unknown as Payment,
      recordDispute: async () => payment as unknown as Payment,
      markBooked: async (_paymentId: string, numbers: readonly number[]) => void marked.push(...numbers),
    } as unknown as PaymentDependencies["payments"],
    publisher: {
      publish: async (records: readonly unknown[]) => void published.push(...records),
    },
    ledger: { byEvent: async () => ({}) },
    clock: { now: () => 2 },
  };
  const whole = on as PaymentDependencies;
  return {
    activities: { ...createPaymentCollectionActivities(whole), ...createPaymentDisputeActivities(whole) },
    published,
    marked,
  };
}

test("what came is booked once, and is a receipt to tell of", async () => {
  const { activities, published, marked } = world([receipt(1, 1), receipt(2, null)]);
  await expect(activities.bookPayment({ paymentId: "P", after: 1 })).resolves.toEqual({
    receipts: [{ number: 2, amountMinor: "200" }],
  });
  expect(published).toHaveLength(1);
  expect(marked).toEqual([2]);
});

test("a worker that died behind the booking has told nobody: the next one books nothing, and still has the receipt", async () => {
  const { activities, published } = world([receipt(1, 1), receipt(2, 2)]);
  await expect(activities.bookPayment({ paymentId: "P", after: 1 })).resolves.toEqual({
    receipts: [{ number: 2, amountMinor: "200" }],
  });
  expect(published).toEqual([]);
  await expect(activities.bookPayment({ paymentId: "P", after: 2 })).resolves.toEqual({ receipts: [] });
});

test("so has a dispute that was booked by a worker that died: finance is told", async () => {
  const taken: Movement = { ...receipt(2, 2), kind: "dispute", source: disputeSource(1) };
  const { activities, published } = world([receipt(1, 1), taken]);
  const opened = {
    paymentId: "P",
    tenantId: "T",
    attempt: 1,
    news: "dispute_opened",
    amountMinor: "200",
  } as const;
  await expect(activities.bookDispute(opened)).resolves.toEqual({ moved: true });
  await expect(activities.bookDispute({ ...opened, attempt: 3 })).resolves.toEqual({ moved: false });
  await expect(activities.bookDispute({ ...opened, news: "dispute_won" })).resolves.toEqual({ moved: false });
  expect(published).toEqual([]);
});
