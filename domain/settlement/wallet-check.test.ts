import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { money, type Money } from "#domain/money/money.ts";
import type { DifferenceKind } from "./differences.ts";
import {
  cacheDifference,
  chainDifference,
  hasGaps,
  maySuspectCache,
  settledDifference,
  walletDifferences,
  type LedgerGap,
  type WalletBooks,
  type WalletDay,
} from "./wallet-check.ts";

interface Entry {
  readonly sequence: bigint;
  readonly amount: bigint;
  readonly balanceAfter: bigint;
}

/** A ledger as charging writes it, after an opening that an earlier day settled. */
const ledgers = fc
  .record({
    opening: fc.record({ sequence: fc.bigInt(0n, 1_000n), balance: fc.bigInt(-(10n ** 20n), 10n ** 20n) }),
    amounts: fc.array(
      fc.bigInt(-(10n ** 20n), 10n ** 20n).filter((amount) => amount !== 0n),
      { minLength: 3, maxLength: 30 },
    ),
  })
  .map(({ opening, amounts }) => {
    let [sequence, balance] = [opening.sequence, opening.balance];
    const entries = amounts.map((amount): Entry => {
      sequence += 1n;
      balance += amount;
      return { sequence, amount, balanceAfter: balance };
    });
    return { opening: { sequence: opening.sequence, balance: money(opening.balance) }, entries };
  });

type Ledger = typeof ledgers extends fc.Arbitrary<infer Value> ? Value : never;

/** What the SQL makes of a ledger and the wallet's row. */
function booksOf(
  { opening, entries }: Ledger,
  row: { readonly sequence: bigint; readonly balance: bigint },
): { readonly books: WalletBooks; readonly gaps: LedgerGap[]; readonly day: WalletDay } {
  const numbers = new Set(entries.map(({ sequence }) => sequence));
  const highest = entries.reduce(
    (most, { sequence }) => (sequence > most ? sequence : most),
    opening.sequence,
  );
  const owner = { walletId: "w", tenantId: "T", currency: "USD" };
  const sum = money(entries.reduce((total, { amount }) => total + amount, 0n));
  const books: WalletBooks = {
    ...owner,
    sequence: row.sequence,
    balance: money(row.balance),
    opening,
    entries: BigInt(entries.length),
    sum,
    numbers: BigInt(numbers.size),
    highest,
    volumes: [],
  };
  const last = entries.at(-1);
  const day: WalletDay = {
    ...owner,
    opening,
    closing: last === undefined ? opening : { sequence: last.sequence, balance: money(last.balanceAfter) },
    entries: BigInt(entries.length),
    charged: money(-entries.reduce((total, { amount }) => total + (amount < 0n ? amount : 0n), 0n)),
    corrected: money(0n),
    credited: money(entries.reduce((total, { amount }) => total + (amount > 0n ? amount : 0n), 0n)),
    lateEntries: 0n,
    lateCharged: money(0n),
  };
  return { books, gaps: hasGaps(books) ? gapsOf(opening, entries) : [], day };
}

function gapsOf(opening: WalletBooks["opening"], entries: readonly Entry[]): LedgerGap[] {
  let before = { sequence: opening.sequence, balance: opening.balance as bigint };
  return entries.flatMap(({ sequence, amount, balanceAfter }) => {
    const { sequence: last, balance } = before;
    before = { sequence, balance: balanceAfter };
    return sequence > last + 1n
      ? [{ first: last + 1n, last: sequence - 1n, moved: money(balanceAfter - amount - balance) }]
      : [];
  });
}

const rowOf = ({ entries, opening }: Ledger): { sequence: bigint; balance: bigint } => ({
  sequence: entries.at(-1)?.sequence ?? opening.sequence,
  balance: entries.at(-1)?.balanceAfter ?? opening.balance,
});

/** Ways to damage a ledger, and what must be found then: kind and amount. */
type Damage = (
  ledger: Ledger,
  at: number,
) => {
  readonly ledger: Ledger;
  readonly row: ReturnType<typeof rowOf>;
  readonly found: [DifferenceKind, bigint | null][];
};

const DAMAGES: Readonly<Record<string, Damage>> = {
  "an entry taken from the middle": (ledger, at) => {
    const index = at % (ledger.entries.length - 1);
    const entries = ledger.entries.toSpliced(index, 1);
    return {
      ledger: { ...ledger, entries },
      row: rowOf(ledger),
      found: [["entries_missing", ledger.entries[index]!.amount]],
    };
  },
  "the last entries taken away": (ledger, at) => {
    const kept = 1 + (at % (ledger.entries.length - 1));
    const gone = ledger.entries.slice(kept).reduce((sum, { amount }) => sum + amount, 0n);
    return {
      ledger: { ...ledger, entries: ledger.entries.slice(0, kept) },
      row: rowOf(ledger),
      found: [["entries_missing", gone]],
    };
  },
  "an entry that stands twice": (ledger, at) => {
    const index = at % ledger.entries.length;
    const entries = ledger.entries.toSpliced(index, 0, ledger.entries[index]!);
    return { ledger: { ...ledger, entries }, row: rowOf(ledger), found: [["entries_repeated", null]] };
  },
  "a row that says something else": (ledger, at) => {
    const row = rowOf(ledger);
    const by = BigInt(at) + 1n;
    return {
      ledger,
      row: { ...row, balance: row.balance + by },
      found: [["projection_differs", by]],
    };
  },
};

describe("a wallet's entries and its row", () => {
  test("that agree give nothing to say", () => {
    fc.assert(
      fc.property(ledgers, (ledger) => {
        const { books, gaps, day } = booksOf(ledger, rowOf(ledger));
        expect(hasGaps(books)).toBe(false);
        expect(walletDifferences(books, gaps)).toEqual([]);
        expect(chainDifference(day)).toBeNull();
        expect(settledDifference("2026-11-26", day, day)).toBeNull();
      }),
    );
  });

  test.each(Object.entries(DAMAGES))(
    "%s: found, explained with its amount, and nothing else",
    (_name, damage) => {
      fc.assert(
        fc.property(ledgers, fc.nat(1_000), (sound, at) => {
          const { ledger, row, found } = damage(sound, at);
          const { books, gaps } = booksOf(ledger, row);
          const told = walletDifferences(books, gaps);
          expect(told.map(({ kind, amount }) => [kind, amount])).toEqual(found);
          for (const { explanation, subject } of told) expect([explanation, subject]).not.toContain("");
        }),
      );
    },
  );

  test("an amount that was altered breaks the way from balance to balance", () => {
    fc.assert(
      fc.property(ledgers, fc.nat(1_000), fc.bigInt(1n, 10n ** 18n), (ledger, at, by) => {
        const index = at % ledger.entries.length;
        const altered = ledger.entries.map((entry, place) =>
          place === index ? { ...entry, amount: entry.amount - by } : entry,
        );
        const { day } = booksOf({ ...ledger, entries: altered }, rowOf(ledger));
        expect(chainDifference(day)).toMatchObject({ kind: "entries_altered", amount: by });
      }),
    );
  });

  test("a day that was settled and comes to something else now was touched", () => {
    fc.assert(
      fc.property(ledgers, (ledger) => {
        const before = booksOf(ledger, rowOf(ledger)).day;
        const shorter = { ...ledger, entries: ledger.entries.slice(0, -1) };
        const now = booksOf(shorter, rowOf(shorter)).day;
        expect(settledDifference("2026-11-26", before, now)).toMatchObject({
          kind: "settled_differs",
          amount: -ledger.entries.at(-1)!.amount,
        });
      }),
    );
  });

  test("a month that is counted otherwise is told by month", () => {
    const sound: Ledger = { opening: { sequence: 0n, balance: money(0n) }, entries: [] };
    const { books } = booksOf(sound, { sequence: 0n, balance: 0n });
    const volumes = [{ period: "202611", counted: 5n, entered: 4n }];
    expect(walletDifferences({ ...books, volumes }, [])).toMatchObject([
      {
        kind: "volume_differs",
        subject: "w:202611",
        explanation: "202611 is counted as 5, its last entry says 4",
      },
    ]);
  });
});

describe("the cache", () => {
  const at = (sequence: bigint, balance: bigint) => ({ sequence, balance: money(balance) });
  const { books } = booksOf(
    { opening: at(0n, 0n), entries: [{ sequence: 1n, amount: 5n, balanceAfter: 5n }] },
    at(1n, 5n),
  );

  test("that is cold, or agrees, is not suspected", () => {
    expect(maySuspectCache(books, null)).toBe(false);
    expect(maySuspectCache(books, at(1n, 5n))).toBe(false);
  });

  test("that differs and stands still is told, whatever it is that it holds", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 9n), fc.bigInt(), (sequence, balance) => {
        const held = at(sequence, balance);
        fc.pre(maySuspectCache(books, held));
        const found = cacheDifference(books, held, { held, ledger: at(1n, 5n) });
        expect(found).toMatchObject({ kind: "cache_differs", amount: (balance - 5n) as Money });
      }),
    );
  });

  test.each([
    ["caught up", at(2n, 9n), at(1n, 5n), at(1n, 5n)],
    ["moved on", at(2n, 9n), at(3n, 1n), at(1n, 5n)],
    ["waited for the ledger, which moved", at(2n, 9n), at(2n, 9n), at(2n, 9n)],
    ["is ahead of a ledger that moves", at(2n, 9n), at(2n, 9n), at(3n, 1n)],
    ["has gone cold", at(2n, 9n), null, at(1n, 5n)],
  ])("that %s meanwhile is left alone", (_what, held, later, ledger) => {
    expect(cacheDifference(books, held, { held: later, ledger })).toBeNull();
  });
});
