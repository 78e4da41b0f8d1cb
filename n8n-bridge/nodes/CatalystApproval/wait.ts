import {
  type IDataObject,
  type IExecuteFunctions,
  NodeOperationError,
  WAIT_INDEFINITELY,
} from "n8n-workflow";
import { call, path } from "../gateway/call";
import { flow, message } from "../gateway/catalog";
import { idempotencyKey } from "../gateway/idempotency";
import { keepWaitingFor } from "../gateway/resume";

const HOUR_MS = 3_600_000;

/** Puts the execution to wait, once it is sure that the question can be answered. Throws NodeApiError and NodeOperationError. */
export async function waitForAnswer(context: IExecuteFunctions): Promise<void> {
  const count = context.getInputData().length;
  if (count > 1)
    throw new NodeOperationError(
      context.getNode(),
      `Catalyst Approval takes one item at a time, not ${count}: an execution wakes once`,
      { description: "Put a Loop Over Items node with batch size 1 before this one." },
    );
  if (context.isToolExecution())
    throw new NodeOperationError(context.getNode(), "An AI agent's tool cannot wait for a person");
  const text = (name: string) => context.getNodeParameter(name, 0, "", { extractValue: true }) as string;
  message(context, await flow(context, text("workflow")), "updates", text("updateName"));
  const run = await call(context, { url: path`/api/v2/workflows/runs/${text("workflowId")}`, item: 0 });
  if (run.status !== "running")
    throw new NodeOperationError(
      context.getNode(),
      `${run.workflow_id} has ended (${run.status}): nobody can answer it`,
      {
        description: `Look at the run: ${run.url}`,
      },
    );
  keepWaitingFor(context, idempotencyKey(context, 0));
  const { waitHours } = context.getNodeParameter("options", 0, {}) as IDataObject;
  await context.putExecutionToWait(
    typeof waitHours === "number" ? new Date(Date.now() + waitHours * HOUR_MS) : WAIT_INDEFINITELY,
  );
}
