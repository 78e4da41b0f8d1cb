import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  attemptSource,
  disputedMinor,
  disputeMovements,
  type DisputeNews,
  type Movement,
  movementEvent,
  type MovementKind,
  receivedMinor,
  refundableMinor,
  refundedMinor,
  refundParts,
  refundSource,
  unrecordedReceipt,
  walletMinor,
} from "./payment.ts";

const of = (number: number, kind: MovementKind, amountMinor: bigint, source = "attempt:1"): Movement => ({
  number,
  kind,
  amountMinor,
  source,
  reason: "test",
  actor: "test",
  recordedAt: 1_800_000_000_000,
  bookedAt: null,
});

/** A payment's books, as the store keeps them. */
class Books {
  readonly movements: Movement[] = [];
  ended: "won" | "lost" | null = null;

  standing(attempt: number, told: bigint): void {
    const amount = unrecordedReceipt(this.movements, attempt, told);
    if (amount > 0n) this.#add("receipt", amount, attemptSource(attempt));
  }

  refund(id: string, amount: bigint): void {
    if (this.movements.some((one) => one.source.startsWith(refundSource(id, "")))) return;
    const parts = refundParts(this.movements, amount) ?? [];
    for (const part of parts) this.#add("refund", part.amountMinor, refundSource(id, part.from));
    if (parts.length === 0) expect(amount).toBeGreaterThan(refundableMinor(this.movements));
  }

  dispute(source: string, amount: bigint, news: DisputeNews): void {
    for (const kind of disputeMovements(this.movements, source, news, this.ended))
      this.#add(kind, amount, source);
    if (news === "dispute_won" && this.ended === null) this.ended = "won";
    if (news === "dispute_lost" && this.ended === null) this.ended = "lost";
  }

  wallet(): bigint {
    return this.movements.reduce((sum, one) => sum + walletMinor(one), 0n);
  }

  #add(kind: MovementKind, amount: bigint, source: string): void {
    this.movements.push(of(this.movements.length + 1, kind, amount, source));
  }
}

describe("whatever the order and the repetitions of what providers tell", () => {
  const told = fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant("standing" as const),
        attempt: fc.integer({ min: 1, max: 3 }),
        part: fc.integer({ min: 0, max: 100 }),
      }),
      fc.record({
        kind: fc.constant("refund" as const),
        id: fc.constantFrom("a", "b", "c"),
        amount: fc.bigInt(1n, 80n),
      }),
    ),
    { maxLength: 60 },
  );

  test("the wallet has what was collected less what was refunded", () => {
    fc.assert(
      fc.property(told, (events) => {
        const books = new Books();
        const collected = new Map<number, bigint>();
        for (const event of events) {
          if (event.kind === "refund") books.refund(event.id, event.amount);
          else {
            const amount = BigInt(event.part);
            books.standing(event.attempt, amount);
            if (amount > (collected.get(event.attempt) ?? 0n)) collected.set(event.attempt, amount);
          }
        }
        const all = [...collected.values()].reduce((sum, one) => sum + one, 0n);
        expect(receivedMinor(books.movements)).toBe(all);
        expect(books.wallet()).toBe(all - refundedMinor(books.movements));
        expect(books.wallet()).toBeGreaterThanOrEqual(0n);
      }),
    );
  });

  const NEWS = ["dispute_opened", "dispute_opened", "dispute_lost", "dispute_won"] as const;
  test.each(["dispute_won", "dispute_lost"] as const)("a dispute that ends with %s counts once", (end) => {
    const news = NEWS.filter((one) => one === "dispute_opened" || one === end);
    fc.assert(
      fc.property(fc.shuffledSubarray([...news, end], { minLength: 1 }), (order) => {
        fc.pre(order.includes(end));
        const books = new Books();
        books.standing(1, 100n);
        for (const one of order) books.dispute("dispute/attempt:1", 100n, one);
        expect(books.wallet()).toBe(end === "dispute_won" ? 100n : 0n);
        expect(disputedMinor(books.movements)).toBe(end === "dispute_won" ? 0n : 100n);
      }),
    );
  });
});

test("nothing can be refunded twice, nor what a bank has taken back", () => {
  expect(refundableMinor([of(1, "receipt", 100n), of(2, "refund", 30n), of(3, "dispute", 50n)])).toBe(20n);
  expect(
    refundableMinor([of(1, "receipt", 100n), of(2, "refund", 100n), of(3, "refund_returned", 100n)]),
  ).toBe(100n);
});

test("a refund is taken from the receipts in their order, and from none more than is left of it", () => {
  const movements = [
    of(1, "receipt", 100n),
    of(2, "receipt", 50n, "transfer:B1"),
    of(3, "refund", 70n, "refund:a/attempt:1"),
    of(4, "receipt", 10n, "attempt:2"),
  ];
  expect(refundParts(movements, 85n)).toEqual([
    { from: "attempt:1", amountMinor: 30n },
    { from: "transfer:B1", amountMinor: 50n },
    { from: "attempt:2", amountMinor: 5n },
  ]);
  expect(refundParts(movements, 91n)).toBeNull();
});

test("the event of a movement is the same whoever publishes it, and names the payment and the movement", () => {
  const payment = { paymentId: "inv-1", tenantId: "T", walletId: "w", currency: "USD" };
  const receipt = { ...of(1, "receipt", 1999n), reason: "invoice INV-1", actor: "stripe" };
  expect(movementEvent(payment, receipt)).toEqual({
    v: 1,
    kind: "entry",
    id: "payment:inv-1:receipt:1",
    tenantId: "T",
    walletId: "w",
    at: 1_800_000_000_000,
    acceptedAt: 1_800_000_000_000,
    entryType: "top_up",
    amount: "19.99",
    units: 0,
    reason: "invoice INV-1",
    actor: "stripe",
  });
  expect(movementEvent(payment, of(2, "dispute", 1999n))).toMatchObject({
    id: "payment:inv-1:dispute:2",
    entryType: "adjustment",
    amount: "-19.99",
  });
});
