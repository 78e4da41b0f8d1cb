import { fromMinor } from "#domain/money/minor-units.ts";
import { formatMoney, money } from "#domain/money/money.ts";
import type { PaymentFees } from "#domain/payments/payment-store.ts";
import { inTransaction, type Pool } from "./pool.ts";

/** Fees as transactions between accounts (0006_double_entry.sql): an expense, and so much less to come from the provider. */
export function createPaymentFees(pool: Pool): PaymentFees {
  return {
    async post({ paymentId, tenantId, attempt, provider, feeMinor, currency, at }) {
      const transactionId = `payment:${paymentId}:fee:${attempt}`;
      const fee = fromMinor(feeMinor, currency);
      await inTransaction(pool, async (client) => {
        const { rowCount } = await client.query(
          `INSERT INTO ledger_transactions (transaction_id, tenant_id, kind, event_id, reason, actor, occurred_at)
           VALUES ($1, $2, 'payment', NULL, 'fee of the payment provider', $3, to_timestamp($4::float8 / 1000))
           ON CONFLICT (transaction_id) DO NOTHING`,
          [transactionId, tenantId, provider, at],
        );
        if (rowCount === 0) return;
        await client.query(
          `INSERT INTO ledger_postings (transaction_id, line, tenant_id, account, party, amount, currency)
           VALUES ($1, 1, $2, 'provider_fees', $3, $4, $6), ($1, 2, $2, 'clearing', NULL, $5, $6)`,
          [transactionId, tenantId, provider, formatMoney(money(0n - fee)), formatMoney(fee), currency],
        );
      });
    },
  };
}
