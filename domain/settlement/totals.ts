import { money, parseMoney, formatMoney, type Money } from "#domain/money/money.ts";
import type { WalletDay } from "./wallet-check.ts";

/** What the wallets of one currency come to. Amounts are decimal strings and counts numbers, so that a flow's history can hold it. */
export interface CurrencyTotals {
  readonly wallets: number;
  /** Wallets with entries in the day. */
  readonly moved: number;
  readonly opening: string;
  readonly charged: string;
  readonly corrected: string;
  readonly credited: string;
  /** opening − charged + corrected + credited. */
  readonly closing: string;
  readonly entries: number;
  readonly late_entries: number;
  readonly late_charged: string;
}

export type Totals = Readonly<Record<string, CurrencyTotals>>;

const EMPTY: CurrencyTotals = {
  wallets: 0,
  moved: 0,
  opening: "0",
  charged: "0",
  corrected: "0",
  credited: "0",
  closing: "0",
  entries: 0,
  late_entries: 0,
  late_charged: "0",
};

export function addTotals(one: Totals, other: Totals): Totals {
  const totals: Record<string, CurrencyTotals> = { ...one };
  for (const [currency, more] of Object.entries(other))
    totals[currency] = addCurrency(totals[currency] ?? EMPTY, more);
  return totals;
}

function addCurrency(one: CurrencyTotals, other: CurrencyTotals): CurrencyTotals {
  return {
    wallets: one.wallets + other.wallets,
    moved: one.moved + other.moved,
    opening: plus(one.opening, other.opening),
    charged: plus(one.charged, other.charged),
    corrected: plus(one.corrected, other.corrected),
    credited: plus(one.credited, other.credited),
    closing: plus(one.closing, other.closing),
    entries: one.entries + other.entries,
    late_entries: one.late_entries + other.late_entries,
    late_charged: plus(one.late_charged, other.late_charged),
  };
}

/** Sums of many wallets: one bigint addition each, text only at the end. */
export function totalsOf(wallets: readonly WalletDay[]): Totals {
  const sums = new Map<string, Sums>();
  for (const wallet of wallets) {
    const of = sums.get(wallet.currency) ?? emptySums();
    sums.set(wallet.currency, of);
    of.wallets += 1;
    if (wallet.entries > 0n) of.moved += 1;
    of.opening += wallet.opening.balance;
    of.charged += wallet.charged;
    of.corrected += wallet.corrected;
    of.credited += wallet.credited;
    of.closing += wallet.closing.balance;
    of.entries += Number(wallet.entries);
    of.lateEntries += Number(wallet.lateEntries);
    of.lateCharged += wallet.lateCharged;
  }
  return Object.fromEntries([...sums].map(([currency, of]) => [currency, written(of)]));
}

interface Sums {
  wallets: number;
  moved: number;
  opening: bigint;
  charged: bigint;
  corrected: bigint;
  credited: bigint;
  closing: bigint;
  entries: number;
  lateEntries: number;
  lateCharged: bigint;
}

function emptySums(): Sums {
  return {
    wallets: 0,
    moved: 0,
    opening: 0n,
    charged: 0n,
    corrected: 0n,
    credited: 0n,
    closing: 0n,
    entries: 0,
    lateEntries: 0,
    lateCharged: 0n,
  };
}

function written(of: Sums): CurrencyTotals {
  return {
    wallets: of.wallets,
    moved: of.moved,
    opening: formatMoney(money(of.opening)),
    charged: formatMoney(money(of.charged)),
    corrected: formatMoney(money(of.corrected)),
    credited: formatMoney(money(of.credited)),
    closing: formatMoney(money(of.closing)),
    entries: of.entries,
    late_entries: of.lateEntries,
    late_charged: formatMoney(money(of.lateCharged)),
  };
}

/** Sums of our own writing: what cannot be read is a bug. */
export function plus(one: string, other: string): string {
  return formatMoney(money(read(one) + read(other)));
}

function read(text: string): Money {
  const amount = parseMoney(text);
  if (amount === null) throw new Error(`${text} is no amount`);
  return amount;
}
