import { numberedDifferences, unnumberedDifferences } from "./audit-differences.ts";
import type { AuditedTenant, AuditFindingKind, AuditHead, AuditRequest } from "./audit-findings.ts";
import {
  blockHash,
  digestRows,
  FORM,
  GENESIS,
  MARK_BYTES,
  markedRows,
  parseSource,
  sameBytes,
  sealOf,
  type AuditBlock,
  type BlockSource,
} from "./audit-rows.ts";
import { onPostgres, type Client, type Pool } from "./pool.ts";

/** Blocks in memory at a time, marks and all: 40 MB at most. */
const BLOCKS_PER_PAGE = 200;
const TENANTS_PER_PAGE = 500;
/** Findings about single rows of one block; more would only say the same again. */
const ROW_FINDINGS_MAX = 100;
/** The chainer works every few seconds: what is older and not chained was kept from it, or slipped past it. */
const UNCHAINED_MS_MAX = 10 * 60_000;

/**
 * Recomputes every chain from the rows as they stand now. Streams: a page of blocks in memory, one query per block. Each tenant is read
 * in one snapshot, so the chainer and charging go on meanwhile.
 * @throws Unavailable when PostgreSQL cannot be reached.
 */
export async function verifyAuditChains(pool: Pool, request: AuditRequest): Promise<AuditedTenant[]> {
  const audited: AuditedTenant[] = [];
  let done = 0;
  for await (const tenantId of tenantIds(pool, request)) {
    const tenant = await inSnapshot(pool, (client) =>
      new TenantAudit(client, tenantId, request).run((rows) => request.onProgress(done + rows)),
    );
    done += tenant.rows;
    audited.push(tenant);
  }
  if (request.tenantId === null) await findStrangers(pool, request);
  return audited;
}

/** The chains' ends as they stand, unverified. */
export async function auditHeads(pool: Pool, tenantId: string | null): Promise<AuditHead[]> {
  const { rows } = await onPostgres(() =>
    pool.query<{ tenant_id: string; position: string; hash: Buffer }>(
      "SELECT tenant_id, position, hash FROM audit_heads WHERE $1::text IS NULL OR tenant_id = $1 ORDER BY tenant_id",
      [tenantId],
    ),
  );
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    position: BigInt(row.position),
    hash: row.hash.toString("hex"),
  }));
}

async function* tenantIds(pool: Pool, { tenantId, anchors }: AuditRequest): AsyncGenerator<string> {
  if (tenantId !== null) {
    yield tenantId;
    return;
  }
  for (let after: string | null = null; ;) {
    const { rows }: { rows: { tenant_id: string }[] } = await onPostgres(() =>
      pool.query<{ tenant_id: string }>(
        `SELECT tenant_id FROM (SELECT tenant_id COLLATE "C" FROM wallets UNION SELECT tenant_id FROM audit_heads
           UNION SELECT tenant_id FROM audit_blocks UNION SELECT unnest($2::text[]) COLLATE "C") t
          WHERE tenant_id <> '' AND ($1::text IS NULL OR tenant_id > $1) ORDER BY tenant_id LIMIT ${TENANTS_PER_PAGE}`,
        [after, [...anchors.keys()]],
      ),
    );
    for (const row of rows) yield row.tenant_id;
    if (rows.length < TENANTS_PER_PAGE) return;
    after = rows.at(-1)?.tenant_id ?? null;
  }
}

function inSnapshot<Result>(pool: Pool, work: (client: Client) => Promise<Result>): Promise<Result> {
  return onPostgres(async () => {
    const client = await pool.connect();
    try {
      await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      return await work(client);
    } finally {
      await client.query("ROLLBACK").catch(() => {});
      client.release();
    }
  });
}

interface StoredBlock extends AuditBlock {
  readonly hash: Buffer;
  readonly marks: Buffer;
}

class TenantAudit {
  readonly #client: Client;
  readonly #tenantId: string;
  readonly #request: AuditRequest;
  /** The last row that a block of the source covers. */
  readonly #reached = new Map<string, bigint>();
  #position = 0n;
  #hash: Buffer = GENESIS;
  #rows = 0;
  #blocks = 0;
  #anchored = false;

  constructor(client: Client, tenantId: string, request: AuditRequest) {
    this.#client = client;
    this.#tenantId = tenantId;
    this.#request = request;
  }

  async run(onProgress: (rows: number) => void): Promise<AuditedTenant> {
    for (;;) {
      const page = await this.#page();
      for (const block of page) await this.#verifyBlock(block);
      onProgress(this.#rows);
      if (page.length < BLOCKS_PER_PAGE) break;
    }
    await this.#verifyHead();
    this.#verifyAnchor();
    const waiting = (await this.#verifyWallets()) + (await this.#verifyTransactions());
    return {
      tenantId: this.#tenantId,
      blocks: this.#blocks,
      rows: this.#rows,
      waiting,
      head:
        this.#position === 0n
          ? null
          : { tenantId: this.#tenantId, position: this.#position, hash: this.#hash.toString("hex") },
    };
  }

  async #page(): Promise<StoredBlock[]> {
    const { rows } = await this.#client.query<{
      position: string;
      source: string;
      first_row: string;
      last_row: string;
      rows: number;
      form: number;
      previous_hash: Buffer;
      hash: Buffer;
      row_marks: Buffer;
    }>({
      name: "audit-blocks",
      text: `SELECT position, source, first_row, last_row, rows, form, previous_hash, hash, row_marks FROM audit_blocks
              WHERE tenant_id = $1 AND position > $2 ORDER BY position LIMIT ${BLOCKS_PER_PAGE}`,
      values: [this.#tenantId, this.#position.toString()],
    });
    return rows.map((row) => ({
      tenantId: this.#tenantId,
      position: BigInt(row.position),
      source: row.source,
      first: BigInt(row.first_row),
      last: BigInt(row.last_row),
      rows: row.rows,
      form: row.form,
      previousHash: row.previous_hash,
      hash: row.hash,
      marks: row.row_marks,
    }));
  }

  async #verifyBlock(block: StoredBlock): Promise<void> {
    const { position, source } = block;
    if (position !== this.#position + 1n) {
      this.#find("block_missing", null, `blocks ${this.#position + 1n} to ${position - 1n} are gone`);
    } else if (!sameBytes(block.previousHash, this.#hash)) {
      this.#find("block_altered", block, "it does not continue the block before it");
    }
    const parsed = parseSource(source);
    if (parsed === null || block.form !== FORM) {
      this.#find("block_altered", block, `source ${source}, form ${block.form}: the chainer writes no such`);
    } else {
      this.#verifyRun(block, parsed);
      const digest = await digestRows(this.#client, this.#tenantId, parsed, block.first, block.last);
      if (!sameBytes(blockHash({ ...block, rows: digest.rows }, digest.rowsHash), block.hash))
        await this.#explain(block, parsed);
      else if (!sameBytes(digest.marks, block.marks))
        this.#find(
          "block_altered",
          block,
          "the marks of its rows were changed; the rows themselves were not",
        );
    }
    this.#reached.set(source, block.last);
    this.#position = position;
    this.#hash = block.hash;
    this.#blocks += 1;
    this.#rows += block.rows;
    const anchor = this.#request.anchors.get(this.#tenantId);
    if (anchor?.position === position && anchor.hash === block.hash.toString("hex")) this.#anchored = true;
  }

  /** Blocks of one source follow one another without a gap; a wallet's hold each number once. */
  #verifyRun(block: StoredBlock, source: BlockSource): void {
    const expected = (this.#reached.get(block.source) ?? 0n) + 1n;
    if (block.first !== expected)
      this.#find(
        "rows_skipped",
        block,
        `rows from ${expected} were to follow, the block begins with ${block.first}`,
      );
    const numbers = block.last - block.first + 1n;
    if (source.kind === "wallet" && BigInt(block.rows) !== numbers)
      this.#find(
        "row_missing",
        block,
        `${numbers - BigInt(block.rows)} of ${numbers} rows were gone before it was chained`,
      );
  }

  /** Says which rows of a block whose hash is another one now were touched. */
  async #explain(block: StoredBlock, source: BlockSource): Promise<void> {
    const rows = await markedRows(this.#client, this.#tenantId, source, block.first, block.last);
    const marks = Array.from({ length: block.rows }, (_, index) =>
      block.marks.toString("hex", index * MARK_BYTES, (index + 1) * MARK_BYTES),
    );
    const findings =
      source.kind === "wallet" && BigInt(marks.length) === block.last - block.first + 1n
        ? numberedDifferences(rows, block.first, marks)
        : unnumberedDifferences(rows, marks);
    for (const { kind, row, detail } of findings.slice(0, ROW_FINDINGS_MAX))
      this.#find(kind, { ...block, first: row ?? block.first, last: row ?? block.last }, detail);
    if (findings.length > ROW_FINDINGS_MAX)
      this.#find(
        "row_altered",
        block,
        `and ${findings.length - ROW_FINDINGS_MAX} more rows of the same block`,
      );
    if (findings.length === 0)
      this.#find("block_altered", block, "its rows are as they were, its hash or its description is not");
  }

  async #verifyHead(): Promise<void> {
    const { rows } = await this.#client.query<{ position: string; hash: Buffer; seal: Buffer }>(
      "SELECT position, hash, seal FROM audit_heads WHERE tenant_id = $1",
      [this.#tenantId],
    );
    const head = rows[0];
    if (head === undefined) {
      if (this.#blocks > 0) this.#find("head_forged", null, "the sealed end of the chain is gone");
      return;
    }
    const position = BigInt(head.position);
    if (!sameBytes(head.seal, sealOf(this.#request.sealKey, this.#tenantId, position, head.hash)))
      this.#find("head_forged", null, "the chain's end does not bear this platform's seal");
    if (position > this.#position)
      this.#find(
        "chain_truncated",
        null,
        `the chain ended with block ${position}, now it ends with ${this.#position}`,
      );
    else if (position < this.#position || !sameBytes(head.hash, this.#hash))
      this.#find("head_forged", null, `block ${this.#position} is not the one that was sealed`);
  }

  #verifyAnchor(): void {
    const anchor = this.#request.anchors.get(this.#tenantId);
    if (anchor === undefined || this.#anchored) return;
    this.#find(
      "anchor_differs",
      null,
      `block ${anchor.position} with hash ${anchor.hash}, as written down earlier, does not stand in the chain`,
    );
  }

  /** What the ledger holds beyond the chain; answers how many rows wait for the chainer. */
  async #verifyWallets(): Promise<number> {
    const { rows } = await this.#client.query<{ wallet_id: string; sequence: string }>(
      "SELECT wallet_id, sequence FROM wallets WHERE tenant_id = $1 ORDER BY wallet_id",
      [this.#tenantId],
    );
    const sequences = new Map(rows.map((row) => [`wallet:${row.wallet_id}`, BigInt(row.sequence)]));
    let waiting = 0n;
    for (const [source, sequence] of sequences) {
      const reached = this.#reached.get(source) ?? 0n;
      const place = { position: null, source, first: reached + 1n, last: sequence };
      if (sequence < reached)
        this.#find(
          "row_missing",
          { ...place, first: sequence + 1n, last: reached },
          `the wallet stands at ${sequence}, the chain at ${reached}`,
        );
      waiting += sequence > reached ? sequence - reached : 0n;
      await this.#verifyTail(source.slice("wallet:".length), reached, sequence);
    }
    for (const [source, reached] of this.#reached) {
      if (source === "transactions" || sequences.has(source)) continue;
      this.#find(
        "unknown_wallet",
        { position: null, source, first: 1n, last: reached },
        "the chain knows the wallet, this tenant does not have it any more",
      );
    }
    return Number(waiting);
  }

  async #verifyTail(walletId: string, reached: bigint, sequence: bigint): Promise<void> {
    const source = `wallet:${walletId}`;
    const { rows } = await this.#client.query<{ beyond: string; oldest: Date | null; number: string | null }>(
      {
        name: "audit-tail",
        text: `SELECT (SELECT count(*) FROM ledger_entries WHERE wallet_id = $1 AND (sequence > $3 OR sequence < 1)) AS beyond,
                    t.created_at AS oldest, t.sequence AS number
               FROM (SELECT) one LEFT JOIN LATERAL (SELECT created_at, sequence FROM ledger_entries
                 WHERE wallet_id = $1 AND sequence > $2 AND sequence <= $3 ORDER BY sequence LIMIT 1) t ON true`,
        values: [walletId, reached.toString(), sequence.toString()],
      },
    );
    const tail = rows[0];
    if (tail === undefined) return;
    if (tail.beyond !== "0")
      this.#find(
        "row_inserted",
        { position: null, source, first: sequence + 1n, last: null },
        `${tail.beyond} rows have numbers outside the wallet's 1 to ${sequence}`,
      );
    const place = { position: null, source, first: reached + 1n, last: sequence };
    if (tail.oldest !== null && this.#isOld(tail.oldest))
      this.#find("not_chained", place, `written at ${tail.oldest.toISOString()} and still not chained`);
    else if (sequence > reached && tail.number !== (reached + 1n).toString())
      this.#find("row_missing", place, `row ${reached + 1n} is not there`);
  }

  async #verifyTransactions(): Promise<number> {
    const { rows } = await this.#client.query<{ waiting: string; overlooked: string; oldest: Date | null }>(
      `SELECT count(*) AS waiting, min(created_at) AS oldest, count(*) FILTER (WHERE audit_position <= coalesce(
                (SELECT reached FROM audit_progress WHERE tenant_id = '' AND source = 'transactions'), 0)) AS overlooked
         FROM ledger_transactions WHERE tenant_id = $1 AND audit_position > $2`,
      [this.#tenantId, (this.#reached.get("transactions") ?? 0n).toString()],
    );
    const tail = rows[0];
    if (tail === undefined) return 0;
    const place = { position: null, source: "transactions", first: null, last: null };
    if (tail.overlooked !== "0")
      this.#find("row_inserted", place, `${tail.overlooked} transactions lie behind the chain's end`);
    else if (tail.oldest !== null && this.#isOld(tail.oldest))
      this.#find(
        "not_chained",
        place,
        `${tail.waiting} transactions since ${tail.oldest.toISOString()} are not chained`,
      );
    return Number(tail.waiting);
  }

  #isOld(at: Date): boolean {
    return this.#request.now - at.getTime() > UNCHAINED_MS_MAX;
  }

  #find(
    kind: AuditFindingKind,
    place: {
      readonly position: bigint | null;
      readonly source: string;
      readonly first: bigint | null;
      readonly last: bigint | null;
    } | null,
    detail: string,
  ): void {
    this.#request.onFinding({
      kind,
      tenantId: this.#tenantId,
      position: place?.position ?? null,
      source: place?.source ?? null,
      first: place?.first ?? null,
      last: place?.last ?? null,
      detail,
    });
  }
}

/** Entries of wallets that no tenant has: found by skipping from wallet to wallet through the index. */
async function findStrangers(pool: Pool, { onFinding }: AuditRequest): Promise<void> {
  const { rows } = await onPostgres(() =>
    pool.query<{ wallet_id: string }>(
      `WITH RECURSIVE seen AS (
         SELECT min(wallet_id) AS wallet_id FROM ledger_entries
         UNION ALL
         SELECT (SELECT min(e.wallet_id) FROM ledger_entries e WHERE e.wallet_id > seen.wallet_id) FROM seen
          WHERE seen.wallet_id IS NOT NULL)
       SELECT wallet_id FROM seen WHERE wallet_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM wallets w WHERE w.wallet_id = seen.wallet_id) LIMIT 100`,
    ),
  );
  for (const { wallet_id: walletId } of rows)
    onFinding({
      kind: "unknown_wallet",
      tenantId: "",
      position: null,
      source: `wallet:${walletId}`,
      first: null,
      last: null,
      detail: `the ledger holds entries of wallet ${walletId}, which does not exist`,
    });
}
