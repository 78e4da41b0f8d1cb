import type { Clock } from "#domain/clock.ts";
import type { FraudCases } from "#domain/fraud/ports.ts";
import type { Payment, PaymentState } from "#domain/payments/payment.ts";
import type { PaymentStore } from "#domain/payments/payment-store.ts";
import type { WebhookEvent } from "#domain/webhooks/events.ts";
import type { WebhookEvents } from "#domain/webhooks/ports.ts";
import type { FraudCaseActivities } from "#workflows/fraud-case/api.ts";
import type { FlowInvoice, InvoicingActivities } from "#workflows/invoicing/api.ts";
import { lowBalanceWorkflowId, type LowBalanceActivities } from "#workflows/low-balance/api.ts";
import {
  paymentCollectionWorkflowId,
  type PaymentCollectionActivities,
} from "#workflows/payment-collection/api.ts";
import { suspensionWorkflowId, type SuspensionActivities } from "#workflows/suspension/api.ts";

export interface AnnouncementDependencies {
  readonly events: WebhookEvents;
  /** Of a run, in Temporal's Web UI. */
  readonly linkOf: (workflowId: string) => string;
  readonly clock: Clock;
}

/**
 * Flows' activities that also announce what they do to webhook endpoints: as often as they run, under the same id. What they do is done when it is
 * announced; a mail is announced before, for it may take a day.
 */
export interface Announcements {
  balances(on: Pick<LowBalanceActivities, "mailBalance">): Pick<LowBalanceActivities, "mailBalance">;
  invoices(
    on: Pick<InvoicingActivities, "closePeriod" | "issueInvoice">,
    tenantOf: (invoiceId: string) => Promise<string | null>,
  ): Pick<InvoicingActivities, "closePeriod" | "issueInvoice">;
  payments(
    on: Pick<PaymentCollectionActivities, "setPaymentState">,
    payments: Pick<PaymentStore, "get">,
  ): Pick<PaymentCollectionActivities, "setPaymentState">;
  suspensions(on: Pick<SuspensionActivities, "mailSuspension">): Pick<SuspensionActivities, "mailSuspension">;
  fraudCases(
    on: Pick<FraudCaseActivities, "openCase" | "recordDecision">,
    cases: Pick<FraudCases, "find">,
  ): Pick<FraudCaseActivities, "openCase" | "recordDecision">;
}

/** Money did not come: it is tried again, or it is not. */
const FAILED: readonly PaymentState[] = ["retrying", "declined", "abandoned", "uncollectible"];

/** @param workflowId of the run that does it, which then stands in the event with its link. */
type Announce = (event: Omit<WebhookEvent, "at">, workflowId?: string) => Promise<void>;

export function createAnnouncements({ events, linkOf, clock }: AnnouncementDependencies): Announcements {
  const announce: Announce = ({ data, ...event }, workflowId) => {
    const run = workflowId === undefined ? {} : { workflow_id: workflowId, link: linkOf(workflowId) };
    return events.announce([{ ...event, at: clock.now(), data: { ...data, ...run } }]);
  };
  return {
    balances: balances(announce),
    invoices: invoices(announce),
    payments: payments(announce),
    suspensions: suspensions(announce),
    fraudCases: fraudCases(announce),
  };
}

function balances(announce: Announce): Announcements["balances"] {
  return (on) => ({
    async mailBalance(step) {
      const { tenantId, walletId, kind, balance, currency, triggerId } = step;
      await announce(
        {
          id: `balance:${triggerId}:${kind}`,
          type: kind === "recovered" ? "balance.recovered" : "balance.low",
          tenantId,
          data: { wallet_id: walletId, balance, currency, threshold: kind === "recovered" ? null : kind },
        },
        lowBalanceWorkflowId(walletId),
      );
      return on.mailBalance(step);
    },
  });
}

function invoices(announce: Announce): Announcements["invoices"] {
  const issued = (tenantId: string, invoice: FlowInvoice): Promise<void> =>
    announce({
      id: `invoice:${invoice.invoiceId}:issued`,
      type: "invoice.issued",
      tenantId,
      data: {
        invoice_id: invoice.invoiceId,
        number: invoice.number,
        kind: invoice.kind,
        wallet_id: invoice.walletId,
        currency: invoice.currency,
        open_minor: invoice.openMinor,
      },
    });
  return (on, tenantOf) => ({
    async closePeriod(step) {
      const closed = await on.closePeriod(step);
      for (const invoice of closed.invoices)
        if (invoice.number !== null) await issued(step.tenantId, invoice);
      return closed;
    },
    async issueInvoice(step) {
      const invoice = await on.issueInvoice(step);
      const tenantId = await tenantOf(invoice.invoiceId);
      if (tenantId !== null) await issued(tenantId, invoice);
      return invoice;
    },
  });
}

function payments(announce: Announce): Announcements["payments"] {
  return (on, store) => ({
    async setPaymentState(step) {
      await on.setPaymentState(step);
      if (step.state !== "paid" && !FAILED.includes(step.state)) return;
      const payment = await store.get(step.paymentId);
      if (payment === null) return;
      await announce(paymentEvent(payment, step.state), paymentCollectionWorkflowId(step.paymentId));
    },
  });
}

function suspensions(announce: Announce): Announcements["suspensions"] {
  return (on) => ({
    async mailSuspension(step) {
      const { kind, flowId, tenantId } = step;
      if (kind === "suspended" || kind === "reinstated")
        await announce(
          { id: `suspension:${flowId}:${kind}`, type: `tenant.${kind}`, tenantId, data: {} },
          suspensionWorkflowId(tenantId),
        );
      return on.mailSuspension(step);
    },
  });
}

function fraudCases(announce: Announce): Announcements["fraudCases"] {
  return (on, cases) => {
    const tell = async (caseId: string, what: "opened" | "decided"): Promise<void> => {
      const found = await cases.find(caseId);
      if (found === null) return;
      const { tenantId, pattern, severity, workflowId, decision } = found;
      const data = { case_id: caseId, pattern, severity, decision: decision?.decision ?? null };
      await announce(
        { id: `fraud:${caseId}:${what}`, type: `fraud_case.${what}`, tenantId, data },
        workflowId,
      );
    };
    return {
      async openCase(step) {
        const opened = await on.openCase(step);
        if (opened.kind === "open") await tell(opened.caseId, "opened");
        return opened;
      },
      async recordDecision(step) {
        await on.recordDecision(step);
        await tell(step.caseId, "decided");
      },
    };
  };
}

function paymentEvent(
  { paymentId, tenantId, walletId, purpose, invoiceId, amountMinor, currency, attempts }: Payment,
  state: PaymentState,
): Omit<WebhookEvent, "at"> {
  return {
    // Each attempt that fails is news.
    id: state === "paid" ? `payment:${paymentId}:paid` : `payment:${paymentId}:${state}:${attempts.length}`,
    type: state === "paid" ? "payment.succeeded" : "payment.failed",
    tenantId,
    data: {
      payment_id: paymentId,
      wallet_id: walletId,
      purpose,
      invoice_id: invoiceId,
      amount_minor: String(amountMinor),
      currency,
      state,
      attempt: attempts.length,
      is_final: state !== "retrying",
    },
  };
}
