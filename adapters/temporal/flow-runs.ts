import {
  type WorkflowExecutionDescription,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  isGrpcServiceError,
  type WorkflowExecutionStatusName,
  type WorkflowStartOptions,
} from "@temporalio/client";
import { ApplicationFailure, TypedSearchAttributes } from "@temporalio/common";
import type { FlowDefinition } from "#domain/flows/definition.ts";
import {
  type ClosedRuns,
  endOfFailure,
  type FlowRun,
  type FlowRuns,
  type ResetPoint,
  type RunAttributes,
  type RunEnd,
  type RunFilter,
  type RunResult,
  type RunStatus,
  type SentMessage,
  type StartRequest,
} from "#domain/flows/runs.ts";
import {
  AMOUNT_DUE,
  CASE_SEVERITY,
  CURRENCY,
  FLOW_STATUS,
  INVOICE_NUMBER,
  N8N_EXECUTION_ID,
  TENANT_ID,
} from "#domain/flows/search-attributes.ts";
import { RESULT_DELIVERY, type RunOrder } from "#workflows/result-delivery/api.ts";
import { onTemporal, type TemporalClient, workflowLink } from "./client.ts";
import { startDelivery } from "./result-deliveries.ts";
import { decisions, runHistory } from "./run-history.ts";

/** Beyond it Temporal counts as away. */
const CALL_MS_MAX = 5_000;
/** Runs asked for at a time. */
const CLOSED_PAGE = 500;
/** https://grpc.io/docs/guides/status-codes/ */
const INVALID: readonly number[] = [3]; // INVALID_ARGUMENT

const NO_REQUEST: StartRequest = { requestId: null, n8nExecutionId: null, callbackUrl: null };

const STATUSES: Readonly<Record<WorkflowExecutionStatusName, RunStatus>> = {
  UNSPECIFIED: "running",
  UNKNOWN: "running",
  RUNNING: "running",
  PAUSED: "running",
  COMPLETED: "completed",
  FAILED: "failed",
  CANCELLED: "cancelled",
  TERMINATED: "terminated",
  TIMED_OUT: "timed_out",
  CONTINUED_AS_NEW: "continued_as_new",
};

/** Of the List API: https://docs.temporal.io/list-filter */
const LISTED: Readonly<Record<RunStatus, string>> = {
  running: "Running",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Canceled",
  terminated: "Terminated",
  timed_out: "TimedOut",
  continued_as_new: "ContinuedAsNew",
};

/** @param taskQueue another queue than the flows' own, in tests. */
export function createFlowRuns(temporal: TemporalClient, taskQueue?: string): FlowRuns {
  const { client } = temporal;
  const within = <Result>(call: () => Promise<Result>): Promise<Result> =>
    onTemporal(() => client.withDeadline(Date.now() + CALL_MS_MAX, call));

  const describe = async (workflowId: string): Promise<FlowRun | null> => {
    try {
      return runOf(temporal, await within(() => client.workflow.getHandle(workflowId).describe()));
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    }
  };

  const required = async (workflowId: string): Promise<FlowRun> => {
    const run = await describe(workflowId);
    if (run === null) throw new Error(`${workflowId} was started and is not there`);
    return run;
  };

  /** Runs a call to one run, whose end is an answer and no fault. */
  const sent = async (call: () => Promise<unknown>): Promise<SentMessage> => {
    try {
      return { kind: "done", output: (await within(call)) ?? null };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return { kind: "over" };
      if (error instanceof WorkflowUpdateFailedError)
        return { kind: "refused", message: error.cause?.message ?? error.message };
      throw error;
    }
  };
  const told = (call: () => Promise<unknown>): Promise<SentMessage> => sent(() => call().then(() => null));
  const handleOf = ({ workflowId, runId }: FlowRun) => client.workflow.getHandle(workflowId, runId);

  return {
    async start(flow, input, actor, request = NO_REQUEST) {
      const { workflowId } = flow.identify(input as never);
      if (
        request.requestId !== null &&
        (await within(() => isStartOf(temporal, workflowId, request.requestId)))
      )
        return { kind: "started", run: await required(workflowId) };
      const order = orderOf(flow, input, actor, request, taskQueue);
      if (request.callbackUrl !== null) {
        const delivered = { run: order, callbackUrl: request.callbackUrl };
        const { kind } = await within(() => startDelivery(temporal, delivered, taskQueue));
        return { kind, run: await required(workflowId) };
      }
      try {
        await within(() => client.workflow.start(flow.name, startOptions(order)));
        return { kind: "started", run: await required(workflowId) };
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        return { kind: "running", run: await required(workflowId) };
      }
    },
    describe,
    list: (filter, page) => within(() => listRuns(temporal, filter, page)),
    result: (workflowId, waitMs) => resultOf(temporal, workflowId, waitMs),
    end: (workflowId, runId, waitMs) => endOf(temporal, workflowId, runId, waitMs),
    signal: (run, name, input) =>
      sent(() => handleOf(run).signal(name, ...(input === undefined ? [] : [input]))),
    update: (run, name, input, updateId) =>
      sent(() => handleOf(run).executeUpdate<unknown, [unknown]>(name, { updateId, args: [input] })),
    query: (run, name) => sent(() => handleOf(run).query(name)),
    cancel: (run) => told(() => handleOf(run).cancel()),
    terminate: (run, reason) => told(() => handleOf(run).terminate(reason)),
    reset: (run, to, reason) => within(() => resetRun(temporal, run, to, reason)),
    history: ({ workflowId, runId }) => within(() => runHistory(temporal, workflowId, runId)),
  };
}

function orderOf(
  flow: FlowDefinition,
  input: unknown,
  actor: string,
  { requestId, n8nExecutionId }: StartRequest,
  taskQueue: string | undefined,
): RunOrder {
  const { workflowId, tenantId } = flow.identify(input as never);
  return {
    flow: flow.name,
    workflowId,
    taskQueue: taskQueue ?? flow.taskQueue,
    input,
    requestId,
    tenantId,
    n8nExecutionId,
    summary: `${flow.title}: ${tenantId ?? "the platform"}`,
    details: `${flow.description} Asked for by ${actor}.`,
  };
}

function startOptions(order: RunOrder): WorkflowStartOptions {
  const { workflowId, taskQueue, input, requestId, tenantId, n8nExecutionId, summary, details } = order;
  return {
    workflowId,
    taskQueue,
    args: [input],
    workflowIdConflictPolicy: "FAIL",
    staticSummary: summary,
    staticDetails: details,
    ...(requestId === null ? {} : { memo: { requestId } }),
    typedSearchAttributes: new TypedSearchAttributes([
      ...(tenantId === null ? [] : [{ key: TENANT_ID, value: tenantId }]),
      ...(n8nExecutionId === null ? [] : [{ key: N8N_EXECUTION_ID, value: n8nExecutionId }]),
    ]),
  };
}

/** Whether the latest run of the key, however it stands, was started by this request. */
async function isStartOf(
  { client }: TemporalClient,
  workflowId: string,
  requestId: string | null,
): Promise<boolean> {
  try {
    const { memo } = await client.workflow.getHandle(workflowId).describe();
    return memo?.["requestId"] === requestId;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

async function resetRun(
  temporal: TemporalClient,
  { workflowId, runId }: FlowRun,
  to: ResetPoint,
  reason: string,
): Promise<SentMessage> {
  const points = await decisions(temporal, workflowId, runId);
  const point = typeof to === "number" ? to : to === "first" ? points[0] : points.at(-1);
  if (point === undefined) return { kind: "refused", message: "the run has not decided anything yet" };
  try {
    const { runId: newRunId } = await temporal.client.workflowService.resetWorkflowExecution({
      namespace: temporal.config.namespace,
      workflowExecution: { workflowId, runId },
      reason,
      workflowTaskFinishEventId: point as never,
      // The same reset asked for again, after its answer was lost, is the same.
      requestId: `${runId}:${point}:${reason}`.slice(0, 200),
    });
    return { kind: "done", output: { runId: newRunId } };
  } catch (error) {
    if (isGrpcServiceError(error) && INVALID.includes(error.code))
      return { kind: "refused", message: `event ${point} is no end of a decision: ${points.join(", ")} are` };
    throw error;
  }
}

function runOf({ config }: TemporalClient, info: WorkflowExecutionDescription): FlowRun {
  return {
    workflowId: info.workflowId,
    runId: info.runId,
    flow: info.type,
    tenantId: info.typedSearchAttributes.get(TENANT_ID) ?? null,
    status: STATUSES[info.status.name],
    flowStatus: info.typedSearchAttributes.get(FLOW_STATUS) ?? null,
    startedAt: info.startTime.getTime(),
    closedAt: info.closeTime?.getTime() ?? null,
    attributes: attributesOf((name) => info.searchAttributes[name]?.[0]),
    url: workflowLink(config, info.workflowId),
  };
}

function attributesOf(read: (name: string) => unknown): RunAttributes {
  const text = (name: string): string | null => {
    const value = read(name);
    return typeof value === "string" ? value : null;
  };
  const amount = read(AMOUNT_DUE.name);
  return {
    amountDue: typeof amount === "number" ? BigInt(amount) : null,
    currency: text(CURRENCY.name),
    invoiceNumber: text(INVOICE_NUMBER.name),
    caseSeverity: text(CASE_SEVERITY.name),
    n8nExecutionId: text(N8N_EXECUTION_ID.name),
  };
}

/** Whatever has ended, but for what only tells of ends, by its end. */
export function createClosedRuns(temporal: TemporalClient): ClosedRuns {
  return {
    async between(from, to) {
      const found: FlowRun[] = [];
      let nextPageToken: Uint8Array | null | undefined;
      do {
        const page = await onTemporal(() =>
          temporal.client.workflowService.listWorkflowExecutions({
            namespace: temporal.config.namespace,
            query: `CloseTime >= "${isoOf(from)}" AND CloseTime < "${isoOf(to)}" AND WorkflowType != "${RESULT_DELIVERY}" AND ExecutionStatus != "ContinuedAsNew"`,
            pageSize: CLOSED_PAGE,
            ...(nextPageToken ? { nextPageToken } : {}),
          }),
        );
        found.push(...(page.executions ?? []).map((info) => listed(temporal, info)));
        ({ nextPageToken } = page);
      } while (nextPageToken && nextPageToken.length > 0);
      return found;
    },
  };
}

function isoOf(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

async function listRuns(
  temporal: TemporalClient,
  filter: RunFilter,
  { limit, cursor }: Parameters<FlowRuns["list"]>[1],
): ReturnType<FlowRuns["list"]> {
  const { executions, nextPageToken } = await temporal.client.workflowService.listWorkflowExecutions({
    namespace: temporal.config.namespace,
    query: queryOf(filter),
    pageSize: limit,
    ...(cursor === null ? {} : { nextPageToken: Buffer.from(cursor, "base64url") }),
  });
  const next = Buffer.from(nextPageToken ?? []).toString("base64url");
  return {
    runs: (executions ?? []).map((info) => listed(temporal, info)),
    cursor: next === "" ? null : next,
  };
}

type ListedRun = NonNullable<
  Awaited<ReturnType<TemporalClient["client"]["workflowService"]["listWorkflowExecutions"]>>["executions"]
>[number];

/** temporal.api.enums.v1.WorkflowExecutionStatus */
const LISTED_STATUSES: readonly RunStatus[] = [
  "running",
  "running",
  "completed",
  "failed",
  "cancelled",
  "terminated",
  "continued_as_new",
  "timed_out",
];

function listed({ config }: TemporalClient, info: ListedRun): FlowRun {
  const read = (name: string): unknown => {
    const data = info.searchAttributes?.indexedFields?.[name]?.data;
    return data ? JSON.parse(Buffer.from(data).toString()) : null;
  };
  const attribute = (name: string): string | null => {
    const value = read(name);
    return typeof value === "string" ? value : null;
  };
  const workflowId = info.execution?.workflowId ?? "";
  return {
    workflowId,
    runId: info.execution?.runId ?? "",
    flow: info.type?.name ?? "",
    tenantId: attribute(TENANT_ID.name),
    status: LISTED_STATUSES[info.status ?? 1] ?? "running",
    flowStatus: attribute(FLOW_STATUS.name),
    startedAt: epochMs(info.startTime) ?? 0,
    closedAt: epochMs(info.closeTime),
    attributes: attributesOf(read),
    url: workflowLink(config, workflowId),
  };
}

function epochMs(time: ListedRun["startTime"]): number | null {
  if (time === null || time === undefined) return null;
  return Number(time.seconds ?? 0) * 1000 + Math.floor((time.nanos ?? 0) / 1e6);
}

/** Values are quoted; those that come from outside have been held against narrow alphabets. */
function queryOf({ tenantId, flow, status, from, to }: RunFilter): string {
  const quoted = (value: string): string => `"${value.replace(/["\\]/g, "")}"`;
  return [
    tenantId === null ? null : `${TENANT_ID.name} = ${quoted(tenantId)}`,
    flow === null ? null : `WorkflowType = ${quoted(flow)}`,
    status === null ? null : `ExecutionStatus = ${quoted(LISTED[status])}`,
    from === null ? null : `StartTime >= ${quoted(new Date(from).toISOString())}`,
    to === null ? null : `StartTime < ${quoted(new Date(to).toISOString())}`,
  ]
    .filter((term) => term !== null)
    .join(" AND ");
}

/** Follows what a run continued as by its handle, and what it was reset to by the first run of the chain, which both name. */
async function endOf(
  temporal: TemporalClient,
  workflowId: string,
  runId: string,
  waitMs: number,
): Promise<RunEnd | null> {
  const { workflow } = temporal.client;
  const outcome = await outcomeWithin(temporal, waitMs, async () => {
    const latest = await workflow.getHandle(workflowId).describe();
    const given = await workflow.getHandle(workflowId, runId).describe();
    const isOfChain =
      latest.raw.workflowExecutionInfo?.firstRunId === given.raw.workflowExecutionInfo?.firstRunId;
    return workflow.getHandle(workflowId, isOfChain ? latest.runId : runId).result();
  });
  if (outcome === null) return null;
  if ("failure" in outcome) return endOfFailure(outcome.failure);
  return { status: "completed", result: outcome.output, failure: null };
}

async function resultOf(temporal: TemporalClient, workflowId: string, waitMs: number): Promise<RunResult> {
  const outcome = await outcomeWithin(temporal, waitMs, () =>
    temporal.client.workflow.getHandle(workflowId).result(),
  );
  if (outcome === null) return { kind: "running" };
  if (!("failure" in outcome)) return { kind: "completed", output: outcome.output };
  const { failure } = outcome;
  const type =
    failure instanceof ApplicationFailure ? (failure.type ?? "Failed") : (failure?.name ?? "Failed");
  return { kind: "failed", type, message: failure?.message ?? "the run was ended" };
}

/** What a run came to; null where it goes on after the time to wait. */
async function outcomeWithin(
  { client }: TemporalClient,
  waitMs: number,
  result: () => Promise<unknown>,
): Promise<{ readonly output: unknown } | { readonly failure: Error | undefined } | null> {
  const enough = AbortSignal.timeout(waitMs);
  try {
    return { output: await onTemporal(() => client.withAbortSignal(enough, result)) };
  } catch (error) {
    if (enough.aborted) return null;
    if (!(error instanceof WorkflowFailedError)) throw error;
    return { failure: error.cause };
  }
}
