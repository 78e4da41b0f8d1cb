import {
  type IDataObject,
  type INode,
  type INodeExecutionData,
  NodeApiError,
  NodeOperationError,
} from "n8n-workflow";

/** What the gateway says of a request that it refuses (RFC 9457). */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** Every field at fault, by its path in the request. */
  readonly errors: ReadonlyArray<{ readonly path: string; readonly message: string }>;
  readonly requestId: string | null;
}

/** What to do, by the gateway's codes. */
const REMEDIES: Readonly<Record<string, string>> = {
  unreachable:
    "Check that Catalyst runs and that the credential's Base URL is its gateway's address, as n8n sees it.",
  malformed_json: "Correct the JSON that the node was given.",
  validation_failed: "Correct the fields named above.",
  unauthorized: "Put a valid key into the credential: it may have been revoked.",
  insufficient_funds: "Top the wallet up, then run the node again.",
  forbidden: "Use a credential whose key may do this: docs/rest.md says which role may do what.",
  tenant_suspended: "Settle the account, then have the tenant reinstated.",
  destination_frozen: "A suspected fraud is looked into: decide its case first.",
  not_found: "Check the ID; a tenant's key sees that tenant's things alone.",
  route_not_found: "Check the credential's Base URL, and that Catalyst is as new as this package.",
  method_not_allowed: "Check that Catalyst is as new as this package.",
  conflict: "Look at the state of things: what the message says stands in the way.",
  already_exists: "Choose another ID, or read what is there.",
  idempotency_in_progress:
    "The same request is being carried out: turn on Retry On Fail in the node's settings.",
  body_too_large: "Send less at once.",
  uri_too_long: "Shorten the ID.",
  idempotency_mismatch: "The Idempotency Key was used for another request: use a new one.",
  message_refused: "Correct the field named above.",
  rate_limited: "Turn on Retry On Fail in the node's settings, or send fewer items at a time.",
  internal: "Report the request ID to whoever runs Catalyst.",
  unavailable:
    "Turn on Retry On Fail in the node's settings: a part of Catalyst is not available at the moment.",
};

/** Reads a refusal; what is none of the gateway's (a proxy's page) is told by its status. */
export function problemOf(status: number, body: unknown): Problem {
  const fields = isObject(body) ? body : {};
  const code = typeof fields.code === "string" ? fields.code : `http_${status}`;
  const title =
    typeof fields.title === "string"
      ? fields.title
      : `The address answered ${status}, not as Catalyst's gateway does`;
  return {
    status,
    code,
    detail: typeof fields.detail === "string" && fields.detail !== "" ? fields.detail : title,
    errors: Array.isArray(fields.errors) ? fields.errors.filter(isFieldError) : [],
    requestId: typeof fields.requestId === "string" ? fields.requestId : null,
  };
}

/** The gateway did not answer at all. */
export function unreachable(baseUrl: string, error: unknown): Problem {
  const reason = error instanceof Error ? error.message : String(error);
  const detail = `Catalyst's gateway at ${baseUrl} does not answer: ${reason}`;
  return { status: 0, code: "unreachable", detail, errors: [], requestId: null };
}

export function remedyOf({ code, status }: Problem): string {
  return (
    REMEDIES[code] ??
    (status >= 300 && status < 500 ? "Check the credential's Base URL." : "Run the node again later.")
  );
}

/** The error that n8n shows: what is wrong, with which field, and what to do. */
export function problemError(node: INode, problem: Problem, itemIndex?: number): NodeApiError {
  const lines = problem.errors
    .filter(({ message }) => message !== problem.detail)
    .map(({ path, message }) => `${path}: ${message}`)
    .filter((line) => line !== problem.detail);
  const request = problem.requestId === null ? "" : ` Request ID: ${problem.requestId}.`;
  const description = [...lines, `${remedyOf(problem)}${request}`].join("\n");
  const error = new NodeApiError(
    node,
    { message: problem.detail, description, httpCode: String(problem.status) },
    {
      message: problem.detail,
      description,
      httpCode: String(problem.status),
      ...(itemIndex === undefined ? {} : { itemIndex }),
    },
  );
  error.context.problem = { ...problem, remedy: remedyOf(problem) } as unknown as IDataObject;
  return error;
}

/** What a node throws: errors of its own kinds as they are. */
export function nodeError(node: INode, error: Error, itemIndex?: number): NodeApiError | NodeOperationError {
  if (error instanceof NodeApiError || error instanceof NodeOperationError) return error;
  return new NodeOperationError(node, error, itemIndex === undefined ? {} : { itemIndex });
}

/** The problem that an error was made of, null where it is another one. */
export function problemIn(error: unknown): (Problem & { readonly remedy: string }) | null {
  return error instanceof NodeApiError ? ((error.context.problem as never) ?? null) : null;
}

/** The item that goes on, or to the error output, in place of one that failed. */
export function failedItem(error: Error, item: number): INodeExecutionData {
  const problem = problemIn(error);
  // n8n tells an error's item by its keys: no others than these three.
  const details = problem === null ? {} : { details: problem as unknown as IDataObject };
  return { json: { error: error.message, ...details }, pairedItem: { item } };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFieldError(value: unknown): value is { path: string; message: string } {
  return isObject(value) && typeof value.path === "string" && typeof value.message === "string";
}
