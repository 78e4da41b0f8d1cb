import { z } from "zod";
import type { FlowDefinition } from "#domain/flows/definition.ts";
import type { MailOutcome } from "#domain/mail/ports.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import { PAYMENT_REFUND, paymentRefundWorkflowId, REFUND_CHANGED, REFUND_STATE } from "./names.ts";

export * from "./names.ts";

export const paymentRefundInput = z.object({
  refundId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/),
  paymentId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/),
  tenantId: z.string().min(1).max(64),
  /** Minor units. */
  amountMinor: z.string().regex(/^[1-9]\d{0,17}$/, "must be a whole number of minor units above zero"),
  actor: z.string().trim().min(1, "is needed: who decides").max(200),
  reason: z.string().trim().min(1, "is needed: why").max(500),
});

export type PaymentRefundInput = z.infer<typeof paymentRefundInput>;

export const paymentRefundOutput = z.object({
  /** `refused`: so much is not left, nothing was moved; `partly`, `failed`: a provider could not give it back, the wallet has that part again. */
  result: z.enum(["refunded", "partly", "failed", "refused"]),
  /** Minor units that went back to the payer. */
  refundedMinor: z.string(),
  /** Minor units of bank transfers among them, which a person sends back by hand. */
  byHandMinor: z.string(),
  because: z.string().nullable(),
});

export type PaymentRefundOutput = z.infer<typeof paymentRefundOutput>;

export const refundFlowState = z.object({
  status: z.enum(["opening", "debited", "refunding", "refunded", "partly", "failed", "refused"]),
});

export type RefundFlowState = z.infer<typeof refundFlowState>;

/** One receipt's share. `attempt` null: it came by bank transfer. */
export interface RefundPartStep {
  readonly from: string;
  readonly attempt: number | null;
  readonly amountMinor: string;
}

export type OpenedRefund =
  | { readonly kind: "opened"; readonly parts: readonly RefundPartStep[] }
  | { readonly kind: "refused"; readonly because: string };

export interface RefundPartOutcome {
  readonly state: "succeeded" | "pending" | "failed";
  readonly providerRefundId: string | null;
  readonly because: string | null;
}

/** Every activity may run several times for one effect. */
export interface PaymentRefundActivities {
  /** Writes down what goes back, against what is left of the payment. */
  openRefund(input: PaymentRefundInput): Promise<OpenedRefund>;
  /** Books what is not booked yet: the wallet is debited, once. */
  bookRefund(step: { readonly paymentId: string }): Promise<void>;
  /** Asks the provider to give a part back. The same part again is the same refund. */
  refundPart(step: {
    readonly refundId: string;
    readonly paymentId: string;
    readonly part: RefundPartStep;
  }): Promise<RefundPartOutcome>;
  refundStanding(step: {
    readonly paymentId: string;
    readonly attempt: number;
    readonly providerRefundId: string;
  }): Promise<RefundPartOutcome>;
  /** The provider could not: the wallet gets the part again. */
  returnRefund(step: {
    readonly refundId: string;
    readonly paymentId: string;
    readonly from: string;
    readonly because: string;
  }): Promise<void>;
  /** To the payer where it went back, to the operator where a person must act. */
  mailRefund(step: {
    readonly refundId: string;
    readonly paymentId: string;
    readonly kind: "refunded" | "failed" | "by_hand";
    readonly amountMinor: string;
    readonly because: string;
  }): Promise<MailOutcome | { readonly kind: "none" }>;
}

export const paymentRefundFlow: FlowDefinition = {
  name: PAYMENT_REFUND,
  title: "Payment refund",
  description:
    "Debits the wallet, asks the provider to give the money back, and credits it again where that fails.",
  taskQueue: TASK_QUEUES.payments,
  input: paymentRefundInput,
  output: paymentRefundOutput,
  startedBy: "a person (POST /api/v2/payments/:id/refunds)",
  starters: [],
  identify: ({ refundId, tenantId }: PaymentRefundInput) => ({
    workflowId: paymentRefundWorkflowId(refundId),
    tenantId,
  }),
  signals: {
    [REFUND_CHANGED]: {
      description: "Something happened at the provider: it is asked",
      input: null,
      output: null,
      parties: ["owner", "finance", "support"],
    },
  },
  updates: {},
  queries: {
    [REFUND_STATE]: {
      description: "How far it is",
      input: null,
      output: refundFlowState,
      parties: ["owner", "finance", "support", "read-only", "tenant"],
    },
  },
};
