import {
  type IDataObject,
  type IHookFunctions,
  type INodeType,
  type INodeTypeDescription,
  type IWebhookFunctions,
  type IWebhookResponseData,
  NodeConnectionTypes,
} from "n8n-workflow";
import { searchTenants } from "../fields/list-search";
import { tenantFilter } from "../fields/locators";
import { call } from "../gateway/call";
import { isObject, nodeError, problemIn } from "../gateway/problem";
import { EVENTS } from "./events";
import { forgetRegistration, isNew, keepRegistration, registrationIn } from "./registration";
import { isSigned } from "./signature";

const ENDPOINTS = "/api/v2/webhook-endpoints";

/** Starts a workflow on events of the platform, each once: registered on publish, removed on unpublish. */
export class CatalystTrigger implements INodeType {
  description: INodeTypeDescription = {
    displayName: "Catalyst Trigger",
    name: "catalystTrigger",
    icon: { light: "file:../../icons/catalyst.svg", dark: "file:../../icons/catalyst.dark.svg" },
    group: ["trigger"],
    version: 1,
    subtitle: '={{ $parameter["events"].join(", ") }}',
    description:
      "Starts on delivery reports, inbound messages, balances, invoices, payments, suspensions, fraud cases and finished flows",
    defaults: { name: "Catalyst Trigger" },
    inputs: [],
    outputs: [NodeConnectionTypes.Main],
    credentials: [{ name: "catalystApi", required: true }],
    webhooks: [{ name: "default", httpMethod: "POST", responseMode: "onReceived", path: "webhook" }],
    properties: [
      {
        displayName: "Events",
        name: "events",
        type: "multiOptions",
        options: EVENTS,
        required: true,
        default: [],
        description: "What starts this workflow",
      },
      tenantFilter,
    ],
  };

  methods = { listSearch: { searchTenants } };

  webhookMethods = {
    default: {
      async checkExists(this: IHookFunctions): Promise<boolean> {
        const registration = registrationIn(this.getWorkflowStaticData("node"));
        if (registration === null) return false;
        const endpoint = await find(this, registration.endpointId);
        if (endpoint !== null && isAsWanted(this, endpoint)) return true;
        if (endpoint !== null) await remove(this, registration.endpointId);
        forgetRegistration(this.getWorkflowStaticData("node"));
        return false;
      },

      async create(this: IHookFunctions): Promise<boolean> {
        const { url, events, tenant_id } = wanted(this);
        const endpoint = await call(this, {
          method: "POST",
          url: ENDPOINTS,
          body: {
            url,
            events,
            tenant_id,
            description: `n8n: ${this.getWorkflow().name ?? "a workflow"}`.slice(0, 200),
          },
        });
        const registration = { endpointId: String(endpoint.endpoint_id), secret: String(endpoint.secret) };
        keepRegistration(this.getWorkflowStaticData("node"), registration);
        return true;
      },

      async delete(this: IHookFunctions): Promise<boolean> {
        const registration = registrationIn(this.getWorkflowStaticData("node"));
        if (registration !== null) await remove(this, registration.endpointId);
        forgetRegistration(this.getWorkflowStaticData("node"));
        return true;
      },
    },
  };

  async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
    const data = this.getWorkflowStaticData("node");
    const headers = this.getHeaderData();
    const id = String(headers["webhook-id"] ?? "");
    const request = this.getRequestObject();
    const delivery = {
      id,
      timestamp: String(headers["webhook-timestamp"] ?? ""),
      signature: String(headers["webhook-signature"] ?? ""),
      body: Buffer.from(request.rawBody ?? ""),
    };
    const secret = registrationIn(data)?.secret;
    if (secret === undefined || !isSigned(delivery, secret, Date.now())) return refused(this);
    const event = this.getBodyData();
    if (!isChosen(this, event) || !isNew(data, id)) return {};
    return { workflowData: [[{ json: toItem(event, id) }]] };
  }
}

function wanted(context: IHookFunctions | IWebhookFunctions) {
  const tenantId = context.getNodeParameter("tenantId", "", { extractValue: true });
  return {
    url: context.getNodeWebhookUrl("default") ?? "",
    events: context.getNodeParameter("events", []) as string[],
    tenant_id: typeof tenantId === "string" && tenantId !== "" ? tenantId : null,
  };
}

/** A tenant's key is given its own tenant, whatever was asked. */
function isAsWanted(context: IHookFunctions, endpoint: IDataObject): boolean {
  const { url, events, tenant_id } = wanted(context);
  const registered = Array.isArray(endpoint.events) ? endpoint.events.map(String) : [];
  const sameEvents = [...registered].sort().join() === [...events].sort().join();
  return endpoint.url === url && sameEvents && (tenant_id === null || endpoint.tenant_id === tenant_id);
}

async function find(context: IHookFunctions, endpointId: string): Promise<IDataObject | null> {
  try {
    return await call(context, { url: `${ENDPOINTS}/${encodeURIComponent(endpointId)}` });
  } catch (error) {
    if (problemIn(error)?.status === 404) return null;
    throw nodeError(context.getNode(), error as Error);
  }
}

async function remove(context: IHookFunctions, endpointId: string): Promise<void> {
  try {
    await call(context, { method: "DELETE", url: `${ENDPOINTS}/${encodeURIComponent(endpointId)}` });
  } catch (error) {
    if (problemIn(error)?.status !== 404) throw nodeError(context.getNode(), error as Error);
  }
}

/** By the node's own choice, too: what it was registered for may have been changed by hand. */
function isChosen(context: IWebhookFunctions, event: IDataObject): boolean {
  const { events, tenant_id } = wanted(context);
  const tenant = isObject(event.data) ? event.data.tenant_id : null;
  return events.includes(String(event.type)) && (tenant_id === null || tenant === tenant_id);
}

function refused(context: IWebhookFunctions): IWebhookResponseData {
  context
    .getResponseObject()
    .status(401)
    .json({ message: "The delivery does not bear a valid signature of now" });
  return { noWebhookResponse: true };
}

/** The event with its data beside its type. */
function toItem(event: IDataObject, eventId: string): IDataObject {
  const data = isObject(event.data) ? (event.data as IDataObject) : {};
  return {
    ...data,
    event_id: eventId,
    type: event.type,
    timestamp: event.timestamp,
    link: data.link ?? data.url ?? null,
  };
}
