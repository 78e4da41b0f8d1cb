import { formatMoney } from "#domain/money/money.ts";
import type { SettlementDay } from "#domain/settlement/day.ts";
import { LOOKED_BACK_DAYS, type SettlementBooks } from "#domain/settlement/ports.ts";
import type { CarrierLine } from "#domain/settlement/report.ts";
import type { WalletDay } from "#domain/settlement/wallet-check.ts";
import { plainArray, textArray } from "./array-literal.ts";
import { moneyArray, storedMoney } from "./ledger-columns.ts";
import { messageFloor, messagePage } from "./message-charges.ts";
import { onPostgres, type Pool } from "./pool.ts";
import { unpostedCorrections } from "./unposted-corrections.ts";
import { ledgerGaps, ledgerPosition, walletPage } from "./wallet-books.ts";

const DAY_MS = 86_400_000;

/** The ledger and the messages, read for settlement: a page by one query. */
export function createSettlementBooks(pool: Pool): SettlementBooks {
  return {
    wallets: (day, after, limit) => walletPage(pool, day, { tenantId: null, after, limit }),
    gaps: (walletId, above) => ledgerGaps(pool, walletId, above),
    position: (walletId) => ledgerPosition(pool, walletId),
    keep: (day, wallets) => onPostgres(() => keep(pool, day, wallets)),
    async messages({ from, to }, after) {
      const scope = { tenantId: null, endedBefore: to, acceptedBefore: to };
      return messagePage(pool, scope, after ?? (await messageFloor(pool, from - LOOKED_BACK_DAYS * DAY_MS)));
    },
    unpostedCorrections: (before) => unpostedCorrections(pool, null, before),
    carriers: (day) => onPostgres(() => carriers(pool, day)),
  };
}

async function keep(pool: Pool, day: string, wallets: readonly WalletDay[]): Promise<void> {
  if (wallets.length === 0) return;
  const plain = (value: (wallet: WalletDay) => bigint): string => plainArray(wallets.map(value));
  await pool.query(
    `INSERT INTO settlement_wallets (day, wallet_id, tenant_id, currency, opening_sequence, opening_balance, closing_sequence,
       closing_balance, entries, charged, corrected, credited, late_entries, late_charged)
     SELECT $1::date, * FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::numeric[], $7::bigint[], $8::numeric[],
       $9::bigint[], $10::numeric[], $11::numeric[], $12::numeric[], $13::bigint[], $14::numeric[])
     ON CONFLICT (wallet_id, day) DO NOTHING`,
    [
      day,
      textArray(wallets.map(({ walletId }) => walletId)),
      textArray(wallets.map(({ tenantId }) => tenantId)),
      textArray(wallets.map(({ currency }) => currency)),
      plain(({ opening }) => opening.sequence),
      moneyArray(wallets.map(({ opening }) => opening.balance)),
      plain(({ closing }) => closing.sequence),
      moneyArray(wallets.map(({ closing }) => closing.balance)),
      plain(({ entries }) => entries),
      moneyArray(wallets.map(({ charged }) => charged)),
      moneyArray(wallets.map(({ corrected }) => corrected)),
      moneyArray(wallets.map(({ credited }) => credited)),
      plain(({ lateEntries }) => lateEntries),
      moneyArray(wallets.map(({ lateCharged }) => lateCharged)),
    ],
  );
}

/** By the time at which it happened: so do carriers count. */
async function carriers(pool: Pool, { from, to }: SettlementDay): Promise<CarrierLine[]> {
  const { rows } = await pool.query<{ connector: string; currency: string; charges: string; cost: string }>(
    `SELECT connector, currency, count(*) AS charges, sum(cost)::numeric(38,18) AS cost FROM ledger_entries
      WHERE cost IS NOT NULL AND connector IS NOT NULL AND occurred_at >= to_timestamp($1::float8 / 1000)
        AND occurred_at < to_timestamp($2::float8 / 1000)
        AND accepted_month >= date_trunc('month', to_timestamp($1::float8 / 1000) AT TIME ZONE 'UTC' - interval '2 days')::date
      GROUP BY connector, currency ORDER BY connector, currency`,
    [from, to],
  );
  return rows.map(({ connector, currency, charges, cost }) => ({
    connector,
    currency,
    charges: Number(charges),
    cost: formatMoney(storedMoney(cost)),
  }));
}
