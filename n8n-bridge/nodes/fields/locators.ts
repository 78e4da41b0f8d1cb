import type { INodeProperties } from "n8n-workflow";

interface Locator {
  readonly displayName: string;
  /** The REST field in camelCase. */
  readonly name: string;
  /** Name of the list search. */
  readonly search: string;
  readonly example: string;
  readonly description?: string;
  /** False: it may be left empty. */
  readonly required?: boolean;
}

/** A thing of Catalyst, chosen from a list or named by its ID. */
function locator({
  displayName,
  name,
  search,
  example,
  description,
  required = true,
}: Locator): INodeProperties {
  return {
    displayName,
    name,
    type: "resourceLocator",
    default: { mode: "list", value: "" },
    required,
    ...(description === undefined ? {} : { description }),
    modes: [
      {
        displayName: "From List",
        name: "list",
        type: "list",
        typeOptions: { searchListMethod: search, searchable: true },
      },
      { displayName: "ID", name: "id", type: "string", placeholder: example },
    ],
  };
}

export const workflow = locator({
  displayName: "Workflow",
  name: "workflow",
  search: "searchWorkflows",
  example: "suspension",
  description: "The durable flow",
});

export const workflowFilter = { ...workflow, required: false, description: "Leave empty for runs of any" };

export const run = locator({
  displayName: "Run",
  name: "workflowId",
  search: "searchRuns",
  example: "suspension-TENANT-001",
  description: "The run, by its workflow ID: the business key",
});

export const tenant = locator({
  displayName: "Tenant",
  name: "tenantId",
  search: "searchTenants",
  example: "TENANT-001",
});

export const tenantFilter = {
  ...tenant,
  required: false,
  description: "Leave empty for all tenants; a tenant's key sees its own alone",
};

export const rateCard = locator({
  displayName: "Rate Card",
  name: "rateCardId",
  search: "searchRateCards",
  example: "RC-TENANT-001",
});

export const schedule = locator({
  displayName: "Schedule",
  name: "scheduleId",
  search: "searchSchedules",
  example: "invoicing-TENANT-001",
});

export const invoice = locator({
  displayName: "Invoice",
  name: "invoiceId",
  search: "searchInvoices",
  example: "01936f2e-7c1a-7000-8000-5a1b2c3d4e5f",
});

export const fraudCase = locator({
  displayName: "Fraud Case",
  name: "caseId",
  search: "searchFraudCases",
  example: "FC-2026-000017",
});
