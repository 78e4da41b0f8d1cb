import { formatMoney, parseMoney, type Money } from "#domain/money/money.ts";
import type { SettlementDay } from "#domain/settlement/day.ts";
import {
  DIFFERENCES,
  type Difference,
  type DifferenceKind,
  type Severity,
} from "#domain/settlement/differences.ts";
import {
  partnerAmounts,
  type PartnerShare,
  type PartnerStatement,
} from "#domain/settlement/partner-statement.ts";
import type { ProviderDay } from "#domain/settlement/payment-check.ts";
import type { FoundDifferences, SettlementRecord } from "#domain/settlement/ports.ts";
import { LISTED_MAX, type DifferenceLine, type SignedReport } from "#domain/settlement/report.ts";
import { plainArray, textArray } from "./array-literal.ts";
import { storedMoney } from "./ledger-columns.ts";
import { inTransaction, onPostgres, type Client, type Pool } from "./pool.ts";

/** What settlements keep (0014_settlement.sql): each of these may be repeated for one effect. */
export function createSettlementRecord(pool: Pool): SettlementRecord {
  return {
    standing: (day) => onPostgres(() => standing(pool, day)),
    wallets: () => onPostgres(() => countWallets(pool)),
    adjustedBefore: (runKey, kind, subjects) =>
      onPostgres(() => adjustedBefore(pool, runKey, kind, subjects)),
    note: (run, found) =>
      found.length === 0 ? Promise.resolve() : inTransaction(pool, (client) => note(client, run, found)),
    noted: (runKey) => onPostgres(() => noted(pool, runKey)),
    statements: (day) => inTransaction(pool, (client) => statements(client, day)),
    providerOpening: (day, of) => inTransaction(pool, (client) => providerOpening(client, day, of)),
    async issued(runKey) {
      const { rows } = await onPostgres(() =>
        pool.query<ReportRow>(`${REPORT} WHERE run_key = $1`, [runKey]),
      );
      return rows[0] === undefined ? null : reportOf(rows[0]);
    },
    issue: (run, write) => inTransaction(pool, (client) => issue(client, run, write)),
  };
}

async function standing(pool: Pool, day: string): ReturnType<SettlementRecord["standing"]> {
  const { rows } = await pool.query<{ revision: number | null; later: string | null }>(
    `SELECT (SELECT max(revision) FROM settlement_reports WHERE day = $1::date) AS revision,
            (SELECT min(day)::text FROM settlement_reports WHERE day > $1::date) AS later`,
    [day],
  );
  const { revision = null, later = null } = rows[0] ?? {};
  if (revision !== null) return { kind: "settled", revision };
  return later === null ? { kind: "free" } : { kind: "superseded", by: later };
}

async function countWallets(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ count: string }>("SELECT count(*) FROM wallets");
  return Number(rows[0]?.count);
}

async function adjustedBefore(
  pool: Pool,
  runKey: string,
  kind: DifferenceKind,
  subjects: readonly string[],
): Promise<ReadonlySet<string>> {
  if (subjects.length === 0) return new Set();
  const { rows } = await pool.query<{ subject: string }>(
    `SELECT DISTINCT subject FROM settlement_differences
      WHERE kind = $1 AND subject = ANY($2::text[]) AND outcome = 'adjusted' AND run_key <> $3`,
    [kind, textArray(subjects), runKey],
  );
  return new Set(rows.map(({ subject }) => subject));
}

interface Run {
  readonly runKey: string;
  readonly day: string;
  readonly at: number;
}

async function note(client: Client, run: Run, found: readonly FoundDifferences[]): Promise<void> {
  const cases = await openCases(
    client,
    found.filter(({ outcome }) => outcome === "case").map(({ difference }) => difference),
    run,
  );
  const values = found.map(({ difference, outcome, remedy }) => ({
    ...difference,
    outcome,
    remedy,
    caseId: outcome === "case" ? (cases.get(keyOf(difference)) ?? null) : null,
  }));
  await client.query(
    `INSERT INTO settlement_differences (run_key, day, found_at, kind, subject, tenant_id, wallet_id, currency, amount, explanation,
       outcome, remedy, case_id)
     SELECT $1, $2::date, to_timestamp($3::float8 / 1000), * FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
       $9::numeric[], $10::text[], $11::text[], $12::text[], $13::uuid[])
     ON CONFLICT (run_key, kind, subject) DO NOTHING`,
    [
      run.runKey,
      run.day,
      run.at,
      ...columns(values),
      textArray(values.map(({ outcome }) => outcome)),
      textArray(values.map(({ remedy }) => remedy)),
      plainArray(values.map(({ caseId }) => caseId)),
    ],
  );
}

function columns(differences: readonly Difference[]): string[] {
  return [
    textArray(differences.map(({ kind }) => kind)),
    textArray(differences.map(({ subject }) => subject)),
    textArray(differences.map(({ tenantId }) => tenantId)),
    textArray(differences.map(({ walletId }) => walletId)),
    textArray(differences.map(({ currency }) => currency)),
    plainArray(differences.map(({ amount }) => (amount === null ? null : formatMoney(amount)))),
    textArray(differences.map(({ explanation }) => explanation)),
  ];
}

const keyOf = ({ kind, subject }: Pick<Difference, "kind" | "subject">): string => `${kind} ${subject}`;

/** Opens a case for each, or finds the one that is open; answers their ids by kind and subject. */
export async function openCases(
  client: Client,
  differences: readonly Difference[],
  run: Pick<Run, "day" | "at">,
): Promise<ReadonlyMap<string, string>> {
  if (differences.length === 0) return new Map();
  const unique = [...new Map(differences.map((difference) => [keyOf(difference), difference])).values()];
  const { rows } = await client.query<{ case_id: string; kind: DifferenceKind; subject: string }>(
    `INSERT INTO settlement_cases AS c (opened_by, last_found_by, opened_at, kind, subject, tenant_id, wallet_id, currency, amount,
       explanation, severity, remedy)
     SELECT $1::date, $1::date, to_timestamp($2::float8 / 1000), * FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
       $8::numeric[], $9::text[], $10::text[], $11::text[])
     ON CONFLICT (kind, subject) WHERE closed_at IS NULL
       DO UPDATE SET last_found_by = greatest(c.last_found_by, excluded.last_found_by)
     RETURNING case_id, kind, subject`,
    [
      run.day,
      run.at,
      ...columns(unique),
      textArray(unique.map(({ kind }) => DIFFERENCES[kind].severity)),
      textArray(unique.map(({ kind }) => DIFFERENCES[kind].remedy)),
    ],
  );
  return new Map(rows.map((row) => [keyOf(row), row.case_id]));
}

interface NotedRow {
  readonly kind: DifferenceKind;
  readonly tenant_id: string | null;
  readonly wallet_id: string | null;
  readonly subject: string;
  readonly currency: string | null;
  readonly amount: string | null;
  readonly explanation: string;
  readonly outcome: DifferenceLine["outcome"];
  readonly remedy: string;
  readonly case_id: string | null;
}

const GRAVITY: readonly Severity[] = ["critical", "high", "medium", "low"];

async function noted(pool: Pool, runKey: string): ReturnType<SettlementRecord["noted"]> {
  const { rows: counts } = await pool.query<{ outcome: string; count: string }>(
    "SELECT outcome, count(*) FROM settlement_differences WHERE run_key = $1 GROUP BY outcome",
    [runKey],
  );
  const count = (outcome: string): number =>
    Number(counts.find((row) => row.outcome === outcome)?.count ?? 0);
  // Two thousand at most: the limits of a settlement.
  const { rows } = await pool.query<NotedRow>(
    `SELECT kind, tenant_id, wallet_id, subject, currency, amount, explanation, outcome, remedy, case_id
       FROM settlement_differences WHERE run_key = $1 ORDER BY kind, subject`,
    [runKey],
  );
  const lines = rows.map(lineOf);
  const bySeverity = GRAVITY.flatMap((severity) => lines.filter((line) => line.severity === severity));
  return { adjusted: count("adjusted"), cases: count("case"), listed: bySeverity.slice(0, LISTED_MAX) };
}

function lineOf(row: NotedRow): DifferenceLine {
  const { kind, tenant_id, wallet_id, subject, currency, explanation, outcome, remedy, case_id } = row;
  const amount = row.amount === null ? null : formatMoney(storedMoney(row.amount));
  const { severity } = DIFFERENCES[kind];
  return {
    kind,
    severity,
    tenant_id,
    wallet_id,
    subject,
    currency,
    amount,
    explanation,
    outcome,
    remedy,
    case_id,
  };
}

interface CommissionRow {
  readonly partner_id: string;
  readonly currency: string;
  readonly tenant_id: string;
  readonly amount: string;
}

/** One lock for all: statements follow each other. Days that are there stay as they were computed. */
async function statements(client: Client, day: SettlementDay): Promise<PartnerStatement[]> {
  await client.query("SELECT pg_advisory_xact_lock(hashtext('settlement_statements'))");
  const { rows } = await client.query<CommissionRow>(
    `SELECT p.party AS partner_id, p.currency, p.tenant_id, sum(p.amount)::numeric(38,18) AS amount
       FROM ledger_transactions t JOIN ledger_postings p USING (transaction_id)
      WHERE t.created_at >= to_timestamp($1::float8 / 1000) AND t.created_at < to_timestamp($2::float8 / 1000)
        AND p.account = 'partner' AND p.party IS NOT NULL AND t.kind <> 'settlement'
        AND NOT EXISTS (SELECT FROM settlement_statements s
                         WHERE s.partner_id = p.party AND s.currency = p.currency AND s.day = $3::date)
      GROUP BY p.party, p.currency, p.tenant_id HAVING sum(p.amount) <> 0 ORDER BY p.party, p.currency, p.tenant_id`,
    [day.from, day.to, day.day],
  );
  for (const [partner, shares] of byPartner(rows)) await addStatement(client, day.day, partner, shares);
  const { rows: all } = await client.query<StatementRow>(
    "SELECT *, day::text AS day FROM settlement_statements WHERE day = $1::date ORDER BY partner_id, currency",
    [day.day],
  );
  return all.map(statementOf);
}

interface Partner {
  readonly partnerId: string;
  readonly currency: string;
}

function byPartner(rows: readonly CommissionRow[]): [Partner, PartnerShare[]][] {
  const grouped = new Map<string, [Partner, PartnerShare[]]>();
  for (const { partner_id: partnerId, currency, tenant_id: tenantId, amount } of rows) {
    const key = `${currency} ${partnerId}`;
    const of = grouped.get(key) ?? [{ partnerId, currency }, []];
    grouped.set(key, of);
    of[1].push({ tenantId, amount: storedMoney(amount) });
  }
  return [...grouped.values()];
}

async function addStatement(
  client: Client,
  day: string,
  { partnerId, currency }: Partner,
  shares: readonly PartnerShare[],
): Promise<void> {
  const { rows } = await client.query<StatementRow>(
    `SELECT s.*, s.day::text AS day FROM settlement_statements s
      WHERE s.partner_id = $1 AND s.currency = $2 AND s.day < $3::date ORDER BY s.day DESC LIMIT 1`,
    [partnerId, currency, day],
  );
  const before = rows[0] === undefined ? null : statementOf(rows[0]);
  const { broughtForward, movements, amount, tenants } = partnerAmounts(shares, before);
  await client.query(
    `INSERT INTO settlement_statements (day, partner_id, currency, brought_forward, movements, amount, tenants)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      day,
      partnerId,
      currency,
      formatMoney(broughtForward),
      formatMoney(movements),
      formatMoney(amount),
      JSON.stringify(
        tenants.map((share) => ({ tenant_id: share.tenantId, amount: formatMoney(share.amount) })),
      ),
    ],
  );
}

export interface StatementRow {
  readonly statement_id: string;
  readonly day: string;
  readonly partner_id: string;
  readonly currency: string;
  readonly brought_forward: string;
  readonly movements: string;
  readonly amount: string;
  readonly tenants: readonly { readonly tenant_id: string; readonly amount: string }[];
  readonly paid_at: Date | null;
  readonly paid_by: string | null;
  readonly reference: string | null;
}

export function statementOf(row: StatementRow): PartnerStatement {
  const amount = storedMoney(row.amount);
  const payment =
    row.paid_at === null
      ? null
      : { at: row.paid_at.getTime(), actor: row.paid_by ?? "", reference: row.reference ?? "" };
  return {
    statementId: row.statement_id,
    day: row.day,
    partnerId: row.partner_id,
    currency: row.currency,
    broughtForward: storedMoney(row.brought_forward),
    movements: storedMoney(row.movements),
    tenants: row.tenants.map((share) => ({
      tenantId: share.tenant_id,
      amount: parseMoney(share.amount) as Money,
    })),
    amount,
    status: payment !== null ? "paid" : amount > 0n ? "open" : "carried",
    payment,
  };
}

async function providerOpening(client: Client, day: string, of: ProviderDay): Promise<bigint> {
  const { provider, currency } = of;
  await client.query(
    `INSERT INTO settlement_provider_days (provider, currency, day, payments, paid_minor, given_back_minor, fees_minor, paid_out_minor)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (provider, currency, day) DO NOTHING`,
    [
      provider,
      currency,
      day,
      of.payments,
      of.paidMinor.toString(),
      of.givenBackMinor.toString(),
      of.feesMinor.toString(),
      of.paidOutMinor.toString(),
    ],
  );
  const { rows } = await client.query<{ held: string }>(
    `SELECT coalesce(sum(paid_minor + given_back_minor - fees_minor + paid_out_minor), 0)::text AS held
       FROM settlement_provider_days WHERE provider = $1 AND currency = $2 AND day < $3::date`,
    [provider, currency, day],
  );
  return BigInt(rows[0]?.held ?? 0);
}

async function issue(
  client: Client,
  run: Run,
  write: Parameters<SettlementRecord["issue"]>[1],
): Promise<SignedReport> {
  // One at a time: a place of the chain belongs to one report.
  await client.query("SELECT pg_advisory_xact_lock(hashtext('settlement_reports'))");
  const { rows: issued } = await client.query<ReportRow>(`${REPORT} WHERE run_key = $1`, [run.runKey]);
  if (issued[0] !== undefined) return reportOf(issued[0]);
  const { rows: last } = await client.query<ReportRow>(`${REPORT} ORDER BY position DESC LIMIT 1`);
  const { rows: same } = await client.query<{ revision: number | null }>(
    "SELECT max(revision) AS revision FROM settlement_reports WHERE day = $1::date",
    [run.day],
  );
  const before = last[0] === undefined ? null : reportOf(last[0]);
  const place = {
    position: (before?.position ?? 0) + 1,
    previous: before === null ? null : { position: before.position, day: before.day, hash: before.hash },
    revision: (same[0]?.revision ?? 0) + 1,
  };
  const { body, hash, signature, keyId } = write(place);
  const { rows } = await client.query<ReportRow>(
    `INSERT INTO settlement_reports (position, day, revision, run_key, body, hash, signature, key_id, issued_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, to_timestamp($9::float8 / 1000))
     RETURNING *, day::text AS day`,
    [place.position, run.day, place.revision, run.runKey, body, hash, signature, keyId, run.at],
  );
  return reportOf(rows[0] as ReportRow);
}

export const REPORT = "SELECT *, day::text AS day FROM settlement_reports";

export interface ReportRow {
  readonly position: string;
  readonly day: string;
  readonly revision: number;
  readonly body: string;
  readonly hash: string;
  readonly signature: string;
  readonly key_id: string;
  readonly issued_at: Date;
}

export function reportOf(row: ReportRow): SignedReport {
  return {
    position: Number(row.position),
    day: row.day,
    revision: row.revision,
    body: row.body,
    hash: row.hash,
    signature: row.signature,
    keyId: row.key_id,
    issuedAt: row.issued_at.getTime(),
  };
}
