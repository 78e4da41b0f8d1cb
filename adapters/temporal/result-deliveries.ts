import {
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from "@temporalio/client";
import { TypedSearchAttributes, type Workflow } from "@temporalio/common";
import { Unavailable } from "#domain/errors.ts";
import { FLOW_STATUS, TENANT_ID } from "#domain/flows/search-attributes.ts";
import {
  BEGIN,
  type BegunRun,
  RESULT_DELIVERY,
  type ResultDeliveryInput,
  resultDeliveryWorkflowId,
} from "#workflows/result-delivery/api.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import type { TemporalClient } from "./client.ts";

/**
 * Has a run started by the flow that tells of its end. The same again is the same, also once it has told.
 * @param taskQueue another queue than the flow's own, in tests.
 * @throws Unavailable where no worker answers in time: the run is started then as soon as one is there.
 */
export async function startDelivery(
  { client }: TemporalClient,
  input: ResultDeliveryInput,
  taskQueue: string = TASK_QUEUES.callbacks,
): Promise<Pick<BegunRun, "kind">> {
  const { run } = input;
  const startWorkflowOperation = new WithStartWorkflowOperation(RESULT_DELIVERY, {
    workflowId: resultDeliveryWorkflowId(run),
    taskQueue,
    args: [input],
    workflowIdConflictPolicy: "USE_EXISTING",
    workflowIdReusePolicy: "REJECT_DUPLICATE",
    staticSummary: `Result of ${run.workflowId}`,
    typedSearchAttributes: new TypedSearchAttributes([
      { key: FLOW_STATUS, value: "starting" },
      ...(run.tenantId === null ? [] : [{ key: TENANT_ID, value: run.tenantId }]),
    ]),
  });
  try {
    return await client.workflow.executeUpdateWithStart<Workflow, BegunRun, []>(BEGIN, {
      startWorkflowOperation,
      updateId: BEGIN,
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return { kind: "started" };
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)
      throw new Unavailable("temporal", { cause: error });
    throw error;
  }
}
