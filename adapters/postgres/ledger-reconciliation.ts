import type { Money } from "#domain/money/money.ts";
import type { WalletStore } from "#domain/wallet/ports.ts";
import { storedMoney } from "./ledger-columns.ts";
import { onPostgres, type Pool } from "./pool.ts";

/** How one wallet's books stand. Nothing is open and nothing differs when billing has handled all that was published. */
export interface WalletReconciliation {
  readonly walletId: string;
  readonly tenantId: string;
  readonly entries: bigint;
  /** The projection on the wallet's row. */
  readonly balance: Money;
  readonly sequence: bigint;
  /** The sum of all entries. */
  readonly entriesSum: Money;
  /** Sequences 1 … n, each once. */
  readonly gapless: boolean;
  /** What the cache says, null when it does not hold the wallet. */
  readonly cache: { readonly balance: Money; readonly sequence: bigint } | null;
  /** Reservations that are still open, and their sum. */
  readonly openReservations: number;
  readonly reserved: Money;
  /** Ledger sums to its projection without a gap, and the cache agrees. */
  readonly reconciled: boolean;
}

/**
 * Adds every wallet's entries up and compares: ledger, projection, cache.
 * @param tenantId one tenant's wallets, or null for all.
 */
export async function reconcileWallets(
  pool: Pool,
  store: Pick<WalletStore, "held" | "reservations">,
  tenantId: string | null,
): Promise<WalletReconciliation[]> {
  const { rows } = await onPostgres(() =>
    pool.query<
      Record<
        | "wallet_id"
        | "tenant_id"
        | "balance"
        | "sequence"
        | "entries"
        | "total"
        | "distinct_sequences"
        | "highest",
        string
      >
    >(
      `SELECT w.wallet_id, w.tenant_id, w.balance, w.sequence, e.entries, e.total, e.distinct_sequences, e.highest
         FROM wallets w CROSS JOIN LATERAL (
           SELECT count(*) AS entries, COALESCE(sum(amount), 0)::numeric(38,18) AS total,
                  count(DISTINCT sequence) AS distinct_sequences, COALESCE(max(sequence), 0) AS highest
             FROM ledger_entries WHERE wallet_id = w.wallet_id AND sequence > 0) e
        WHERE $1::text IS NULL OR w.tenant_id = $1 ORDER BY w.wallet_id`,
      [tenantId],
    ),
  );
  const results: WalletReconciliation[] = [];
  for (const row of rows) {
    const balance = storedMoney(row.balance);
    const sequence = BigInt(row.sequence);
    const entriesSum = storedMoney(row.total);
    const gapless =
      row.entries === row.distinct_sequences && row.entries === row.highest && row.highest === row.sequence;
    const held = await store.held(row.wallet_id);
    const { openReservations, reserved } = await openReservationsOf(store, row.wallet_id);
    results.push({
      walletId: row.wallet_id,
      tenantId: row.tenant_id,
      entries: BigInt(row.entries),
      balance,
      sequence,
      entriesSum,
      gapless,
      cache: held === null ? null : { balance: held.balance, sequence: held.sequence },
      openReservations,
      reserved,
      reconciled:
        gapless &&
        balance === entriesSum &&
        (held === null || (held.balance === balance && held.sequence === sequence)),
    });
  }
  return results;
}

async function openReservationsOf(
  store: Pick<WalletStore, "reservations">,
  walletId: string,
): Promise<{ openReservations: number; reserved: Money }> {
  const open = new Map<string, bigint>();
  for await (const page of store.reservations(walletId)) {
    for (const { messageId, amount } of page) open.set(messageId, amount);
  }
  let reserved = 0n;
  for (const amount of open.values()) reserved += amount;
  return { openReservations: open.size, reserved: reserved as Money };
}
