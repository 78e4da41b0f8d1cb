import {
  type IExecuteFunctions,
  type INodeExecutionData,
  type INodeType,
  type INodeTypeDescription,
  type IWebhookFunctions,
  type IWebhookResponseData,
  NodeConnectionTypes,
} from "n8n-workflow";
import { getUpdateInput, getUpdates } from "../fields/catalog-fields";
import { searchRuns, searchWorkflows } from "../fields/list-search";
import { failedItem, nodeError } from "../gateway/problem";
import { answer, ask } from "./approval";
import { PROPERTIES } from "./properties";
import { waitForAnswer } from "./wait";

/** Gives a flow's waiting step to a person, and carries the answer back as an update of the run. */
export class CatalystApproval implements INodeType {
  description: INodeTypeDescription = {
    displayName: "Catalyst Approval",
    name: "catalystApproval",
    icon: { light: "file:../../icons/catalyst.svg", dark: "file:../../icons/catalyst.dark.svg" },
    group: ["transform"],
    version: 1,
    subtitle: '={{ $parameter["updateName"] }}',
    description:
      "Wait for a person to decide a step of a durable flow: a new tenant, a fraud case, a payment",
    defaults: { name: "Catalyst Approval" },
    usableAsTool: true,
    inputs: [NodeConnectionTypes.Main],
    outputs: [NodeConnectionTypes.Main],
    credentials: [{ name: "catalystApi", required: true }],
    webhooks: [
      {
        name: "default",
        httpMethod: "GET",
        responseMode: "onReceived",
        path: "",
        restartWebhook: true,
        isFullPath: true,
        ndvHideUrl: true,
      },
      {
        name: "setup",
        httpMethod: "POST",
        responseMode: "onReceived",
        path: "",
        restartWebhook: true,
        isFullPath: true,
        ndvHideUrl: true,
      },
    ],
    properties: PROPERTIES,
  };

  methods = {
    listSearch: { searchRuns, searchWorkflows },
    loadOptions: { getUpdates },
    resourceMapping: { getUpdateInput },
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
    try {
      await waitForAnswer(this);
      // Replaced by the answer once there is one.
      return [this.getInputData().map(({ json }, item) => ({ json, pairedItem: { item } }))];
    } catch (error) {
      if (!this.continueOnFail()) throw nodeError(this.getNode(), error as Error, 0);
      return [[failedItem(error as Error, 0)]];
    }
  }

  async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
    return this.getRequestObject().method === "POST" ? answer(this) : ask(this);
  }
}
