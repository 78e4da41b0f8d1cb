import { minorUnits } from "#domain/money/allocate.ts";
import { type Money, money, ZERO } from "#domain/money/money.ts";
import { roundingOf } from "#domain/invoicing/compose.ts";
import { seriesOf } from "#domain/invoicing/numbering.ts";
import { dayAfter } from "#domain/invoicing/period.ts";
import type { FiscalRegistration, InvoiceSummary } from "#domain/invoicing/ports.ts";
import {
  type AccountPosting,
  type InvoiceEntry,
  invoiceEntryEvent,
  invoiceEntryId,
  roundingPostings,
} from "#domain/invoicing/wallet-entries.ts";
import { zoneClock } from "#domain/rating/zone-clock.ts";
import { textArray, plainArray } from "./array-literal.ts";
import { INVOICE_COLUMNS, type InvoiceRow, summaryOf } from "./invoice-rows.ts";
import { moneyArray, storedMoney } from "./ledger-columns.ts";
import type { Client } from "./pool.ts";

export interface Issue {
  readonly fiscal: FiscalRegistration | null;
  /** Epoch ms. */
  readonly at: number;
  readonly actor: string;
}

/**
 * Gives a draft the next number of its series, and posts what its rounding and its commitment move. One that has a number stays as it is.
 * The series is locked to the end of the transaction: what is rolled back has taken no number.
 */
export async function issueDraft(
  client: Client,
  invoiceId: string,
  issue: Issue,
): Promise<InvoiceSummary | null> {
  const { rows } = await client.query<InvoiceRow>({
    name: "invoice-to-issue",
    text: `SELECT ${INVOICE_COLUMNS} FROM invoices WHERE invoice_id = $1 FOR UPDATE`,
    values: [invoiceId],
  });
  const draft = rows[0];
  if (draft === undefined) return null;
  if (draft.number !== null) return summaryOf(draft);
  const zone = zoneClock(draft.timezone);
  if (zone === null) throw new Error(`an invoice is in the unknown zone ${draft.timezone}`);
  const issued = await number(client, draft, dayAfter(zone, issue.at, 0), issue);
  await postIssue(client, issued, issue);
  return summaryOf(issued);
}

/** The last statement that may fail should come before: the series' row is everybody's. */
async function number(
  client: Client,
  draft: InvoiceRow,
  issuedOn: string,
  issue: Issue,
): Promise<InvoiceRow> {
  const { rows } = await client.query<InvoiceRow>({
    name: "invoice-number",
    text: `WITH taken AS (
             INSERT INTO invoice_series (issuer_id, series, last) VALUES ($2, $3, 1)
             ON CONFLICT (issuer_id, series) DO UPDATE SET last = invoice_series.last + 1 RETURNING last)
           UPDATE invoices SET series = $3, number = $3 || '-' || lpad(last::text, greatest(6, length(last::text)), '0'),
                  fiscal = $4, issued_at = $5, issued_on = $6
             FROM taken WHERE invoice_id = $1 RETURNING ${INVOICE_COLUMNS}`,
    values: [
      draft.invoice_id,
      draft.issuer_id,
      seriesOf(draft.kind, issuedOn),
      issue.fiscal === null ? null : JSON.stringify(issue.fiscal),
      new Date(issue.at),
      issuedOn,
    ],
  });
  return rows[0] as InvoiceRow;
}

/** What is posted beside the charges: the commitment, and of a postpaid invoice what rounding differs by. */
async function postIssue(client: Client, row: InvoiceRow, { at, actor }: Issue): Promise<void> {
  const entries: InvoiceEntry[] = [];
  const net = storedMoney(row.commitment_net);
  if (net > 0n) {
    const tax = storedMoney(row.commitment_tax);
    entries.push(
      entryOf(row, "commitment", { amount: money(-(net + tax)), revenue: net, tax }, { at, actor }),
    );
  }
  if (row.kind === "invoice") {
    const rounding = roundingOf(
      { netMinor: BigInt(row.net_minor), taxMinor: BigInt(row.tax_minor) },
      { net: storedMoney(row.exact_net), tax: storedMoney(row.exact_tax) },
      minorUnits(row.currency),
    );
    if (rounding.total !== 0n)
      entries.push(
        entryOf(
          row,
          "rounding",
          { amount: money(0n - rounding.total), revenue: ZERO, tax: ZERO },
          { at, actor },
        ),
      );
    await insertTransaction(client, row, {
      transactionId: `inv-${row.invoice_id}:rounding`,
      kind: "rounding",
      eventId: rounding.total === 0n ? null : invoiceEntryId(row.invoice_id, "rounding"),
      reason: `invoice ${row.number}`,
      postings: roundingPostings(rounding),
      actor,
      at,
    });
  }
  await insertEntries(client, entries);
}

export function entryOf(
  row: InvoiceRow,
  kind: InvoiceEntry["kind"],
  movement: { readonly amount: Money; readonly revenue: Money; readonly tax: Money },
  by: { readonly at: number; readonly actor: string },
): InvoiceEntry {
  return {
    kind,
    invoiceId: row.invoice_id,
    tenantId: row.tenant_id,
    walletId: row.wallet_id,
    number: row.number ?? row.invoice_id,
    ...movement,
    ...by,
  };
}

/** Decided: from the end of the transaction on they will be posted. */
export async function insertEntries(client: Client, entries: readonly InvoiceEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const events = entries.map(invoiceEntryEvent);
  await client.query({
    name: "invoice-entries",
    text: `INSERT INTO invoice_entries (event_id, tenant_id, wallet_id, invoice_id, event, decided_at)
           SELECT a, b, c, d, e, to_timestamp(f / 1000.0)
             FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::jsonb[], $6::bigint[]) AS x(a, b, c, d, e, f)`,
    values: [
      textArray(events.map(({ id }) => id)),
      textArray(entries.map(({ tenantId }) => tenantId)),
      textArray(entries.map(({ walletId }) => walletId)),
      plainArray(entries.map(({ invoiceId }) => invoiceId)),
      textArray(events.map((event) => JSON.stringify(event))),
      plainArray(entries.map(({ at }) => at)),
    ],
  });
}

interface Transaction {
  readonly transactionId: string;
  readonly kind: "rounding" | "invoice";
  readonly eventId: string | null;
  readonly reason: string;
  readonly postings: readonly AccountPosting[];
  readonly actor: string;
  readonly at: number;
}

/** Nothing where no account moves. */
export async function insertTransaction(
  client: Client,
  { tenant_id: tenantId, currency }: InvoiceRow,
  { transactionId, kind, eventId, reason, postings, actor, at }: Transaction,
): Promise<void> {
  if (postings.length === 0) return;
  await client.query({
    name: "invoice-transaction",
    text: `WITH t AS (
             INSERT INTO ledger_transactions (transaction_id, tenant_id, kind, event_id, reason, actor, occurred_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7))
           INSERT INTO ledger_postings (transaction_id, line, tenant_id, account, amount, currency)
           SELECT $1, n, $2, account, amount, $8 FROM unnest($9::text[], $10::numeric[]) WITH ORDINALITY AS x(account, amount, n)`,
    values: [
      transactionId,
      tenantId,
      kind,
      eventId,
      reason,
      actor,
      new Date(at),
      currency,
      textArray(postings.map(({ account }) => account)),
      moneyArray(postings.map(({ amount }) => amount)),
    ],
  });
}
