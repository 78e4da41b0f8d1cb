import type { Money } from "#domain/money/money.ts";
import { storedMoney } from "./ledger-columns.ts";
import { onPostgres, type Pool } from "./pool.ts";

/** Wallets added up by one query. */
const WALLETS_PER_PAGE = 100;
/** Gaps that are named; a ledger with more of them was not damaged by accident. */
const GAPS_MAX = 20;

/** One wallet as the ledger has it: the projection on its row, and what its entries come to. */
export interface WalletBooks {
  readonly walletId: string;
  readonly tenantId: string;
  readonly currency: string;
  /** The projection. */
  readonly balance: Money;
  readonly sequence: bigint;
  /** The entries: how many, their sum, how many different numbers, the greatest. */
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

interface BooksRow {
  readonly wallet_id: string;
  readonly tenant_id: string;
  readonly currency: string;
  readonly balance: string;
  readonly sequence: string;
  readonly entries: string;
  readonly sum: string;
  readonly numbers: string;
  readonly highest: string;
  readonly volumes:
    | readonly { readonly period: string; readonly counted: string; readonly entered: string }[]
    | null;
}

/** Only plain months ('202611'), the newest two: the others no longer change. */
const BOOKS = `
  SELECT w.wallet_id, w.tenant_id, w.currency, w.balance, w.sequence, e.entries, e.sum, e.numbers, e.highest, v.volumes
    FROM (SELECT * FROM wallets WHERE ($1::text IS NULL OR tenant_id = $1) AND ($2::text IS NULL OR wallet_id > $2)
           ORDER BY wallet_id LIMIT ${WALLETS_PER_PAGE}) w
   CROSS JOIN LATERAL (
     SELECT count(*) AS entries, coalesce(sum(amount), 0)::numeric(38,18) AS sum, count(DISTINCT sequence) AS numbers,
            coalesce(max(sequence), 0) AS highest FROM ledger_entries WHERE wallet_id = w.wallet_id) e
   CROSS JOIN LATERAL (
     SELECT json_agg(json_build_object('period', m.period, 'counted', m.volume::text, 'entered', l.volume_ordinal::text)) AS volumes
       FROM (SELECT period, volume FROM wallet_volumes WHERE wallet_id = w.wallet_id AND period ~ '^[0-9]{6}$'
              ORDER BY period DESC LIMIT 2) m
      CROSS JOIN LATERAL (SELECT volume_ordinal FROM ledger_entries
                           WHERE wallet_id = w.wallet_id AND volume_period = m.period ORDER BY sequence DESC LIMIT 1) l
      WHERE l.volume_ordinal <> m.volume) v
   ORDER BY w.wallet_id`;

/** Every wallet's books, a page in memory at a time; each page is one snapshot. */
export async function* walletBooks(pool: Pool, tenantId: string | null): AsyncGenerator<WalletBooks> {
  for (let after: string | null = null; ;) {
    const { rows }: { rows: BooksRow[] } = await onPostgres(() =>
      pool.query<BooksRow>(BOOKS, [tenantId, after]),
    );
    for (const row of rows) yield booksOf(row);
    if (rows.length < WALLETS_PER_PAGE) return;
    after = rows.at(-1)?.wallet_id ?? null;
  }
}

function booksOf(row: BooksRow): WalletBooks {
  return {
    walletId: row.wallet_id,
    tenantId: row.tenant_id,
    currency: row.currency,
    balance: storedMoney(row.balance),
    sequence: BigInt(row.sequence),
    entries: BigInt(row.entries),
    sum: storedMoney(row.sum),
    numbers: BigInt(row.numbers),
    highest: BigInt(row.highest),
    volumes: (row.volumes ?? []).map(({ period, counted, entered }) => ({
      period,
      counted: BigInt(counted),
      entered: BigInt(entered),
    })),
  };
}

/** Numbers that no entry has, and what the balances before and after say that they moved. */
export interface LedgerGap {
  readonly first: bigint;
  readonly last: bigint;
  readonly moved: Money;
}

/** Where a wallet's sequence has holes, the first GAPS_MAX of them; a missing end shows only in the projection. */
export async function ledgerGaps(pool: Pool, walletId: string): Promise<LedgerGap[]> {
  const { rows } = await onPostgres(() =>
    pool.query<{ first: string; last: string; moved: string }>(
      `SELECT before + 1 AS first, sequence - 1 AS last, balance_after - amount - balance_before AS moved FROM (
         SELECT sequence, amount, balance_after, coalesce(lag(sequence) OVER w, 0) AS before,
                coalesce(lag(balance_after) OVER w, 0) AS balance_before
           FROM ledger_entries WHERE wallet_id = $1 WINDOW w AS (ORDER BY sequence)) s
        WHERE sequence > before + 1 ORDER BY sequence LIMIT ${GAPS_MAX}`,
      [walletId],
    ),
  );
  return rows.map((row) => ({
    first: BigInt(row.first),
    last: BigInt(row.last),
    moved: storedMoney(row.moved),
  }));
}
