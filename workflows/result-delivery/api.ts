import { z } from "zod";
import type { FlowDefinition } from "#domain/flows/definition.ts";
import { ENDS, type RunEnd } from "#domain/flows/runs.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import { RESULT_DELIVERY, resultDeliveryWorkflowId } from "./names.ts";

export * from "./names.ts";

/** The run to start, as Temporal is told of it. */
export const runOrder = z.object({
  flow: z.string().min(1),
  workflowId: z.string().min(1),
  taskQueue: z.string().min(1),
  input: z.unknown(),
  /** The same again is the same start; null: every one is a new one. */
  requestId: z.string().min(1).nullable(),
  tenantId: z.string().nullable(),
  n8nExecutionId: z.string().nullable(),
  summary: z.string(),
  details: z.string(),
});

export type RunOrder = z.infer<typeof runOrder>;

export const resultDeliveryInput = z.object({
  run: runOrder,
  /** Whoever holds it may go on with what waits there: it is shown to nobody. */
  callbackUrl: z.url(),
});

export type ResultDeliveryInput = z.infer<typeof resultDeliveryInput>;

export const resultDeliveryOutput = z.object({
  /** `over`: nobody waits there any more. */
  result: z.enum(["delivered", "over"]),
  status: z.enum(ENDS),
});

export type ResultDeliveryOutput = z.infer<typeof resultDeliveryOutput>;

export interface BegunRun {
  /** `running`: one with this key ran already, and goes on as it was. */
  readonly kind: "started" | "running";
  readonly runId: string;
}

export interface DeliveredEnd extends RunEnd {
  readonly workflowId: string;
  readonly runId: string;
  readonly flow: string;
}

/** What came of one call. The texts are for people. */
export type CallbackOutcome =
  | { readonly kind: "delivered" }
  /** Nobody waits there any more. */
  | { readonly kind: "over"; readonly because: string }
  /** Whoever waits has not begun to, or is at work. */
  | { readonly kind: "busy"; readonly because: string }
  /** There is nobody, or it wants none of it: that may be mended, within limits. */
  | { readonly kind: "absent"; readonly because: string }
  /** The address may not be called. */
  | { readonly kind: "refused"; readonly because: string };

/** Every activity may run several times for one effect. */
export interface ResultDeliveryActivities {
  /** The run that goes on with this key: it keeps another one from being started. */
  currentRun(workflowId: string): Promise<{ readonly runId: string }>;
  /** Waits for a few seconds; null where the run goes on. */
  awaitEnd(run: { readonly workflowId: string; readonly runId: string }): Promise<RunEnd | null>;
  /** Throws Unavailable where nobody answers. */
  postEnd(step: {
    /** The same on every attempt: who has it already knows it again. */
    readonly deliveryId: string;
    readonly callbackUrl: string;
    readonly tenantId: string | null;
    readonly end: DeliveredEnd;
  }): Promise<CallbackOutcome>;
}

export const resultDeliveryFlow: FlowDefinition = {
  name: RESULT_DELIVERY,
  title: "Delivery of a result",
  description: "Starts a run and tells whoever asked for it of its end, however it ends.",
  taskQueue: TASK_QUEUES.callbacks,
  input: resultDeliveryInput,
  output: resultDeliveryOutput,
  startedBy: "POST /api/v2/workflows/:name with a callback",
  starters: [],
  identify: ({ run }: ResultDeliveryInput) => ({
    workflowId: resultDeliveryWorkflowId(run),
    tenantId: run.tenantId,
  }),
  signals: {},
  updates: {},
  queries: {},
};
