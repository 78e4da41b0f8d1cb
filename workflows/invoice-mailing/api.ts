import { z } from "zod";
import type { FlowDefinition } from "#domain/flows/definition.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import { INVOICE_MAILING } from "./names.ts";

export * from "./names.ts";

export const invoiceMailingInput = z.object({
  tenantId: z.string().min(1).max(64),
  invoiceId: z.uuid(),
  /** Null: unless it has gone out before. Otherwise UUID of the request to send it once more. */
  again: z.uuid().nullable(),
  actor: z.string().min(1).max(200),
});

export type InvoiceMailingInput = z.infer<typeof invoiceMailingInput>;

export const invoiceMailingOutput = z.object({
  /** `none`: the tenant has no address; `refused`: it is none that mail can be sent to. */
  result: z.enum(["accepted", "refused", "none"]),
});

export type InvoiceMailingOutput = z.infer<typeof invoiceMailingOutput>;

export const invoiceMailingFlow: FlowDefinition = {
  name: INVOICE_MAILING,
  title: "Mailing of an invoice",
  description: "Mails an issued document as PDF: a credit note, or what somebody asked for once more.",
  taskQueue: TASK_QUEUES.billing,
  input: invoiceMailingInput,
  output: invoiceMailingOutput,
  startedBy: "POST /api/v2/invoices/:id/resend, or a credit note",
  starters: [],
  identify: ({ tenantId, invoiceId, again }: InvoiceMailingInput) => ({
    workflowId: ["invoice-mail", invoiceId, ...(again === null ? [] : [again])].join("-"),
    tenantId,
  }),
  signals: {},
  updates: {},
  queries: {},
};
