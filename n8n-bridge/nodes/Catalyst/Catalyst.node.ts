import {
  type IExecuteFunctions,
  type INodeExecutionData,
  type INodeType,
  type INodeTypeDescription,
  type IWebhookFunctions,
  type IWebhookResponseData,
  NodeConnectionTypes,
  NodeOperationError,
} from "n8n-workflow";
import {
  getQueries,
  getSignalInput,
  getSignals,
  getUpdateInput,
  getUpdates,
  getWorkflowInput,
} from "../fields/catalog-fields";
import {
  searchFraudCases,
  searchInvoices,
  searchRateCards,
  searchRuns,
  searchSchedules,
  searchTenants,
  searchWorkflows,
} from "../fields/list-search";
import { failedItem, nodeError } from "../gateway/problem";
import { RESULT_PATH } from "../gateway/resume";
import { operationOf, PROPERTIES } from "./operations";
import { receiveRunResult } from "./run-result";

/** Catalyst's REST API by resource and operation. Programmatic: it waits for runs, and its fields come from the gateway's catalog. */
export class Catalyst implements INodeType {
  description: INodeTypeDescription = {
    displayName: "Catalyst",
    name: "catalyst",
    icon: { light: "file:../../icons/catalyst.svg", dark: "file:../../icons/catalyst.dark.svg" },
    group: ["transform"],
    version: 1,
    subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
    description:
      "Start durable flows and wait for them, and work with tenants, prices, messages, invoices and fraud cases",
    defaults: { name: "Catalyst" },
    usableAsTool: true,
    inputs: [NodeConnectionTypes.Main],
    outputs: [NodeConnectionTypes.Main],
    credentials: [{ name: "catalystApi", required: true }],
    webhooks: [
      {
        name: "default",
        httpMethod: "POST",
        responseMode: "onReceived",
        path: RESULT_PATH,
        restartWebhook: true,
        isFullPath: true,
        ndvHideUrl: true,
      },
    ],
    properties: PROPERTIES,
  };

  methods = {
    listSearch: {
      searchFraudCases,
      searchInvoices,
      searchRateCards,
      searchRuns,
      searchSchedules,
      searchTenants,
      searchWorkflows,
    },
    loadOptions: { getQueries, getSignals, getUpdates },
    resourceMapping: { getSignalInput, getUpdateInput, getWorkflowInput },
  };

  /** n8n calls none of them: its one webhook resumes waiting executions, and is registered nowhere. */
  webhookMethods = {
    default: {
      checkExists: async () => true,
      create: async () => true,
      delete: async () => true,
    },
  };

  async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
    const returned: INodeExecutionData[] = [];
    for (let item = 0; item < this.getInputData().length; item++) {
      try {
        const rows = await runOperation(this, item);
        returned.push(...rows.map((row) => ({ ...row, pairedItem: { item } })));
      } catch (error) {
        if (!this.continueOnFail()) throw nodeError(this.getNode(), error as Error, item);
        returned.push(failedItem(error as Error, item));
      }
    }
    return [returned];
  }

  async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
    return receiveRunResult(this);
  }
}

function runOperation(context: IExecuteFunctions, item: number) {
  const resource = context.getNodeParameter("resource", item) as string;
  const name = context.getNodeParameter("operation", item) as string;
  const operation = operationOf(resource, name);
  if (operation === undefined)
    throw new NodeOperationError(
      context.getNode(),
      `There is no operation ${name} of ${resource}: choose one of the list`,
      {
        itemIndex: item,
      },
    );
  return operation.run(context, item);
}
