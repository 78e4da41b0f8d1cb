import { z } from "zod";
import type { FlowDefinition } from "#domain/flows/definition.ts";
import type { DueInvoice, FiscalRegistration } from "#domain/invoicing/ports.ts";
import { invoicingScheduleId } from "#domain/invoicing/schedule.ts";
import type { MailOutcome } from "#domain/mail/ports.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import { INVOICING, invoicingWorkflowId, INVOICING_STATE } from "./names.ts";

export * from "./names.ts";

export const invoicingInput = z.object({
  tenantId: z.string().min(1).max(64),
  /** Null: each of the tenant's wallets. */
  walletId: z.string().min(1).max(64).nullable().default(null),
  /** Last day of the period, in the tenant's zone; null: of the period of its cycle that ended last when the flow was due. */
  through: z
    .string()
    .regex(/^\d{4}-\d\d-\d\d$/, "must be a day such as 2026-11-27")
    .nullable()
    .default(null),
  actor: z.string().min(1).max(200),
});

export type InvoicingInput = z.infer<typeof invoicingInput>;
/** As it may be given: what is left out is what the schema says. */
export type GivenInvoicingInput = z.input<typeof invoicingInput>;

const flowInvoice = z.object({
  invoiceId: z.string(),
  walletId: z.string(),
  kind: z.enum(["invoice", "statement", "credit_note"]),
  /** Null of a draft that waits for its fiscal authority. */
  number: z.string().nullable(),
  currency: z.string(),
  /** Still to be paid, in minor units, as decimal digits. */
  openMinor: z.string(),
  /** Whether it has gone out by mail before. */
  mailed: z.boolean(),
});

/** An invoice, as far as the flow looks at it. */
export type FlowInvoice = z.infer<typeof flowInvoice>;

export const invoicingOutput = z.object({
  /** Of each wallet for which something happened. */
  invoices: z.array(flowInvoice),
  /** Wallets whose period was closed without an invoice. */
  empty: z.array(z.string()),
});

export type InvoicingOutput = z.infer<typeof invoicingOutput>;

/** What closing came to. */
export interface ClosedPeriod extends InvoicingOutput {
  /** The tenant has no address for mails. */
  readonly unaddressed: boolean;
}

export const invoicingState = z.object({
  status: z.enum(["closing", "registering", "mailing", "collecting", "done"]),
  invoices: z.array(flowInvoice),
});

export type InvoicingState = z.infer<typeof invoicingState>;

/** Every activity may run several times for one effect. */
export interface InvoicingActivities {
  /**
   * Closes the period of each wallet, composes, numbers and posts its invoice, all of a wallet in one transaction; where invoices are
   * registered with an authority, they are drafts without a number. What was closed before comes back as it is.
   * @param step checked here, whoever started the flow.
   * @throws ApplicationFailure final: `UnknownTenant`, `UnknownWallet`, `NotOver` (the period has not ended yet), `Validation`.
   */
  closePeriod(step: GivenInvoicingInput & { readonly dueAt: number }): Promise<ClosedPeriod>;
  /** @throws ApplicationFailure final: `FiscalRejected`, with the authority's words. */
  registerFiscally(step: { readonly invoiceId: string }): Promise<FiscalRegistration | null>;
  issueInvoice(step: {
    readonly invoiceId: string;
    readonly fiscal: FiscalRegistration | null;
  }): Promise<FlowInvoice>;
  /** Begins the payment of what is open, as a run of its own; once per invoice: `begun` is false where it was begun before. */
  beginPayment(step: DueInvoice): Promise<{ readonly begun: boolean }>;
  /** Mails the PDF, once; `none`: the tenant has no address. */
  mailInvoice(step: {
    readonly invoiceId: string;
    /** Sent again although it has gone out: under a Message-ID of its own. */
    readonly again: string | null;
  }): Promise<MailOutcome | { readonly kind: "none" }>;
}

export const invoicingFlow: FlowDefinition = {
  name: INVOICING,
  title: "Invoicing",
  description: "Closes a period from the ledger; lines, taxes, number; PDF by mail; payment of what is due.",
  taskQueue: TASK_QUEUES.billing,
  input: invoicingInput,
  output: invoicingOutput,
  startedBy: "the tenant's schedule, or POST /api/v2/tenants/:id/invoices",
  starters: ["owner", "finance"],
  identify: (input: InvoicingInput) => ({
    workflowId: invoicingWorkflowId(input),
    tenantId: input.tenantId,
  }),
  schedule: {
    parties: ["owner", "finance"],
    identify: ({ tenantId }: InvoicingInput) => ({ scheduleId: invoicingScheduleId(tenantId), tenantId }),
  },
  signals: {},
  updates: {},
  queries: {
    [INVOICING_STATE]: {
      description: "How far it is",
      input: null,
      output: invoicingState,
      parties: ["owner", "finance", "support", "read-only", "tenant"],
    },
  },
};
