import { expect } from "@jest/globals";
import { located, type Samples } from "./sample.ts";

const noTenant = { error: "There is no tenant NOBODY.", code: "not_found" };
const wrongTenant = { tenantId: { value: "NOBODY" } };

export const tenantSamples: Samples = {
  "tenant.onboard": ({ main, newTenant, link }) => ({
    parameters: {
      tenantId: newTenant,
      name: newTenant,
      email: "new@n8n.test",
      additionalFields: {
        country: "GB",
        timezone: "Europe/London",
        rateCardId: located(`RC-${main}`),
        low: "10",
      },
    },
    wrong: { additionalFields: { country: "Great Britain" } },
    error: "country: must be two capital letters (ISO 3166-1)",
    code: "validation_failed",
    output: [
      {
        tenant_id: newTenant,
        api_key: expect.stringMatching(/^cat_live_/),
        workflow: { id: `onboarding-${newTenant}` },
        link: link(`onboarding-${newTenant}`),
      },
    ],
  }),
  "tenant.get": ({ main }) => ({
    parameters: { tenantId: located(main) },
    wrong: wrongTenant,
    ...noTenant,
    output: [
      {
        tenant_id: main,
        status: "active",
        country: "GB",
        rate_card_id: `RC-${main}`,
        wallets: [{ currency: "USD", kind: "prepaid" }],
        link: null,
      },
    ],
  }),
  "tenant.list": ({ main, billed }) => ({
    parameters: { limit: 200 },
    wrong: { limit: 0 },
    error: "query.limit: must be 1 or more",
    code: "validation_failed",
    output: [
      { tenant_id: billed, link: null },
      { tenant_id: main, link: null },
    ],
    isAmongOthers: true,
  }),
  "tenant.suspend": ({ off, link }) => ({
    parameters: { tenantId: located(off), reason: "a test", graceSeconds: 0 },
    wrong: wrongTenant,
    ...noTenant,
    output: [
      {
        workflow_id: `suspension-${off}`,
        workflow: "suspension",
        tenant_id: off,
        status: "running",
        link: link(`suspension-${off}`),
      },
    ],
  }),
  "tenant.reinstate": ({ off, link }) => ({
    parameters: { tenantId: located(off), actor: "Kim", reason: "the test is over" },
    wrong: { actor: " " },
    error: "input.actor: is needed: who decides",
    code: "validation_failed",
    output: [
      {
        tenant_id: off,
        workflow_id: `suspension-${off}`,
        output: { status: "reinstated" },
        link: link(`suspension-${off}`),
      },
    ],
  }),
  "tenant.topUp": ({ main }) => ({
    parameters: {
      tenantId: located(main),
      amount: "12.500000000000000001",
      options: { reason: "transfer 4711" },
    },
    wrong: { amount: "-12.50" },
    error: "amount: must be above zero",
    code: "validation_failed",
    output: [
      {
        status: "completed",
        transaction: { amount: "12.500000000000000001", type: "top_up" },
        balance: "22.500000000000000001",
        link: null,
      },
    ],
  }),
  "tenant.balance": ({ main }) => ({
    parameters: { tenantId: located(main) },
    wrong: { walletId: "another" },
    error: `query.wallet_id: is no wallet of tenant ${main}`,
    code: "validation_failed",
    output: [
      {
        tenant_id: main,
        currency: "USD",
        balance: "22.500000000000000001",
        reserved: "0",
        available: "22.500000000000000001",
        sequence: "2",
        link: null,
      },
    ],
  }),
  "tenant.transactions": ({ main }) => ({
    parameters: { tenantId: located(main), filters: { from: "2024-01-01T00:00:00" } },
    wrong: { filters: { from: "last week" } },
    error: "query.from: must be a time such as 2024-12-25T18:00:00Z",
    code: "validation_failed",
    output: [
      {
        type: "top_up",
        amount: "12.500000000000000001",
        balance_before: "10",
        balance_after: "22.500000000000000001",
        trace: { reason: "transfer 4711" },
        link: null,
      },
      { type: "top_up", amount: "10", balance_before: "0", balance_after: "10", link: null },
    ],
  }),
};

export const paymentSamples: Samples = {
  "payment.create": ({ main }) => ({
    parameters: { tenantId: located(main), amount: "25.00", options: { currency: "USD" } },
    wrong: { options: { currency: "EUR" } },
    error: "currency: must be USD, the wallet's currency",
    code: "validation_failed",
    output: [
      {
        payment: {
          tenant_id: main,
          amount: "25.00",
          currency: "USD",
          state: "requires_action",
          action_url: expect.stringMatching(/^http/),
        },
        link: expect.stringMatching(/\/workflows\/payment-[\da-f-]{36}$/),
      },
    ],
  }),
  "payment.get": ({ main, paymentId, link }) => ({
    parameters: { paymentId },
    wrong: { paymentId: "nothing" },
    error: "There is no payment nothing.",
    code: "not_found",
    output: [
      {
        payment_id: paymentId,
        tenant_id: main,
        amount: "30.00",
        received: "0.00",
        link: link(`payment-${paymentId}`),
      },
    ],
  }),
};

const noInvoiceId = "01936f2e-7c1a-7000-8000-5a1b2c3d4e5f";
const noInvoice = { error: `There is no invoice ${noInvoiceId}.`, code: "not_found" };
const wrongInvoice = { invoiceId: { value: noInvoiceId } };

export const invoiceSamples: Samples = {
  "invoice.get": ({ billed, invoice }) => ({
    parameters: { invoiceId: located(invoice.invoice_id) },
    wrong: wrongInvoice,
    ...noInvoice,
    output: [
      {
        invoice_id: invoice.invoice_id,
        number: invoice.number,
        tenant_id: billed,
        total: "0.09",
        lines: [{ event_type: "sms.delivered", quantity: "3", amount: "0.09" }],
        link: null,
      },
    ],
  }),
  "invoice.pdf": ({ invoice }) => ({
    parameters: { invoiceId: located(invoice.invoice_id), binaryPropertyName: "invoice" },
    wrong: wrongInvoice,
    ...noInvoice,
    output: [{ invoice_id: invoice.invoice_id, number: invoice.number, link: null }],
    binary: { invoice: { fileName: `${invoice.number}.pdf`, mimeType: "application/pdf" } },
  }),
  "invoice.resend": ({ billed, invoice }) => ({
    parameters: { invoiceId: located(invoice.invoice_id) },
    wrong: wrongInvoice,
    ...noInvoice,
    output: [
      {
        status: "started",
        workflow: { workflow: "invoiceMailing", tenant_id: billed },
        link: expect.stringContaining(`/workflows/invoice-mail-${invoice.invoice_id}-`),
      },
    ],
  }),
};
