import { Agent, request } from "undici";
import type { Clock } from "#domain/clock.ts";
import { Rejected, Unavailable } from "#domain/errors.ts";

/** PayPal answers in a second or two; a capture waits for the bank. */
const DEFAULT_TIMEOUT_MS = 25_000;
/** The largest answer is a page of the report: 500 rows. */
const ANSWER_BYTES_MAX = 4_000_000;
/** A token is asked for anew this long before its end. */
const TOKEN_MARGIN_MS = 60_000;

export interface PaypalOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  /** https://api-m.paypal.com, https://api-m.sandbox.paypal.com, or a simulator's address. */
  readonly apiBase: string;
  readonly clock: Clock;
  readonly timeoutMs?: number;
}

/** PayPal said no: `issue` is its own code, `status` HTTP's. */
export class PaypalRefusal extends Error {
  override readonly name = "PaypalRefusal";
  readonly status: number;
  readonly issue: string;

  constructor(status: number, issue: string, message: string) {
    super(message);
    this.status = status;
    this.issue = issue;
  }
}

export interface PaypalClient {
  get<Resource>(path: string): Promise<Resource>;
  /** @param requestId PayPal-Request-Id: the same one again has no second effect. */
  post<Resource>(path: string, body: object, requestId: string): Promise<Resource>;
  patch(path: string, body: object): Promise<void>;
}

interface Call {
  readonly method: "GET" | "POST" | "PATCH";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** PayPal's REST API, without repetitions beneath: Temporal alone retries. Throws Unavailable, or PaypalRefusal for a 4xx. */
export function createPaypalClient(options: PaypalOptions): PaypalClient {
  const agent = new Agent({ keepAliveTimeout: 10_000, connections: 16, pipelining: 1 });
  const token = createTokenSource(options, agent);
  const call = async <Resource>(one: Call): Promise<Resource> => {
    const answer = await authorized(options, agent, token, one);
    if (answer.status >= 300) throw refusalOf(answer);
    return (answer.text === "" ? {} : JSON.parse(answer.text)) as Resource;
  };
  return {
    get: (path) => call({ method: "GET", path, headers: {} }),
    post: (path, body, requestId) =>
      call({
        method: "POST",
        path,
        headers: {
          "content-type": "application/json",
          "paypal-request-id": requestId,
          prefer: "return=representation",
        },
        body: JSON.stringify(body),
      }),
    patch: (path, body) =>
      call({
        method: "PATCH",
        path,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
  };
}

interface TokenSource {
  get(): Promise<string>;
  forget(token: string): void;
}

/** A token that PayPal has withdrawn is replaced once: nothing was carried out under it. */
async function authorized(
  options: PaypalOptions,
  agent: Agent,
  tokens: TokenSource,
  call: Call,
): Promise<Answer> {
  const token = await tokens.get();
  const answer = await send(options, agent, withToken(call, token));
  if (answer.status !== 401) return answer;
  tokens.forget(token);
  return send(options, agent, withToken(call, await tokens.get()));
}

function withToken(call: Call, token: string): Call {
  return { ...call, headers: { ...call.headers, authorization: `Bearer ${token}` } };
}

/** One token for all, asked for by one call at a time. */
function createTokenSource(options: PaypalOptions, agent: Agent): TokenSource {
  let current: { readonly token: string; readonly until: number } | null = null;
  let asked: Promise<string> | null = null;
  const ask = async (): Promise<string> => {
    const answer = await send(options, agent, tokenCall(options));
    if (answer.status !== 200) throw credentialsRefused(answer);
    const { access_token: token, expires_in: seconds } = JSON.parse(answer.text) as {
      access_token: string;
      expires_in: number;
    };
    current = { token, until: options.clock.now() + seconds * 1000 - TOKEN_MARGIN_MS };
    return token;
  };
  return {
    get() {
      if (current !== null && options.clock.now() < current.until) return Promise.resolve(current.token);
      asked ??= ask().finally(() => {
        asked = null;
      });
      return asked;
    },
    forget(token) {
      if (current?.token === token) current = null;
    },
  };
}

function tokenCall({ clientId, clientSecret }: PaypalOptions): Call {
  const credentials = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
  return {
    method: "POST",
    path: "/v1/oauth2/token",
    headers: { authorization: `Basic ${credentials}`, "content-type": "application/x-www-form-urlencoded" },
    body: "grant_type=client_credentials",
  };
}

async function send(
  { apiBase, timeoutMs }: PaypalOptions,
  agent: Agent,
  { method, path, headers, body }: Call,
): Promise<Answer> {
  const answer = await exchange(agent, new URL(path, apiBase), timeoutMs ?? DEFAULT_TIMEOUT_MS, {
    method,
    headers: { accept: "application/json", ...headers },
    ...(body === undefined ? {} : { body }),
  });
  if (answer.status === 429 || answer.status >= 500) throw away(`status ${answer.status}`);
  return answer;
}

async function exchange(
  agent: Agent,
  url: URL,
  timeoutMs: number,
  init: { method: Call["method"]; headers: Record<string, string>; body?: string },
): Promise<Answer> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await request(url, {
      ...init,
      dispatcher: agent,
      signal,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    const text = await response.body.text();
    if (text.length > ANSWER_BYTES_MAX) throw new RangeError("the answer is too long");
    return { status: response.statusCode, text };
  } catch (error) {
    throw away(error instanceof Error ? error.name : "unknown");
  }
}

/** Without the cause's own text: it may quote the request, and histories keep causes. */
function away(why: string): Unavailable {
  return new Unavailable("paypal", { cause: new Error(`paypal: ${why}`) });
}

function credentialsRefused({ status }: Answer): Error {
  return new Rejected(
    "paypal",
    "invalid_client",
    `PayPal refused the credentials (${status}): set PAYPAL_CLIENT_ID and PAYPAL_CLIENT_SECRET to those of an app at PAYPAL_API_BASE.`,
  );
}

interface ErrorBody {
  readonly name?: string;
  readonly message?: string;
  readonly details?: readonly { readonly issue?: string; readonly description?: string }[];
}

/** The same request is still under way: its outcome comes later. */
const LATER: ReadonlySet<string> = new Set(["PREVIOUS_REQUEST_IN_PROGRESS", "RESOURCE_CONFLICT"]);

function refusalOf({ status, text }: Answer): PaypalRefusal | Unavailable {
  let body: ErrorBody;
  try {
    body = JSON.parse(text) as ErrorBody;
  } catch {
    return away(`status ${status} without a reason`);
  }
  const [detail] = body.details ?? [];
  const issue = detail?.issue ?? body.name ?? `status_${status}`;
  if (status === 409 || LATER.has(issue)) return away(issue);
  return new PaypalRefusal(
    status,
    issue,
    detail?.description ?? body.message ?? "PayPal refused the request.",
  );
}

/** Runs a call and says Rejected for what PayPal refuses. */
export async function onPaypal<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof PaypalRefusal) throw rejected(error);
    throw error;
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  DUPLICATE_REQUEST_ID:
    "This idempotency key was used for another payment: start a new attempt under a new key.",
  DUPLICATE_INVOICE_ID: "This attempt was paid already: find it by its invoice id in PayPal's activity.",
  NOT_AUTHORIZED: "The app at PAYPAL_CLIENT_ID lacks this permission.",
};

function rejected({ issue, message }: PaypalRefusal): Rejected {
  return new Rejected("paypal", issue, `${message} ${REMEDIES[issue] ?? ""}`.trim());
}
