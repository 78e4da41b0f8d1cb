import { minorUnits } from "#domain/money/allocate.ts";
import { money } from "#domain/money/money.ts";
import { creditNoteOf } from "#domain/invoicing/credit-note.ts";
import { fromMinor } from "#domain/invoicing/minor-units.ts";
import type { CreditNoteOutcome, CreditNoteRequest } from "#domain/invoicing/ports.ts";
import { entryOf, insertEntries, issueDraft } from "./invoice-issue.ts";
import { type DocumentRow, INVOICE_COLUMNS, invoiceOf } from "./invoice-rows.ts";
import type { Client } from "./pool.ts";

/** Decides under a lock of the invoice: however many ask at once, together they take back no more than it says. */
export async function creditInvoice(client: Client, request: CreditNoteRequest): Promise<CreditNoteOutcome> {
  const original = await documentRow(client, request.invoiceId, "FOR UPDATE");
  if (original === null || original.number === null) return { kind: "unknown" };
  const before = await documentRow(client, request.creditNoteId, "");
  if (before !== null) return { kind: "credited", creditNote: invoiceOf(before) };
  if (original.kind === "credit_note") return { kind: "not_an_invoice" };
  const creditedMinor = BigInt(original.credited_minor);
  const remaining = BigInt(original.net_minor) + BigInt(original.tax_minor) - creditedMinor;
  const amountMinor = request.amountMinor ?? remaining;
  if (amountMinor <= 0n || amountMinor > remaining)
    return {
      kind: "exceeds",
      remainingMinor: remaining > 0n ? remaining : 0n,
      currency: original.currency,
    };
  await insertCreditNote(client, original, { ...request, amountMinor, creditedMinor });
  await client.query("UPDATE invoices SET credited_minor = credited_minor + $2 WHERE invoice_id = $1", [
    original.invoice_id,
    amountMinor.toString(),
  ]);
  const { at, actor } = request;
  await issueDraft(client, request.creditNoteId, { fiscal: null, at, actor });
  const issued = await documentRow(client, request.creditNoteId, "");
  if (issued === null) throw new Error("a credit note was stored and is not there");
  await postCredit(client, issued, { at, actor });
  return { kind: "credited", creditNote: invoiceOf(issued) };
}

async function insertCreditNote(
  client: Client,
  original: DocumentRow,
  request: CreditNoteRequest & { readonly amountMinor: bigint; readonly creditedMinor: bigint },
): Promise<void> {
  const note = creditNoteOf(invoiceOf(original), request.creditNoteId, request);
  await client.query(
    `INSERT INTO invoices (invoice_id, tenant_id, wallet_id, kind, issuer_id, issuer_version, currency, timezone, period_from, period_to,
       document, net_minor, tax_minor, due_minor, exact_net, exact_tax, term_days, corrects, created_at)
     SELECT $1, tenant_id, wallet_id, 'credit_note', issuer_id, issuer_version, currency, timezone, period_from, period_to,
            $2, $3, $4, 0, 0, 0, 0, invoice_id, $5 FROM invoices WHERE invoice_id = $6`,
    [
      request.creditNoteId,
      JSON.stringify(note.document),
      note.netMinor.toString(),
      note.taxMinor.toString(),
      new Date(request.at),
      original.invoice_id,
    ],
  );
}

/** What was charged goes back to the wallet, revenue and tax with it. */
async function postCredit(
  client: Client,
  row: DocumentRow,
  by: { readonly at: number; readonly actor: string },
): Promise<void> {
  const decimals = minorUnits(row.currency);
  const net = fromMinor(BigInt(row.net_minor), decimals);
  const tax = fromMinor(BigInt(row.tax_minor), decimals);
  const movement = { amount: money(net + tax), revenue: money(0n - net), tax: money(0n - tax) };
  await insertEntries(client, [entryOf(row, "credit_note", movement, by)]);
}

async function documentRow(
  client: Client,
  invoiceId: string,
  lock: "FOR UPDATE" | "",
): Promise<DocumentRow | null> {
  const { rows } = await client.query<DocumentRow>(
    `SELECT document, ${INVOICE_COLUMNS} FROM invoices WHERE invoice_id = $1 ${lock}`,
    [invoiceId],
  );
  return rows[0] ?? null;
}
