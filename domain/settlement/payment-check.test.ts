import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { ProviderMovement } from "#domain/payments/ports.ts";
import type { DifferenceKind } from "./differences.ts";
import {
  heldAfter,
  paymentDifferences,
  payoutDifference,
  providerDays,
  type RecordedPayment,
} from "./payment-check.ts";

const [FROM, TO] = [1_000_000, 2_000_000];

interface Day {
  readonly movements: readonly ProviderMovement[];
  readonly recorded: readonly RecordedPayment[];
}

/** A day on which the provider and our books agree: payments with fees, some given back in part. */
const days = fc
  .array(
    fc.record({
      amount: fc.bigInt(1n, 10n ** 12n),
      fee: fc.bigInt(0n, 1_000n),
      knownFee: fc.boolean(),
      back: fc.bigInt(0n, 10n ** 12n),
      at: fc.integer({ min: FROM, max: TO - 1 }),
      currency: fc.constantFrom("USD", "JPY", "KWD"),
    }),
    { minLength: 1, maxLength: 20 },
  )
  .map((payments): Day => {
    const movements: ProviderMovement[] = [];
    const recorded = payments.map(({ amount, fee, knownFee, back, at, currency }, index): RecordedPayment => {
      const id = `pi_${index}`;
      const given = back < amount ? back : amount;
      movements.push(movement(`m_${index}`, "payment", id, amount, fee, currency, at));
      if (given > 0n) movements.push(movement(`r_${index}`, "refund", id, -given, 0n, currency, at));
      return {
        paymentId: `p_${index}`,
        providerPaymentId: id,
        tenantId: "T",
        currency,
        receivedMinor: amount,
        feeMinor: knownFee ? fee : null,
        givenBackMinor: given,
        at,
      };
    });
    return { movements, recorded };
  });

function movement(
  providerMovementId: string,
  kind: ProviderMovement["kind"],
  providerPaymentId: string | null,
  amountMinor: bigint,
  feeMinor: bigint,
  currency: string,
  at: number,
): ProviderMovement {
  const ids = { providerMovementId, providerPaymentId, paymentId: null };
  return { ...ids, kind, amountMinor, feeMinor, currency, at };
}

const found = ({ movements, recorded }: Day): [DifferenceKind, string][] =>
  paymentDifferences({ provider: "stripe", from: FROM, to: TO, movements, recorded }).map(
    ({ kind, subject }) => [kind, subject],
  );

const changed = <Row>(rows: readonly Row[], index: number, change: (row: Row) => Row): Row[] =>
  rows.map((row, place) => (place === index % rows.length ? change(row) : row));

/** Ways in which the two part, and what must be found then. */
const DAMAGES: Readonly<Record<string, (day: Day, at: number) => [Day, [DifferenceKind, string][]]>> = {
  "a payment that nobody recorded": (day, at) => {
    const index = at % day.recorded.length;
    const recorded = day.recorded.toSpliced(index, 1);
    return [{ ...day, recorded }, [["payment_unrecorded", day.recorded[index]!.providerPaymentId]]];
  },
  "a payment that the provider does not know": (day, at) => {
    const id = day.recorded[at % day.recorded.length]!.providerPaymentId;
    const movements = day.movements.filter((one) => one.providerPaymentId !== id);
    return [{ ...day, movements }, [["payment_missing", id]]];
  },
  "a payment of another amount": (day, at) => {
    const recorded = changed(day.recorded, at, (row) => ({ ...row, receivedMinor: row.receivedMinor + 1n }));
    return [
      { ...day, recorded },
      [["payment_differs", day.recorded[at % recorded.length]!.providerPaymentId]],
    ];
  },
  "a fee of another amount": (day, at) => {
    const id = day.recorded[at % day.recorded.length]!.providerPaymentId;
    const fee = day.movements.find((one) => one.providerPaymentId === id)?.feeMinor ?? 0n;
    const recorded = changed(day.recorded, at, (row) => ({ ...row, feeMinor: fee + 1n }));
    return [{ ...day, recorded }, [["fee_differs", id]]];
  },
  "a refund that nobody recorded": (day, at) => {
    const { providerPaymentId: id, currency } = day.recorded[at % day.recorded.length]!;
    const refund = movement("extra", "refund", id, -7n, 0n, currency, TO - 1);
    return [{ ...day, movements: [...day.movements, refund] }, [["refund_unrecorded", id]]];
  },
  "a currency of its own": (day, at) => {
    const recorded = changed(day.recorded, at, (row) => ({ ...row, currency: "CHF" }));
    return [
      { ...day, recorded },
      [["payment_differs", day.recorded[at % recorded.length]!.providerPaymentId]],
    ];
  },
};

describe("payments against the provider's movements", () => {
  test("that agree give nothing to say", () => {
    fc.assert(fc.property(days, (day) => expect(found(day)).toEqual([])));
  });

  test.each(Object.entries(DAMAGES))("%s: found, and nothing else", (_name, damage) => {
    fc.assert(
      fc.property(days, fc.nat(1_000), (day, at) => {
        const [damaged, expected] = damage(day, at);
        expect(found(damaged)).toEqual(expected);
      }),
    );
  });

  test("movements of the hours around the day match, and are not this day's to tell", () => {
    const early = movement("m_1", "payment", "pi_1", 100n, 0n, "USD", FROM - 1);
    expect(found({ movements: [early], recorded: [] })).toEqual([]);
    const recorded = [
      {
        paymentId: "p",
        providerPaymentId: "pi_1",
        tenantId: "T",
        currency: "USD",
        receivedMinor: 100n,
        feeMinor: null,
        givenBackMinor: 0n,
        at: FROM,
      },
    ];
    expect(found({ movements: [early], recorded })).toEqual([]);
    expect(found({ movements: [], recorded })).toEqual([["payment_missing", "pi_1"]]);
  });
});

describe("a provider's account", () => {
  test("holds what came in less what went out, by currency", () => {
    fc.assert(
      fc.property(days, ({ movements }) => {
        for (const day of providerDays("stripe", movements)) {
          const own = movements.filter(({ currency }) => currency === day.currency);
          const moved = own.reduce((sum, { amountMinor, feeMinor }) => sum + amountMinor - feeMinor, 0n);
          expect(heldAfter(5n, day)).toBe(5n + moved);
          expect(payoutDifference("2026-11-26", day, 0n)).toBeNull();
        }
      }),
    );
  });

  test("that paid out more than it held is told with what is missing", () => {
    const movements = [
      movement("m", "payment", "pi_1", 1_000n, 30n, "USD", FROM),
      movement("f", "fee", null, -20n, 0n, "USD", FROM),
      movement("o", "payout", null, -1_051n, 0n, "USD", FROM),
    ];
    const [day] = providerDays("stripe", movements);
    expect(day).toMatchObject({ paidMinor: 1_000n, feesMinor: 50n, paidOutMinor: -1_051n });
    expect(payoutDifference("2026-11-26", day!, 101n)).toBeNull();
    expect(payoutDifference("2026-11-26", day!, 100n)).toMatchObject({
      kind: "payout_unexplained",
      amount: 10n ** 16n,
      subject: "stripe:USD:2026-11-26",
    });
  });
});
