import { createInvoiceDocuments } from "#adapters/documents/invoice-documents.ts";
import { createInvoiceBooks } from "#adapters/postgres/invoices.ts";
import { createIssuers } from "#adapters/postgres/issuers.ts";
import type { Pool } from "#adapters/postgres/pool.ts";
import { createInvoicingActivities } from "#activities/invoicing.ts";
import type { Mail } from "#domain/mail/ports.ts";
import type { FiscalAuthority } from "#domain/invoicing/ports.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import type { InvoicingActivities } from "#workflows/invoicing/api.ts";

/** The flow's own activities on real books and documents; mails are kept. */
export function realActivities(
  pool: Pool,
  tenant: TenantConfiguration,
  { mails = [], authority = null }: { mails?: Mail[]; authority?: FiscalAuthority | null } = {},
): InvoicingActivities {
  return createInvoicingActivities({
    tenants: { get: async (tenantId) => (tenantId === tenant.tenantId ? tenant : null) },
    issuers: createIssuers(pool),
    books: createInvoiceBooks(pool),
    documents: createInvoiceDocuments(),
    authority,
    mailer: {
      send: async (mail) => {
        mails.push(mail);
        return { kind: "accepted" };
      },
    },
    collection: { begin: async () => ({ begun: true }) },
    clock: { now: () => Date.now() },
  });
}
