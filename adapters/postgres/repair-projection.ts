import { formatMoney } from "#domain/money/money.ts";
import type { ProjectionRepair } from "#domain/settlement/ports.ts";
import { storedMoney } from "./ledger-columns.ts";
import { inTransaction, type Pool } from "./pool.ts";

/**
 * Lets a wallet's row follow its entries again, by an entry of nothing that says what the row said before, why and who: entries
 * are the record, and a projection never changes without one. The epoch moves on, so that whoever charged by the old row must load
 * the wallet anew.
 */
export function repairProjection(
  pool: Pool,
  walletId: string,
  by: { readonly actor: string; readonly at: number },
): Promise<ProjectionRepair> {
  return inTransaction(pool, async (client) => {
    const { rows: wallets } = await client.query<{
      tenant_id: string;
      currency: string;
      sequence: string;
      balance: string;
    }>("SELECT tenant_id, currency, sequence, balance FROM wallets WHERE wallet_id = $1 FOR UPDATE", [
      walletId,
    ]);
    const { rows: sums } = await client.query<{ entries: string; highest: string; sum: string }>(
      `SELECT count(*) AS entries, coalesce(max(sequence), 0) AS highest, coalesce(sum(amount), 0)::numeric(38,18) AS sum
         FROM ledger_entries WHERE wallet_id = $1`,
      [walletId],
    );
    const [wallet, entries] = [wallets[0], sums[0]];
    if (wallet === undefined || entries === undefined || entries.entries !== entries.highest)
      return { kind: "gap" };
    // Fewer entries than the row counted: the end is gone, and no entry can stand for it.
    if (BigInt(wallet.sequence) > BigInt(entries.highest)) return { kind: "gap" };
    const [was, is] = [storedMoney(wallet.balance), storedMoney(entries.sum)];
    if (was === is && wallet.sequence === entries.highest) return { kind: "sound" };
    const sequence = BigInt(entries.highest) + 1n;
    const eventId = `${walletId}:reconciliation:${sequence}`;
    const trace = {
      v: 1,
      reason: `reconciliation: the wallet said ${formatMoney(was)} at ${wallet.sequence}, its entries come to ${formatMoney(is)} at ${entries.highest}`,
      actor: by.actor,
    };
    await client.query(
      `INSERT INTO ledger_entries (event_id, accepted_month, wallet_id, tenant_id, sequence, entry_type, event_type, part, amount, revenue,
         tax, clearing, balance_after, currency, volume_ordinal, trace, kafka_partition, kafka_offset, occurred_at)
       VALUES ($1, date_trunc('month', to_timestamp($2::float8 / 1000) AT TIME ZONE 'UTC')::date, $3, $4, $5, 'adjustment', 'adjustment',
         0, 0, 0, 0, 0, $6, $7, 0, $8, -1, -1, to_timestamp($2::float8 / 1000))`,
      [
        eventId,
        by.at,
        walletId,
        wallet.tenant_id,
        sequence.toString(),
        entries.sum,
        wallet.currency,
        JSON.stringify(trace),
      ],
    );
    await client.query(
      "UPDATE wallets SET sequence = $2, balance = $3, epoch = epoch + 1 WHERE wallet_id = $1",
      [walletId, sequence.toString(), entries.sum],
    );
    return { kind: "entered", eventId };
  });
}
