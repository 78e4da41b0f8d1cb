import { z } from "zod";
import type { FlowDefinition } from "#domain/flows/definition.ts";
import type { MailOutcome } from "#domain/mail/ports.ts";
import type { PaymentCollectionInput } from "#workflows/payment-collection/api.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import { LOW_BALANCE, lowBalanceWorkflowId, THRESHOLD_CROSSED } from "./names.ts";

export * from "./names.ts";

export const lowBalanceInput = z.object({
  tenantId: z.string().min(1).max(64),
  walletId: z.string().min(1).max(64),
  /** ISO 4217. */
  currency: z.string().length(3),
});

export type LowBalanceInput = z.infer<typeof lowBalanceInput>;

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

/** How a tenant's automatic recharge stands after a step. */
export type RechargeStep =
  /** Nothing is to be bought. */
  | { readonly kind: "none"; readonly because: string }
  /** The breaker is open; `alarm`: this recharge has opened it, and the operator is to be told. */
  | { readonly kind: "stopped"; readonly because: string; readonly alarm: number | null }
  /** It is due, and begins once it has been waited whether many others are, too. */
  | { readonly kind: "due"; readonly waitMs: number };

/** What a recharge is made of once it may begin. */
export type RechargeAdmission =
  | Exclude<RechargeStep, { kind: "due" }>
  | { readonly kind: "admitted"; readonly payment: PaymentCollectionInput };

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
    /** Where the tenant is told besides mail. */
    readonly channels?: { readonly sms: boolean; readonly webhook: boolean };
    /** Whether the wallet is to be recharged by itself. */
    readonly recharges?: boolean;
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
  /** Tells the tenant's numbers by SMS through the platform's own tenant, which pays for it. Sent once however often it is asked for. */
  textBalance(step: BalanceNews): Promise<{ readonly sent: number; readonly refused: readonly string[] }>;
  /** Has the tenant's webhook told; the same news has the same webhook-id. */
  postBalance(step: BalanceNews): Promise<{ readonly kind: "stored" | "none" }>;
  /** Asks the ledger whether a recharge is due, and the breaker whether one may be. */
  rechargeDue(step: RechargeRequest): Promise<RechargeStep>;
  /** Asks both again, and opens the payment within the tenant's cap: from then on it is to be collected. */
  admitRecharge(step: RechargeRequest): Promise<RechargeAdmission>;
  /** Tells the operator that the breaker has opened, once for each opening. */
  mailBreaker(step: { readonly opening: number; readonly because: string }): Promise<MailOutcome>;
}

/** What a recharge is asked for by. */
export interface RechargeRequest extends LowBalanceInput {
  /** Of the crossing: one crossing is one payment. */
  readonly triggerId: string;
}

/** What a tenant is told of its balance, without its numbers and addresses: those are looked up where they are used. */
export interface BalanceNews extends LowBalanceInput {
  readonly kind: BalanceAlert | "recovered";
  readonly balance: string;
  readonly triggerId: string;
  /** Epoch ms of the crossing. */
  readonly at: number;
}

export const lowBalanceFlow: FlowDefinition = {
  name: LOW_BALANCE,
  title: "Low balance",
  description:
    "Tells the tenant of each threshold that the balance crosses by mail, SMS and webhook, recharges where that is agreed, and suspends service when it is critical.",
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
