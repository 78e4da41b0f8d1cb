import { z } from "zod";
import type { FlowDefinition } from "#domain/flows/definition.ts";
import type { MailOutcome } from "#domain/mail/ports.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import { PAYMENT_DISPUTE, paymentDisputeWorkflowId, DISPUTE_NEWS } from "./names.ts";

export * from "./names.ts";

export const paymentDisputeInput = z.object({
  paymentId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/),
  tenantId: z.string().min(1).max(64),
  attempt: z.number().int().min(1),
});

export type PaymentDisputeInput = z.infer<typeof paymentDisputeInput>;

export const paymentDisputeOutput = z.object({
  /** `open`: no end was ever told of. */
  result: z.enum(["won", "lost", "open"]),
});

export type PaymentDisputeOutput = z.infer<typeof paymentDisputeOutput>;

export const disputeNews = z.object({
  news: z.enum(["dispute_opened", "dispute_won", "dispute_lost"]),
  /** Minor units. */
  amountMinor: z.string().regex(/^\d{1,18}$/),
});

export type DisputeTold = z.infer<typeof disputeNews>;

/** Every activity may run several times for one effect. */
export interface PaymentDisputeActivities {
  /** Writes the news down and books what it moves: taken when opened, given back when won, once each. `moved`: now, or when it was told before. */
  bookDispute(step: PaymentDisputeInput & DisputeTold): Promise<{ readonly moved: boolean }>;
  /** To the operator's finance: there are days to answer a bank. */
  mailDispute(
    step: PaymentDisputeInput & DisputeTold & { readonly reminder: number },
  ): Promise<MailOutcome | { readonly kind: "none" }>;
}

export const paymentDisputeFlow: FlowDefinition = {
  name: PAYMENT_DISPUTE,
  title: "Payment dispute",
  description:
    "Takes a disputed payment back from the wallet, tells finance, and gives it again where the dispute is won.",
  taskQueue: TASK_QUEUES.payments,
  input: paymentDisputeInput,
  output: paymentDisputeOutput,
  startedBy: "a provider's webhook",
  starters: [],
  identify: ({ paymentId, attempt, tenantId }: PaymentDisputeInput) => ({
    workflowId: paymentDisputeWorkflowId(paymentId, attempt),
    tenantId,
  }),
  signals: {
    [DISPUTE_NEWS]: { description: "What the provider told", input: disputeNews, output: null, parties: [] },
  },
  updates: {},
  queries: {},
};
