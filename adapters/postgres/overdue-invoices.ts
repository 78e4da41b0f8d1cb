import type { OverdueInvoices } from "#domain/invoicing/overdue.ts";
import { onPostgres, type Pool } from "./pool.ts";

/** More than a person reads in a reason. */
const SHOWN_MAX = 100;

const OVERDUE = `
  SELECT number FROM invoices
  WHERE tenant_id = $1 AND kind = 'invoice' AND number IS NOT NULL
    AND due_minor > paid_minor + credited_minor + discounted_minor
    AND (issued_on + term_days + 1)::timestamp AT TIME ZONE timezone <= to_timestamp($2::float8 / 1000)
  ORDER BY issued_on, number LIMIT $3`;

export function createOverdueInvoices(pool: Pool): OverdueInvoices {
  return {
    overdue: (tenantId, now) =>
      onPostgres(async () => {
        const { rows } = await pool.query<{ number: string }>(OVERDUE, [tenantId, now, SHOWN_MAX]);
        return rows.map(({ number }) => number);
      }),
  };
}
