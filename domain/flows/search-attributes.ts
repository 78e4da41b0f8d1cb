/**
 * What durable flows can be searched by in the Web UI. The server must know them before the first flow starts
 * (temporal-config/apply.ts). They are never encrypted: no phone number, no mail address.
 */
export const TENANT_ID = { name: "TenantId", type: "KEYWORD" } as const;
/** How far a flow is, in its own words ("welcoming"). */
export const FLOW_STATUS = { name: "FlowStatus", type: "KEYWORD" } as const;
/** Of a schedule: the flow that it starts. A run has WorkflowType of the server's own. */
export const FLOW_NAME = { name: "FlowName", type: "KEYWORD" } as const;
/** What is asked for, in minor units of Currency (ISO 4217: 1999 = 19.99 USD). */
export const AMOUNT_DUE = { name: "AmountDue", type: "INT" } as const;
/** ISO 4217. */
export const CURRENCY = { name: "Currency", type: "KEYWORD" } as const;
export const INVOICE_NUMBER = { name: "InvoiceNumber", type: "KEYWORD" } as const;
/** low, medium, high, critical. */
export const CASE_SEVERITY = { name: "CaseSeverity", type: "KEYWORD" } as const;
/** Of the n8n execution that started the flow. */
export const N8N_EXECUTION_ID = { name: "N8nExecutionId", type: "KEYWORD" } as const;

export const SEARCH_ATTRIBUTES = [
  TENANT_ID,
  FLOW_STATUS,
  FLOW_NAME,
  AMOUNT_DUE,
  CURRENCY,
  INVOICE_NUMBER,
  CASE_SEVERITY,
  N8N_EXECUTION_ID,
] as const;
