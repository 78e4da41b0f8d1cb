import type { INodePropertyOptions } from "n8n-workflow";

/** What the gateway tells of. */
export const EVENTS: INodePropertyOptions[] = [
  {
    name: "Balance Low",
    value: "balance.low",
    description: "A threshold was crossed, confirmed by the ledger",
  },
  { name: "Balance Recovered", value: "balance.recovered" },
  { name: "Fraud Case Decided", value: "fraud_case.decided" },
  { name: "Fraud Case Opened", value: "fraud_case.opened" },
  { name: "Invoice Issued", value: "invoice.issued" },
  { name: "Message Delivered", value: "message.delivered" },
  { name: "Message Failed", value: "message.failed" },
  { name: "Message Inbound", value: "message.inbound", description: "Somebody wrote to the tenant" },
  { name: "Payment Failed", value: "payment.failed" },
  { name: "Payment Succeeded", value: "payment.succeeded" },
  { name: "Tenant Reinstated", value: "tenant.reinstated" },
  { name: "Tenant Suspended", value: "tenant.suspended" },
  {
    name: "Workflow Completed",
    value: "workflow.completed",
    description: "A run of a durable flow has ended, also failed: its status tells",
  },
];
