import { formatMoney, money, type Money } from "#domain/money/money.ts";
import type { Difference, DifferenceKind } from "./differences.ts";

export interface WalletPosition {
  readonly sequence: bigint;
  readonly balance: Money;
}

/** One wallet as the ledger has it: what was settled before, the projection on its row, and what its entries since come to. */
export interface WalletBooks extends WalletPosition {
  readonly walletId: string;
  readonly tenantId: string;
  readonly currency: string;
  /** Where the settlement before ended; zero where there was none. */
  readonly opening: WalletPosition;
  /** The entries since: how many, their sum, how many different numbers, the greatest (the opening's where there are none). */
  readonly entries: bigint;
  readonly sum: Money;
  readonly numbers: bigint;
  readonly highest: bigint;
  /** Months whose counter differs from what the month's last entry says. */
  readonly volumes: readonly {
    readonly period: string;
    readonly counted: bigint;
    readonly entered: bigint;
  }[];
}

/** Numbers that no entry has, and what the balances before and after say that they moved. */
export interface LedgerGap {
  readonly first: bigint;
  readonly last: bigint;
  readonly moved: Money;
}

/** Whether entries are missing within the sequence, so that its gaps are worth being looked up. */
export function hasGaps({ numbers, highest, opening }: WalletBooks): boolean {
  return numbers !== highest - opening.sequence;
}

/**
 * A wallet's row against its entries. Where entries are missing or too many, nothing else can be told of it.
 * @param gaps of a wallet that has some.
 */
export function walletDifferences(books: WalletBooks, gaps: readonly LedgerGap[]): Difference[] {
  const damaged = entryDifferences(books, gaps);
  if (damaged.length > 0) return damaged;
  const { balance, sequence, sum, highest, opening } = books;
  const entered = money(opening.balance + sum);
  if (balance !== entered || sequence !== highest)
    return [
      ofWallet(
        books,
        "projection_differs",
        money(balance - entered),
        `the wallet's row says ${formatMoney(balance)} at ${sequence}, its entries come to ${formatMoney(entered)} at ${highest}`,
      ),
    ];
  return books.volumes.map(({ period, counted, entered: last }) => ({
    ...ofWallet(
      books,
      "volume_differs",
      null,
      `${period} is counted as ${counted}, its last entry says ${last}`,
    ),
    subject: `${books.walletId}:${period}`,
  }));
}

function entryDifferences(books: WalletBooks, gaps: readonly LedgerGap[]): Difference[] {
  const { entries, numbers, highest, sequence, balance, sum, opening } = books;
  const found: Difference[] = [];
  if (numbers !== entries)
    found.push(
      ofWallet(
        books,
        "entries_repeated",
        null,
        `${entries - numbers} numbers of the sequence stand there more than once`,
      ),
    );
  const gone = (first: bigint, last: bigint, moved: Money, by: string): Difference => ({
    ...ofWallet(
      books,
      "entries_missing",
      moved,
      `entries ${first} to ${last} are gone${by} ${formatMoney(moved)}`,
    ),
    subject: `${books.walletId}:${first}`,
  });
  for (const gap of gaps)
    found.push(gone(gap.first, gap.last, gap.moved, "; by the balances around them they moved"));
  if (highest < sequence)
    found.push(gone(highest + 1n, sequence, money(balance - opening.balance - sum), ", which moved"));
  return found;
}

/** Both looks at the cache must differ from the ledger and stand still: what is being charged meanwhile compares itself. */
export function cacheDifference(
  books: WalletBooks,
  held: WalletPosition,
  again: { readonly held: WalletPosition | null; readonly ledger: WalletPosition | null },
): Difference | null {
  const { held: later, ledger } = again;
  if (later === null || ledger === null || same(later, ledger)) return null;
  if (later.sequence !== held.sequence || ledger.sequence !== books.sequence) return null;
  return ofWallet(
    books,
    "cache_differs",
    money(later.balance - ledger.balance),
    `Redis holds ${formatMoney(later.balance)} at ${later.sequence}, the ledger ${formatMoney(ledger.balance)} at ${ledger.sequence}`,
  );
}

/** A wallet that is not held is cold: it is loaded from the ledger at its next use, and differs from nothing. */
export function maySuspectCache(books: WalletBooks, held: WalletPosition | null): held is WalletPosition {
  return held !== null && !same(held, books);
}

function same(one: WalletPosition, other: WalletPosition): boolean {
  return one.balance === other.balance && one.sequence === other.sequence;
}

function ofWallet(
  { walletId, tenantId, currency }: WalletBooks,
  kind: DifferenceKind,
  amount: Money | null,
  explanation: string,
): Difference {
  return { kind, tenantId, walletId, subject: walletId, currency, amount, explanation };
}

/** What a wallet's entries of one settled day come to; every entry is in exactly one day, by its number. */
export interface WalletDay {
  readonly walletId: string;
  readonly tenantId: string;
  readonly currency: string;
  readonly opening: WalletPosition;
  readonly closing: WalletPosition;
  readonly entries: bigint;
  /** Charges and true-ups, as prices: positive. */
  readonly charged: Money;
  /** Refunds, re-ratings and adjustments, as the wallet moved. */
  readonly corrected: Money;
  /** Top-ups, payments and whatever else came in. */
  readonly credited: Money;
  /** Of the charges: what happened before the day and was recorded in it. */
  readonly lateEntries: bigint;
  readonly lateCharged: Money;
}

/** A day that was settled before must come to the same again. */
export function settledDifference(day: string, before: WalletDay, now: WalletDay): Difference | null {
  const [was, is] = [before.closing, now.closing];
  if (same(was, is) && same(before.opening, now.opening)) return null;
  return {
    kind: "settled_differs",
    tenantId: now.tenantId,
    walletId: now.walletId,
    subject: `${now.walletId}:${day}`,
    currency: now.currency,
    amount: money(is.balance - was.balance),
    explanation: `${day} was settled at ${formatMoney(was.balance)} (${was.sequence}) and comes to ${formatMoney(is.balance)} (${is.sequence}) now`,
  };
}

/** The day's amounts must lead from the balance before its first entry to the one that stands beside its last. */
export function chainDifference(of: WalletDay): Difference | null {
  const { opening, closing, charged, corrected, credited } = of;
  const reached = money(opening.balance + corrected + credited - charged);
  if (reached === closing.balance) return null;
  return {
    kind: "entries_altered",
    tenantId: of.tenantId,
    walletId: of.walletId,
    subject: of.walletId,
    currency: of.currency,
    amount: money(closing.balance - reached),
    explanation: `entries ${opening.sequence + 1n} to ${closing.sequence} lead from ${formatMoney(opening.balance)} to ${formatMoney(reached)}, beside the last stands ${formatMoney(closing.balance)}`,
  };
}
