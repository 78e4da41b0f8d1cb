import type { RunOrder } from "./api.ts";

/** The workflow's type, as workflow.ts exports it. */
export const RESULT_DELIVERY = "resultDelivery";

/** One for each request that starts a run and wants to be told of its end. */
export function resultDeliveryWorkflowId({ workflowId, requestId }: RunOrder): string {
  return `result-${workflowId}-${requestId}`;
}

/** Update: which run it is whose end is told; answered as soon as that runs. */
export const BEGIN = "begin";
