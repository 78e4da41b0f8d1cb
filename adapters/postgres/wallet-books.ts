import { money, type Money } from "#domain/money/money.ts";
import type { SettlementDay } from "#domain/settlement/day.ts";
import type { WalletToSettle } from "#domain/settlement/ports.ts";
import type { LedgerGap, WalletBooks, WalletDay, WalletPosition } from "#domain/settlement/wallet-check.ts";
import { storedMoney } from "./ledger-columns.ts";
import { inTransaction, onPostgres, type Pool } from "./pool.ts";

/** Wallets added up by one query, where all their entries are. */
const WALLETS_PER_PAGE = 100;
/** Gaps that are named; a ledger with more of them was not damaged by accident. */
const GAPS_MAX = 20;

interface BooksRow {
  readonly wallet_id: string;
  readonly tenant_id: string;
  readonly currency: string;
  readonly balance: string;
  readonly sequence: string;
  readonly opening_sequence: string;
  readonly opening_balance: string;
  readonly entries: string;
  readonly sum: string;
  readonly numbers: string;
  readonly highest: string | null;
  readonly volumes:
    | readonly { readonly period: string; readonly counted: string; readonly entered: string }[]
    | null;
  readonly closing_sequence: string | null;
  readonly closing_balance: string | null;
  readonly day_entries: string;
  readonly charged: string;
  readonly corrected: string;
  readonly credited: string;
  readonly late_entries: string;
  readonly late_charged: string;
  readonly settled: SettledRow | null;
}

/** Amounts as text: JSON would make doubles of them. */
interface SettledRow {
  readonly opening_sequence: string;
  readonly opening_balance: string;
  readonly closing_sequence: string;
  readonly closing_balance: string;
  readonly entries: string;
  readonly charged: string;
  readonly corrected: string;
  readonly credited: string;
  readonly late_entries: string;
  readonly late_charged: string;
}

/**
 * $1 tenant or null, $2 last wallet of the page before, $3 how many, $4 the day or null, $5 its first and $6 its last moment (epoch ms).
 * Entries since the settlement before the day; without a day, all of them. A day ends with the last entry that was recorded in it.
 * LIMIT keeps the planner from joining whole tables, which grow while they are read: each wallet is looked up by its key.
 * Of the counters only plain months ('202611'), the newest two: the others no longer change.
 */
const BOOKS = `
  SELECT w.wallet_id, w.tenant_id, w.currency, w.balance, w.sequence, coalesce(o.sequence, 0) AS opening_sequence,
         coalesce(o.balance, 0) AS opening_balance, e.*, v.volumes, s.settled
    FROM (SELECT * FROM wallets WHERE ($1::text IS NULL OR tenant_id = $1) AND ($2::text IS NULL OR wallet_id > $2)
           ORDER BY wallet_id LIMIT $3) w
    LEFT JOIN LATERAL (
      SELECT closing_sequence AS sequence, closing_balance AS balance FROM settlement_wallets
       WHERE wallet_id = w.wallet_id AND day < $4::date ORDER BY day DESC LIMIT 1) o ON true
    LEFT JOIN LATERAL (
      SELECT json_build_object('opening_sequence', opening_sequence::text, 'opening_balance', opening_balance::text,
               'closing_sequence', closing_sequence::text, 'closing_balance', closing_balance::text, 'entries', entries::text,
               'charged', charged::text, 'corrected', corrected::text, 'credited', credited::text, 'late_entries', late_entries::text,
               'late_charged', late_charged::text) AS settled
        FROM settlement_wallets WHERE wallet_id = w.wallet_id AND day = $4::date LIMIT 1) s ON true
   CROSS JOIN LATERAL (
     SELECT count(*) AS entries, coalesce(sum(amount), 0)::numeric(38,18) AS sum, count(DISTINCT sequence) AS numbers,
            max(sequence) AS highest, max(closing) AS closing_sequence,
            max(balance_after) FILTER (WHERE sequence = closing) AS closing_balance,
            count(*) FILTER (WHERE sequence <= closing) AS day_entries,
            coalesce(-sum(amount) FILTER (WHERE sequence <= closing AND charge), 0) AS charged,
            coalesce(sum(amount) FILTER (WHERE sequence <= closing AND correction), 0) AS corrected,
            coalesce(sum(amount) FILTER (WHERE sequence <= closing AND NOT charge AND NOT correction), 0) AS credited,
            count(*) FILTER (WHERE sequence <= closing AND charge AND late) AS late_entries,
            coalesce(-sum(amount) FILTER (WHERE sequence <= closing AND charge AND late), 0) AS late_charged
       FROM (SELECT sequence, amount, balance_after, entry_type IN ('charge', 'true_up') AS charge,
                    entry_type IN ('refund', 're_rating', 'adjustment') AS correction,
                    occurred_at < to_timestamp($5::float8 / 1000) AS late,
                    max(sequence) FILTER (WHERE created_at < to_timestamp($6::float8 / 1000)) OVER () AS closing
               FROM ledger_entries WHERE wallet_id = w.wallet_id AND sequence > coalesce(o.sequence, 0)) x) e
   CROSS JOIN LATERAL (
     SELECT json_agg(json_build_object('period', m.period, 'counted', m.volume::text, 'entered', l.volume_ordinal::text)) AS volumes
       FROM (SELECT period, volume FROM wallet_volumes WHERE wallet_id = w.wallet_id AND period ~ '^[0-9]{6}$'
              ORDER BY period DESC LIMIT 2) m
      CROSS JOIN LATERAL (SELECT volume_ordinal FROM ledger_entries
                           WHERE wallet_id = w.wallet_id AND volume_period = m.period ORDER BY sequence DESC LIMIT 1) l
      WHERE l.volume_ordinal <> m.volume) v
   ORDER BY w.wallet_id`;

/** A page of wallets, as one snapshot; of `day` only what was recorded until its end, null: all. */
export async function walletPage(
  pool: Pool,
  day: SettlementDay | null,
  page: { readonly tenantId: string | null; readonly after: string | null; readonly limit: number },
): Promise<WalletToSettle[]> {
  return inTransaction(pool, async (client) => {
    // Compiling it takes longer than running it.
    await client.query("SET LOCAL jit = off");
    const { rows } = await client.query<BooksRow>(BOOKS, [
      page.tenantId,
      page.after,
      page.limit,
      day?.day ?? null,
      day?.from ?? null,
      day?.to ?? null,
    ]);
    return rows.map(walletOf);
  });
}

/** Every wallet's books with all their entries, a page in memory at a time; each page is one snapshot. */
export async function* walletBooks(pool: Pool, tenantId: string | null): AsyncGenerator<WalletBooks> {
  for (let after: string | null = null; ;) {
    const page: WalletToSettle[] = await walletPage(pool, null, { tenantId, after, limit: WALLETS_PER_PAGE });
    for (const { books } of page) yield books;
    if (page.length < WALLETS_PER_PAGE) return;
    after = page.at(-1)?.books.walletId ?? null;
  }
}

function walletOf(row: BooksRow): WalletToSettle {
  const owner = { walletId: row.wallet_id, tenantId: row.tenant_id, currency: row.currency };
  const opening = positionOf(row.opening_sequence, row.opening_balance);
  const day: WalletDay = {
    ...owner,
    opening,
    closing:
      row.closing_sequence === null || row.closing_balance === null
        ? opening
        : positionOf(row.closing_sequence, row.closing_balance),
    ...sumsOf({ ...row, entries: row.day_entries }),
  };
  const books: WalletBooks = {
    ...owner,
    ...positionOf(row.sequence, row.balance),
    opening,
    entries: BigInt(row.entries),
    sum: storedMoney(row.sum),
    numbers: BigInt(row.numbers),
    highest: row.highest === null ? opening.sequence : BigInt(row.highest),
    volumes: (row.volumes ?? []).map(({ period, counted, entered }) => ({
      period,
      counted: BigInt(counted),
      entered: BigInt(entered),
    })),
  };
  return { books, day, settled: row.settled === null ? null : { ...owner, ...settledOf(row.settled) } };
}

function settledOf(row: SettledRow): Omit<WalletDay, "walletId" | "tenantId" | "currency"> {
  return {
    opening: positionOf(row.opening_sequence, row.opening_balance),
    closing: positionOf(row.closing_sequence, row.closing_balance),
    ...sumsOf(row),
  };
}

function sumsOf(
  row: Pick<SettledRow, "entries" | "charged" | "corrected" | "credited" | "late_entries" | "late_charged">,
): Pick<WalletDay, "entries" | "charged" | "corrected" | "credited" | "lateEntries" | "lateCharged"> {
  return {
    entries: BigInt(row.entries),
    charged: storedMoney(row.charged),
    corrected: storedMoney(row.corrected),
    credited: storedMoney(row.credited),
    lateEntries: BigInt(row.late_entries),
    lateCharged: storedMoney(row.late_charged),
  };
}

function positionOf(sequence: string, balance: string): WalletPosition {
  return { sequence: BigInt(sequence), balance: storedMoney(balance) };
}

/** Where a wallet's sequence has holes above a number, the first GAPS_MAX of them; a missing end shows only in the projection. */
export async function ledgerGaps(pool: Pool, walletId: string, above: bigint): Promise<LedgerGap[]> {
  const { rows } = await onPostgres(() =>
    pool.query<{ first: string; last: string; moved: string }>(
      `SELECT before + 1 AS first, sequence - 1 AS last, balance_after - amount - balance_before AS moved FROM (
         SELECT sequence, amount, balance_after, coalesce(lag(sequence) OVER w, 0) AS before,
                coalesce(lag(balance_after) OVER w, 0) AS balance_before
           FROM ledger_entries WHERE wallet_id = $1 AND sequence >= $2 WINDOW w AS (ORDER BY sequence)) s
        WHERE sequence > before + 1 AND sequence > $2 ORDER BY sequence LIMIT ${GAPS_MAX}`,
      [walletId, above.toString()],
    ),
  );
  return rows.map((row) => ({
    first: BigInt(row.first),
    last: BigInt(row.last),
    moved: storedMoney(row.moved),
  }));
}

/** Where the wallet's row stands now; null without a wallet. */
export async function ledgerPosition(pool: Pool, walletId: string): Promise<WalletPosition | null> {
  const { rows } = await onPostgres(() =>
    pool.query<{ sequence: string; units: string }>(
      "SELECT sequence, (balance * 1000000000000000000)::numeric(56,0)::text AS units FROM wallets WHERE wallet_id = $1",
      [walletId],
    ),
  );
  const row = rows[0];
  if (row === undefined) return null;
  const balance: Money = money(BigInt(row.units));
  return { sequence: BigInt(row.sequence), balance };
}
