import { UNLISTED_PREFIXES } from "#domain/invoicing/wallet-entries.ts";
import { fromMinor } from "#domain/money/minor-units.ts";
import { money } from "#domain/money/money.ts";
import type { IssuedInvoice } from "#domain/settlement/invoice-check.ts";
import type { IssuedInvoices } from "#domain/settlement/ports.ts";
import { storedMoney } from "./ledger-columns.ts";
import { onPostgres, type Pool } from "./pool.ts";

interface Row {
  readonly number: string;
  readonly kind: "invoice" | "statement";
  readonly tenant_id: string;
  readonly wallet_id: string;
  readonly currency: string;
  readonly net_minor: string;
  readonly tax_minor: string;
  readonly lines_net: string;
  readonly taxes: string;
  readonly exact: string;
  readonly rounded: string;
  readonly entered: string;
}

/**
 * $1 and $2 the day (epoch ms), $3 the last number of the page before, $4 how many, $5 how ids of what no invoice lists begin. Which entries a close
 * holds: domain/invoicing/membership.ts. Entries are added up anew; what the invoice remembers of them is not believed.
 */
const ISSUED = `
  SELECT i.number, i.kind, i.tenant_id, i.wallet_id, i.currency, i.net_minor, i.tax_minor,
         (SELECT coalesce(sum((line ->> 'amount')::numeric), 0)::numeric(38,18) FROM jsonb_array_elements(i.document -> 'lines') AS line) AS lines_net,
         (SELECT coalesce(sum((tax ->> 'amount')::numeric), 0)::numeric(38,18) FROM jsonb_array_elements(i.document -> 'taxes') AS tax) AS taxes,
         (i.exact_net + i.exact_tax)::numeric(38,18) AS exact,
         (SELECT coalesce(-sum(p.amount), 0)::numeric(38,18) FROM ledger_postings p
           WHERE p.transaction_id = 'inv-' || i.invoice_id || ':rounding' AND p.account = 'clearing') AS rounded,
         (e.charged + i.commitment_net + i.commitment_tax)::numeric(38,18) AS entered
    FROM (SELECT * FROM invoices
           WHERE issued_at >= to_timestamp($1::float8 / 1000) AND issued_at < to_timestamp($2::float8 / 1000) AND kind <> 'credit_note'
             AND ($3::text IS NULL OR number > $3) ORDER BY number LIMIT $4) i
    JOIN invoice_closes c USING (invoice_id)
    LEFT JOIN invoice_closes b ON b.wallet_id = c.wallet_id AND b.position = c.position - 1
   CROSS JOIN LATERAL (
     SELECT coalesce(-sum(amount), 0) AS charged FROM ledger_entries
      WHERE wallet_id = c.wallet_id AND sequence BETWEEN coalesce(b.free_sequence, 1) AND c.last_sequence AND occurred_at < c.ended_at
        AND (b.position IS NULL OR sequence > b.last_sequence OR occurred_at >= b.ended_at)
        AND entry_type NOT IN ('top_up', 'opening_volume') AND NOT (entry_type = 'adjustment' AND event_id ^@ ANY ($5::text[]))) e
   ORDER BY i.number`;

/** What was issued on a day, beside the entries that it closed: a page by one query. */
export function createIssuedInvoices(pool: Pool): IssuedInvoices {
  return {
    async issued({ from, to }, after, limit) {
      const { rows } = await onPostgres(() =>
        pool.query<Row>(ISSUED, [from, to, after, limit, UNLISTED_PREFIXES]),
      );
      return rows.map(invoiceOf);
    },
  };
}

function invoiceOf(row: Row): IssuedInvoice {
  const { currency } = row;
  const total = fromMinor(BigInt(row.net_minor) + BigInt(row.tax_minor), currency);
  // A statement asks for nothing, so its rounding is on paper alone; an invoice's is posted.
  const rounding =
    row.kind === "statement" ? money(total - storedMoney(row.exact)) : storedMoney(row.rounded);
  return {
    number: row.number,
    tenantId: row.tenant_id,
    walletId: row.wallet_id,
    currency,
    linesNet: storedMoney(row.lines_net),
    taxTotal: storedMoney(row.taxes),
    total,
    rounding,
    entered: storedMoney(row.entered),
  };
}
