import { formatMoney, money, type Money } from "#domain/money/money.ts";
import { PLATFORM_BOOKS } from "#domain/settlement/books.ts";
import type { DifferenceKind, Severity } from "#domain/settlement/differences.ts";
import type { PartnerStatement } from "#domain/settlement/partner-statement.ts";
import type { SettlementCase, Settlements, StoredSupplierInvoice } from "#domain/settlement/ports.ts";
import { isoDay } from "#domain/settlement/day.ts";
import {
  compareSupplier,
  supplierDifference,
  type SupplierComparison,
  type SupplierInvoice,
} from "#domain/settlement/supplier-check.ts";
import { plainArray, textArray } from "./array-literal.ts";
import { moneyArray, storedMoney } from "./ledger-columns.ts";
import { inTransaction, onPostgres, type Client, type Pool } from "./pool.ts";
import {
  openCases,
  REPORT,
  reportOf,
  statementOf,
  type ReportRow,
  type StatementRow,
} from "./settlement-record.ts";

/** Settlements as the doors see them: what was found, and what people do about it. */
export function createSettlements(pool: Pool): Settlements {
  return {
    reports: ({ after, limit }) => onPostgres(() => reports(pool, after, limit)),
    report: (day) => onPostgres(() => report(pool, day)),
    cases: (filter, page) => onPostgres(() => cases(pool, filter, page)),
    closeCase: (caseId, by) => onPostgres(() => closeCase(pool, caseId, by)),
    statements: (filter, page) => onPostgres(() => statements(pool, filter, page)),
    payStatement: (statementId, by) => inTransaction(pool, (client) => payStatement(client, statementId, by)),
    addSupplierInvoice: (invoice, by) =>
      inTransaction(pool, (client) => addSupplierInvoice(client, invoice, by)),
  };
}

type PageOf<Method extends "reports" | "cases" | "statements"> = ReturnType<Settlements[Method]>;

const NUMBER = /^\d{1,18}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

async function reports(pool: Pool, after: string | null, limit: number): PageOf<"reports"> {
  const { rows } = await pool.query<ReportRow>(
    `${REPORT} r WHERE ($1::bigint IS NULL OR position < $1)
        AND NOT EXISTS (SELECT FROM settlement_reports n WHERE n.day = r.day AND n.revision > r.revision)
      ORDER BY position DESC LIMIT $2`,
    [after !== null && NUMBER.test(after) ? after : null, limit + 1],
  );
  const shown = rows.slice(0, limit).map(reportOf);
  return { rows: shown, next: rows.length > limit ? String(shown.at(-1)?.position) : null };
}

async function report(pool: Pool, day: string): ReturnType<Settlements["report"]> {
  const { rows } = await pool.query<ReportRow>(
    `${REPORT} WHERE day = $1::date ORDER BY revision DESC LIMIT 1`,
    [day],
  );
  return rows[0] === undefined ? null : reportOf(rows[0]);
}

interface CaseRow {
  readonly case_id: string;
  readonly kind: DifferenceKind;
  readonly severity: Severity;
  readonly tenant_id: string | null;
  readonly wallet_id: string | null;
  readonly subject: string;
  readonly currency: string | null;
  readonly amount: string | null;
  readonly explanation: string;
  readonly remedy: string;
  readonly opened_by: string;
  readonly last_found_by: string;
  readonly opened_at: Date;
  readonly closed_at: Date | null;
  readonly closed_by: string | null;
  readonly close_reason: string | null;
}

const CASE_COLUMNS = `case_id, kind, severity, tenant_id, wallet_id, subject, currency, amount, explanation, remedy,
  opened_by::text AS opened_by, last_found_by::text AS last_found_by, opened_at, closed_at, closed_by, close_reason`;

async function cases(
  pool: Pool,
  filter: Parameters<Settlements["cases"]>[0],
  { after, limit }: Parameters<Settlements["cases"]>[1],
): PageOf<"cases"> {
  const { rows } = await pool.query<CaseRow>(
    `SELECT ${CASE_COLUMNS} FROM settlement_cases c
      WHERE ($1::date IS NULL OR EXISTS (SELECT FROM settlement_differences d WHERE d.day = $1::date AND d.case_id = c.case_id))
        AND ($2::boolean IS NULL OR (closed_at IS NULL) = $2)
        AND ($3::uuid IS NULL OR (opened_at, case_id) < (SELECT opened_at, case_id FROM settlement_cases WHERE case_id = $3::uuid))
      ORDER BY opened_at DESC, case_id DESC LIMIT $4`,
    [filter.day, filter.open, after !== null && UUID.test(after) ? after : null, limit + 1],
  );
  const shown = rows.slice(0, limit).map(caseOf);
  return { rows: shown, next: rows.length > limit ? (shown.at(-1)?.caseId ?? null) : null };
}

async function closeCase(
  pool: Pool,
  caseId: string,
  by: Parameters<Settlements["closeCase"]>[1],
): ReturnType<Settlements["closeCase"]> {
  const { rows } = await pool.query<CaseRow>(
    `UPDATE settlement_cases SET closed_at = to_timestamp($2::float8 / 1000), closed_by = $3, close_reason = $4
      WHERE case_id = $1 AND closed_at IS NULL RETURNING ${CASE_COLUMNS}`,
    [caseId, by.at, by.actor, by.reason],
  );
  if (rows[0] !== undefined) return { kind: "closed", case: caseOf(rows[0]) };
  const { rows: before } = await pool.query<CaseRow>(
    `SELECT ${CASE_COLUMNS} FROM settlement_cases WHERE case_id = $1`,
    [caseId],
  );
  return before[0] === undefined ? { kind: "unknown" } : { kind: "closed_before", case: caseOf(before[0]) };
}

function caseOf(row: CaseRow): SettlementCase {
  return {
    caseId: row.case_id,
    kind: row.kind,
    severity: row.severity,
    tenantId: row.tenant_id,
    walletId: row.wallet_id,
    subject: row.subject,
    currency: row.currency,
    amount: row.amount === null ? null : storedMoney(row.amount),
    explanation: row.explanation,
    remedy: row.remedy,
    openedBy: row.opened_by,
    lastFoundBy: row.last_found_by,
    openedAt: row.opened_at.getTime(),
    closing:
      row.closed_at === null
        ? null
        : { at: row.closed_at.getTime(), actor: row.closed_by ?? "", reason: row.close_reason ?? "" },
  };
}

async function statements(
  pool: Pool,
  { partnerId, status }: Parameters<Settlements["statements"]>[0],
  { after, limit }: Parameters<Settlements["statements"]>[1],
): PageOf<"statements"> {
  const { rows } = await pool.query<StatementRow>(
    `SELECT s.*, s.day::text AS day FROM settlement_statements s
      WHERE ($1::text IS NULL OR partner_id = $1)
        AND ($2::text IS NULL OR CASE WHEN paid_at IS NOT NULL THEN 'paid' WHEN amount > 0 THEN 'open' ELSE 'carried' END = $2)
        AND ($3::uuid IS NULL OR (s.day, s.statement_id) < (SELECT p.day, p.statement_id FROM settlement_statements p WHERE p.statement_id = $3::uuid))
      ORDER BY s.day DESC, s.statement_id DESC LIMIT $4`,
    [partnerId, status, after !== null && UUID.test(after) ? after : null, limit + 1],
  );
  const shown = rows.slice(0, limit).map(statementOf);
  return { rows: shown, next: rows.length > limit ? (shown.at(-1)?.statementId ?? null) : null };
}

async function payStatement(
  client: Client,
  statementId: string,
  by: Parameters<Settlements["payStatement"]>[1],
): ReturnType<Settlements["payStatement"]> {
  const { rows } = await client.query<StatementRow>(
    "SELECT *, day::text AS day FROM settlement_statements WHERE statement_id = $1 FOR UPDATE",
    [statementId],
  );
  if (rows[0] === undefined) return { kind: "unknown" };
  const statement = statementOf(rows[0]);
  const { payment } = statement;
  // The same again is the same payment.
  if (payment !== null && payment.reference === by.reference) return { kind: "paid", statement };
  if (statement.status !== "open") return { kind: "not_open", statement };
  await client.query(
    `UPDATE settlement_statements SET paid_at = to_timestamp($2::float8 / 1000), paid_by = $3, reference = $4 WHERE statement_id = $1`,
    [statementId, by.at, by.actor, by.reference],
  );
  await postPartnerPayment(client, statement, by);
  const paid: PartnerStatement = {
    ...statement,
    status: "paid",
    payment: { at: by.at, actor: by.actor, reference: by.reference },
  };
  return { kind: "paid", statement: paid };
}

/** What the partner was owed goes out through the clearing account, tenant by tenant: each has books of its own. */
async function postPartnerPayment(
  client: Client,
  { statementId, tenants, partnerId, currency, day }: PartnerStatement,
  by: Parameters<Settlements["payStatement"]>[1],
): Promise<void> {
  const ids = tenants.map(({ tenantId }) => `settlement:partner:${statementId}:${tenantId}`);
  await client.query(
    `INSERT INTO ledger_transactions (transaction_id, tenant_id, kind, reason, actor, occurred_at)
     SELECT x.id, x.tenant_id, 'settlement', $3, $4, to_timestamp($5::float8 / 1000)
       FROM unnest($1::text[], $2::text[]) AS x(id, tenant_id)`,
    [
      textArray(ids),
      textArray(tenants.map(({ tenantId }) => tenantId)),
      `commissions of ${partnerId} for ${day} paid: ${by.reference}`,
      by.actor,
      by.at,
    ],
  );
  await client.query(
    `WITH x AS (SELECT * FROM unnest($1::text[], $2::text[], $3::numeric[]) AS x(id, tenant_id, amount))
     INSERT INTO ledger_postings (transaction_id, line, tenant_id, account, party, amount, currency)
     SELECT id, 1, tenant_id, 'partner', $4, -amount, $5 FROM x
     UNION ALL SELECT id, 2, tenant_id, 'clearing', NULL, amount, $5 FROM x`,
    [
      textArray(ids),
      textArray(tenants.map(({ tenantId }) => tenantId)),
      moneyArray(tenants.map(({ amount }) => amount)),
      partnerId,
      currency,
    ],
  );
}

async function addSupplierInvoice(
  client: Client,
  invoice: SupplierInvoice,
  by: { readonly actor: string; readonly at: number },
): ReturnType<Settlements["addSupplierInvoice"]> {
  await client.query("SELECT pg_advisory_xact_lock(hashtext('settlement_supplier:' || $1))", [
    `${invoice.connector}:${invoice.reference}`,
  ]);
  const known = await supplierInvoice(client, invoice.connector, invoice.reference);
  if (known !== null) return { kind: isSame(known, invoice) ? "compared" : "differs", invoice: known };
  const comparison = compareSupplier(invoice, await ownCost(client, invoice));
  const caseId =
    comparison.outcome === "case" ? await supplierCase(client, invoice, comparison, by.at) : null;
  if (comparison.outcome === "posted") await postSupplierDifference(client, invoice, comparison, by);
  await client.query(
    `INSERT INTO settlement_supplier_invoices (invoice_id, connector, reference, currency, period_from, period_to, amount, our_cost,
       difference, outcome, case_id, actor, received_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, to_timestamp($13::float8 / 1000))`,
    [
      invoice.invoiceId,
      invoice.connector,
      invoice.reference,
      invoice.currency,
      invoice.from,
      invoice.to,
      formatMoney(invoice.amount),
      formatMoney(comparison.ourCost),
      formatMoney(comparison.difference),
      comparison.outcome,
      caseId,
      by.actor,
      by.at,
    ],
  );
  const stored = { ...invoice, ...comparison, caseId, actor: by.actor, receivedAt: by.at };
  return { kind: "compared", invoice: stored };
}

function isSame(known: SupplierInvoice, invoice: SupplierInvoice): boolean {
  return (
    known.amount === invoice.amount &&
    known.currency === invoice.currency &&
    known.from === invoice.from &&
    known.to === invoice.to
  );
}

interface SupplierRow {
  readonly invoice_id: string;
  readonly connector: string;
  readonly reference: string;
  readonly currency: string;
  readonly period_from: string;
  readonly period_to: string;
  readonly amount: string;
  readonly our_cost: string;
  readonly difference: string;
  readonly outcome: StoredSupplierInvoice["outcome"];
  readonly case_id: string | null;
  readonly actor: string;
  readonly received_at: Date;
}

async function supplierInvoice(
  client: Client,
  connector: string,
  reference: string,
): Promise<StoredSupplierInvoice | null> {
  const { rows } = await client.query<SupplierRow>(
    `SELECT *, period_from::text AS period_from, period_to::text AS period_to FROM settlement_supplier_invoices
      WHERE connector = $1 AND reference = $2`,
    [connector, reference],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return {
    invoiceId: row.invoice_id,
    connector,
    reference,
    currency: row.currency,
    from: row.period_from,
    to: row.period_to,
    amount: storedMoney(row.amount),
    ourCost: storedMoney(row.our_cost),
    difference: storedMoney(row.difference),
    outcome: row.outcome,
    caseId: row.case_id,
    actor: row.actor,
    receivedAt: row.received_at.getTime(),
  };
}

/** What the charges of the period cost by our own sheets, by the time at which they happened. */
async function ownCost(client: Client, { connector, currency, from, to }: SupplierInvoice): Promise<Money> {
  const { rows } = await client.query<{ cost: string }>(
    `SELECT coalesce(sum(cost), 0)::numeric(38,18) AS cost FROM ledger_entries
      WHERE connector = $1 AND currency = $2 AND cost IS NOT NULL
        AND occurred_at >= ($3::date)::timestamp AT TIME ZONE 'UTC' AND occurred_at < ($4::date + 1)::timestamp AT TIME ZONE 'UTC'
        AND accepted_month >= date_trunc('month', $3::date - interval '2 days')::date`,
    [connector, currency, from, to],
  );
  return rows[0] === undefined ? money(0n) : storedMoney(rows[0].cost);
}

async function supplierCase(
  client: Client,
  invoice: SupplierInvoice,
  comparison: SupplierComparison,
  at: number,
): Promise<string> {
  const found = await openCases(client, [supplierDifference(invoice, comparison)], { day: isoDay(at), at });
  return [...found.values()][0] as string;
}

/** Our cost follows the carrier's: what is owed to the supplier grows by the difference, and so does the expense. */
async function postSupplierDifference(
  client: Client,
  { invoiceId, connector, reference, currency }: SupplierInvoice,
  { difference }: SupplierComparison,
  by: { readonly actor: string; readonly at: number },
): Promise<void> {
  const id = `settlement:supplier:${invoiceId}`;
  await client.query(
    `INSERT INTO ledger_transactions (transaction_id, tenant_id, kind, reason, actor, occurred_at)
     VALUES ($1, $2, 'settlement', $3, $4, to_timestamp($5::float8 / 1000))`,
    [id, PLATFORM_BOOKS, `${connector} ${reference}: within the tolerance`, by.actor, by.at],
  );
  await client.query(
    `INSERT INTO ledger_postings (transaction_id, line, tenant_id, account, party, amount, currency)
     SELECT $1, line, $2, account, $3, amount, $4
       FROM unnest($5::smallint[], $6::text[], $7::numeric[]) AS x(line, account, amount)`,
    [
      id,
      PLATFORM_BOOKS,
      connector,
      currency,
      plainArray([1, 2]),
      textArray(["supplier", "cost_of_sales"]),
      moneyArray([difference, money(0n - difference)]),
    ],
  );
}
