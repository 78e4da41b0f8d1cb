import type { Invoice } from "#domain/invoicing/invoice.ts";
import { UNCONFIGURED_ISSUER, type IssuerVersion } from "#domain/invoicing/issuer.ts";
import type { CreditNoteRequest } from "#domain/invoicing/ports.ts";
import type { ListedInvoice } from "#domain/invoicing/reads.ts";
import type { Invoicing } from "#gateway/rest/dependencies.ts";

export const INVOICE_1 = "01936f2e-7c1a-7000-8000-000000000061";
export const INVOICE_2 = "01936f2e-7c1a-7000-8000-000000000062";

/** Invoices as far as the REST door needs them; tests look into what was asked. */
export interface FakeInvoicing extends Invoicing {
  readonly credits: CreditNoteRequest[];
}

export function createFakeInvoicing(up: () => Promise<void>): FakeInvoicing {
  const invoices = [invoice("TENANT-001", INVOICE_1), invoice("TENANT-002", INVOICE_2)];
  const credits: CreditNoteRequest[] = [];
  let issuer: IssuerVersion = UNCONFIGURED_ISSUER;
  return {
    credits,
    reads: {
      async get(scope, invoiceId) {
        await up();
        const found = invoices.find((one) => one.invoiceId === invoiceId);
        if (found === undefined) return null;
        if (scope !== "administration" && scope.tenantId !== found.tenantId) return null;
        return { invoice: found, listed: listed(found) };
      },
      async list(scope, { tenantId }) {
        await up();
        const mine = invoices.filter(
          (one) =>
            (tenantId === null || one.tenantId === tenantId) &&
            (scope === "administration" || scope.tenantId === one.tenantId),
        );
        return { rows: mine.map(listed), next: null };
      },
    },
    books: {
      async credit(request) {
        await up();
        credits.push(request);
        const original = invoices.find((one) => one.invoiceId === request.invoiceId);
        if (original === undefined) return { kind: "unknown" };
        if ((request.amountMinor ?? 0n) > 10n)
          return { kind: "exceeds", remainingMinor: 10n, currency: original.currency };
        return {
          kind: "credited",
          creditNote: {
            ...original,
            invoiceId: request.creditNoteId,
            kind: "credit_note",
            number: "CN-2026-000001",
            corrects: { number: original.number, reason: request.reason },
          },
        };
      },
    },
    documents: {
      pdf: async (of) => Buffer.from(`%PDF ${of.number}`),
      html: (of) => `<p>${of.number}</p>`,
      ubl: (of) => `<Invoice>${of.number}</Invoice>`,
    },
    issuers: {
      async current() {
        await up();
        return issuer;
      },
      async put(next) {
        await up();
        issuer = { issuerId: "default", version: issuer.version + 1, issuer: next };
        return issuer;
      },
    },
  };
}

function listed(of: Invoice): ListedInvoice {
  return {
    standing: {
      invoiceId: of.invoiceId,
      number: of.number,
      kind: of.kind,
      tenantId: of.tenantId,
      walletId: of.walletId,
      currency: of.currency,
      totalMinor: 10n,
      paidMinor: 0n,
      creditedMinor: 0n,
      discountedMinor: 0n,
      openMinor: 10n,
      dueAt: Date.parse("2026-12-12T00:00:00Z"),
      earlyPayment: null,
    },
    status: "open",
    period: of.period,
    issuedOn: of.issuedOn,
    dueOn: of.dueOn,
    issuedAt: Date.parse("2026-11-27T00:10:00Z"),
  };
}

function invoice(tenantId: string, invoiceId: string): Invoice {
  const party = { name: "N", addressLines: [], country: "US", taxId: null, email: null };
  return {
    invoiceId,
    number: "INV-2026-000001",
    kind: "invoice",
    tenantId,
    walletId: "w",
    currency: "USD",
    period: { from: "2026-11-26", to: "2026-11-27", timezone: "UTC" },
    issuedOn: "2026-11-27",
    dueOn: "2026-12-11",
    issuer: party,
    customer: party,
    lines: [
      {
        position: 1,
        description: "USSD Session - 3 interactions",
        channel: "ussd",
        eventType: "ussd.session",
        quantity: "1",
        unitRate: "0.09",
        discount: "0",
        amount: "0.09",
        taxCategory: "Tax",
        late: false,
      },
    ],
    taxes: [{ name: "Tax", percent: "8", jurisdiction: null, net: "0.09", amount: "0.01", note: null }],
    netTotal: "0.09",
    taxTotal: "0.01",
    total: "0.10",
    amountDue: "0.10",
    earlyPayment: null,
    balance: null,
    corrects: null,
    fiscal: null,
    notes: [],
    paymentUrl: null,
    branding: { colour: "#0b5fff", logo: null, paper: "A4", language: "en", footer: [] },
  };
}
