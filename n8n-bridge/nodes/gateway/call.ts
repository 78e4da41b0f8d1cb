import type {
  IDataObject,
  IExecuteFunctions,
  IHookFunctions,
  IHttpRequestMethods,
  ILoadOptionsFunctions,
  IN8nHttpFullResponse,
  IWebhookFunctions,
} from "n8n-workflow";
import { problemError, problemOf, unreachable } from "./problem";

export type Caller = IExecuteFunctions | IHookFunctions | ILoadOptionsFunctions | IWebhookFunctions;

export interface GatewayRequest {
  /** GET if left out. */
  readonly method?: IHttpRequestMethods;
  /** Below the base URL, with its parts encoded: see `path`. */
  readonly url: string;
  readonly query?: IDataObject;
  /** A string goes as it is: JSON text whose numbers keep every digit. n8n itself would leave an empty object out. */
  readonly body?: IDataObject | string;
  readonly headers?: IDataObject;
  /** Index of the input item, for the error. */
  readonly item?: number;
  /** Whether the answer is a file. */
  readonly binary?: boolean;
}

/** More than the gateway ever waits for a run's result. */
const TIMEOUT_MS = 60_000;

export const CREDENTIAL = "catalystApi";

/** Answers the body of a 2xx answer. Throws NodeApiError with field and remedy otherwise. */
export async function call<Answer = IDataObject>(caller: Caller, request: GatewayRequest): Promise<Answer> {
  const { method = "GET", url, query, body, headers, item, binary = false } = request;
  const baseURL = await baseUrl(caller);
  let response: IN8nHttpFullResponse;
  try {
    response = await caller.helpers.httpRequestWithAuthentication.call(caller, CREDENTIAL, {
      method,
      baseURL,
      url,
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(query === undefined ? {} : { qs: given(query) }),
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      encoding: binary ? "arraybuffer" : "text",
      timeout: TIMEOUT_MS,
      disableFollowRedirect: true,
      returnFullResponse: true,
      ignoreHttpStatusErrors: true,
    });
  } catch (error) {
    throw problemError(caller.getNode(), unreachable(baseURL, error), item);
  }
  const { statusCode } = response;
  if (statusCode >= 200 && statusCode < 300) return (binary ? response.body : json(response.body)) as Answer;
  throw problemError(caller.getNode(), problemOf(statusCode, json(response.body)), item);
}

/** The credential's address without a slash at its end. */
export async function baseUrl(caller: Caller): Promise<string> {
  const credential = await caller.getCredentials(CREDENTIAL);
  return String(credential.baseUrl).replace(/\/+$/, "");
}

/** A path whose values may hold anything. */
export function path(parts: TemplateStringsArray, ...values: ReadonlyArray<string | number>): string {
  return parts.reduce(
    (text, part, index) => `${text}${encodeURIComponent(String(values[index - 1]))}${part}`,
  );
}

/** Without what was left empty. */
export function given(fields: IDataObject): IDataObject {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null && value !== ""),
  );
}

function json(body: unknown): unknown {
  const text =
    Buffer.isBuffer(body) || body instanceof ArrayBuffer
      ? Buffer.from(body as Buffer).toString("utf8")
      : body;
  if (typeof text !== "string") return text;
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
