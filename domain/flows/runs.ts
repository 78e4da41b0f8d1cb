import type { FlowDefinition } from "./definition.ts";

export const RUN_STATUSES = [
  "running",
  "completed",
  "failed",
  "cancelled",
  "terminated",
  "timed_out",
  "continued_as_new",
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** One run of a durable flow. Times in epoch ms. */
export interface FlowRun {
  /** The business key: the same for every run of one thing. */
  readonly workflowId: string;
  readonly runId: string;
  /** The flow's name. */
  readonly flow: string;
  /** Null where the run says of no tenant. */
  readonly tenantId: string | null;
  readonly status: RunStatus;
  /** How far it is, in its own words. */
  readonly flowStatus: string | null;
  readonly startedAt: number;
  readonly closedAt: number | null;
  readonly attributes: RunAttributes;
  /** In Temporal's Web UI. */
  readonly url: string;
}

/** What a run can be searched by, beside whose it is and how far; null where it says nothing of it. */
export interface RunAttributes {
  /** Minor units of the currency. */
  readonly amountDue: bigint | null;
  /** ISO 4217. */
  readonly currency: string | null;
  readonly invoiceNumber: string | null;
  readonly caseSeverity: string | null;
  readonly n8nExecutionId: string | null;
}

/** One thing that happened in a run. */
export interface RunEvent {
  /** Its place in the history, from 1. */
  readonly eventId: number;
  /** Epoch ms. */
  readonly at: number;
  /** Temporal's own word: "activity_task_completed". */
  readonly type: string;
  /** Of the activity, timer, signal, update or workflow. */
  readonly name: string | null;
  readonly summary: string | null;
  /** Of an activity, from 1. */
  readonly attempt: number | null;
  /** Why it failed, or why the attempt before failed. */
  readonly failure: { readonly type: string; readonly message: string } | null;
}

/** By what request a run is started. */
export interface StartRequest {
  /** The same again is the same start, also when its run has ended; null: every start after the end is a new one. */
  readonly requestId: string | null;
  /** Of the n8n execution that starts it. */
  readonly n8nExecutionId: string | null;
  /** Where the run's end is told, however it ends; then `requestId` is needed, for it tells one teller of the run from another. */
  readonly callbackUrl: string | null;
}

/** How a run can end. */
export const ENDS = ["completed", "failed", "cancelled", "terminated", "timed_out"] as const;

/** A run's end; `failure` of every end but `completed`. */
export interface RunEnd {
  readonly status: (typeof ENDS)[number];
  readonly result: unknown;
  readonly failure: { readonly type: string; readonly message: string } | null;
}

/** Where a run begins anew: its first or last decision, or the one that a workflow task completed (an event's id). */
export type ResetPoint = "first" | "last" | number;

export interface RunFilter {
  readonly tenantId: string | null;
  readonly flow: string | null;
  readonly status: RunStatus | null;
  /** Epoch ms of the start, [from, to). */
  readonly from: number | null;
  readonly to: number | null;
}

export type RunResult =
  | { readonly kind: "completed"; readonly output: unknown }
  | { readonly kind: "running" }
  /** `type` is the failure's own ("Validation"), or the way in which the run ended. */
  | { readonly kind: "failed"; readonly type: string; readonly message: string };

/** `refused`: the flow said no; nothing of it stands in its history. `over`: the run has ended. */
export type SentMessage =
  | { readonly kind: "done"; readonly output: unknown }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "over" };

/** Durable flows by their business keys. Everything throws Unavailable when Temporal cannot be reached. */
export interface FlowRuns {
  /** `running`: one with this key runs already, and goes on as it was. */
  start(
    flow: FlowDefinition,
    input: unknown,
    actor: string,
    request?: StartRequest,
  ): Promise<{ readonly kind: "started" | "running"; readonly run: FlowRun }>;
  /** The latest run of a key; null where there is none. */
  describe(workflowId: string): Promise<FlowRun | null>;
  /** The latest first. `cursor` is that of the page before. */
  list(
    filter: RunFilter,
    page: { readonly limit: number; readonly cursor: string | null },
  ): Promise<{ readonly runs: readonly FlowRun[]; readonly cursor: string | null }>;
  result(workflowId: string, waitMs: number): Promise<RunResult>;
  /**
   * The end of one run, or of what it continued as or was reset to. Null where that goes on after the time to wait.
   */
  end(workflowId: string, runId: string, waitMs: number): Promise<RunEnd | null>;
  signal(run: FlowRun, name: string, input: unknown): Promise<SentMessage>;
  /** @param updateId the caller's: the same again is the same update. */
  update(run: FlowRun, name: string, input: unknown, updateId: string): Promise<SentMessage>;
  query(run: FlowRun, name: string): Promise<SentMessage>;
  /** Asks it to end; it may have things to undo first. */
  cancel(run: FlowRun): Promise<SentMessage>;
  /** Ends it at once, wherever it is. */
  terminate(run: FlowRun, reason: string): Promise<SentMessage>;
  /**
   * Ends it and begins a new run from a point of its history: what came after is done again, by the code of today; signals and updates that came
   * after are told again. `refused`: there is no such point.
   */
  reset(run: FlowRun, to: ResetPoint, reason: string): Promise<SentMessage>;
  /** The oldest first. */
  history(run: FlowRun): Promise<readonly RunEvent[]>;
}

/** What has ended, as the server's list knows it: some moments after it has. */
export interface ClosedRuns {
  /** Runs that ended in [from, to), epoch ms, in no order. @throws Unavailable when Temporal cannot be reached. */
  between(from: number, to: number): Promise<readonly FlowRun[]>;
}

const STATUS_OF_FAILURE: Readonly<Record<string, RunEnd["status"]>> = {
  CancelledFailure: "cancelled",
  TerminatedFailure: "terminated",
  TimeoutFailure: "timed_out",
};

/** The end that a run's failure, as Temporal tells it, speaks of; its reason is what the run itself failed of, however deep that lies. */
export function endOfFailure(failure: Error | undefined): RunEnd {
  let reason: (Error & { readonly type?: unknown }) | undefined = failure;
  while (reason?.cause instanceof Error) reason = reason.cause;
  const type = typeof reason?.type === "string" && reason.type !== "" ? reason.type : reason?.name;
  return {
    status: STATUS_OF_FAILURE[failure?.name ?? ""] ?? "failed",
    result: null,
    failure: { type: type ?? "Failed", message: reason?.message ?? "the run was ended" },
  };
}
