import type { InvoiceStanding } from "#domain/invoicing/ports.ts";
import type {
  InvoiceFilter,
  InvoiceReads,
  InvoiceScope,
  InvoiceStatus,
  ListedInvoice,
} from "#domain/invoicing/reads.ts";
import { type DocumentRow, INVOICE_COLUMNS, invoiceOf, type InvoiceRow, standingOf } from "./invoice-rows.ts";
import { asTenant, onPostgres, type Client, type Pool } from "./pool.ts";

export function createInvoiceReads(pool: Pool): InvoiceReads {
  return {
    async get(scope, invoiceId, now) {
      const { rows } = await within(pool, scope, (client) =>
        client.query<DocumentRow>(
          `SELECT document, ${INVOICE_COLUMNS} FROM invoices WHERE invoice_id = $1 AND issued_at IS NOT NULL`,
          [invoiceId],
        ),
      );
      return rows[0] === undefined ? null : { invoice: invoiceOf(rows[0]), listed: listedOf(rows[0], now) };
    },
    list: (scope, filter, page, now) => within(pool, scope, (client) => list(client, filter, page, now)),
  };
}

type Queryable = Pick<Client, "query">;

function within<Result>(
  pool: Pool,
  scope: InvoiceScope,
  work: (client: Queryable) => Promise<Result>,
): Promise<Result> {
  return scope === "administration"
    ? onPostgres(() => work(pool as Queryable))
    : asTenant(pool, scope.tenantId, work);
}

const OPEN = "due_minor > paid_minor + credited_minor + discounted_minor";
/** The due day is over in the customer's zone. */
const OVERDUE = `(issued_on + term_days + 1)::timestamp AT TIME ZONE timezone <= $7::timestamptz`;

const LIST = `
  SELECT ${INVOICE_COLUMNS} FROM invoices
   WHERE issued_at IS NOT NULL AND ($1::text IS NULL OR tenant_id = $1)
     AND ($2::timestamptz IS NULL OR issued_at >= $2) AND ($3::timestamptz IS NULL OR issued_at < $3)
     AND ($4::timestamptz IS NULL OR (issued_at, invoice_id) < ($4, $5::uuid))
     AND CASE $6::text WHEN 'open' THEN ${OPEN} WHEN 'overdue' THEN ${OPEN} AND ${OVERDUE}
                       WHEN 'paid' THEN due_minor > 0 AND NOT (${OPEN}) WHEN 'nothing_due' THEN due_minor = 0 ELSE true END
   ORDER BY issued_at DESC, invoice_id DESC LIMIT $8`;

async function list(
  client: Queryable,
  filter: InvoiceFilter,
  page: { readonly after: string | null; readonly limit: number },
  now: number,
): Promise<{ readonly rows: readonly ListedInvoice[]; readonly next: string | null }> {
  const cursor = /^(\d{1,15}):([0-9a-f-]{36})$/.exec(page.after ?? "");
  const time = (at: number | null): Date | null => (at === null ? null : new Date(at));
  const { rows } = await client.query<InvoiceRow>(LIST, [
    filter.tenantId,
    time(filter.from),
    time(filter.to),
    cursor === null ? null : new Date(Number(cursor[1])),
    cursor?.[2] ?? null,
    filter.status,
    new Date(now),
    page.limit + 1,
  ]);
  const shown = rows.slice(0, page.limit).map((row) => listedOf(row, now));
  const last = shown.at(-1);
  return {
    rows: shown,
    next:
      rows.length > page.limit && last !== undefined ? `${last.issuedAt}:${last.standing.invoiceId}` : null,
  };
}

function listedOf(row: InvoiceRow, now: number): ListedInvoice {
  const { number, issued_on: issuedOn, issued_at: issuedAt } = row;
  if (number === null || issuedOn === null || issuedAt === null) throw new Error("a draft was listed");
  const standing = standingOf({ ...row, number });
  return {
    standing,
    status: statusOf(standing, BigInt(row.due_minor), now),
    period: { from: row.period_from, to: row.period_to, timezone: row.timezone },
    issuedOn,
    dueOn: row.due_on,
    issuedAt: issuedAt.getTime(),
  };
}

function statusOf({ openMinor, dueAt }: InvoiceStanding, dueMinor: bigint, now: number): InvoiceStatus {
  if (dueMinor === 0n) return "nothing_due";
  if (openMinor === 0n) return "paid";
  return dueAt !== null && dueAt <= now ? "overdue" : "open";
}
