import type { Pool } from "#adapters/postgres/pool.ts";

/**
 * Wallets with a top-up of 1,000 the day before, and so many charges of 0.01539 on the day (YYYY-MM-DD), as charging would have written them. In slices, so that no statement takes a minute.
 */
export async function fillManyWallets(
  pool: Pool,
  day: string,
  wallets: number,
  charges: number,
): Promise<void> {
  const slice = 5_000;
  for (let first = 1; first <= wallets; first += slice) {
    const bounds = [first, Math.min(wallets, first + slice - 1), charges];
    await pool.query(
      `INSERT INTO wallets (wallet_id, tenant_id, currency, sequence, balance)
       SELECT 'w' || lpad(n::text, 9, '0'), 'T' || n % 1000, CASE n % 3 WHEN 0 THEN 'EUR' ELSE 'USD' END, 1 + $3::bigint, 1000 - 0.01539 * $3::bigint
         FROM generate_series($1::int, $2::int) AS n`,
      bounds,
    );
    await pool.query(
      `INSERT INTO ledger_entries (event_id, accepted_month, wallet_id, tenant_id, sequence, entry_type, event_type, part, amount, revenue, tax,
         clearing, balance_after, currency, volume_ordinal, trace, kafka_partition, kafka_offset, occurred_at, created_at)
       SELECT w.wallet_id || ':' || s, date_trunc('month', $4::date)::date, w.wallet_id, w.tenant_id, s, CASE s WHEN 1 THEN 'top_up' ELSE 'charge' END,
              CASE s WHEN 1 THEN 'top_up' ELSE 'sms.delivered' END, 1, CASE s WHEN 1 THEN 1000 ELSE -0.01539 END,
              CASE s WHEN 1 THEN 0 ELSE 0.01425 END, CASE s WHEN 1 THEN 0 ELSE 0.00114 END, CASE s WHEN 1 THEN -1000 ELSE 0 END,
              1000 - 0.01539 * (s - 1), w.currency, 0, '{}', 0, s, at, at
         FROM (SELECT * FROM wallets WHERE wallet_id BETWEEN 'w' || lpad($1::text, 9, '0') AND 'w' || lpad($2::text, 9, '0')) w
        CROSS JOIN generate_series(1, 1 + $3::bigint) AS s
        CROSS JOIN LATERAL (SELECT CASE s WHEN 1 THEN $4::date - interval '12 hours'
                                          ELSE $4::date + interval '8 hours' + s * interval '1 second' END AT TIME ZONE 'UTC' AS at) a`,
      [...bounds, day],
    );
  }
  await pool.query("ANALYZE wallets, ledger_entries");
}
