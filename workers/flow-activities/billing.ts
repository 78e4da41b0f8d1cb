import { createInvoiceBooks } from "#adapters/postgres/invoices.ts";
import { createIssuers } from "#adapters/postgres/issuers.ts";
import { createOverdueInvoices } from "#adapters/postgres/overdue-invoices.ts";
import { createInvoiceCollection } from "#adapters/temporal/invoice-collection.ts";
import { createInvoicingActivities } from "#activities/invoicing.ts";
import { createSuspensionActivities } from "#activities/suspension.ts";
import type { FlowsContext } from "./context.ts";
import { createPayableDocuments } from "../invoice-documents.ts";
import { lowBalanceActivities } from "./low-balance.ts";
import { settlementActivities } from "./settlement.ts";

/** Activities of the queue `billing`. */
export function billingActivities(context: FlowsContext): object {
  const { process, tenants, announcements, balances, mailer, announced, temporal } = context;
  const { pool, clock } = process;
  const books = createInvoiceBooks(pool);
  const invoicing = createInvoicingActivities({
    tenants,
    issuers: createIssuers(pool),
    books,
    documents: createPayableDocuments(process.config),
    // A deployment that must clear its invoices composes its authority here (docs/flows/invoicing.md).
    authority: null,
    mailer,
    collection: createInvoiceCollection(temporal),
    clock,
  });
  const suspension = createSuspensionActivities({
    tenants,
    announcements,
    balances,
    invoices: createOverdueInvoices(pool),
    mailer,
    clock,
  });
  return {
    ...invoicing,
    ...announced.invoices(invoicing, async (invoiceId) => (await books.get(invoiceId))?.tenantId ?? null),
    ...lowBalanceActivities(context),
    ...suspension,
    ...announced.suspensions(suspension),
    ...settlementActivities(context),
  };
}
