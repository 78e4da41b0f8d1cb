import { pino } from "pino";
import { createKafka } from "#adapters/kafka/connection.ts";
import { KafkaPublisher } from "#adapters/kafka/publisher.ts";
import { createInvoicePayments } from "#adapters/postgres/invoice-payments.ts";
import { createLedgerReads } from "#adapters/postgres/ledger-reads.ts";
import { createPaymentFees } from "#adapters/postgres/payment-fees.ts";
import { createPaymentStore } from "#adapters/postgres/payments.ts";
import { createPool } from "#adapters/postgres/pool.ts";
import { createControlOutbox } from "#adapters/postgres/control-outbox.ts";
import { createTenantStore } from "#adapters/postgres/tenants.ts";
import { createMailer } from "#adapters/smtp/mailer.ts";
import { createStripeProvider } from "#adapters/stripe/provider.ts";
import { createPaymentCollectionActivities } from "#activities/payments/collection.ts";
import { systemClock } from "#domain/clock.ts";
import { toConfig } from "#platform/config/config.ts";
import { createPayLinks } from "#platform/pay-links.ts";
import type { PaymentCollectionActivities } from "#workflows/payment-collection/api.ts";
import type { Environment } from "../../scripts/environment.ts";

/** The activities of payments on the environment's own servers, for a worker that a test may kill. */
export async function openPaymentActivities({ variables }: Environment): Promise<{
  readonly activities: PaymentCollectionActivities;
  close(): Promise<void>;
}> {
  const config = toConfig(variables);
  const clock = systemClock;
  const pool = createPool(config.databaseUrl, "test-payments");
  const publisher = new KafkaPublisher(
    createKafka(config.kafka.brokers, "test-payments", pino({ level: "silent" })),
  );
  await publisher.connect();
  const stripe = createStripeProvider({
    ...config.providers.stripe!,
    clock,
    returnUrl: "http://127.0.0.1:9/",
  });
  const mailer = createMailer(config.mail);
  const activities = createPaymentCollectionActivities({
    tenants: createTenantStore(pool, createControlOutbox(pool, publisher), { clock, onDelayed: () => {} }),
    payments: createPaymentStore(pool),
    publisher,
    ledger: createLedgerReads(pool),
    invoices: createInvoicePayments(pool),
    fees: createPaymentFees(pool),
    provider: (name) => (name === "stripe" ? stripe : null),
    mailer,
    links: createPayLinks(config.secretKey, config.gateway.publicUrl),
    dunningDays: config.dunningDays,
    operatorEmail: "",
    clock,
  });
  return {
    activities,
    async close() {
      await publisher.close();
      await mailer.close();
      await pool.end();
    },
  };
}
