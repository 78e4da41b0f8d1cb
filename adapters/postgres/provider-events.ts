import type { PaymentProviderName, ProviderEvent, ProviderEvents } from "#domain/payments/ports.ts";
import { onPostgres, type Pool } from "./pool.ts";

const ACCEPT = `
  INSERT INTO provider_events (provider, provider_event_id, kind, provider_payment_id, payment_id, amount_minor, at)
  VALUES ($1, $2, $3, $4, $5, $6, to_timestamp($7::float8 / 1000))
  ON CONFLICT DO NOTHING`;

const HANDED_ON = `
  UPDATE provider_events SET handed_on_at = clock_timestamp(), outcome = $3
  WHERE provider = $1 AND provider_event_id = $2 AND handed_on_at IS NULL`;

const WAITING = `
  SELECT provider, provider_event_id, kind, provider_payment_id, payment_id, amount_minor::text,
    (extract(epoch FROM at) * 1000)::float8 AS at
  FROM provider_events
  WHERE handed_on_at IS NULL AND received_at <= clock_timestamp() - make_interval(secs => $1::float8 / 1000)
  ORDER BY received_at LIMIT $2`;

interface Row {
  readonly provider: PaymentProviderName;
  readonly provider_event_id: string;
  readonly kind: ProviderEvent["kind"];
  readonly provider_payment_id: string | null;
  readonly payment_id: string | null;
  readonly amount_minor: string | null;
  readonly at: number;
}

/** The inbox of webhooks: table provider_events. */
export function createProviderEvents(pool: Pool): ProviderEvents & {
  /** Forgets what was handed on longer ago; providers repeat a webhook for some days only. */
  prune(keptMs: number): Promise<number>;
} {
  return {
    accept: ({ provider, providerEventId, kind, providerPaymentId, paymentId, amountMinor, at }) =>
      onPostgres(async () => {
        const values = [
          provider,
          providerEventId,
          kind,
          providerPaymentId,
          paymentId,
          amountMinor?.toString(),
          at,
        ];
        const { rowCount } = await pool.query(ACCEPT, values);
        return rowCount === 1 ? "new" : "known";
      }),
    async handedOn({ provider, providerEventId }, outcome) {
      await onPostgres(() => pool.query(HANDED_ON, [provider, providerEventId, outcome]));
    },
    waiting: (ageMs, limit) =>
      onPostgres(async () => (await pool.query<Row>(WAITING, [ageMs, limit])).rows.map(eventOf)),
    prune: (keptMs) =>
      onPostgres(async () => {
        const { rowCount } = await pool.query(
          "DELETE FROM provider_events WHERE handed_on_at < clock_timestamp() - make_interval(secs => $1::float8 / 1000)",
          [keptMs],
        );
        return rowCount ?? 0;
      }),
  };
}

function eventOf(row: Row): ProviderEvent {
  return {
    provider: row.provider,
    providerEventId: row.provider_event_id,
    kind: row.kind,
    providerPaymentId: row.provider_payment_id,
    paymentId: row.payment_id,
    amountMinor: row.amount_minor === null ? null : BigInt(row.amount_minor),
    at: row.at,
  };
}
