import { toMinor } from "#domain/money/minor-units.ts";
import type { RecordedPayment } from "#domain/settlement/payment-check.ts";
import type { RecordedPayments } from "#domain/settlement/ports.ts";
import { textArray } from "./array-literal.ts";
import { storedMoney } from "./ledger-columns.ts";
import { onPostgres, type Pool } from "./pool.ts";

interface Row {
  readonly payment_id: string;
  readonly provider_payment_id: string;
  readonly tenant_id: string;
  readonly currency: string;
  readonly received: string;
  readonly fee: string | null;
  readonly given_back: string;
  readonly at: Date;
}

/**
 * $1 provider, $2 its ids, $3 and $4 the window of the receipt (epoch ms). An attempt may be received in parts; what went back is the whole payment's, since a
 * refund names no attempt. The fee is what stands in the ledger.
 */
const RECORDED = `
  WITH wanted AS (
    SELECT payment_id, number FROM payment_attempts
     WHERE provider = $1 AND (provider_payment_id = ANY($2::text[]) OR former_payment_id = ANY($2::text[]))
    UNION
    SELECT a.payment_id, a.number FROM payment_movements m JOIN payment_attempts a ON a.payment_id = m.payment_id AND m.source = 'attempt:' || a.number
     WHERE a.provider = $1 AND m.kind = 'receipt' AND m.recorded_at >= to_timestamp($3::float8 / 1000) AND m.recorded_at < to_timestamp($4::float8 / 1000))
  SELECT a.payment_id, p.tenant_id, p.currency, r.received, r.at, b.given_back,
         CASE WHEN a.former_payment_id = ANY($2::text[]) AND NOT a.provider_payment_id = ANY($2::text[]) THEN a.former_payment_id
              ELSE a.provider_payment_id END AS provider_payment_id,
         (SELECT sum(-l.amount) FROM ledger_postings l
           WHERE l.transaction_id = 'payment:' || a.payment_id || ':fee:' || a.number AND l.account = 'provider_fees')::text AS fee
    FROM wanted w JOIN payment_attempts a USING (payment_id, number) JOIN payments p USING (payment_id)
   CROSS JOIN LATERAL (
     SELECT sum(amount_minor) AS received, min(recorded_at) AS at FROM payment_movements
      WHERE payment_id = a.payment_id AND kind = 'receipt' AND source = 'attempt:' || a.number HAVING count(*) > 0) r
   CROSS JOIN LATERAL (
     SELECT coalesce(sum(CASE kind WHEN 'refund' THEN amount_minor WHEN 'dispute' THEN amount_minor
                                   WHEN 'refund_returned' THEN -amount_minor WHEN 'dispute_returned' THEN -amount_minor END), 0) AS given_back
       FROM payment_movements WHERE payment_id = a.payment_id) b
   WHERE a.provider_payment_id IS NOT NULL
   ORDER BY a.payment_id, a.number`;

/** Payments that were received, as our own books have them. */
export function createRecordedPayments(pool: Pool): RecordedPayments {
  return {
    async recorded(provider, providerPaymentIds, { from, to }) {
      const { rows } = await onPostgres(() =>
        pool.query<Row>(RECORDED, [provider, textArray(providerPaymentIds), from, to]),
      );
      return rows.map(paymentOf);
    },
  };
}

function paymentOf(row: Row): RecordedPayment {
  return {
    paymentId: row.payment_id,
    providerPaymentId: row.provider_payment_id,
    tenantId: row.tenant_id,
    currency: row.currency,
    receivedMinor: BigInt(row.received),
    feeMinor: row.fee === null ? null : toMinor(storedMoney(row.fee), row.currency),
    givenBackMinor: BigInt(row.given_back),
    at: row.at.getTime(),
  };
}
