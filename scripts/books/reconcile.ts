import { chargeDifferences } from "#adapters/postgres/message-charges.ts";
import type { Pool } from "#adapters/postgres/pool.ts";
import { unpostedCorrections } from "#adapters/postgres/unposted-corrections.ts";
import { ledgerGaps, ledgerPosition, walletBooks } from "#adapters/postgres/wallet-books.ts";
import type { Difference } from "#domain/settlement/differences.ts";
import { chargeDifference } from "#domain/settlement/message-check.ts";
import type { BookRepairs } from "#domain/settlement/ports.ts";
import {
  cacheDifference,
  hasGaps,
  maySuspectCache,
  walletDifferences,
  type WalletBooks,
} from "#domain/settlement/wallet-check.ts";
import type { WalletStore } from "#domain/wallet/ports.ts";

/** A difference, what `--repair` does about it (null: only a person can), and whether that was done now. */
export interface Reconciled extends Difference {
  readonly repair: string | null;
  readonly repaired: boolean;
}

export interface ReconcileRequest {
  readonly pool: Pool;
  readonly store: Pick<WalletStore, "held">;
  /** One tenant, or null for all. */
  readonly tenantId: string | null;
  /** Epoch ms. */
  readonly now: number;
  /** Null: only look. */
  readonly repairs: BookRepairs | null;
  readonly pause: (ms: number) => Promise<unknown>;
  readonly onDifference: (difference: Reconciled) => void;
  readonly onProgress: (wallets: number) => void;
}

/** A batch on its way differs for milliseconds; what still does after so long is a difference. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Compares for every wallet: entries, the projection on its row, the cache in Redis, and the messages that it paid for. Streams: a page
 * of wallets or messages in memory. Answers how many wallets were looked at.
 */
export async function reconcileBooks(request: ReconcileRequest): Promise<number> {
  const { pool, tenantId, now } = request;
  const tenants = new Set<string>();
  let wallets = 0;
  for await (const books of walletBooks(pool, tenantId)) {
    tenants.add(books.tenantId);
    await reconcileWallet(request, books);
    wallets += 1;
    request.onProgress(wallets);
  }
  for (const tenant of tenants) await reconcileMessages(request, tenant);
  for (const found of await unpostedCorrections(pool, tenantId, now)) await tell(request, found);
  return wallets;
}

/** How a difference is mended by posting, and what that is in words. */
interface Repair {
  readonly text: string;
  readonly run: (repairs: BookRepairs) => Promise<boolean>;
}

async function tell(request: ReconcileRequest, found: Difference, repair?: Repair): Promise<void> {
  const { repairs, onDifference } = request;
  const repaired = repairs !== null && repair !== undefined && (await repair.run(repairs));
  onDifference({ ...found, repair: repair?.text ?? null, repaired });
}

async function reconcileWallet(request: ReconcileRequest, books: WalletBooks): Promise<void> {
  const { pool } = request;
  const { walletId } = books;
  const gaps = hasGaps(books) ? await ledgerGaps(pool, walletId, books.opening.sequence) : [];
  const found = walletDifferences(books, gaps);
  for (const difference of found)
    await tell(
      request,
      difference,
      difference.kind === "projection_differs"
        ? {
            text: "an entry that says so; the row follows the entries again",
            run: (repairs) => repairs.projection(walletId),
          }
        : undefined,
    );
  if (found.every(({ kind }) => kind === "volume_differs")) await reconcileCache(request, books);
}

async function reconcileCache(request: ReconcileRequest, books: WalletBooks): Promise<void> {
  const { pool, store, pause } = request;
  const { walletId } = books;
  const held = await store.held(walletId);
  if (!maySuspectCache(books, held)) return;
  await pause(LOOK_AGAIN_MS);
  const again = { held: await store.held(walletId), ledger: await ledgerPosition(pool, walletId) };
  const found = cacheDifference(books, held, again);
  if (found !== null)
    await tell(request, found, {
      text: "the wallet is rebuilt from the ledger; its reservations stay",
      run: (repairs) => repairs.cache(walletId),
    });
}

async function reconcileMessages(request: ReconcileRequest, tenantId: string): Promise<void> {
  for await (const found of chargeDifferences(request.pool, tenantId, request.now))
    await tell(
      request,
      chargeDifference(found),
      found.kind === "charge_missing"
        ? {
            text: "its billing event is published again under its own id",
            run: (repairs) => repairs.missingCharge(found),
          }
        : { text: "the charge is refunded", run: (repairs) => repairs.unexplainedCharge(found) },
    );
}
