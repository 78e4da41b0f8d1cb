import type { BillingEvent } from "#domain/events/billing-event.ts";
import type { EventPublisher } from "#domain/events/ports.ts";

/** Publishes on billing.events, keyed by wallet: events of one wallet are charged in this order. */
export async function publishBillingEvents(
  publisher: EventPublisher,
  events: readonly BillingEvent[],
): Promise<void> {
  await publisher.publish(
    events.map((event) => ({ topic: "billing.events", key: event.walletId, value: JSON.stringify(event) })),
  );
}
