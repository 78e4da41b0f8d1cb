import { Buffer } from "node:buffer";
import { createRequire } from "node:module";
import { KEY } from "./gateway.mts";

const require = createRequire(import.meta.url);

export const { Catalyst } = require("../dist/nodes/Catalyst/Catalyst.node.js");
export const { CatalystTrigger } = require("../dist/nodes/CatalystTrigger/CatalystTrigger.node.js");
export const { CatalystApproval } = require("../dist/nodes/CatalystApproval/CatalystApproval.node.js");
export const { CatalystApi } = require("../dist/credentials/CatalystApi.credentials.js");
export const built = (path: string) => require(`../dist/nodes/${path}.js`);
export const { NodeApiError, NodeOperationError, WAIT_INDEFINITELY } = require("n8n-workflow");

export const RESUME_URL = "http://127.0.0.1:5678/webhook-waiting/42?signature=token";

type Parameters = Readonly<Record<string, unknown>>;

export interface Setting {
  readonly baseUrl: string;
  readonly parameters: Parameters;
  readonly items?: readonly Record<string, unknown>[];
  readonly onError?: "stopWorkflow" | "continueRegularOutput" | "continueErrorOutput";
  readonly staticData?: Record<string, unknown>;
  readonly runIndex?: number;
  readonly resumeUrl?: string;
  readonly apiKey?: string;
  readonly isTool?: boolean;
  /** What the node keeps with the execution. */
  readonly kept?: Record<string, unknown>;
}

/** What all of n8n's contexts have, as far as the nodes ask for it. */
function shared({ baseUrl, parameters, onError, staticData = {}, runIndex = 0, ...setting }: Setting) {
  const node = {
    id: "6f1c2b1e-node",
    name: "Catalyst",
    type: "n8n-nodes-catalyst.catalyst",
    typeVersion: 1,
    position: [0, 0],
    parameters,
    ...(onError === undefined ? {} : { onError }),
  };
  const { apiKey = KEY, resumeUrl = RESUME_URL } = setting;
  return {
    getNode: () => node,
    getWorkflow: () => ({ id: "1", name: "Onboarding", active: true }),
    getWorkflowStaticData: () => staticData,
    getCredentials: async () => ({ baseUrl, apiKey }),
    getExecutionId: () => "42",
    logger: { error: () => undefined },
    evaluateExpression: (expression: string) =>
      expression === '{{ $node["Catalyst"].context.waitsFor }}'
        ? setting.kept?.["waitsFor"]
        : evaluated(expression, resumeUrl, runIndex),
    continueOnFail: () => onError !== undefined && onError !== "stopWorkflow",
    helpers: {
      httpRequestWithAuthentication: (_credential: string, request: HttpRequest) => send(request, apiKey),
      prepareBinaryData: async (data: Buffer, fileName: string, mimeType: string) => ({
        data: data.toString("base64"),
        fileName,
        mimeType,
      }),
    },
  };
}

export function executeContext(setting: Setting) {
  const { parameters, items = [{}] } = setting;
  const waits: Date[] = [];
  return {
    ...shared(setting),
    waits,
    getInputData: () => items.map((json) => ({ json })),
    getNodeParameter: (name: string, _item: number, fallback?: unknown, options?: object) =>
      parameter(parameters, name, fallback, options),
    getContext: () => setting.kept ?? {},
    isToolExecution: () => setting.isTool ?? false,
    putExecutionToWait: async (until: Date) => void waits.push(until),
  };
}

/** Of hooks, webhooks and the editor's lists, whose parameters have no item. */
export function nodeContext(setting: Setting & { readonly request?: WebhookRequest }) {
  const { parameters, request = { method: "POST" } } = setting;
  const response = new FakeResponse();
  const stack = [{ metadata: undefined as Record<string, unknown> | undefined }];
  return {
    ...shared(setting),
    response,
    stack,
    runExecutionData: { executionData: { nodeExecutionStack: stack } },
    getNodeParameter: (name: string, fallback?: unknown, options?: object) =>
      parameter(parameters, name, fallback, options),
    getCurrentNodeParameter: (name: string) => parameter(parameters, name, undefined, { extractValue: true }),
    getNodeWebhookUrl: () => "http://127.0.0.1:5678/webhook/abc/webhook",
    getHeaderData: () => request.headers ?? {},
    getBodyData: () => request.body ?? {},
    getQueryData: () => request.query ?? {},
    getRequestObject: () => ({ method: request.method, rawBody: request.rawBody }),
    getResponseObject: () => response,
  };
}

export interface WebhookRequest {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly rawBody?: Buffer;
  readonly query?: Readonly<Record<string, string>>;
}

class FakeResponse {
  statusCode = 200;
  sent: unknown = undefined;
  readonly headers: Record<string, string> = {};
  setHeader(name: string, value: string) {
    this.headers[name] = value;
  }
  status(code: number) {
    this.statusCode = code;
    return this;
  }
  send(body: unknown) {
    this.sent = body;
  }
  json(body: unknown) {
    this.sent = body;
  }
}

/** A resource locator as n8n stores it. */
export const located = (value: string) => ({ __rl: true, mode: "id", value });

/** A resource mapper as n8n stores it. */
export const mapped = (value: Record<string, unknown>) => ({ mappingMode: "defineBelow", value, schema: [] });

function parameter(parameters: Parameters, name: string, fallback: unknown, options: object = {}): unknown {
  const value = parameters[name];
  if (value === undefined) return fallback;
  const isLocator = typeof value === "object" && value !== null && "__rl" in value && "value" in value;
  return isLocator && "extractValue" in options ? value.value : value;
}

function evaluated(expression: string, resumeUrl: string, runIndex: number): unknown {
  if (expression === "{{ $execution.resumeUrl }}") return resumeUrl;
  if (expression === "{{ [$execution.resumeUrl, $runIndex] }}") return [resumeUrl, runIndex];
  const time = /fromISO\("([^"]+)"/.exec(expression)?.[1];
  if (time === undefined) throw new Error(`the test knows no ${expression}`);
  return new Date(/[Zz]|[+-]\d\d:\d\d$/.test(time) ? time : `${time}Z`).toISOString();
}

interface HttpRequest {
  readonly method: string;
  readonly baseURL: string;
  readonly url: string;
  readonly qs?: Record<string, string>;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
  readonly encoding: string;
}

/** As n8n sends it: with the credential's header, without a body that is an empty object, and the answer whole. */
async function send(
  { method, baseURL, url, qs, headers, encoding, ...request }: HttpRequest,
  apiKey: string,
) {
  const body = JSON.stringify(request.body) === "{}" ? undefined : request.body;
  const query = qs === undefined ? "" : `?${new URLSearchParams(qs)}`;
  const response = await fetch(`${baseURL}${url}${query}`, {
    method,
    redirect: "manual",
    headers: { ...headers, authorization: `Bearer ${apiKey}` },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    body: encoding === "arraybuffer" ? bytes : bytes.toString("utf8"),
  };
}
