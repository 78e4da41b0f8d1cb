import { createInvoicePayments } from "#adapters/postgres/invoice-payments.ts";
import { createLedgerReads } from "#adapters/postgres/ledger-reads.ts";
import { createPaymentFees } from "#adapters/postgres/payment-fees.ts";
import { createPaymentStore } from "#adapters/postgres/payments.ts";
import { createPaymentCollectionActivities } from "#activities/payments/collection.ts";
import { createPaymentDisputeActivities } from "#activities/payments/disputes.ts";
import { createPaymentRefundActivities } from "#activities/payments/refunds.ts";
import { createPayLinks } from "#platform/pay-links.ts";
import { createPaymentProviders } from "../payment-providers.ts";
import type { FlowsContext } from "./context.ts";

/** Activities of the queue `payments`. */
export function paymentsActivities({ process, tenants, mailer, announced }: FlowsContext): object {
  const { config, pool, publisher, clock } = process;
  const providers = createPaymentProviders(process);
  const dependencies = {
    tenants,
    payments: createPaymentStore(pool),
    publisher,
    ledger: createLedgerReads(pool),
    invoices: createInvoicePayments(pool),
    fees: createPaymentFees(pool),
    provider: (name: "stripe" | "paypal") => providers[name] ?? null,
    mailer,
    links: createPayLinks(config.secretKey, config.gateway.publicUrl),
    dunningDays: config.dunningDays,
    operatorEmail: config.operator.email,
    clock,
  };
  const collection = createPaymentCollectionActivities(dependencies);
  return {
    ...collection,
    ...announced.payments(collection, dependencies.payments),
    ...createPaymentRefundActivities(dependencies),
    ...createPaymentDisputeActivities(dependencies),
  };
}
