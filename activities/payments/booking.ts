import { heartbeat } from "@temporalio/activity";
import { Unavailable } from "#domain/errors.ts";
import type { EventPublisher } from "#domain/events/ports.ts";
import type { InvoicePayments } from "#domain/invoicing/ports.ts";
import {
  movementEvent,
  movementEventId,
  walletMinor,
  type Movement,
  type Payment,
} from "#domain/payments/payment.ts";
import type { PaymentStore } from "#domain/payments/payment-store.ts";

/** What of PostgreSQL's ledger booking needs. */
export interface LedgerEntries {
  /** Null while the ledger has no entry of this event. */
  byEvent(eventId: string, acceptedAt: number): Promise<object | null>;
}

export interface BookingDependencies {
  readonly payments: PaymentStore;
  readonly publisher: EventPublisher;
  readonly ledger: LedgerEntries;
  readonly invoices: InvoicePayments;
  readonly clock: { now(): number };
}

/** The ledger follows within tens of milliseconds; asking more often would only load it. */
const ASK_EVERY_MS = 40;
/** Then the stage is away or far behind: the events are published again, which changes nothing. */
const LEDGER_MS_MAX = 20_000;

/**
 * Books what of a payment is not booked yet: the wallet by an event whose id is made of payment and movement, then the invoice. Only what the ledger
 * is seen to have counts as booked, so that a process that dies anywhere books it again, once.
 * @throws Unavailable while the ledger has not got it.
 */
export async function bookMovements(
  { payments, publisher, ledger, invoices, clock }: BookingDependencies,
  payment: Payment,
): Promise<void> {
  const movements = payment.movements.filter(({ bookedAt }) => bookedAt === null);
  if (movements.length === 0) return;
  await publisher.publish(
    movements.map((movement) => ({
      topic: "billing.events",
      key: payment.walletId,
      value: JSON.stringify(movementEvent(payment, movement)),
    })),
  );
  for (const movement of movements) await seenInLedger(ledger, payment, movement);
  for (const movement of movements) await recordOnInvoice(invoices, payment, movement);
  await payments.markBooked(
    payment.paymentId,
    movements.map(({ number }) => number),
    clock.now(),
  );
}

async function seenInLedger(
  ledger: LedgerEntries,
  { paymentId }: Payment,
  movement: Movement,
): Promise<void> {
  const eventId = movementEventId(paymentId, movement);
  const deadline = performance.now() + LEDGER_MS_MAX;
  while ((await ledger.byEvent(eventId, movement.recordedAt)) === null) {
    if (performance.now() >= deadline)
      throw new Unavailable("billing", { message: `the ledger has not got ${eventId} yet` });
    heartbeat();
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}

async function recordOnInvoice(
  invoices: InvoicePayments,
  { paymentId, invoiceId }: Payment,
  movement: Movement,
): Promise<void> {
  if (invoiceId === null) return;
  await invoices.recordPayment({
    invoiceId,
    paymentId: movementEventId(paymentId, movement),
    amountMinor: walletMinor(movement),
    at: movement.recordedAt,
  });
}
