import { WorkflowExecutionAlreadyStartedError } from "@temporalio/client";
import { TypedSearchAttributes, WorkflowIdReusePolicy } from "@temporalio/common";
import { INVOICE_NUMBER, TENANT_ID } from "#domain/flows/search-attributes.ts";
import type { DueInvoice, InvoiceCollection } from "#domain/invoicing/ports.ts";
import {
  invoicePaymentId,
  PAYMENT_COLLECTION,
  paymentCollectionWorkflowId,
  type PaymentCollectionInput,
} from "#workflows/payment-collection/api.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import { onTemporal, type TemporalClient } from "./client.ts";

/** Beyond it Temporal counts as away. */
const CALL_MS_MAX = 4_000;

/** Payments of invoices as flows of their own. */
export function createInvoiceCollection({ client }: TemporalClient): InvoiceCollection {
  return {
    async begin(invoice) {
      const input = paymentOf(invoice);
      const { tenantId, number } = invoice;
      try {
        await onTemporal(() =>
          client.withDeadline(Date.now() + CALL_MS_MAX, () =>
            client.workflow.start(PAYMENT_COLLECTION, {
              workflowId: paymentCollectionWorkflowId(input.paymentId),
              taskQueue: TASK_QUEUES.payments,
              args: [input],
              workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
              staticSummary: `Payment of ${number}: ${tenantId}`,
              typedSearchAttributes: new TypedSearchAttributes([
                { key: TENANT_ID, value: tenantId },
                { key: INVOICE_NUMBER, value: number ?? "" },
              ]),
            }),
          ),
        );
        return { begun: true };
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return { begun: false };
        throw error;
      }
    },
  };
}

function paymentOf({ invoiceId, number, ...due }: DueInvoice): PaymentCollectionInput {
  const paymentId = invoicePaymentId(invoiceId);
  return { ...due, paymentId, purpose: "invoice", invoiceId, invoiceNumber: number };
}
