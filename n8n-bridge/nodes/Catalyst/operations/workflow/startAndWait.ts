import { NodeOperationError, WAIT_INDEFINITELY } from "n8n-workflow";
import { mappedInput } from "../../../fields/mapped-input";
import { workflow } from "../../../fields/locators";
import { idempotencyKey } from "../../../gateway/idempotency";
import { keepWaitingFor, resultUrl } from "../../../gateway/resume";
import type { Operation } from "../../operation";
import { idempotencyKeyField, options } from "../../parameters";
import { startRun } from "./start";

/** Starts a run and puts the execution to wait, which holds no slot of n8n: the platform calls it back once the run has ended. */
export const startAndWait: Operation = {
  name: "Start and Wait",
  value: "startAndWait",
  action: "Start a workflow and wait for its result",
  description:
    "Start a durable flow and put this execution to wait until it has ended, for months if need be; restarts of n8n and Catalyst lose nothing",
  fields: [
    workflow,
    mappedInput("getWorkflowInput", ["workflow.value"]),
    {
      displayName:
        "One item at a time: n8n wakes an execution once. For several, put a Loop Over Items node with batch size 1 before this one.",
      name: "oneItemNotice",
      type: "notice",
      default: "",
    },
    options(idempotencyKeyField),
  ],
  run: async (context, item) => {
    const count = context.getInputData().length;
    if (count > 1)
      throw new NodeOperationError(
        context.getNode(),
        `Start and Wait takes one item at a time, not ${count}: an execution wakes once`,
        {
          description: "Put a Loop Over Items node with batch size 1 before this one, or use Start.",
          itemIndex: item,
        },
      );
    if (context.isToolExecution())
      throw new NodeOperationError(
        context.getNode(),
        "An AI agent's tool cannot wait: use Start, then Get Result",
      );
    const waitsFor = idempotencyKey(context, item);
    await startRun(context, item, { callback: { url: resultUrl(context, item, waitsFor) } });
    keepWaitingFor(context, waitsFor);
    await context.putExecutionToWait(WAIT_INDEFINITELY);
    // Replaced by what the webhook answers once the execution goes on.
    return context.getInputData().map(({ json }) => ({ json }));
  },
};
