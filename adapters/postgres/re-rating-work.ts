import { formatMoney, money } from "#domain/money/money.ts";
import type { ChargedEvent, ReRatedLine, ReRatedPage, ReRatingWork } from "#domain/rating/re-rating.ts";
import { plainArray, textArray } from "./array-literal.ts";
import { moneyArray, storedMoney } from "./ledger-columns.ts";
import { inTransaction, onPostgres, type Client, type Pool } from "./pool.ts";
import { reRatingOf, type ReRatingRow } from "./re-ratings.ts";

/** Re-ratings that one pass goes on with. */
const AT_A_TIME = 10;

/** Re-ratings as the process sees them that computes and posts them (0008_audit.sql). */
export function createReRatingWork(pool: Pool): ReRatingWork {
  return {
    async underWay() {
      const { rows } = await onPostgres(() =>
        pool.query<ReRatingRow>(
          `SELECT * FROM re_ratings WHERE status IN ('computing', 'approved') ORDER BY re_rating_id LIMIT ${AT_A_TIME}`,
        ),
      );
      return rows.map(reRatingOf);
    },
    charges: (reRatingId, span) => onPostgres(() => charges(pool, reRatingId, span)),
    record: (reRatingId, page) => inTransaction(pool, (client) => record(client, reRatingId, page)),
    async reported(reRatingId) {
      await onPostgres(() =>
        pool.query(
          "UPDATE re_ratings SET status = 'reported' WHERE re_rating_id = $1 AND status = 'computing'",
          [reRatingId],
        ),
      );
    },
    async failed(reRatingId, problem) {
      await onPostgres(() =>
        pool.query(
          "UPDATE re_ratings SET status = 'failed', problem = $2 WHERE re_rating_id = $1 AND status = 'computing'",
          [reRatingId, problem],
        ),
      );
    },
    correct: (reRatingId, limit) => inTransaction(pool, (client) => correct(client, reRatingId, limit)),
  };
}

/** Corrections so far: re-ratings move what counts as charged, a refund takes the charge out. */
const CHARGES = `
  SELECT e.event_id, e.accepted_month::text, e.wallet_id, e.sequence, e.event_type, e.occurred_at, e.operator, e.country,
         e.volume_period, e.volume_ordinal, e.trace, e.revenue + coalesce(c.revenue, 0) AS revenue, e.tax + coalesce(c.tax, 0) AS tax,
         (coalesce(e.commission, 0) + coalesce(c.commission, 0))::numeric(38,18) AS commission,
         CASE WHEN e.commission IS NULL THEN NULL ELSE (SELECT party FROM ledger_postings
           WHERE transaction_id = e.event_id || ':commission' AND account = 'partner') END AS partner_id,
         coalesce(c.refunded, false) AS refunded
    FROM ledger_entries e
    LEFT JOIN LATERAL (SELECT sum(revenue) AS revenue, sum(tax) AS tax, sum(commission) AS commission,
                              bool_or(kind = 'refund') AS refunded
                         FROM ledger_corrections WHERE original_id = e.event_id) c ON true
   WHERE e.wallet_id = $1 AND e.sequence > $2 AND e.sequence <= $3 AND e.entry_type = 'charge'
     AND e.occurred_at >= $4 AND e.occurred_at < $5 AND ($6::text IS NULL OR e.event_type = $6)
   ORDER BY e.sequence`;

interface ChargeRow {
  readonly event_id: string;
  readonly accepted_month: string;
  readonly wallet_id: string;
  readonly sequence: string;
  readonly event_type: string;
  readonly occurred_at: Date;
  readonly operator: string | null;
  readonly country: string | null;
  readonly volume_period: string | null;
  readonly volume_ordinal: string;
  readonly trace: unknown;
  readonly revenue: string;
  readonly tax: string;
  readonly commission: string;
  readonly partner_id: string | null;
  readonly refunded: boolean;
}

async function charges(pool: Pool, reRatingId: string, span: number): ReturnType<ReRatingWork["charges"]> {
  const { rows: stored } = await pool.query<ReRatingRow>("SELECT * FROM re_ratings WHERE re_rating_id = $1", [
    reRatingId,
  ]);
  const job = stored[0];
  if (job === undefined) return null;
  const next = nextSpan(job, span);
  if (next === null) return null;
  const { rows } = await pool.query<ChargeRow>(CHARGES, [
    next.walletId,
    next.after.toString(),
    next.last.toString(),
    job.window_from,
    job.window_to,
    job.event_type,
  ]);
  return { ...next, events: rows.map(chargedEvent) };
}

/** The first wallet, by id, that is not through. */
function nextSpan(
  { upto, cursor }: ReRatingRow,
  span: number,
): { readonly walletId: string; readonly after: bigint; readonly last: bigint } | null {
  for (const walletId of Object.keys(upto).sort()) {
    const end = BigInt(upto[walletId] ?? 0);
    const after = BigInt(cursor[walletId] ?? 0);
    if (after >= end) continue;
    const last = after + BigInt(span);
    return { walletId, after, last: last < end ? last : end };
  }
  return null;
}

function chargedEvent(row: ChargeRow): ChargedEvent {
  return {
    eventId: row.event_id,
    acceptedMonth: row.accepted_month,
    walletId: row.wallet_id,
    sequence: BigInt(row.sequence),
    eventType: row.event_type,
    occurredAt: row.occurred_at.getTime(),
    operator: row.operator,
    country: row.country,
    volumePeriod: row.volume_period,
    volumeOrdinal: BigInt(row.volume_ordinal),
    trace: row.trace,
    revenue: storedMoney(row.revenue),
    tax: storedMoney(row.tax),
    commission: storedMoney(row.commission),
    partnerId: row.partner_id,
    refunded: row.refunded,
  };
}

async function record(client: Client, reRatingId: string, page: ReRatedPage): Promise<void> {
  let charged = 0n;
  let repriced = 0n;
  for (const line of page.lines) {
    charged += line.chargedRevenue + line.chargedTax;
    repriced += line.repricedRevenue + line.repricedTax;
  }
  const { rows } = await client.query<{ tenant_id: string }>(
    `UPDATE re_ratings SET cursor = cursor || jsonb_build_object($2::text, $4::text), examined = examined + $5, changed = changed + $6,
            charged = charged + $7, repriced = repriced + $8,
            skipped = (SELECT coalesce(jsonb_object_agg(reason, total), '{}') FROM (
              SELECT key AS reason, sum(value::bigint) AS total FROM (
                SELECT * FROM jsonb_each_text(skipped) UNION ALL SELECT * FROM jsonb_each_text($9::jsonb)) s GROUP BY key) sums)
      WHERE re_rating_id = $1 AND status = 'computing' AND coalesce(cursor ->> $2, '0') = $3 RETURNING tenant_id`,
    [
      reRatingId,
      page.walletId,
      page.after.toString(),
      page.last.toString(),
      page.examined,
      page.lines.length,
      formatMoney(money(charged)),
      formatMoney(money(repriced)),
      JSON.stringify(page.skipped),
    ],
  );
  const tenantId = rows[0]?.tenant_id;
  if (tenantId === undefined || page.lines.length === 0) return;
  await insertLines(client, reRatingId, tenantId, page.lines);
}

async function insertLines(
  client: Client,
  reRatingId: string,
  tenantId: string,
  lines: readonly ReRatedLine[],
): Promise<void> {
  await client.query(
    `INSERT INTO re_rating_lines (re_rating_id, tenant_id, wallet_id, sequence, event_id, accepted_month, event_type, occurred_at,
       charged_revenue, charged_tax, repriced_revenue, repriced_tax, trace, charged_commission, repriced_commission, partner_id)
     SELECT $1, $2, a, b, c, d, e, to_timestamp(f / 1000.0), g, h, i, j, k, l, m, n
       FROM unnest($3::text[], $4::bigint[], $5::text[], $6::date[], $7::text[], $8::bigint[], $9::numeric[], $10::numeric[],
              $11::numeric[], $12::numeric[], $13::jsonb[], $14::numeric[], $15::numeric[], $16::text[])
              AS x(a, b, c, d, e, f, g, h, i, j, k, l, m, n)`,
    [
      reRatingId,
      tenantId,
      textArray(lines.map(({ walletId }) => walletId)),
      plainArray(lines.map(({ sequence }) => sequence)),
      textArray(lines.map(({ eventId }) => eventId)),
      plainArray(lines.map(({ acceptedMonth }) => acceptedMonth)),
      textArray(lines.map(({ eventType }) => eventType)),
      plainArray(lines.map(({ occurredAt }) => occurredAt)),
      moneyArray(lines.map(({ chargedRevenue }) => chargedRevenue)),
      moneyArray(lines.map(({ chargedTax }) => chargedTax)),
      moneyArray(lines.map(({ repricedRevenue }) => repricedRevenue)),
      moneyArray(lines.map(({ repricedTax }) => repricedTax)),
      textArray(lines.map(({ trace }) => trace)),
      moneyArray(lines.map(({ chargedCommission }) => chargedCommission)),
      moneyArray(lines.map(({ repricedCommission }) => repricedCommission)),
      textArray(lines.map(({ partnerId }) => partnerId)),
    ],
  );
}

/** The lines after the cursor, and what their charges come to now that they are locked. */
const CORRECT = `
  WITH chosen AS (
    SELECT l.*, e.operator, e.country, e.revenue + coalesce(c.revenue, 0) AS revenue_now, e.tax + coalesce(c.tax, 0) AS tax_now,
           coalesce(c.refunded, false) AS refunded
      FROM re_rating_lines l JOIN ledger_entries e ON e.event_id = l.event_id AND e.accepted_month = l.accepted_month
      LEFT JOIN LATERAL (SELECT sum(revenue) AS revenue, sum(tax) AS tax, bool_or(kind = 'refund') AS refunded
                           FROM ledger_corrections WHERE original_id = l.event_id) c ON true
     WHERE l.re_rating_id = $1 AND l.event_id = ANY($2::text[]))
  INSERT INTO ledger_corrections (correction_id, kind, tenant_id, wallet_id, original_id, original_month, event_type, operator, country,
    amount, revenue, tax, commission, partner_id, currency, reason, actor, re_rating_id, decided_at)
  SELECT r.re_rating_id || ':re_rating:' || l.wallet_id || '.' || l.sequence, 're_rating', l.tenant_id, l.wallet_id, l.event_id,
         l.accepted_month, l.event_type, l.operator, l.country,
         l.charged_revenue + l.charged_tax - l.repriced_revenue - l.repriced_tax, l.repriced_revenue - l.charged_revenue,
         l.repriced_tax - l.charged_tax, l.repriced_commission - l.charged_commission, l.partner_id, r.currency, r.reason, r.decided_by, r.re_rating_id, r.decided_at
    FROM chosen l JOIN re_ratings r USING (re_rating_id)
   WHERE NOT l.refunded AND l.revenue_now = l.charged_revenue AND l.tax_now = l.charged_tax
  ON CONFLICT (correction_id) DO NOTHING`;

async function correct(client: Client, reRatingId: string, limit: number): Promise<number> {
  const { rows: stored } = await client.query<ReRatingRow>(
    "SELECT * FROM re_ratings WHERE re_rating_id = $1 AND status = 'approved' FOR UPDATE",
    [reRatingId],
  );
  const job = stored[0];
  if (job === undefined) return 0;
  const { wallet = "", sequence = "0" } = job.cursor;
  const { rows: next } = await client.query<{ event_id: string; wallet_id: string; sequence: string }>(
    `SELECT event_id, wallet_id, sequence FROM re_rating_lines WHERE re_rating_id = $1 AND (wallet_id, sequence) > ($2, $3)
      ORDER BY wallet_id, sequence LIMIT $4`,
    [reRatingId, wallet, sequence, limit + 1],
  );
  const now = next.slice(0, limit);
  const ids = now.map((row) => row.event_id);
  // In one order for everyone, and before anything of them is read.
  await client.query(
    `SELECT pg_advisory_xact_lock(hashtextextended('catalyst.correction:' || id, 0))
       FROM (SELECT id FROM unnest($1::text[]) AS t(id) ORDER BY id) ordered`,
    [ids],
  );
  const { rowCount } = await client.query(CORRECT, [reRatingId, ids]);
  const adjusted = rowCount ?? 0;
  const last = now.at(-1);
  await client.query(
    `UPDATE re_ratings SET adjusted = adjusted + $2, cursor = $3, status = CASE WHEN $4 THEN 'posted' ELSE status END,
            skipped = CASE WHEN $5 = 0 THEN skipped ELSE skipped
              || jsonb_build_object('changed_since', coalesce((skipped ->> 'changed_since')::bigint, 0) + $5) END
      WHERE re_rating_id = $1`,
    [
      reRatingId,
      adjusted,
      JSON.stringify(last === undefined ? job.cursor : { wallet: last.wallet_id, sequence: last.sequence }),
      next.length <= limit,
      now.length - adjusted,
    ],
  );
  return next.length;
}
