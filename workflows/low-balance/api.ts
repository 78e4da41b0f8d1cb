import { z } from "zod";
import type { FlowDefinition } from "#domain/flows/definition.ts";
import type { MailOutcome } from "#domain/mail/ports.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";

/** The workflow's type, as workflow.ts exports it. */
export const LOW_BALANCE = "lowBalance";

/** One per wallet: it lives from the first alert until the balance has recovered. */
export function lowBalanceWorkflowId(walletId: string): string {
  return `low-balance-${walletId}`;
}

export const lowBalanceInput = z.object({
  tenantId: z.string().min(1).max(64),
  walletId: z.string().min(1).max(64),
  /** ISO 4217. */
  currency: z.string().length(3),
});

export type LowBalanceInput = z.infer<typeof lowBalanceInput>;

/** Signal: the balance crossed a threshold. The same id again changes nothing. */
export const THRESHOLD_CROSSED = "thresholdCrossed";

export const thresholdCrossed = z.object({
  /** The trigger's: wallet:<wallet>:<threshold>:<sequence>. */
  id: z.string().min(1).max(200),
  threshold: z.enum(["low", "critical", "negative", "recovered"]),
  /** Decimal: the ledger's balance after the crossing. */
  balance: z.string(),
  /** Epoch ms. */
  at: z.number().int(),
});

export type ThresholdCrossed = z.infer<typeof thresholdCrossed>;

export const lowBalanceOutput = z.object({
  /** Alerts told, by threshold, in their order. */
  alerts: z.array(z.enum(["low", "critical", "negative"])),
  recovered: z.boolean(),
});

export type LowBalanceOutput = z.infer<typeof lowBalanceOutput>;

export type BalanceAlert = LowBalanceOutput["alerts"][number];

/** Every activity may run several times for one effect. */
export interface LowBalanceActivities {
  /** Asks PostgreSQL, never a cache. `suspension`: what a critical balance leads to by the tenant's configuration. */
  balanceStanding(step: LowBalanceInput): Promise<{
    /** Decimal. */
    readonly balance: string;
    /** The alerts whose limits the balance is below, the mildest first. */
    readonly below: readonly BalanceAlert[];
    readonly suspension: { readonly graceSeconds: number } | null;
  }>;
  mailBalance(step: {
    readonly tenantId: string;
    readonly walletId: string;
    readonly currency: string;
    readonly kind: BalanceAlert | "recovered";
    readonly balance: string;
    /** The trigger's: with it the mail's Message-ID. */
    readonly triggerId: string;
  }): Promise<MailOutcome | { readonly kind: "none" }>;
}

export const lowBalanceFlow: FlowDefinition = {
  name: LOW_BALANCE,
  title: "Low balance",
  description:
    "Tells the tenant of each threshold that the balance crosses, and suspends service when it is critical.",
  taskQueue: TASK_QUEUES.billing,
  input: lowBalanceInput,
  output: lowBalanceOutput,
  startedBy: "billing, when a balance crosses a threshold",
  starters: [],
  identify: ({ tenantId, walletId }: LowBalanceInput) => ({
    workflowId: lowBalanceWorkflowId(walletId),
    tenantId,
  }),
  // Only billing knows of crossings: nobody else may tell of one.
  signals: {
    [THRESHOLD_CROSSED]: {
      description: "The balance crossed a threshold",
      input: thresholdCrossed,
      output: null,
      parties: [],
    },
  },
  updates: {},
  queries: {},
};
