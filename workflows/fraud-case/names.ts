import type { SuspensionInput } from "#workflows/suspension/api.ts";
import type { FraudCaseInput } from "./api.ts";

/** The workflow's type, as workflow.ts exports it. */
export const FRAUD_CASE = "fraudCase";

/** One open case per tenant and pattern. */
export function fraudCaseWorkflowId({ tenantId, pattern }: FraudCaseInput): string {
  return `fraud-${tenantId}-${pattern}`;
}

/** Signal: a suspicion of this tenant and pattern. The same id again changes nothing unless it knows of more. */
export const ALERTED = "alerted";

/** Update: a person decides. There is one decision: a later one is answered with the first. */
export const DECIDE = "decide";

/** Query: how far it is. */
export const FRAUD_CASE_STATE = "state";

/** What a case says by mail and webhook. */
export const CASE_MESSAGES = ["ask", "escalation", "undecided", "reminder"] as const;

/** What a decision to suspend asks for: at once, and until a person reinstates. */
export function fraudSuspension(
  tenantId: string,
  caseId: string,
  actor: string,
  reason: string,
): SuspensionInput {
  return {
    tenantId,
    cause: "fraud",
    walletId: null,
    graceSeconds: 0,
    reason: `${caseId}: ${reason}`.slice(0, 500),
    actor,
  };
}
