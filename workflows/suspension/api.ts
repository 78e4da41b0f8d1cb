import { z } from "zod";
import type { FlowDefinition } from "#domain/flows/definition.ts";
import type { MailOutcome } from "#domain/mail/ports.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import {
  SUSPENSION,
  suspensionWorkflowId,
  SUSPENSION_CAUSES,
  REINSTATE,
  CAUSE_MAY_HAVE_ENDED,
  SUSPENSION_STATE,
  type SUSPENSION_MAILS,
} from "./names.ts";

export * from "./names.ts";

export const suspensionInput = z.object({
  tenantId: z.string().min(1).max(64),
  cause: z.enum(SUSPENSION_CAUSES),
  /** The wallet whose balance is critical; null for every other cause. */
  walletId: z.string().nullable(),
  /** From the notice to the end of service, in seconds; 0: at once and without a notice. */
  graceSeconds: z
    .number()
    .int()
    .min(0)
    .max(90 * 86_400),
  /** Why, in a person's words; mailed to the tenant. No number, no text of a message. */
  reason: z.string().trim().min(1).max(500),
  /** Who asked for it. */
  actor: z.string().min(1).max(200),
});

export type SuspensionInput = z.infer<typeof suspensionInput>;

export const suspensionOutput = z.object({
  /** `not_due`: the ledger knew no cause; `averted`: the cause ended within the grace period; `reinstated`: service went off and on again. */
  result: z.enum(["not_due", "averted", "reinstated"]),
  /** Epoch ms; null where service never went off. */
  suspendedAt: z.number().nullable(),
  reinstatedAt: z.number().nullable(),
  /** Whoever reinstated it ("ledger" where the cause ended by itself) and why. */
  by: z.string().nullable(),
  reason: z.string().nullable(),
});

export type SuspensionOutput = z.infer<typeof suspensionOutput>;

export const reinstateInput = z.object({
  actor: z.string().trim().min(1, "is needed: who decides").max(200),
  reason: z.string().trim().min(1, "is needed: why").max(500),
});

export type ReinstateInput = z.infer<typeof reinstateInput>;

export const suspensionState = z.object({
  status: z.enum(["checking", "noticed", "suspended", "averted", "not_due", "reinstated"]),
  /** Epoch ms at which service goes off, while it is noticed. */
  dueAt: z.number().nullable(),
  suspendedAt: z.number().nullable(),
});

export type SuspensionState = z.infer<typeof suspensionState>;

export type SuspensionMail = (typeof SUSPENSION_MAILS)[number];

/** Every activity may run several times for one effect. */
export interface SuspensionActivities {
  /** Asks PostgreSQL, never a cache, whether the cause still holds and whether the tenant is there to be suspended. */
  suspensionStanding(
    step: Pick<SuspensionInput, "tenantId" | "cause" | "walletId">,
  ): Promise<{ readonly due: boolean; readonly because: string }>;
  /** Takes the tenant's service away or gives it back; returns once every process can know of it. */
  setService(step: {
    readonly tenantId: string;
    readonly on: boolean;
    readonly actor: string;
  }): Promise<{ readonly changed: boolean }>;
  mailSuspension(step: {
    readonly tenantId: string;
    readonly kind: SuspensionMail;
    /** Tells one mail from another of the same kind: with the flow's run, its Message-ID. */
    readonly number: number;
    readonly flowId: string;
    readonly reason: string;
    /** Epoch ms at which service goes off, of a notice. */
    readonly dueAt: number | null;
  }): Promise<MailOutcome | { readonly kind: "none" }>;
}

export const suspensionFlow: FlowDefinition = {
  name: SUSPENSION,
  title: "Suspension",
  description:
    "Notice, grace period, service off, reminders, and service back: by the ledger or by a person.",
  taskQueue: TASK_QUEUES.billing,
  input: suspensionInput,
  output: suspensionOutput,
  startedBy: "a critical balance, an overdue invoice, a fraud case, or a person",
  starters: ["owner", "support"],
  identify: ({ tenantId }: SuspensionInput) => ({ workflowId: suspensionWorkflowId(tenantId), tenantId }),
  signals: {
    [CAUSE_MAY_HAVE_ENDED]: {
      description: "Money came in: the ledger is asked whether the cause has ended",
      input: null,
      output: null,
      parties: ["owner", "finance", "support"],
    },
  },
  updates: {
    [REINSTATE]: {
      description: "Ends the suspension, whatever the ledger says",
      input: reinstateInput,
      output: suspensionState,
      parties: ["owner", "finance", "support"],
    },
  },
  queries: {
    [SUSPENSION_STATE]: {
      description: "How far it is",
      input: null,
      output: suspensionState,
      parties: ["owner", "finance", "support", "read-only", "tenant"],
    },
  },
};
