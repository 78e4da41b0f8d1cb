/** The workflow's type, as workflow.ts exports it. */
export const SUSPENSION = "suspension";

/** One suspension per tenant at a time. */
export function suspensionWorkflowId(tenantId: string): string {
  return `suspension-${tenantId}`;
}

export const SUSPENSION_CAUSES = ["critical_balance", "overdue_invoice", "fraud", "person"] as const;

/** Update: a person ends the suspension, or what leads to it, whatever the ledger says. */
export const REINSTATE = "reinstate";

/** Signal: money came in, or an invoice was paid; the ledger is asked whether the cause has ended. */
export const CAUSE_MAY_HAVE_ENDED = "causeMayHaveEnded";

/** Query: how far it is. */
export const SUSPENSION_STATE = "state";

/** What a suspension says by mail. */
export const SUSPENSION_MAILS = ["notice", "suspended", "reminder", "reinstated", "averted"] as const;
