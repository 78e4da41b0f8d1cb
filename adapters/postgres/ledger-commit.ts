import { Poison } from "#domain/errors.ts";
import { formatMoney, money, type Money } from "#domain/money/money.ts";
import type { LedgerBatch, LedgerCommit, LedgerEntry } from "#domain/wallet/ports.ts";
import { plainArray, textArray } from "./array-literal.ts";
import { acceptedMonth, moneyArray, storedMoney } from "./ledger-columns.ts";
import { inTransaction, type Client, type Pool } from "./pool.ts";

/** What of a batch is new to the ledger, and the wallet after it. */
interface Continuation {
  readonly batch: LedgerBatch;
  readonly entries: readonly LedgerEntry[];
  readonly balances: readonly Money[];
}

/** Of one wallet: ids that the ledger holds already, and those among them whose event was another. */
interface Duplicates {
  readonly eventIds: string[];
  readonly conflicting: string[];
}

const COMMITTED: LedgerCommit = { kind: "committed" };

/**
 * Writes the batches of several wallets in one transaction. Entries that the ledger has under their sequence are
 * passed over (the event came again); anything that does not continue a wallet exactly leaves that wallet untouched.
 */
export async function commitBatches(pool: Pool, batches: readonly LedgerBatch[]): Promise<LedgerCommit[]> {
  const duplicates = new Map<string, Duplicates>();
  for (;;) {
    const found = await inTransaction(pool, (client) => tryCommit(client, batches, duplicates)).catch(
      (error: unknown) => {
        if (error instanceof DuplicateEvents) return error;
        throw error;
      },
    );
    if (!(found instanceof DuplicateEvents)) return found;
    // Rolled back whole; each turn sets at least one more wallet aside.
    for (const [walletId, ofWallet] of found.byWallet) duplicates.set(walletId, ofWallet);
  }
}

class DuplicateEvents extends Error {
  override readonly name = "DuplicateEvents";
  readonly byWallet: ReadonlyMap<string, Duplicates>;

  constructor(byWallet: ReadonlyMap<string, Duplicates>) {
    super("events stand in the ledger under another sequence");
    this.byWallet = byWallet;
  }
}

async function tryCommit(
  client: Client,
  batches: readonly LedgerBatch[],
  duplicates: ReadonlyMap<string, Duplicates>,
): Promise<LedgerCommit[]> {
  const rows = await lockWallets(client, batches);
  const continuations: Continuation[] = [];
  const results = batches.map((batch): LedgerCommit => {
    const known = duplicates.get(batch.walletId);
    if (known !== undefined) return { kind: "duplicate", ...known };
    const row = rows.get(batch.walletId);
    if (row === undefined || row.epoch !== batch.epoch) return { kind: "fenced" };
    const continuation = continued(batch, row);
    if (continuation === null) return { kind: "gap" };
    if (continuation.entries.length > 0) continuations.push(continuation);
    return COMMITTED;
  });
  if (continuations.length > 0) await write(client, continuations);
  return results;
}

interface WalletRow {
  readonly epoch: bigint;
  readonly sequence: bigint;
  readonly balance: Money;
}

/** In one order for everyone, so that two transactions never wait for each other. */
async function lockWallets(client: Client, batches: readonly LedgerBatch[]): Promise<Map<string, WalletRow>> {
  const { rows } = await client.query<{
    wallet_id: string;
    epoch: string;
    sequence: string;
    balance: string;
  }>({
    name: "ledger-lock",
    text: `SELECT wallet_id, epoch, sequence, balance FROM wallets
            WHERE wallet_id = ANY($1::text[]) ORDER BY wallet_id FOR UPDATE`,
    values: [textArray(batches.map((batch) => batch.walletId))],
  });
  return new Map(
    rows.map((row) => [
      row.wallet_id,
      { epoch: BigInt(row.epoch), sequence: BigInt(row.sequence), balance: storedMoney(row.balance) },
    ]),
  );
}

/** Null when the entries do not continue the wallet's sequence without a gap. */
function continued(batch: LedgerBatch, row: WalletRow): Continuation | null {
  // Under one epoch a sequence belongs to one event: what is not beyond the ledger's is in it.
  const entries = batch.entries.filter((entry) => entry.sequence > row.sequence);
  const balances: Money[] = [];
  let { sequence, balance } = row;
  for (const entry of entries) {
    sequence += 1n;
    if (entry.sequence !== sequence) return null;
    balance = money(balance + entry.amount);
    balances.push(balance);
  }
  return { batch, entries, balances };
}

async function write(client: Client, continuations: readonly Continuation[]): Promise<void> {
  const entries = continuations.flatMap((continuation) => continuation.entries);
  const balances = continuations.flatMap((continuation) => continuation.balances);
  const inserted = await insertEntries(client, entries, balances);
  if (inserted !== entries.length) throw new DuplicateEvents(await foundDuplicates(client, entries));
  await insertCommissions(client, entries);
  await moveWallets(client, continuations);
  await moveCounters(client, continuations);
}

async function insertEntries(
  client: Client,
  entries: readonly LedgerEntry[],
  balances: readonly Money[],
): Promise<number> {
  const { rowCount } = await client.query({
    name: "ledger-insert",
    text: `INSERT INTO ledger_entries (event_id, accepted_month, wallet_id, tenant_id, sequence, entry_type, event_type, message_id,
             part, amount, revenue, tax, clearing, balance_after, currency, volume_period, volume_ordinal, trace,
             kafka_partition, kafka_offset, occurred_at, base, cost, commission, operator, country, connector, fingerprint, counters)
           SELECT a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, to_timestamp(u / 1000.0), v, w, x1, x2, x3, x4, x5, x6
             FROM unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[],
               $9::integer[], $10::numeric[], $11::numeric[], $12::numeric[], $13::numeric[], $14::numeric[], $15::text[],
               $16::text[], $17::bigint[], $18::jsonb[], $19::integer[], $20::bigint[], $21::bigint[],
               $22::numeric[], $23::numeric[], $24::numeric[], $25::text[], $26::text[], $27::text[], $28::bigint[], $29::jsonb[])
               AS x(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x1, x2, x3, x4, x5, x6)
           ON CONFLICT (event_id, accepted_month) DO NOTHING`,
    values: columns(entries, balances),
  });
  return rowCount ?? 0;
}

function columns(entries: readonly LedgerEntry[], balances: readonly Money[]): string[] {
  const text = (value: (entry: LedgerEntry) => string | null): string => textArray(entries.map(value));
  const plain = (value: (entry: LedgerEntry) => string | number | bigint): string =>
    plainArray(entries.map(value));
  const amounts = (value: (entry: LedgerEntry) => Money): string => moneyArray(entries.map(value));
  return [
    text((entry) => entry.eventId),
    plain((entry) => acceptedMonth(entry.acceptedAt)),
    text((entry) => entry.walletId),
    text((entry) => entry.tenantId),
    plain((entry) => entry.sequence),
    plain((entry) => entry.entryType),
    text((entry) => entry.eventType),
    text((entry) => entry.messageId),
    plain((entry) => entry.part),
    amounts((entry) => entry.amount),
    amounts((entry) => entry.revenue),
    amounts((entry) => entry.tax),
    amounts((entry) => entry.clearing),
    moneyArray(balances),
    text((entry) => entry.currency),
    text((entry) => entry.volumePeriod),
    plain((entry) => entry.volumeOrdinal),
    text((entry) => entry.trace),
    plain((entry) => entry.partition),
    plain((entry) => entry.offset),
    plain((entry) => entry.occurredAt),
    plain((entry) => orNull(entry.base)),
    plain((entry) => orNull(entry.cost)),
    plain((entry) => orNull(entry.commission?.amount ?? null)),
    text((entry) => entry.operator),
    text((entry) => entry.country),
    text((entry) => entry.connector),
    plain((entry) => entry.fingerprint),
    text(({ counters }) => (counters.length === 0 ? null : countersText(counters))),
  ];
}

function orNull(amount: Money | null): string {
  return amount === null ? "NULL" : formatMoney(amount);
}

function countersText(counters: LedgerEntry["counters"]): string {
  return JSON.stringify(Object.fromEntries(counters.map(([counter, value]) => [counter, value.toString()])));
}

/** What of a charge's revenue is the partner's: a transaction of its own beside the entry, so that no charge needs two rows. */
async function insertCommissions(client: Client, entries: readonly LedgerEntry[]): Promise<void> {
  const owed = entries.flatMap((entry) =>
    entry.commission === null || entry.commission.amount === 0n ? [] : [{ ...entry, ...entry.commission }],
  );
  if (owed.length === 0) return;
  await client.query({
    name: "ledger-commissions",
    text: `WITH x AS (
             SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::numeric[], $5::text[], $6::bigint[])
               AS x(event_id, tenant_id, partner_id, amount, currency, at)),
           t AS (
             INSERT INTO ledger_transactions (transaction_id, tenant_id, kind, event_id, occurred_at)
             SELECT event_id || ':commission', tenant_id, 'commission', event_id, to_timestamp(at / 1000.0) FROM x)
           INSERT INTO ledger_postings (transaction_id, line, tenant_id, account, party, amount, currency)
           SELECT event_id || ':commission', 1, tenant_id, 'revenue', NULL, -amount, currency FROM x
           UNION ALL SELECT event_id || ':commission', 2, tenant_id, 'partner', partner_id, amount, currency FROM x`,
    values: [
      textArray(owed.map((entry) => entry.eventId)),
      textArray(owed.map((entry) => entry.tenantId)),
      textArray(owed.map((entry) => entry.partnerId)),
      moneyArray(owed.map((entry) => entry.commission?.amount as Money)),
      textArray(owed.map((entry) => entry.currency)),
      plainArray(owed.map((entry) => entry.occurredAt)),
    ],
  });
}

/** In this transaction the batch's own new rows are visible, too: those have the sequence that we gave them. */
async function foundDuplicates(
  client: Client,
  entries: readonly LedgerEntry[],
): Promise<Map<string, Duplicates>> {
  const { rows } = await client.query<{
    wallet_id: string;
    event_id: string;
    owner: string;
    conflicting: boolean;
  }>(
    `SELECT k.wallet_id, k.event_id, e.wallet_id AS owner, coalesce(e.fingerprint <> k.fingerprint, false) AS conflicting
       FROM unnest($1::text[], $2::date[], $3::text[], $4::bigint[], $5::bigint[]) AS k(event_id, month, wallet_id, sequence, fingerprint)
       JOIN ledger_entries e ON e.event_id = k.event_id AND e.accepted_month = k.month
      WHERE e.sequence <> k.sequence OR e.wallet_id <> k.wallet_id`,
    [
      textArray(entries.map((entry) => entry.eventId)),
      plainArray(entries.map((entry) => acceptedMonth(entry.acceptedAt))),
      textArray(entries.map((entry) => entry.walletId)),
      plainArray(entries.map((entry) => entry.sequence)),
      plainArray(entries.map((entry) => entry.fingerprint)),
    ],
  );
  const byWallet = new Map<string, Duplicates>();
  for (const row of rows) {
    if (row.owner !== row.wallet_id)
      throw new Poison(`Event ${row.event_id} stands in the ledger for another wallet`);
    const ofWallet = byWallet.get(row.wallet_id) ?? { eventIds: [], conflicting: [] };
    byWallet.set(row.wallet_id, ofWallet);
    ofWallet.eventIds.push(row.event_id);
    if (row.conflicting) ofWallet.conflicting.push(row.event_id);
  }
  if (byWallet.size === 0) throw new Error("The ledger refused entries that it does not hold");
  return byWallet;
}

async function moveWallets(client: Client, continuations: readonly Continuation[]): Promise<void> {
  const last = continuations.map((continuation) => continuation.entries.at(-1) as LedgerEntry);
  await client.query({
    name: "ledger-wallets",
    text: `UPDATE wallets w SET sequence = x.sequence, balance = x.balance, last_partition = x.partition, last_offset = x.kafka_offset
             FROM unnest($1::text[], $2::bigint[], $3::numeric[], $4::integer[], $5::bigint[])
               AS x(wallet_id, sequence, balance, partition, kafka_offset)
            WHERE w.wallet_id = x.wallet_id`,
    values: [
      textArray(last.map((entry) => entry.walletId)),
      plainArray(last.map((entry) => entry.sequence)),
      plainArray(continuations.map((continuation) => formatMoney(continuation.balances.at(-1) as Money))),
      plainArray(last.map((entry) => entry.partition)),
      plainArray(last.map((entry) => entry.offset)),
    ],
  });
}

/** The last value of each counter; exact because the entries continue the wallet and the row is locked. */
async function moveCounters(client: Client, continuations: readonly Continuation[]): Promise<void> {
  const wallets: string[] = [];
  const tenants: string[] = [];
  const names: string[] = [];
  const values: bigint[] = [];
  for (const { batch, entries } of continuations) {
    const last = new Map<string, bigint>();
    for (const { volumePeriod, volumeOrdinal, counters } of entries) {
      if (volumePeriod !== null) last.set(volumePeriod, volumeOrdinal);
      for (const [counter, value] of counters) last.set(counter, value);
    }
    for (const [counter, value] of last) {
      wallets.push(batch.walletId);
      tenants.push(entries[0]!.tenantId);
      names.push(counter);
      values.push(value);
    }
  }
  if (wallets.length === 0) return;
  await client.query({
    name: "ledger-counters",
    text: `INSERT INTO wallet_volumes (wallet_id, tenant_id, period, volume)
           SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::numeric[])
           ON CONFLICT (wallet_id, period) DO UPDATE SET volume = EXCLUDED.volume`,
    values: [textArray(wallets), textArray(tenants), textArray(names), plainArray(values)],
  });
}
