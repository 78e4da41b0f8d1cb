import type {
  ReRatedLine,
  ReRating,
  ReRatingDecision,
  ReRatingPage,
  ReRatingRequest,
  ReRatings,
} from "#domain/rating/re-rating.ts";
import { storedMoney } from "./ledger-columns.ts";
import { inTransaction, onPostgres, type Client, type Pool } from "./pool.ts";

/** Re-ratings as the doors see them (0008_audit.sql); re-rating-work.ts computes and posts them. */
export function createReRatings(pool: Pool): ReRatings {
  return {
    create: (request) => inTransaction(pool, (client) => create(client, request)),
    get: (reRatingId) => onPostgres(() => reRatingById(pool, reRatingId)),
    list: (tenantId, page) => onPostgres(() => list(pool, tenantId, page)),
    lines: (reRatingId, page) => onPostgres(() => lines(pool, reRatingId, page)),
    decide: (reRatingId, decision, by) =>
      inTransaction(pool, (client) => decide(client, reRatingId, decision, by)),
  };
}

type Queryable = Pick<Pool, "query"> | Pick<Client, "query">;

async function create(client: Client, request: ReRatingRequest): Promise<ReRating> {
  // The wallets as they stand now: what is charged from here on is not the report's.
  await client.query(
    `INSERT INTO re_ratings (re_rating_id, tenant_id, rate_card_id, version, currency, window_from, window_to, event_type, reason, status,
       requested_by, requested_at, upto)
     SELECT $1, $2, $3, $4, $5, to_timestamp($6::float8 / 1000), to_timestamp($7::float8 / 1000), $8, $9, 'computing', $10,
            to_timestamp($11::float8 / 1000), coalesce((SELECT jsonb_object_agg(wallet_id, sequence::text) FROM wallets
              WHERE tenant_id = $2 AND currency = $5 AND sequence > 0), '{}')
     ON CONFLICT (re_rating_id) DO NOTHING`,
    [
      request.reRatingId,
      request.tenantId,
      request.rateCardId,
      request.version,
      request.currency,
      request.from,
      request.to,
      request.eventType,
      request.reason,
      request.requestedBy,
      request.requestedAt,
    ],
  );
  return (await reRatingById(client, request.reRatingId)) as ReRating;
}

export async function reRatingById(client: Queryable, reRatingId: string): Promise<ReRating | null> {
  const { rows } = await (client as Pool).query<ReRatingRow>(
    "SELECT * FROM re_ratings WHERE re_rating_id = $1",
    [reRatingId],
  );
  return rows[0] === undefined ? null : reRatingOf(rows[0]);
}

interface PageRequest {
  readonly after: string | null;
  readonly limit: number;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

async function list(
  pool: Pool,
  tenantId: string | null,
  { after, limit }: PageRequest,
): Promise<ReRatingPage<ReRating>> {
  const { rows } = await pool.query<ReRatingRow>(
    `SELECT * FROM re_ratings WHERE ($1::text IS NULL OR tenant_id = $1) AND ($2::uuid IS NULL OR re_rating_id < $2)
      ORDER BY re_rating_id DESC LIMIT $3`,
    [tenantId, after !== null && UUID.test(after) ? after : null, limit + 1],
  );
  const shown = rows.slice(0, limit).map(reRatingOf);
  return { rows: shown, next: rows.length > limit ? (shown.at(-1)?.reRatingId ?? null) : null };
}

async function lines(
  pool: Pool,
  reRatingId: string,
  { after, limit }: PageRequest,
): Promise<ReRatingPage<ReRatedLine>> {
  const cursor = /^(\d{1,18}):(.{1,200})$/.exec(after ?? "");
  const { rows } = await pool.query<LineRow>(
    `SELECT wallet_id, sequence, event_id, accepted_month::text, event_type, occurred_at, charged_revenue, charged_tax,
            repriced_revenue, repriced_tax, charged_commission, repriced_commission, partner_id, trace::text FROM re_rating_lines
      WHERE re_rating_id = $1 AND ($2::bigint IS NULL OR (wallet_id, sequence) > ($3::text, $2::bigint))
      ORDER BY wallet_id, sequence LIMIT $4`,
    [reRatingId, cursor?.[1] ?? null, cursor?.[2] ?? null, limit + 1],
  );
  const shown = rows.slice(0, limit).map(lineOf);
  const last = shown.at(-1);
  return {
    rows: shown,
    next: rows.length > limit && last !== undefined ? `${last.sequence}:${last.walletId}` : null,
  };
}

async function decide(
  client: Client,
  reRatingId: string,
  decision: "approved" | "rejected",
  by: { readonly actor: string; readonly at: number },
): Promise<ReRatingDecision> {
  const { rows } = await client.query<ReRatingRow>(
    `UPDATE re_ratings SET status = $2, decided_by = $3, decided_at = to_timestamp($4::float8 / 1000), cursor = '{}'
      WHERE re_rating_id = $1 AND status = 'reported' RETURNING *`,
    [reRatingId, decision, by.actor, by.at],
  );
  if (rows[0] !== undefined) return { kind: "decided", reRating: reRatingOf(rows[0]) };
  const reRating = await reRatingById(client, reRatingId);
  if (reRating === null) return { kind: "unknown" };
  const same = decision === "approved" ? ["approved", "posted"] : ["rejected"];
  return { kind: same.includes(reRating.status) ? "decided" : "not_reported", reRating };
}

export interface ReRatingRow {
  readonly re_rating_id: string;
  readonly tenant_id: string;
  readonly rate_card_id: string;
  readonly version: number;
  readonly currency: string;
  readonly window_from: Date;
  readonly window_to: Date;
  readonly event_type: string | null;
  readonly reason: string;
  readonly status: ReRating["status"];
  readonly requested_by: string;
  readonly requested_at: Date;
  readonly decided_by: string | null;
  readonly decided_at: Date | null;
  readonly upto: Readonly<Record<string, string>>;
  readonly cursor: Readonly<Record<string, string>>;
  readonly examined: string;
  readonly changed: string;
  readonly skipped: Readonly<Record<string, number>>;
  readonly charged: string;
  readonly repriced: string;
  readonly adjusted: string;
  readonly problem: string | null;
}

export function reRatingOf(row: ReRatingRow): ReRating {
  return {
    reRatingId: row.re_rating_id,
    tenantId: row.tenant_id,
    rateCardId: row.rate_card_id,
    version: row.version,
    currency: row.currency,
    from: row.window_from.getTime(),
    to: row.window_to.getTime(),
    eventType: row.event_type,
    reason: row.reason,
    status: row.status,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at.getTime(),
    decidedBy: row.decided_by,
    decidedAt: row.decided_at?.getTime() ?? null,
    examined: BigInt(row.examined),
    changed: BigInt(row.changed),
    skipped: row.skipped,
    charged: storedMoney(row.charged),
    repriced: storedMoney(row.repriced),
    adjusted: BigInt(row.adjusted),
    problem: row.problem,
  };
}

interface LineRow {
  readonly wallet_id: string;
  readonly sequence: string;
  readonly event_id: string;
  readonly accepted_month: string;
  readonly event_type: string;
  readonly occurred_at: Date;
  readonly charged_revenue: string;
  readonly charged_tax: string;
  readonly repriced_revenue: string;
  readonly repriced_tax: string;
  readonly charged_commission: string;
  readonly repriced_commission: string;
  readonly partner_id: string | null;
  readonly trace: string;
}

function lineOf(row: LineRow): ReRatedLine {
  return {
    walletId: row.wallet_id,
    sequence: BigInt(row.sequence),
    eventId: row.event_id,
    acceptedMonth: row.accepted_month,
    eventType: row.event_type,
    occurredAt: row.occurred_at.getTime(),
    chargedRevenue: storedMoney(row.charged_revenue),
    chargedTax: storedMoney(row.charged_tax),
    repricedRevenue: storedMoney(row.repriced_revenue),
    repricedTax: storedMoney(row.repriced_tax),
    chargedCommission: storedMoney(row.charged_commission),
    repricedCommission: storedMoney(row.repriced_commission),
    partnerId: row.partner_id,
    trace: row.trace,
  };
}
