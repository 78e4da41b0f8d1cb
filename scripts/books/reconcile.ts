import { chargeDifferences, type ChargeDifference } from "#adapters/postgres/message-charges.ts";
import type { Pool } from "#adapters/postgres/pool.ts";
import { ledgerGaps, walletBooks, type WalletBooks } from "#adapters/postgres/wallet-books.ts";
import { formatMoney, money, type Money } from "#domain/money/money.ts";
import type { WalletStore } from "#domain/wallet/ports.ts";

export type DifferenceKind =
  | "entries_missing"
  | "entries_repeated"
  | "projection_differs"
  | "volume_differs"
  | "cache_differs"
  | "charge_missing"
  | "charge_unexplained"
  | "correction_unposted";

/** One difference, what explains it, and what was or would be done about it. */
export interface Difference {
  readonly kind: DifferenceKind;
  readonly tenantId: string;
  readonly walletId: string;
  /** The charge or correction concerned, null where a wallet is. */
  readonly eventId: string | null;
  readonly explanation: string;
  /** What `--repair` does; null: only a person can. */
  readonly remedy: string | null;
  /** Whether it was done now. */
  readonly repaired: boolean;
}

/** How a difference is mended: by what is posted, never by writing over anything. */
export interface Repairs {
  projection(walletId: string): Promise<boolean>;
  cache(walletId: string): Promise<boolean>;
  missingCharge(difference: ChargeDifference): Promise<boolean>;
  unexplainedCharge(difference: ChargeDifference, eventId: string): Promise<boolean>;
}

export interface ReconcileRequest {
  readonly pool: Pool;
  readonly store: Pick<WalletStore, "held">;
  /** One tenant, or null for all. */
  readonly tenantId: string | null;
  /** Epoch ms. */
  readonly now: number;
  /** Null: only look. */
  readonly repairs: Repairs | null;
  readonly pause: (ms: number) => Promise<unknown>;
  readonly onDifference: (difference: Difference) => void;
  readonly onProgress: (wallets: number) => void;
}

/** A batch on its way differs for milliseconds; what still does after so long is a difference. */
const LOOK_AGAIN_MS = 1_000;
const UNPOSTED_MS_MAX = 10 * 60_000;

/**
 * Compares for every wallet: entries, the projection on its row, the cache in Redis, and the messages that it paid for. Streams: a page
 * of wallets or messages in memory. Answers how many wallets were looked at.
 */
export async function reconcileBooks(request: ReconcileRequest): Promise<number> {
  const tenants = new Set<string>();
  let wallets = 0;
  for await (const books of walletBooks(request.pool, request.tenantId)) {
    tenants.add(books.tenantId);
    await reconcileWallet(request, books);
    wallets += 1;
    request.onProgress(wallets);
  }
  for (const tenantId of tenants) await reconcileMessages(request, tenantId);
  await reconcileCorrections(request);
  return wallets;
}

async function reconcileWallet(request: ReconcileRequest, books: WalletBooks): Promise<void> {
  const { walletId, tenantId } = books;
  const tell = teller(request, tenantId, walletId);
  const whole = await reconcileEntries(request, books, tell);
  if (whole && (books.balance !== books.sum || books.sequence !== books.highest)) {
    await tell(
      "projection_differs",
      null,
      `the wallet's row says ${formatMoney(books.balance)} at ${books.sequence}, its entries come to ${formatMoney(books.sum)} at ${books.highest}`,
      "an entry that says so; the row follows the entries again",
      (repairs) => repairs.projection(walletId),
    );
    return;
  }
  for (const { period, counted, entered } of books.volumes)
    await tell(
      "volume_differs",
      null,
      `${period} is counted as ${counted}, its last entry says ${entered}: post an opening volume`,
      null,
      null,
    );
  await reconcileCache(request, books, tell);
}

type Tell = (
  kind: DifferenceKind,
  eventId: string | null,
  explanation: string,
  remedy: string | null,
  repair: ((repairs: Repairs) => Promise<boolean>) | null,
) => Promise<void>;

function teller({ repairs, onDifference }: ReconcileRequest, tenantId: string, walletId: string): Tell {
  return async (kind, eventId, explanation, remedy, repair) => {
    const repaired = repairs !== null && repair !== null && (await repair(repairs));
    onDifference({ kind, tenantId, walletId, eventId, explanation, remedy, repaired });
  };
}

/** False when entries are missing or too many: nothing else can be told of such a wallet. */
async function reconcileEntries(
  { pool }: ReconcileRequest,
  books: WalletBooks,
  tell: Tell,
): Promise<boolean> {
  const { walletId, entries, numbers, highest, sequence } = books;
  if (numbers !== entries)
    await tell(
      "entries_repeated",
      null,
      `${entries - numbers} numbers of the sequence stand there more than once: ./catalyst audit verify names the inserted ones`,
      null,
      null,
    );
  if (numbers !== highest)
    for (const gap of await ledgerGaps(pool, walletId))
      await tell(
        "entries_missing",
        null,
        `entries ${gap.first} to ${gap.last} are gone; by the balances around them they moved ${formatMoney(gap.moved)}: bring them back from a backup`,
        null,
        null,
      );
  if (highest < sequence)
    await tell(
      "entries_missing",
      null,
      `entries ${highest + 1n} to ${sequence} are gone, which moved ${formatMoney(money(books.balance - books.sum))}: bring them back from a backup`,
      null,
      null,
    );
  return numbers === entries && numbers === highest && highest >= sequence;
}

async function reconcileCache(
  { pool, store, pause }: ReconcileRequest,
  books: WalletBooks,
  tell: Tell,
): Promise<void> {
  const { walletId } = books;
  const held = await store.held(walletId);
  if (held === null || (held.balance === books.balance && held.sequence === books.sequence)) return;
  await pause(LOOK_AGAIN_MS);
  const again = await store.held(walletId);
  const ledger = await ledgerPosition(pool, walletId);
  if (again === null || ledger === null) return;
  if (again.balance === ledger.balance && again.sequence === ledger.sequence) return;
  // Moved on meanwhile: it is being charged, and the next charge compares the two by itself.
  if (again.sequence !== held.sequence || ledger.sequence !== books.sequence) return;
  await tell(
    "cache_differs",
    null,
    `Redis holds ${formatMoney(again.balance)} at ${again.sequence}, the ledger ${formatMoney(ledger.balance)} at ${ledger.sequence}`,
    "the wallet is rebuilt from the ledger; its reservations stay",
    (repairs) => repairs.cache(walletId),
  );
}

async function ledgerPosition(
  pool: Pool,
  walletId: string,
): Promise<{ readonly balance: Money; readonly sequence: bigint } | null> {
  const { rows } = await pool.query<{ units: string; sequence: string }>(
    "SELECT (balance * 1000000000000000000)::numeric(56,0)::text AS units, sequence FROM wallets WHERE wallet_id = $1",
    [walletId],
  );
  const row = rows[0];
  return row === undefined ? null : { balance: money(BigInt(row.units)), sequence: BigInt(row.sequence) };
}

async function reconcileMessages(request: ReconcileRequest, tenantId: string): Promise<void> {
  for await (const difference of chargeDifferences(request.pool, tenantId, request.now)) {
    const { kind, messageId, part, walletId, hold } = difference;
    const eventId = `${messageId}:sms.delivered:${part}`;
    const tell = teller(request, tenantId, walletId);
    if (kind === "charge_missing")
      await tell(
        kind,
        eventId,
        `part ${part} of message ${messageId} was delivered and has no charge; ${hold} was set aside for it`,
        "its billing event is published again under its own id",
        (repairs) => repairs.missingCharge(difference),
      );
    else
      await tell(
        kind,
        eventId,
        `part ${part} of message ${messageId} was charged and not delivered`,
        "the charge is refunded",
        (repairs) => repairs.unexplainedCharge(difference, eventId),
      );
  }
}

async function reconcileCorrections({ pool, tenantId, now, onDifference }: ReconcileRequest): Promise<void> {
  const { rows } = await pool.query<{
    correction_id: string;
    tenant_id: string;
    wallet_id: string;
    amount: string;
    attempts: number;
  }>(
    `SELECT correction_id, tenant_id, wallet_id, amount, attempts FROM ledger_corrections
      WHERE posted_at IS NULL AND decided_at < to_timestamp($1::float8 / 1000) AND ($2::text IS NULL OR tenant_id = $2)
      ORDER BY decided_at LIMIT 1000`,
    [now - UNPOSTED_MS_MAX, tenantId],
  );
  for (const row of rows)
    onDifference({
      kind: "correction_unposted",
      tenantId: row.tenant_id,
      walletId: row.wallet_id,
      eventId: row.correction_id,
      explanation: `${row.amount} was decided and published ${row.attempts} times, and is not in the ledger: see ./catalyst dlq list --stage billing`,
      remedy: null,
      repaired: false,
    });
}
