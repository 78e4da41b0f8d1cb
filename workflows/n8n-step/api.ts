import { z } from "zod";
import type { FlowDefinition } from "#domain/flows/definition.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import { n8nStepWorkflowId, ANSWERED } from "./names.ts";

export * from "./names.ts";

/** The workflow's type, as workflow.ts exports it. */
export const N8N_STEP = "n8nStep";

const DAY_SECONDS = 86_400;

export const n8nStepInput = z.object({
  tenantId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be a tenant's id"),
  /** The caller's: the same again is the same step. */
  stepId: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
      "must be 1 to 100 letters, digits, dots, dashes or underscores",
    ),
  /** Of a Webhook node of n8n that answers at once. */
  webhookUrl: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).max(2000),
  /** Any JSON, for the n8n workflow. */
  payload: z.unknown(),
  /** How long its answer is waited for, from the start. */
  timeoutSeconds: z
    .int()
    .min(1)
    .max(90 * DAY_SECONDS),
});

export type N8nStepInput = z.infer<typeof n8nStepInput>;

export const n8nStepOutput = z.object({
  /** Any JSON, as n8n gave it. */
  answer: z.unknown(),
});

export type N8nStepOutput = z.infer<typeof n8nStepOutput>;

export type StepOutcome =
  | { readonly kind: "accepted" }
  /** n8n wants none of it, and will not another time. */
  | { readonly kind: "refused"; readonly because: string };

/** Every activity may run several times for one effect. */
export interface N8nStepActivities {
  /** Has the n8n workflow begun; it may be begun twice where its answer was lost, with the same step_id. Throws Unavailable where nobody answers. */
  postStep(
    step: Omit<N8nStepInput, "timeoutSeconds"> & {
      readonly workflowId: string;
      readonly runId: string;
      /** Epoch ms after which no answer is taken. */
      readonly expiresAt: number;
    },
  ): Promise<StepOutcome>;
}

export const n8nStepFlow: FlowDefinition = {
  name: N8N_STEP,
  title: "Step in n8n",
  description: "Has an n8n workflow do a step, and waits for its answer however long that takes.",
  taskQueue: TASK_QUEUES.callbacks,
  input: n8nStepInput,
  output: n8nStepOutput,
  startedBy: "a person, a client, or another flow as its child",
  starters: ["owner", "support"],
  identify: (input: N8nStepInput) => ({ workflowId: n8nStepWorkflowId(input), tenantId: input.tenantId }),
  signals: {
    [ANSWERED]: {
      description: "n8n's answer: any JSON; the first one counts",
      input: z.unknown(),
      output: null,
      parties: ["owner", "support"],
    },
  },
  updates: {},
  queries: {},
};
