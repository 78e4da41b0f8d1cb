import { money } from "#domain/money/money.ts";
import type { EventKey, Ledger, LedgeredEvent, Reservation, WalletState } from "#domain/wallet/ports.ts";
import { plainArray, textArray } from "./array-literal.ts";
import { acceptedMonth, storedMoney } from "./ledger-columns.ts";
import { commitBatches } from "./ledger-commit.ts";
import { onPostgres, type Pool } from "./pool.ts";

/**
 * Open messages read at a rebuild: a day of a tenant whose receipts all stay away, at 5/s. What is
 * beyond loses its reservation, and is charged without one.
 */
const MAX_OPEN_HOLDS = 500_000;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The ledger in PostgreSQL (0002_ledger.sql). */
export function createLedger(pool: Pool): Ledger {
  return {
    commit: (batches) => commitBatches(pool, batches),
    find: (keys) => findEvents(pool, keys),
    beginEpoch: (walletId, above) => beginEpoch(pool, walletId, above),
    openHolds: (walletId) => openHolds(pool, walletId),
    heldMessages: (messageIds, endedAfter) => heldMessages(pool, messageIds, endedAfter),
    async wallets(after, limit) {
      const text = `SELECT wallet_id, sequence, balance FROM wallets
                     WHERE $1::text IS NULL OR wallet_id > $1 ORDER BY wallet_id LIMIT $2`;
      const { rows } = await onPostgres(() =>
        pool.query<{ wallet_id: string; sequence: string; balance: string }>(text, [after, limit]),
      );
      return rows.map((row) => ({
        walletId: row.wallet_id,
        sequence: BigInt(row.sequence),
        balance: storedMoney(row.balance),
      }));
    },
  };
}

/** Makes the ledger's monthly partitions; call it at start and daily. Returns how many were new. */
export async function makeLedgerPartitions(pool: Pool, now: number): Promise<number> {
  const today = new Date(now).toISOString().slice(0, 10);
  const { rows } = await onPostgres(() =>
    pool.query<{ made: number }>("SELECT ledger_make_partitions($1) AS made", [today]),
  );
  return rows[0]?.made ?? 0;
}

async function findEvents(pool: Pool, keys: readonly EventKey[]): Promise<LedgeredEvent[]> {
  if (keys.length === 0) return [];
  const { rows } = await onPostgres(() =>
    pool.query<{
      event_id: string;
      sequence: string;
      amount: string;
      balance_after: string;
      fingerprint: string | null;
      counters: Readonly<Record<string, string>> | null;
    }>({
      name: "ledger-find",
      text: `SELECT e.event_id, e.sequence, e.amount, e.balance_after, e.fingerprint, e.counters
               FROM unnest($1::text[], $2::date[]) AS k(event_id, month)
               JOIN ledger_entries e ON e.event_id = k.event_id AND e.accepted_month = k.month`,
      values: [
        textArray(keys.map((key) => key.eventId)),
        plainArray(keys.map((key) => acceptedMonth(key.acceptedAt))),
      ],
    }),
  );
  return rows.map((row) => ({
    eventId: row.event_id,
    sequence: BigInt(row.sequence),
    amount: storedMoney(row.amount),
    balanceAfter: storedMoney(row.balance_after),
    fingerprint: row.fingerprint === null ? null : BigInt(row.fingerprint),
    counters: Object.entries(row.counters ?? {}).map(([counter, value]) => [counter, BigInt(value)] as const),
  }));
}

async function beginEpoch(pool: Pool, walletId: string, above: bigint): Promise<WalletState | null> {
  // Committed on its own, before anything is read: a commit of an older epoch that is under way holds the row and is
  // seen here, and none comes after.
  const begun = await onPostgres(() =>
    pool.query<{ epoch: string; sequence: string; balance: string }>(
      `UPDATE wallets SET epoch = GREATEST(epoch, $2) + 1 WHERE wallet_id = $1 RETURNING epoch, sequence, balance`,
      [walletId, above.toString()],
    ),
  );
  const row = begun.rows[0];
  if (row === undefined) return null;
  const volumes = await onPostgres(() =>
    pool.query<{ period: string; volume: string }>(
      "SELECT period, volume FROM wallet_volumes WHERE wallet_id = $1",
      [walletId],
    ),
  );
  return {
    epoch: BigInt(row.epoch),
    sequence: BigInt(row.sequence),
    balance: storedMoney(row.balance),
    volumes: new Map(volumes.rows.map(({ period, volume }) => [period, BigInt(volume)])),
  };
}

async function openHolds(pool: Pool, walletId: string): Promise<Reservation[]> {
  const { rows } = await onPostgres(() =>
    pool.query<{ message_id: string; hold_open: string }>(
      `SELECT message_id::text, hold_open FROM messages
        WHERE wallet_id = $1 AND final_at IS NULL AND hold_open > 0 LIMIT ${MAX_OPEN_HOLDS}`,
      [walletId],
    ),
  );
  return rows.map((row) => ({ messageId: row.message_id, amount: money(storedMoney(row.hold_open)) }));
}

async function heldMessages(
  pool: Pool,
  messageIds: readonly string[],
  endedAfter: number,
): Promise<Set<string>> {
  const ids = messageIds.filter((id) => UUID.test(id));
  if (ids.length === 0) return new Set();
  const { rows } = await onPostgres(() =>
    pool.query<{ message_id: string }>(
      `SELECT message_id::text FROM messages
        WHERE message_id = ANY($1::uuid[]) AND (final_at IS NULL OR final_at > $2::timestamptz)`,
      [textArray(ids), new Date(endedAfter).toISOString()],
    ),
  );
  return new Set(rows.map((row) => row.message_id));
}
