import { walletEntryEvent } from "#domain/events/billing-event.ts";
import type { InvoiceEntryOutbox } from "#domain/invoicing/entry-outbox.ts";
import { onPostgres, type Pool } from "./pool.ts";

export function createInvoiceEntryOutbox(pool: Pool): InvoiceEntryOutbox {
  return {
    async pending(now, limit) {
      const { rows } = await onPostgres(() =>
        pool.query<{ event: unknown }>(
          `SELECT event FROM invoice_entries WHERE posted_at IS NULL AND (published_at IS NULL
              OR published_at < to_timestamp($1::float8 / 1000) - least(interval '1 minute' * 4 ^ attempts, interval '1 day'))
            ORDER BY decided_at, event_id LIMIT $2`,
          [now, limit],
        ),
      );
      return rows.map(({ event }) => walletEntryEvent.parse(event));
    },
    async markPublished(eventIds, at) {
      await onPostgres(() =>
        pool.query(
          `UPDATE invoice_entries SET published_at = to_timestamp($2::float8 / 1000), attempts = least(attempts + 1, 100)
            WHERE event_id = ANY($1::text[]) AND posted_at IS NULL`,
          [eventIds, at],
        ),
      );
    },
    async markPosted(at) {
      const { rowCount } = await onPostgres(() =>
        pool.query(
          `UPDATE invoice_entries i SET posted_at = to_timestamp($1::float8 / 1000)
            WHERE i.posted_at IS NULL AND i.published_at IS NOT NULL AND EXISTS (
              SELECT FROM ledger_entries e WHERE e.event_id = i.event_id
                 AND e.accepted_month = date_trunc('month', to_timestamp((i.event->>'acceptedAt')::bigint / 1000.0) AT TIME ZONE 'UTC')::date)`,
          [at],
        ),
      );
      return rowCount ?? 0;
    },
  };
}
