import type { InvoicingInput } from "./api.ts";

/** The workflow's type, as workflow.ts exports it. */
export const INVOICING = "invoicing";

/** One per tenant, wallet (all of them, if none is named) and period, which bears the name of its last day. A tenant's schedule has ids of its own. */
export function invoicingWorkflowId({ tenantId, walletId, through }: InvoicingInput): string {
  return ["invoicing", tenantId, ...(walletId === null ? [] : [walletId]), through ?? "latest"].join("-");
}

/** Query: how far it is. */
export const INVOICING_STATE = "state";
