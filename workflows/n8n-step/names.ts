import type { N8nStepInput } from "./api.ts";

export function n8nStepWorkflowId({ tenantId, stepId }: Pick<N8nStepInput, "tenantId" | "stepId">): string {
  return `n8n-step-${tenantId}-${stepId}`;
}

/** Signal: n8n's answer. The first one counts. */
export const ANSWERED = "answered";
