import { WorkflowNotFoundError } from "@temporalio/client";
import { TypedSearchAttributes } from "@temporalio/common";
import { TENANT_ID } from "#domain/flows/search-attributes.ts";
import { isSettled, type Payment, receiptSource, receivedMinor } from "#domain/payments/payment.ts";
import type { PaymentFlows } from "#domain/payments/payment-flows.ts";
import type { PaymentStore } from "#domain/payments/payment-store.ts";
import type { ProviderEvent } from "#domain/payments/ports.ts";
import {
  PAYMENT_COLLECTION,
  paymentCollectionWorkflowId,
  PROVIDER_CHANGED,
  type PaymentCollectionInput,
} from "#workflows/payment-collection/api.ts";
import {
  DISPUTE_NEWS,
  PAYMENT_DISPUTE,
  paymentDisputeWorkflowId,
  type DisputeTold,
  type PaymentDisputeInput,
} from "#workflows/payment-dispute/api.ts";
import { paymentRefundWorkflowId, REFUND_CHANGED } from "#workflows/payment-refund/api.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import { onTemporal, type TemporalClient } from "./client.ts";

/** Beyond it Temporal counts as away. */
const CALL_MS_MAX = 5_000;

/** @param taskQueue another queue than the platform's own, in tests. */
export function createPaymentFlows(
  { client }: TemporalClient,
  payments: Pick<PaymentStore, "get" | "ofProviderPayment">,
  taskQueue: string = TASK_QUEUES.payments,
): PaymentFlows {
  const within = <Result>(call: () => Promise<Result>): Promise<Result> =>
    onTemporal(() => client.withDeadline(Date.now() + CALL_MS_MAX, call));

  const tell = async (
    flow: string,
    workflowId: string,
    { tenantId }: Payment,
    input: unknown,
    signal: string,
    signalArgs: unknown[],
  ): Promise<void> => {
    await within(() =>
      client.workflow.signalWithStart(flow, {
        workflowId,
        taskQueue,
        args: [input],
        signal,
        signalArgs,
        staticSummary: `Payment of ${tenantId}`,
        typedSearchAttributes: new TypedSearchAttributes([{ key: TENANT_ID, value: tenantId }]),
      }),
    );
  };

  const wake = (payment: Payment): Promise<void> =>
    tell(
      PAYMENT_COLLECTION,
      paymentCollectionWorkflowId(payment.paymentId),
      payment,
      inputOf(payment),
      PROVIDER_CHANGED,
      [],
    );

  const tellRefunds = async (payment: Payment): Promise<void> => {
    for (const refundId of refundsOf(payment))
      try {
        await within(() =>
          client.workflow.getHandle(paymentRefundWorkflowId(refundId)).signal(REFUND_CHANGED),
        );
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
        // It has ended, or was begun at the provider by hand.
      }
  };

  const tellDispute = async (payment: Payment, event: ProviderEvent): Promise<void> => {
    const { input, told } = disputeOf(payment, event);
    const workflowId = paymentDisputeWorkflowId(input.paymentId, input.attempt);
    await tell(PAYMENT_DISPUTE, workflowId, payment, input, DISPUTE_NEWS, [told]);
  };

  return {
    wake,
    async changed(event) {
      if (event.kind === "ignored") return "told";
      const payment = await paymentOf(payments, event);
      if (payment === null) return "unknown";
      if (event.kind === "refund_changed") await tellRefunds(payment);
      else if (event.kind !== "payment_changed") await tellDispute(payment, event);
      else if (isOpen(payment)) await wake(payment);
      return "told";
    },
  };
}

async function paymentOf(
  payments: Pick<PaymentStore, "get" | "ofProviderPayment">,
  { provider, paymentId, providerPaymentId }: ProviderEvent,
): Promise<Payment | null> {
  const byOurs = paymentId === null ? null : await payments.get(paymentId);
  if (byOurs !== null || providerPaymentId === null) return byOurs;
  return payments.ofProviderPayment(provider, providerPaymentId);
}

/** Whether money may still come of it, or has come and is not booked: a repetition of what is settled starts nothing. */
function isOpen({ attempts, movements }: Payment): boolean {
  return attempts.some((one) => !isSettled(one)) || movements.some(({ bookedAt }) => bookedAt === null);
}

function inputOf(payment: Payment): PaymentCollectionInput {
  const { paymentId, tenantId, walletId, purpose, invoiceId, invoiceNumber, currency, actor } = payment;
  const amountMinor = payment.amountMinor.toString();
  return { paymentId, tenantId, walletId, purpose, invoiceId, invoiceNumber, amountMinor, currency, actor };
}

function disputeOf(
  payment: Payment,
  event: ProviderEvent,
): { readonly input: PaymentDisputeInput; readonly told: DisputeTold } {
  const { paymentId, tenantId } = payment;
  const attempt = disputedAttempt(payment, event);
  const amountMinor = event.amountMinor ?? receivedByAttempt(payment, attempt);
  return {
    input: { paymentId, tenantId, attempt },
    told: { news: event.kind as DisputeTold["news"], amountMinor: amountMinor.toString() },
  };
}

function refundsOf({ movements }: Payment): Set<string> {
  const sources = movements.filter(({ kind }) => kind === "refund").map(({ source }) => source);
  return new Set(sources.map((source) => source.slice("refund:".length, source.indexOf("/"))));
}

/** The attempt that the provider names; where it names none that we know, the last that received anything. */
function disputedAttempt({ attempts, movements }: Payment, { providerPaymentId }: ProviderEvent): number {
  const named = attempts.find((one) => one.providerPaymentId === providerPaymentId);
  if (named !== undefined) return named.number;
  const received = movements.filter(
    ({ kind, source }) => kind === "receipt" && source.startsWith("attempt:"),
  );
  return Number(received.at(-1)?.source.slice("attempt:".length) ?? attempts.at(-1)?.number ?? 1);
}

function receivedByAttempt({ movements }: Payment, attempt: number): bigint {
  return receivedMinor(movements.filter(({ source }) => receiptSource(source) === `attempt:${attempt}`));
}
