import type { Pool } from "#adapters/postgres/pool.ts";
import { inTransaction } from "#adapters/postgres/pool.ts";

/** The product's connections. */
const AT_ONCE = 8;

/** Tables of the same columns and indexes, without triggers, policies and references. */
export async function prepareCeiling(pool: Pool): Promise<void> {
  for (const name of ["invoice_closes", "invoices", "invoice_series"])
    await pool.query(`CREATE TABLE ceiling_${name} (LIKE ${name} INCLUDING ALL)`);
  await pool.query("INSERT INTO ceiling_invoice_series (issuer_id, series, last) VALUES ('c', 'INV', 1)");
}

/** The same aggregation and inserts in SQL alone: rows are copied from those that the product has written. @returns invoices per second. */
export async function rawInvoices(pool: Pool, wallets: readonly string[]): Promise<number> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let wallet = wallets[next++]; wallet !== undefined; wallet = wallets[next++])
      await raw(pool, wallet);
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return wallets.length / ((performance.now() - startedAt) / 1000);
}

function raw(pool: Pool, walletId: string): Promise<void> {
  return inTransaction(pool, async (client) => {
    await client.query("SELECT FROM wallets WHERE wallet_id = $1 FOR UPDATE", [walletId]);
    await client.query({
      name: "ceiling-usage",
      text: `SELECT entry_type, event_type, base, trace->>'tax', count(*), sum(base), sum(amount), sum(tax) FROM ledger_entries
              WHERE wallet_id = $1 AND sequence BETWEEN 1 AND 1000000 GROUP BY 1, 2, 3, 4`,
      values: [walletId],
    });
    await client.query(
      "INSERT INTO ceiling_invoice_closes SELECT * FROM invoice_closes WHERE wallet_id = $1",
      [walletId],
    );
    await client.query("INSERT INTO ceiling_invoices SELECT * FROM invoices WHERE wallet_id = $1", [
      walletId,
    ]);
    await client.query("UPDATE ceiling_invoice_series SET last = last + 1");
  });
}
