import { minorUnits } from "#domain/money/allocate.ts";
import { ZERO } from "#domain/money/money.ts";
import { fromMinor } from "#domain/invoicing/minor-units.ts";
import type { InvoicePayments, InvoiceStanding } from "#domain/invoicing/ports.ts";
import { earlyDiscount } from "#domain/invoicing/standing.ts";
import { earlyPaymentPostings, invoiceEntryId } from "#domain/invoicing/wallet-entries.ts";
import { entryOf, insertEntries, insertTransaction } from "./invoice-issue.ts";
import { INVOICE_COLUMNS, type InvoiceRow, standingOf } from "./invoice-rows.ts";
import { inTransaction, onPostgres, type Client, type Pool } from "./pool.ts";

type Payment = Parameters<InvoicePayments["recordPayment"]>[0];

export function createInvoicePayments(pool: Pool): InvoicePayments {
  return {
    async standing(invoiceId) {
      const { rows } = await onPostgres(() =>
        pool.query<InvoiceRow>(`SELECT ${INVOICE_COLUMNS} FROM invoices WHERE invoice_id = $1`, [invoiceId]),
      );
      return standingOrNull(rows[0]);
    },
    recordPayment: (payment) => inTransaction(pool, (client) => record(client, payment)),
  };
}

function standingOrNull(row: InvoiceRow | undefined): InvoiceStanding | null {
  return row === undefined || row.number === null ? null : standingOf({ ...row, number: row.number });
}

async function record(client: Client, payment: Payment): Promise<InvoiceStanding | null> {
  const row = await lockInvoice(client, payment.invoiceId);
  if (row === undefined || row.number === null) return null;
  const { rowCount } = await client.query(
    `INSERT INTO invoice_payments (invoice_id, payment_id, tenant_id, amount_minor, received_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (invoice_id, payment_id) DO NOTHING`,
    [
      payment.invoiceId,
      payment.paymentId,
      row.tenant_id,
      payment.amountMinor.toString(),
      new Date(payment.at),
    ],
  );
  if (rowCount === 0) return standingOrNull(row);
  const { rows } = await client.query<InvoiceRow>(
    `UPDATE invoices SET paid_minor = paid_minor + $2 WHERE invoice_id = $1 RETURNING ${INVOICE_COLUMNS}`,
    [payment.invoiceId, payment.amountMinor.toString()],
  );
  const paid = rows[0] as InvoiceRow;
  return standingOrNull(await closeEarly(client, paid, payment.at));
}

async function lockInvoice(client: Client, invoiceId: string): Promise<InvoiceRow | undefined> {
  const { rows } = await client.query<InvoiceRow>(
    `SELECT ${INVOICE_COLUMNS} FROM invoices WHERE invoice_id = $1 FOR UPDATE`,
    [invoiceId],
  );
  return rows[0];
}

/** Gives the rest back to the wallet where all but the discount was paid in time. */
async function closeEarly(client: Client, row: InvoiceRow, at: number): Promise<InvoiceRow> {
  const until = standingOrNull(row)?.earlyPayment?.until;
  if (until === undefined) return row;
  const discount = earlyDiscount({
    dueMinor: BigInt(row.due_minor),
    earlyMinor: BigInt(row.early_minor),
    paidMinor: BigInt(row.paid_minor),
    paidInTimeMinor: await paidBefore(client, row.invoice_id, until),
    creditedMinor: BigInt(row.credited_minor),
    discountedMinor: BigInt(row.discounted_minor),
  });
  if (discount === 0n) return row;
  const amount = fromMinor(discount, minorUnits(row.currency));
  const by = { at, actor: "invoicing" };
  await insertEntries(client, [entryOf(row, "early_payment", { amount, revenue: ZERO, tax: ZERO }, by)]);
  await insertTransaction(client, row, {
    transactionId: `inv-${row.invoice_id}:early_payment`,
    kind: "invoice",
    eventId: invoiceEntryId(row.invoice_id, "early_payment"),
    reason: `early payment of invoice ${row.number}`,
    postings: earlyPaymentPostings(amount),
    ...by,
  });
  const { rows } = await client.query<InvoiceRow>(
    `UPDATE invoices SET discounted_minor = $2 WHERE invoice_id = $1 RETURNING ${INVOICE_COLUMNS}`,
    [row.invoice_id, discount.toString()],
  );
  return rows[0] as InvoiceRow;
}

async function paidBefore(client: Client, invoiceId: string, until: number): Promise<bigint> {
  const { rows } = await client.query<{ paid: string }>(
    "SELECT coalesce(sum(amount_minor), 0)::text AS paid FROM invoice_payments WHERE invoice_id = $1 AND received_at < $2",
    [invoiceId, new Date(until)],
  );
  return BigInt(rows[0]?.paid ?? "0");
}
