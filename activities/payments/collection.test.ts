import { expect, test } from "@jest/globals";
import type { Movement, Payment } from "#domain/payments/payment.ts";
import { createPaymentCollectionActivities } from "./collection.ts";
import type { PaymentDependencies } from "./dependencies.ts";

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
      markBooked: async (_paymentId: string, numbers: readonly number[]) => void marked.push(...numbers),
    } as unknown as PaymentDependencies["payments"],
    publisher: {
      publish: async (records: readonly unknown[]) => void published.push(...records),
    },
    ledger: { byEvent: async () => ({}) },
    clock: { now: () => 2 },
  };
  return { activities: createPaymentCollectionActivities(on as PaymentDependencies), published, marked };
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
