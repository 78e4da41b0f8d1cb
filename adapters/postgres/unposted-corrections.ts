import type { Difference } from "#domain/settlement/differences.ts";
import { storedMoney } from "./ledger-columns.ts";
import { onPostgres, type Pool } from "./pool.ts";

/** A correction reaches the ledger within seconds; what was not there after so long is stuck. */
const UNPOSTED_MS_MAX = 10 * 60_000;
/** More of them have one cause. */
const UNPOSTED_MAX = 1_000;

/** Refunds and re-ratings that were decided and that the ledger has not got, the oldest first. @param now epoch ms. */
export async function unpostedCorrections(
  pool: Pool,
  tenantId: string | null,
  now: number,
): Promise<Difference[]> {
  const { rows } = await onPostgres(() =>
    pool.query<{
      correction_id: string;
      tenant_id: string;
      wallet_id: string;
      amount: string;
      currency: string;
      attempts: number;
    }>(
      `SELECT correction_id, tenant_id, wallet_id, amount, currency, attempts FROM ledger_corrections
        WHERE posted_at IS NULL AND decided_at < to_timestamp($1::float8 / 1000) AND ($2::text IS NULL OR tenant_id = $2)
        ORDER BY decided_at LIMIT ${UNPOSTED_MAX}`,
      [now - UNPOSTED_MS_MAX, tenantId],
    ),
  );
  return rows.map((row) => ({
    kind: "correction_unposted",
    tenantId: row.tenant_id,
    walletId: row.wallet_id,
    subject: row.correction_id,
    currency: row.currency,
    amount: storedMoney(row.amount),
    explanation: `${row.amount} was decided and published ${row.attempts} times, and is not in the ledger: see ./catalyst dlq list --stage billing`,
  }));
}
