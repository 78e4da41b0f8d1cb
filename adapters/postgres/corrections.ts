import { formatMoney, ZERO } from "#domain/money/money.ts";
import type { Correction, Corrections, RefundDecision, RefundRequest } from "#domain/wallet/corrections.ts";
import { refundOf, type Movement } from "#domain/wallet/refund.ts";
import { storedMoney } from "./ledger-columns.ts";
import { inTransaction, onPostgres, type Client, type Pool } from "./pool.ts";

/** Corrections of charges (0008_audit.sql). */
export function createCorrections(pool: Pool): Corrections {
  return {
    refund: (request) => inTransaction(pool, (client) => decideRefund(client, request)),
    async pending(now, limit) {
      const { rows } = await onPostgres(() =>
        pool.query<CorrectionRow>(
          `SELECT * FROM ledger_corrections WHERE posted_at IS NULL AND (published_at IS NULL
              OR published_at < to_timestamp($1::float8 / 1000) - least(interval '1 minute' * 4 ^ attempts, interval '1 day'))
            ORDER BY decided_at, correction_id LIMIT $2`,
          [now, limit],
        ),
      );
      return rows.map(correctionOf);
    },
    async markPublished(correctionIds, at) {
      await onPostgres(() =>
        pool.query(
          `UPDATE ledger_corrections SET published_at = to_timestamp($2::float8 / 1000), attempts = least(attempts + 1, 100)
            WHERE correction_id = ANY($1::text[]) AND posted_at IS NULL`,
          [correctionIds, at],
        ),
      );
    },
    async markPosted(at) {
      const { rowCount } = await onPostgres(() =>
        pool.query(
          `UPDATE ledger_corrections c SET posted_at = to_timestamp($1::float8 / 1000)
            WHERE c.posted_at IS NULL AND c.published_at IS NOT NULL AND EXISTS (
              SELECT FROM ledger_entries e WHERE e.event_id = c.correction_id
                 AND e.accepted_month = date_trunc('month', c.decided_at AT TIME ZONE 'UTC')::date)`,
          [at],
        ),
      );
      return rowCount ?? 0;
    },
  };
}

async function decideRefund(client: Client, request: RefundRequest): Promise<RefundDecision> {
  await lockCharge(client, request.originalId);
  const { rows: before } = await client.query<CorrectionRow>(
    "SELECT * FROM ledger_corrections WHERE correction_id = $1",
    [request.correctionId],
  );
  if (before[0] !== undefined) return { kind: "decided", correction: correctionOf(before[0]) };
  const original = await originalOf(client, request.originalId);
  if (original === null) return { kind: "unknown" };
  if (!isRefundable(original)) return { kind: "not_a_charge", entryType: original.entry_type };
  const corrected = await correctedSoFar(client, request.originalId);
  const charge = movementOf(original);
  // Without a posting nobody was promised a commission, whatever the column says.
  const owed = original.partner_id === null ? ZERO : charge.commission;
  const outcome = refundOf({ ...charge, commission: owed }, corrected, request.amount);
  if (outcome.kind === "exceeds") return { ...outcome, currency: original.currency };
  const correction: Correction = {
    correctionId: request.correctionId,
    kind: "refund",
    tenantId: original.tenant_id,
    walletId: original.wallet_id,
    originalId: request.originalId,
    movement: outcome.movement,
    partnerId: original.partner_id,
    currency: original.currency,
    reason: request.reason,
    actor: request.actor,
    decidedAt: request.decidedAt,
  };
  await insertCorrection(client, correction, original, null);
  return { kind: "decided", correction };
}

/** Until the transaction ends, nobody else decides about this charge. */
export async function lockCharge(client: Client, originalId: string): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended('catalyst.correction:' || $1, 0))", [
    originalId,
  ]);
}

/** What a correction takes from the charge that it corrects. */
export interface OriginalRow {
  readonly tenant_id: string;
  readonly wallet_id: string;
  readonly accepted_month: string;
  readonly entry_type: string;
  readonly event_type: string;
  readonly operator: string | null;
  readonly country: string | null;
  readonly amount: string;
  readonly revenue: string;
  readonly tax: string;
  readonly commission: string;
  readonly partner_id: string | null;
  readonly currency: string;
}

async function originalOf(client: Client, eventId: string): Promise<OriginalRow | null> {
  const { rows } = await client.query<OriginalRow>(
    `SELECT tenant_id, wallet_id, accepted_month::text, entry_type, event_type, operator, country, amount, revenue, tax, currency,
            coalesce(commission, 0)::numeric(38,18) AS commission, CASE WHEN commission IS NULL THEN NULL ELSE (
              SELECT party FROM ledger_postings WHERE transaction_id = event_id || ':commission' AND account = 'partner') END AS partner_id
       FROM ledger_entries WHERE event_id = $1 LIMIT 1`,
    [eventId],
  );
  return rows[0] ?? null;
}

function isRefundable({ entry_type: entryType, amount }: OriginalRow): boolean {
  return (entryType === "charge" || entryType === "true_up") && storedMoney(amount) < 0n;
}

function movementOf(row: {
  readonly amount: string;
  readonly revenue: string;
  readonly tax: string;
  readonly commission: string;
}): Movement {
  return {
    amount: storedMoney(row.amount),
    revenue: storedMoney(row.revenue),
    tax: storedMoney(row.tax),
    commission: storedMoney(row.commission),
  };
}

interface Sums {
  readonly amount: string;
  readonly revenue: string;
  readonly tax: string;
  readonly commission: string;
}

export async function correctedSoFar(client: Client, originalId: string): Promise<Movement> {
  const { rows } = await client.query<Sums>(
    `SELECT coalesce(sum(amount), 0)::numeric(38,18) AS amount, coalesce(sum(revenue), 0)::numeric(38,18) AS revenue,
            coalesce(sum(tax), 0)::numeric(38,18) AS tax, coalesce(sum(commission), 0)::numeric(38,18) AS commission FROM ledger_corrections WHERE original_id = $1`,
    [originalId],
  );
  return movementOf(rows[0] as Sums);
}

/** @param reRatingId of the report that it comes from. */
export async function insertCorrection(
  client: Client,
  correction: Correction,
  original: OriginalRow,
  reRatingId: string | null,
): Promise<void> {
  const { movement } = correction;
  await client.query(
    `INSERT INTO ledger_corrections (correction_id, kind, tenant_id, wallet_id, original_id, original_month, event_type, operator,
       country, amount, revenue, tax, currency, reason, actor, re_rating_id, decided_at, commission, partner_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, to_timestamp($17::float8 / 1000), $18, $19)`,
    [
      correction.correctionId,
      correction.kind,
      correction.tenantId,
      correction.walletId,
      correction.originalId,
      original.accepted_month,
      original.event_type,
      original.operator,
      original.country,
      formatMoney(movement.amount),
      formatMoney(movement.revenue),
      formatMoney(movement.tax),
      correction.currency,
      correction.reason,
      correction.actor,
      reRatingId,
      correction.decidedAt,
      formatMoney(movement.commission),
      correction.partnerId,
    ],
  );
}

interface CorrectionRow {
  readonly correction_id: string;
  readonly kind: Correction["kind"];
  readonly tenant_id: string;
  readonly wallet_id: string;
  readonly original_id: string;
  readonly amount: string;
  readonly revenue: string;
  readonly tax: string;
  readonly commission: string;
  readonly partner_id: string | null;
  readonly currency: string;
  readonly reason: string;
  readonly actor: string;
  readonly decided_at: Date;
}

function correctionOf(row: CorrectionRow): Correction {
  return {
    correctionId: row.correction_id,
    kind: row.kind,
    tenantId: row.tenant_id,
    walletId: row.wallet_id,
    originalId: row.original_id,
    movement: movementOf(row),
    partnerId: row.partner_id,
    currency: row.currency,
    reason: row.reason,
    actor: row.actor,
    decidedAt: row.decided_at.getTime(),
  };
}
