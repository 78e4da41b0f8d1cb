import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { onPostgres, type Client, type Pool } from "./pool.ts";

/** Rows that one block covers at most: a block is hashed by one query, and names a touched row among so many. */
export const BLOCK_ROWS_MAX = 5_000;
/** First bytes of a row's hash that a block keeps: enough to tell which of its rows was touched, no more. */
export const MARK_BYTES = 8;
/** What precedes a chain's first block. */
export const GENESIS = Buffer.alloc(32);
/** The text of a row that is hashed today. A new one gets the next number; blocks of an older form stay as they are. */
export const FORM = 1;

const TRANSACTIONS = "transactions";
const WALLET = "wallet:";

export type BlockSource =
  | { readonly kind: "wallet"; readonly walletId: string }
  | { readonly kind: "transactions" };

export function sourceText(source: BlockSource): string {
  return source.kind === "wallet" ? `${WALLET}${source.walletId}` : TRANSACTIONS;
}

/** Null for a text that is none of ours. */
export function parseSource(text: string): BlockSource | null {
  if (text === TRANSACTIONS) return { kind: "transactions" };
  return text.startsWith(WALLET) ? { kind: "wallet", walletId: text.slice(WALLET.length) } : null;
}

/** One link of a tenant's chain. */
export interface AuditBlock {
  readonly tenantId: string;
  readonly position: bigint;
  readonly source: string;
  readonly first: bigint;
  readonly last: bigint;
  readonly rows: number;
  readonly form: number;
  readonly previousHash: Buffer;
}

/** Hash of a block: SHA-256 over its header, the hash of the block before it and the hash of its rows. */
export function blockHash(block: AuditBlock, rowsHash: Buffer): Buffer {
  const { tenantId, position, source, first, last, rows, form, previousHash } = block;
  const header = [form, tenantId, position, source, first, last, rows].map(String);
  return createHash("sha256")
    .update(`${JSON.stringify([...header, previousHash.toString("hex"), rowsHash.toString("hex")])}\n`)
    .digest();
}

/** The end of a chain under the platform's secret key, which the database does not hold. */
export function sealOf(sealKey: string, tenantId: string, position: bigint, hash: Buffer): Buffer {
  return createHmac("sha256", sealKey)
    .update(JSON.stringify(["catalyst.audit.head", tenantId, position.toString(), hash.toString("hex")]))
    .digest();
}

export function sameBytes(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

/** What is hashed of a run of rows. */
export interface RowsDigest {
  readonly rows: number;
  /** SHA-256 over the rows' own SHA-256, in order. */
  readonly rowsHash: Buffer;
  /** MARK_BYTES of each row's hash, in order. */
  readonly marks: Buffer;
}

/**
 * A row as text: PostgreSQL's output of a composite value, in which null, the empty text and every delimiter are told apart. Only types whose
 * output no setting changes: times as microseconds since 1970, months as days since 2000.
 */
const ENTRY_TEXT = `ROW(e.event_id, e.accepted_month - DATE '2000-01-01', e.wallet_id, e.tenant_id, e.sequence, e.entry_type,
  e.event_type, e.message_id, e.part, e.amount, e.base, e.revenue, e.tax, e.clearing, e.balance_after, e.currency, e.volume_period,
  e.volume_ordinal, e.trace, e.kafka_partition, e.kafka_offset, (extract(epoch FROM e.occurred_at) * 1000000)::bigint,
  (extract(epoch FROM e.created_at) * 1000000)::bigint, e.cost, e.commission, e.operator, e.country, e.connector, e.fingerprint,
  e.counters)::text`;

const TRANSACTION_TEXT = `ROW(t.audit_position, t.transaction_id, t.tenant_id, t.kind, t.event_id, t.reason, t.actor,
  (extract(epoch FROM t.occurred_at) * 1000000)::bigint, (extract(epoch FROM t.created_at) * 1000000)::bigint,
  (SELECT string_agg(ROW(p.line, p.account, p.tenant_id, p.party, p.amount, p.currency)::text, ' ' ORDER BY p.line)
     FROM ledger_postings p WHERE p.transaction_id = t.transaction_id))::text`;

const ENTRY_ROWS = `SELECT e.sequence AS number, e.event_id AS name, sha256(convert_to(${ENTRY_TEXT}, 'UTF8')) AS hash
  FROM ledger_entries e WHERE e.wallet_id = $1 AND e.sequence BETWEEN $2 AND $3`;

const TRANSACTION_ROWS = `SELECT t.audit_position AS number, t.transaction_id AS name,
    sha256(convert_to(${TRANSACTION_TEXT}, 'UTF8')) AS hash
  FROM ledger_transactions t WHERE t.tenant_id = $1 AND t.audit_position BETWEEN $2 AND $3`;

// Two rows of one number (an inserted one) come in the order of their names.
const digestQuery = (rows: string): string =>
  `SELECT count(*)::integer AS rows, sha256(coalesce(string_agg(hash, ''::bytea ORDER BY number, name), ''::bytea)) AS rows_hash,
          coalesce(string_agg(substring(hash FOR ${MARK_BYTES}), ''::bytea ORDER BY number, name), ''::bytea) AS marks
     FROM (${rows}) r`;

type Queryable = Pick<Client, "query"> | Pick<Pool, "query">;

/** Hashes a run of rows, on the server: what travels is one row per block. */
export async function digestRows(
  client: Queryable,
  tenantId: string,
  source: BlockSource,
  first: bigint,
  last: bigint,
): Promise<RowsDigest> {
  const ofWallet = source.kind === "wallet";
  const { rows } = await onPostgres(() =>
    (client as Client).query<{ rows: number; rows_hash: Buffer; marks: Buffer }>({
      name: ofWallet ? "audit-digest-entries" : "audit-digest-transactions",
      text: digestQuery(ofWallet ? ENTRY_ROWS : TRANSACTION_ROWS),
      values: [ofWallet ? source.walletId : tenantId, first.toString(), last.toString()],
    }),
  );
  const row = rows[0];
  if (row === undefined) throw new Error("an aggregate gave no row");
  return { rows: row.rows, rowsHash: row.rows_hash, marks: row.marks };
}

/** One row of a block as it stands now. */
export interface MarkedRow {
  readonly number: bigint;
  /** Event or transaction id. */
  readonly name: string;
  readonly mark: Buffer;
}

/** The rows of a run, each with its mark: at most a few more than BLOCK_ROWS_MAX. */
export async function markedRows(
  client: Queryable,
  tenantId: string,
  source: BlockSource,
  first: bigint,
  last: bigint,
): Promise<MarkedRow[]> {
  const ofWallet = source.kind === "wallet";
  const { rows } = await onPostgres(() =>
    (client as Client).query<{ number: string; name: string; mark: Buffer }>(
      `SELECT number, name, substring(hash FOR ${MARK_BYTES}) AS mark
         FROM (${ofWallet ? ENTRY_ROWS : TRANSACTION_ROWS}) r ORDER BY number, name`,
      [ofWallet ? source.walletId : tenantId, first.toString(), last.toString()],
    ),
  );
  return rows.map((row) => ({ number: BigInt(row.number), name: row.name, mark: row.mark }));
}
