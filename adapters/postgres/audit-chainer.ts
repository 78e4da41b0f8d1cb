import {
  BLOCK_ROWS_MAX,
  blockHash,
  digestRows,
  FORM,
  GENESIS,
  sealOf,
  sourceText,
  type AuditBlock,
  type BlockSource,
} from "./audit-rows.ts";
import { inTransaction, type Client, type Pool } from "./pool.ts";

/** Wallets of one transaction; with BLOCK_ROWS_MAX rows each it ends within seconds on a slow machine. */
const WALLETS_PER_TURN = 50;
/** Transactions of one turn, of all tenants together. */
const TRANSACTIONS_PER_TURN = 50_000;
/** Turns of one pass: 300,000 rows of a single wallet in some three seconds. The rest waits for the next pass, so that no backlog holds up a shutdown. */
const TURNS_MAX = 60;
/** Nobody who writes transactions is made to wait longer than this by us. */
const LOCK_TIMEOUT_MS = 200;

export interface ChainerDependencies {
  readonly pool: Pool;
  /** Seals the chains' ends; the database does not hold it. */
  readonly sealKey: string;
}

/** What a pass added. `behind`: the bound of a pass was reached, and more is waiting. */
export interface ChainedPass {
  readonly blocks: number;
  readonly rows: number;
  readonly behind: boolean;
}

/**
 * Appends to the chains what the ledger has got since the pass before. One chainer works at a time, whoever calls; a pass that was killed
 * is taken up where its last turn ended. Entries are taken in their wallet's gapless sequence, transactions in the order of
 * audit_position, once no writer of a smaller one can be under way any more.
 * @throws Unavailable when PostgreSQL cannot be reached.
 */
export async function chainLedger({ pool, sealKey }: ChainerDependencies): Promise<ChainedPass> {
  let blocks = 0;
  let rows = 0;
  for (const chain of [chainEntries, chainTransactions]) {
    for (let turn = 0; ; turn += 1) {
      if (turn === TURNS_MAX) return { blocks, rows, behind: true };
      const added = await inTransaction(pool, (client) => alone(client, () => chain(client, sealKey)));
      if (added === null) return { blocks, rows, behind: false };
      blocks += added.blocks;
      rows += added.rows;
      if (!added.more) break;
    }
  }
  return { blocks, rows, behind: false };
}

interface Turn {
  readonly blocks: number;
  readonly rows: number;
  readonly more: boolean;
}

/** Null while another chainer works. */
async function alone<Result>(client: Client, work: () => Promise<Result>): Promise<Result | null> {
  const { rows } = await client.query<{ free: boolean }>(
    "SELECT pg_try_advisory_xact_lock(hashtextextended('catalyst.audit.chainer', 0)) AS free",
  );
  return rows[0]?.free === true ? work() : null;
}

interface Pending {
  readonly tenantId: string;
  readonly source: BlockSource;
  readonly first: bigint;
  readonly last: bigint;
}

async function chainEntries(client: Client, sealKey: string): Promise<Turn> {
  const { rows } = await client.query<{
    tenant_id: string;
    wallet_id: string;
    sequence: string;
    reached: string;
  }>(
    `SELECT w.tenant_id, w.wallet_id, w.sequence, coalesce(p.reached, 0) AS reached
       FROM wallets w LEFT JOIN audit_progress p ON p.tenant_id = w.tenant_id AND p.source = 'wallet:' || w.wallet_id
      WHERE w.sequence > coalesce(p.reached, 0) ORDER BY w.tenant_id, w.wallet_id LIMIT ${WALLETS_PER_TURN + 1}`,
  );
  const now = rows.slice(0, WALLETS_PER_TURN).map((row): Pending & { readonly end: bigint } => {
    const first = BigInt(row.reached) + 1n;
    const end = BigInt(row.sequence);
    const last = end < first + BigInt(BLOCK_ROWS_MAX - 1) ? end : first + BigInt(BLOCK_ROWS_MAX - 1);
    return {
      tenantId: row.tenant_id,
      source: { kind: "wallet", walletId: row.wallet_id },
      first,
      last,
      end,
    };
  });
  const chained = await append(client, sealKey, now);
  return {
    blocks: now.length,
    rows: chained,
    more: rows.length > WALLETS_PER_TURN || now.some(({ last, end }) => last < end),
  };
}

/** Not a tenant's: how far the transactions of all tenants were looked through. */
const EVERYBODY = "";

async function chainTransactions(client: Client, sealKey: string): Promise<Turn> {
  const { rows: marks } = await client.query<{ reached: string }>(
    `SELECT reached FROM audit_progress WHERE tenant_id = '${EVERYBODY}' AND source = 'transactions'`,
  );
  const reached = BigInt(marks[0]?.reached ?? 0);
  const { rowCount: waiting } = await client.query(
    "SELECT FROM ledger_transactions WHERE audit_position > $1 LIMIT 1",
    [reached.toString()],
  );
  if (waiting === 0) return { blocks: 0, rows: 0, more: false };
  // A position is drawn before its row is visible. This lock waits for whoever has drawn one, and holds off those to come: all
  // positions below the greatest that is seen now are then there, or never will be.
  await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
  await client.query("SAVEPOINT before_lock");
  await client.query("LOCK TABLE ledger_transactions IN SHARE MODE");
  const { rows: slice } = await client.query<{ upto: string | null; count: string }>(
    `SELECT max(audit_position) AS upto, count(*) AS count FROM (
       SELECT audit_position FROM ledger_transactions WHERE audit_position > $1 ORDER BY audit_position LIMIT ${TRANSACTIONS_PER_TURN}) s`,
    [reached.toString()],
  );
  // Given back at once: what is below `upto` never changes any more.
  await client.query("ROLLBACK TO SAVEPOINT before_lock");
  const upto = slice[0]?.upto ?? null;
  if (upto === null) return { blocks: 0, rows: 0, more: false };
  const pending = await pendingTransactions(client, reached, upto);
  const chained = await append(client, sealKey, pending);
  await moveProgress(client, [{ tenantId: EVERYBODY, source: "transactions", reached: BigInt(upto) }]);
  return { blocks: pending.length, rows: chained, more: Number(slice[0]?.count) === TRANSACTIONS_PER_TURN };
}

/**
 * Each tenant's share of a slice, in blocks of BLOCK_ROWS_MAX. A tenant's runs touch one another, so that a row slipped in between
 * two of them later lies in one.
 */
async function pendingTransactions(client: Client, after: bigint, upto: string): Promise<Pending[]> {
  const { rows } = await client.query<{
    tenant_id: string;
    last: string;
    reached: string;
    is_last: boolean;
  }>(
    `SELECT s.tenant_id, s.last, coalesce(p.reached, 0) AS reached, s.block = s.blocks AS is_last FROM (
       SELECT tenant_id, block, max(audit_position) AS last, max(block) OVER (PARTITION BY tenant_id) AS blocks FROM (
         SELECT tenant_id, audit_position,
                (row_number() OVER (PARTITION BY tenant_id ORDER BY audit_position) - 1) / ${BLOCK_ROWS_MAX} AS block
           FROM ledger_transactions WHERE audit_position > $1 AND audit_position <= $2) r
        GROUP BY tenant_id, block) s
       LEFT JOIN audit_progress p ON p.tenant_id = s.tenant_id AND p.source = 'transactions'
      ORDER BY s.tenant_id, s.block`,
    [after.toString(), upto],
  );
  const ends = new Map<string, bigint>();
  return rows.map((row) => {
    const first = (ends.get(row.tenant_id) ?? BigInt(row.reached)) + 1n;
    const last = BigInt(row.is_last ? upto : row.last);
    ends.set(row.tenant_id, last);
    return { tenantId: row.tenant_id, source: { kind: "transactions" }, first, last };
  });
}

/** Adds a block for each run, in order; answers how many rows they cover. */
async function append(client: Client, sealKey: string, runs: readonly Pending[]): Promise<number> {
  if (runs.length === 0) return 0;
  const heads = await headsOf(
    client,
    runs.map(({ tenantId }) => tenantId),
  );
  let chained = 0;
  for (const { tenantId, source, first, last } of runs) {
    const head = heads.get(tenantId) ?? { position: 0n, hash: GENESIS };
    const digest = await digestRows(client, tenantId, source, first, last);
    const block: AuditBlock = {
      tenantId,
      position: head.position + 1n,
      source: sourceText(source),
      first,
      last,
      rows: digest.rows,
      form: FORM,
      previousHash: head.hash,
    };
    const hash = blockHash(block, digest.rowsHash);
    await insertBlock(client, block, hash, digest.marks);
    heads.set(tenantId, { position: block.position, hash });
    chained += digest.rows;
  }
  await moveProgress(
    client,
    runs.map(({ tenantId, source, last }) => ({ tenantId, source: sourceText(source), reached: last })),
  );
  const touched = [...new Set(runs.map(({ tenantId }) => tenantId))];
  await sealHeads(client, sealKey, touched, heads);
  return chained;
}

interface Head {
  readonly position: bigint;
  readonly hash: Buffer;
}

async function headsOf(client: Client, tenantIds: readonly string[]): Promise<Map<string, Head>> {
  const { rows } = await client.query<{ tenant_id: string; position: string; hash: Buffer }>(
    "SELECT tenant_id, position, hash FROM audit_heads WHERE tenant_id = ANY($1::text[])",
    [[...new Set(tenantIds)]],
  );
  return new Map(rows.map((row) => [row.tenant_id, { position: BigInt(row.position), hash: row.hash }]));
}

async function insertBlock(client: Client, block: AuditBlock, hash: Buffer, marks: Buffer): Promise<void> {
  await client.query({
    name: "audit-insert-block",
    text: `INSERT INTO audit_blocks (tenant_id, position, source, first_row, last_row, rows, form, previous_hash, hash, row_marks)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    values: [
      block.tenantId,
      block.position.toString(),
      block.source,
      block.first.toString(),
      block.last.toString(),
      block.rows,
      block.form,
      block.previousHash,
      hash,
      marks,
    ],
  });
}

async function moveProgress(
  client: Client,
  reached: readonly { readonly tenantId: string; readonly source: string; readonly reached: bigint }[],
): Promise<void> {
  // Several blocks of one source in a turn: the last one counts.
  const last = new Map(reached.map((one) => [JSON.stringify([one.tenantId, one.source]), one]));
  const ends = [...last.values()];
  await client.query(
    `INSERT INTO audit_progress (tenant_id, source, reached)
     SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
     ON CONFLICT (tenant_id, source) DO UPDATE SET reached = EXCLUDED.reached`,
    [
      ends.map(({ tenantId }) => tenantId),
      ends.map(({ source }) => source),
      ends.map((one) => one.reached.toString()),
    ],
  );
}

async function sealHeads(
  client: Client,
  sealKey: string,
  tenantIds: readonly string[],
  heads: ReadonlyMap<string, Head>,
): Promise<void> {
  const sealed = tenantIds.map((tenantId) => {
    const { position, hash } = heads.get(tenantId) as Head;
    return { tenantId, position, hash, seal: sealOf(sealKey, tenantId, position, hash) };
  });
  await client.query(
    `INSERT INTO audit_heads (tenant_id, position, hash, seal, sealed_at)
     SELECT t, p, h, s, now() FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::bytea[]) AS x(t, p, h, s)
     ON CONFLICT (tenant_id) DO UPDATE SET position = EXCLUDED.position, hash = EXCLUDED.hash, seal = EXCLUDED.seal,
       sealed_at = EXCLUDED.sealed_at`,
    [
      sealed.map(({ tenantId }) => tenantId),
      sealed.map(({ position }) => position.toString()),
      sealed.map(({ hash }) => hash),
      sealed.map(({ seal }) => seal),
    ],
  );
}
