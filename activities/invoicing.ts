import { ApplicationFailure } from "@temporalio/common";
import type { Clock } from "#domain/clock.ts";
import { Rejected } from "#domain/errors.ts";
import type { InvoiceDocuments } from "#domain/invoicing/invoice.ts";
import type { Issuers } from "#domain/invoicing/issuer.ts";
import { lastEndedPeriod, type Period, periodThrough } from "#domain/invoicing/period.ts";
import type {
  FiscalAuthority,
  InvoiceBooks,
  InvoiceCollection,
  InvoiceSummary,
} from "#domain/invoicing/ports.ts";
import { DEFAULT_INVOICING } from "#domain/invoicing/schedule.ts";
import type { Mailer } from "#domain/mail/ports.ts";
import { zoneClock } from "#domain/rating/zone-clock.ts";
import type { TenantStore } from "#domain/tenants/tenant-store.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import {
  invoicingInput,
  type FlowInvoice,
  type GivenInvoicingInput,
  type InvoicingActivities,
  type InvoicingInput,
} from "#workflows/invoicing/api.ts";
import { withHeartbeats } from "./heartbeats.ts";
import { invoiceMail } from "./mails/invoice.ts";

export interface InvoicingDependencies {
  readonly tenants: Pick<TenantStore, "get">;
  readonly issuers: Pick<Issuers, "current">;
  readonly books: InvoiceBooks;
  readonly documents: InvoiceDocuments;
  /** Null: invoices need no clearance. */
  readonly authority: FiscalAuthority | null;
  readonly mailer: Mailer;
  readonly collection: InvoiceCollection;
  readonly clock: Clock;
}

/** What these throw is Unavailable (tried again) or says what can never be. */
export function createInvoicingActivities(dependencies: InvoicingDependencies): InvoicingActivities {
  const { tenants, issuers, books, documents, authority, mailer, collection, clock } = dependencies;
  return {
    closePeriod: ({ dueAt, ...given }) =>
      withHeartbeats(async () => {
        const input = checked(given);
        const tenant = await knownTenant(tenants, input.tenantId);
        const period = periodOf(tenant, input, dueAt, clock.now());
        const issuer = await issuers.current();
        const invoices: FlowInvoice[] = [];
        const empty: string[] = [];
        for (const walletId of walletsOf(tenant, input)) {
          const outcome = await books.close({
            tenant,
            walletId,
            period,
            issuer,
            issue: authority === null,
            actor: input.actor,
            at: clock.now(),
          });
          if (outcome.kind === "invoice") invoices.push(flowInvoiceOf(outcome.invoice));
          else empty.push(walletId);
        }
        return { invoices, empty, unaddressed: tenant.email === null };
      }),

    async registerFiscally({ invoiceId }) {
      if (authority === null) return null;
      const invoice = await knownInvoice(books, invoiceId);
      try {
        return await authority.register(invoiceId, documents.ubl(invoice));
      } catch (error) {
        if (!(error instanceof Rejected)) throw error;
        throw ApplicationFailure.nonRetryable(
          `${error.service} rejects the invoice: ${error.message}`,
          "FiscalRejected",
        );
      }
    },

    async issueInvoice({ invoiceId, fiscal }) {
      const issued = await withHeartbeats(() => books.issue(invoiceId, fiscal, clock.now()));
      if (issued === null) throw unknownInvoice(invoiceId);
      return flowInvoiceOf(issued);
    },

    beginPayment: (invoice) => collection.begin(invoice),

    async mailInvoice({ invoiceId, again }) {
      const invoice = await knownInvoice(books, invoiceId);
      // Where it goes is what the tenant says now, whatever the document says.
      const tenant = await knownTenant(tenants, invoice.tenantId);
      if (tenant.email === null) return { kind: "none" };
      const summary = await books.summary(invoiceId);
      if (again === null && summary?.mailed === true) return { kind: "accepted" };
      const pdf = await documents.pdf(invoice);
      const outcome = await mailer.send(invoiceMail(invoice, tenant.email, pdf, again));
      if (outcome.kind === "accepted") await books.markMailed(invoiceId, clock.now());
      return outcome;
    },
  };
}

/** Whoever started the flow: by the API it was checked before, by Temporal's own tools it was not. */
function checked(given: GivenInvoicingInput): InvoicingInput {
  const read = invoicingInput.safeParse(given);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw ApplicationFailure.nonRetryable(`${issue?.path.join(".")}: ${issue?.message}`, "Validation");
}

async function knownTenant(
  tenants: Pick<TenantStore, "get">,
  tenantId: string,
): Promise<TenantConfiguration> {
  const tenant = await tenants.get(tenantId);
  if (tenant === null)
    throw ApplicationFailure.nonRetryable(`there is no tenant ${tenantId}`, "UnknownTenant");
  return tenant;
}

async function knownInvoice(books: InvoiceBooks, invoiceId: string) {
  const invoice = await books.get(invoiceId);
  if (invoice === null) throw unknownInvoice(invoiceId);
  return invoice;
}

function unknownInvoice(invoiceId: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`there is no invoice ${invoiceId}`, "UnknownInvoice");
}

function walletsOf(tenant: TenantConfiguration, { walletId }: InvoicingInput): readonly string[] {
  const wallets = tenant.wallets.map((wallet) => wallet.walletId);
  if (walletId === null) return wallets;
  if (wallets.includes(walletId)) return [walletId];
  throw ApplicationFailure.nonRetryable(
    `tenant ${tenant.tenantId} has no wallet ${walletId}`,
    "UnknownWallet",
  );
}

/** @param dueAt epoch ms for which the period is asked; @param now it must be over by then. */
function periodOf(
  tenant: TenantConfiguration,
  { through }: InvoicingInput,
  dueAt: number,
  now: number,
): Period {
  const zone = zoneClock(tenant.timezone);
  if (zone === null)
    throw ApplicationFailure.nonRetryable(`the tenant's zone ${tenant.timezone} is unknown`, "Validation");
  const { cycle } = tenant.invoicing ?? DEFAULT_INVOICING;
  const period = through === null ? lastEndedPeriod(cycle, zone, dueAt) : periodThrough(cycle, zone, through);
  if (period === null) throw ApplicationFailure.nonRetryable(`${through} is no day`, "Validation");
  if (period.toAt > now)
    throw ApplicationFailure.nonRetryable(
      `${through ?? period.to} is not over in ${tenant.timezone}`,
      "NotOver",
    );
  return period;
}

function flowInvoiceOf(invoice: InvoiceSummary): FlowInvoice {
  const { invoiceId, walletId, kind, number, currency, openMinor, mailed } = invoice;
  return { invoiceId, walletId, kind, number, currency, openMinor: openMinor.toString(), mailed };
}
