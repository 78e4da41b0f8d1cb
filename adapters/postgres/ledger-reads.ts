import { money, parseMoney, type Money } from "#domain/money/money.ts";
import { acceptedMonth, storedMoney } from "./ledger-columns.ts";
import { asTenant, onPostgres, type Client, type Pool } from "./pool.ts";

/** Whose rows a read may return: one tenant's, by row-level security, or everybody's. */
export type LedgerScope = { readonly tenantId: string } | "administration";

export interface ChargeSteps {
  readonly base: Money;
  readonly discount: Money;
  readonly subtotal: Money;
  readonly tax: Money;
  readonly total: Money;
}

/** One row of the ledger. */
export interface Transaction {
  /** The event's id: the ledger's key. */
  readonly transactionId: string;
  readonly tenantId: string;
  readonly walletId: string;
  readonly sequence: bigint;
  readonly eventId: string;
  readonly entryType: string;
  readonly eventType: string;
  readonly messageId: string | null;
  /** What the balance moved by: negative for a charge. */
  readonly amount: Money;
  /** Null for entries that are no usage. */
  readonly charge: ChargeSteps | null;
  readonly currency: string;
  readonly balanceBefore: Money;
  readonly balanceAfter: Money;
  readonly trace: Readonly<Record<string, unknown>>;
  /** Epoch ms. */
  readonly occurredAt: number;
  readonly recordedAt: number;
}

export interface TransactionFilter {
  readonly eventType: string | null;
  /** Epoch ms of the action, inclusive. */
  readonly from: number | null;
  /** Exclusive. */
  readonly to: number | null;
}

export interface LedgerPage {
  readonly rows: readonly Transaction[];
  /** Cursor of the page after, null on the last. */
  readonly next: string | null;
}

/** What the doors read of the ledger. Everything throws Unavailable when it cannot be reached. */
export interface LedgerReads {
  byId(scope: LedgerScope, transactionId: string): Promise<Transaction | null>;
  byEvent(eventId: string, acceptedAt: number): Promise<Transaction | null>;
  /** A tenant's entries, the latest of each wallet first. A cursor that is none of ours gives the first page. */
  list(
    scope: LedgerScope,
    tenantId: string,
    filter: TransactionFilter,
    page: { readonly after: string | null; readonly limit: number },
  ): Promise<LedgerPage>;
  /** Null when there is no such wallet, or it is not the scope's. */
  balance(
    scope: LedgerScope,
    walletId: string,
  ): Promise<{ readonly balance: Money; readonly sequence: bigint } | null>;
}

export function createLedgerReads(pool: Pool): LedgerReads {
  return {
    byId: (scope, transactionId) =>
      one(pool, scope, "SELECT * FROM ledger_entries WHERE event_id = $1 LIMIT 1", [transactionId]),
    byEvent: (eventId, acceptedAt) =>
      one(
        pool,
        "administration",
        "SELECT * FROM ledger_entries WHERE event_id = $1 AND accepted_month = $2",
        [eventId, acceptedMonth(acceptedAt)],
      ),
    list: (scope, tenantId, filter, page) =>
      within(pool, scope, (client) => list(client, tenantId, filter, page)),
    async balance(scope, walletId) {
      const { rows } = await within(pool, scope, (client) =>
        client.query<{ balance: string; sequence: string }>(
          "SELECT balance, sequence FROM wallets WHERE wallet_id = $1",
          [walletId],
        ),
      );
      const row = rows[0];
      return row === undefined ? null : { balance: storedMoney(row.balance), sequence: BigInt(row.sequence) };
    },
  };
}

type Queryable = Pick<Client, "query">;

function within<Result>(
  pool: Pool,
  scope: LedgerScope,
  work: (client: Queryable) => Promise<Result>,
): Promise<Result> {
  return scope === "administration"
    ? onPostgres(() => work(pool as Queryable))
    : asTenant(pool, scope.tenantId, work);
}

async function one(
  pool: Pool,
  scope: LedgerScope,
  text: string,
  values: unknown[],
): Promise<Transaction | null> {
  const { rows } = await within(pool, scope, (client) => client.query<Row>(text, values));
  return rows[0] === undefined ? null : transaction(rows[0]);
}

/** Each wallet gives its newest rows by its index, and few are merged, however long the ledger is. */
const LIST = `
  SELECT e.* FROM wallets w CROSS JOIN LATERAL (
    SELECT * FROM ledger_entries e
     WHERE e.wallet_id = w.wallet_id
       AND ($2::bigint IS NULL OR (e.sequence, e.wallet_id) < ($2::bigint, $3::text))
       AND ($4::text IS NULL OR e.event_type = $4)
       AND ($5::bigint IS NULL OR e.occurred_at >= to_timestamp($5::bigint / 1000.0))
       AND ($6::bigint IS NULL OR e.occurred_at < to_timestamp($6::bigint / 1000.0))
     ORDER BY e.sequence DESC LIMIT $7
  ) e
  WHERE w.tenant_id = $1
  ORDER BY e.sequence DESC, e.wallet_id DESC LIMIT $7`;

async function list(
  client: Queryable,
  tenantId: string,
  filter: TransactionFilter,
  page: { readonly after: string | null; readonly limit: number },
): Promise<LedgerPage> {
  const cursor = /^(\d{1,18}):(.{1,200})$/.exec(page.after ?? "");
  const { rows } = await client.query<Row>(LIST, [
    tenantId,
    cursor?.[1] ?? null,
    cursor?.[2] ?? null,
    filter.eventType,
    filter.from,
    filter.to,
    page.limit + 1,
  ]);
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  const next = rows.length > page.limit && last !== undefined ? `${last.sequence}:${last.wallet_id}` : null;
  return { rows: shown.map(transaction), next };
}

interface Row {
  readonly event_id: string;
  readonly wallet_id: string;
  readonly tenant_id: string;
  readonly sequence: string;
  readonly entry_type: string;
  readonly event_type: string;
  readonly message_id: string | null;
  readonly amount: string;
  readonly base: string | null;
  readonly revenue: string;
  readonly tax: string;
  readonly balance_after: string;
  readonly currency: string;
  readonly trace: Record<string, unknown>;
  readonly occurred_at: Date;
  readonly created_at: Date;
}

function transaction(row: Row): Transaction {
  const amount = storedMoney(row.amount);
  const balanceAfter = storedMoney(row.balance_after);
  const subtotal = storedMoney(row.revenue);
  const base = row.base === null ? null : parseMoney(row.base);
  return {
    transactionId: row.event_id,
    tenantId: row.tenant_id,
    walletId: row.wallet_id,
    sequence: BigInt(row.sequence),
    eventId: row.event_id,
    entryType: row.entry_type,
    eventType: row.event_type,
    messageId: row.message_id,
    amount,
    charge:
      base === null
        ? null
        : {
            base,
            discount: money(base - subtotal),
            subtotal,
            tax: storedMoney(row.tax),
            total: money(0n - amount),
          },
    currency: row.currency,
    balanceBefore: money(balanceAfter - amount),
    balanceAfter,
    trace: row.trace,
    occurredAt: row.occurred_at.getTime(),
    recordedAt: row.created_at.getTime(),
  };
}
