import type { Clock } from "#domain/clock.ts";
import type { EventPublisher } from "#domain/events/ports.ts";
import type { InvoiceEntryOutbox } from "#domain/invoicing/entry-outbox.ts";

/** Published together: one Kafka request. */
const PER_TURN = 500;
/** Turns of one pass; what is left waits for the next. */
const TURNS_MAX = 100;

/**
 * Publishes what invoices move wallets by until the ledger has it. Answers how many were published and how many were found posted.
 * @throws Unavailable when PostgreSQL or Kafka cannot be reached.
 */
export async function postInvoiceEntries(
  outbox: InvoiceEntryOutbox,
  publisher: EventPublisher,
  clock: Clock,
): Promise<{ readonly published: number; readonly posted: number }> {
  const posted = await outbox.markPosted(clock.now());
  let published = 0;
  for (let turn = 0; turn < TURNS_MAX; turn += 1) {
    const pending = await outbox.pending(clock.now(), PER_TURN);
    if (pending.length === 0) break;
    await publisher.publish(
      pending.map((event) => ({
        topic: "billing.events",
        key: event.walletId,
        value: JSON.stringify(event),
      })),
    );
    await outbox.markPublished(
      pending.map(({ id }) => id),
      clock.now(),
    );
    published += pending.length;
  }
  return { published, posted };
}
