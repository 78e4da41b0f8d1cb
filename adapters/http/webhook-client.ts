import { lookup as systemLookup, type LookupAddress, type LookupOptions } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { types } from "node:util";
import { Agent, buildConnector, request } from "undici";
import type { Clock } from "#domain/clock.ts";
import type { CallbackAnswer, CallbackSender } from "#domain/flows/ports.ts";
import type { WebhookAnswer, WebhookSender } from "#domain/messages/ports.ts";
import { createAddressPolicy, type AddressPolicy } from "./address-policy.ts";

/** Standard Webhooks, "payload size": receivers may refuse more. */
const BODY_BYTES_MAX = 20_000;
/** What is read of an answer: a callback's says in words what became of it, and the connection is kept for the next call. */
const ANSWER_BYTES_MAX = 16_384;
/** Connections to one endpoint; more would let it be flooded, and one that hangs hold too much. */
const CONNECTIONS_PER_ENDPOINT_MAX = 8;
/** Calls under way at once, of all endpoints. Callers bound themselves below this; above it a call fails at once. */
const CALLS_MAX = 512;
const CONNECT_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_MS = 10_000;
/** A longer Retry-After is cut: nobody else's clock decides how long we keep a delivery. */
const RETRY_AFTER_MS_MAX = 86_400_000;

export interface WebhookClientOptions {
  /** CIDRs that may be called although they are not public. */
  readonly allowedNetworks: readonly string[];
  readonly clock: Clock;
  /** Larger bodies are refused; by default what receivers of webhooks take, 20 kB. */
  readonly bodyBytesMax?: number;
  /** Name resolution; the system's by default. */
  readonly lookup?: typeof systemLookup;
}

export interface WebhookClient extends WebhookSender, CallbackSender {
  post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    timeoutMs: number,
  ): Promise<Answer>;
  /** Ends idle connections; calls under way are cut. */
  close(): Promise<void>;
}

type Answer = WebhookAnswer & CallbackAnswer;

class AddressRefused extends Error {
  override readonly name = "AddressRefused";
}

/**
 * The one client for URLs that tenants choose. The address is checked when the connection is made, on what the name
 * resolves to at that moment, so neither a later change of DNS nor an unusual spelling of an address gets past it.
 */
export function createWebhookClient(options: WebhookClientOptions): WebhookClient {
  const policy = createAddressPolicy(options.allowedNetworks);
  const agent = new Agent({
    connect: guardedConnector(policy, options.lookup ?? systemLookup),
    connections: CONNECTIONS_PER_ENDPOINT_MAX,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
  });
  let calls = 0;
  return {
    async post(url, headers, body, timeoutMs) {
      const target = parseTarget(url);
      if (target === null) return { kind: "refused", reason: "not an http or https URL without credentials" };
      if (Buffer.byteLength(body) >= (options.bodyBytesMax ?? BODY_BYTES_MAX))
        return { kind: "refused", reason: "the body is too large" };
      if (calls >= CALLS_MAX) return { kind: "failed", reason: "too many calls under way" };
      calls += 1;
      try {
        return await call(agent, target, headers, body, timeoutMs, options.clock);
      } catch (error) {
        return failure(error);
      } finally {
        calls -= 1;
      }
    },
    close: () => agent.destroy(),
  };
}

function parseTarget(text: string): URL | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") return null;
  return url.username === "" && url.password === "" ? url : null;
}

async function call(
  agent: Agent,
  target: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  timeoutMs: number,
  clock: Clock,
): Promise<Answer> {
  const signal = AbortSignal.timeout(timeoutMs);
  const answer = await request(target, {
    dispatcher: agent,
    method: "POST",
    headers: { ...headers, "content-type": "application/json", "user-agent": "Catalyst-Webhooks" },
    body,
    signal,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  return {
    kind: "answered",
    status: answer.statusCode,
    text: await beginningOf(answer.body),
    retryAfterMs: parseRetryAfter(answer.headers["retry-after"], clock.now()),
  };
}

/** The status is the answer: that its body is endless or ends badly changes nothing. */
async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk.subarray(0, ANSWER_BYTES_MAX - bytes));
      bytes += chunk.length;
      if (bytes >= ANSWER_BYTES_MAX) break;
    }
  } catch {
    // What has come is the beginning.
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3). */
export function parseRetryAfter(header: string | string[] | undefined, now: number): number | null {
  if (typeof header !== "string") return null;
  const text = header.trim();
  const isDate = /^[A-Z][a-z]{2}/.test(text);
  const wait = isDate ? Date.parse(text) - now : /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Number.NaN;
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), RETRY_AFTER_MS_MAX);
}

function failure(error: unknown): Exclude<Answer, { readonly kind: "answered" }> {
  for (let cause = error; types.isNativeError(cause); cause = cause.cause) {
    if (cause instanceof AddressRefused) return { kind: "refused", reason: cause.message };
  }
  if (!(error instanceof DOMException || types.isNativeError(error)))
    return { kind: "failed", reason: "unknown error" };
  if (error.name === "TimeoutError") return { kind: "failed", reason: "no answer in time" };
  // A code names the kind of failure; a message might quote the URL, whose query may hold the tenant's secrets.
  return { kind: "failed", reason: "code" in error ? String(error.code) : error.name };
}

/** Checks literal addresses before the socket exists, names at their resolution, and what was connected to at the end. */
function guardedConnector(policy: AddressPolicy, lookup: typeof systemLookup): buildConnector.connector {
  const connect = buildConnector({
    timeout: CONNECT_TIMEOUT_MS,
    allowH2: false,
    lookup: guardedLookup(policy, lookup),
  });
  return (target, callback) => {
    const host = target.hostname.replace(/^\[(.*)\]$/, "$1");
    if (isIP(host) !== 0 && !policy.allows(host)) {
      callback(new AddressRefused("the address is not allowed"), null);
      return;
    }
    connect(target, (error, socket) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      if (socket.remoteAddress === undefined || !policy.allows(withoutMapping(socket.remoteAddress))) {
        socket.destroy();
        callback(new AddressRefused("the connection led to an address that is not allowed"), null);
        return;
      }
      callback(null, socket);
    });
  };
}

/** A dual-stack socket reports an IPv4 peer as ::ffff:a.b.c.d. */
function withoutMapping(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}

/** One forbidden address among several refuses the name: which of them is taken is the network's choice. */
function guardedLookup(policy: AddressPolicy, lookup: typeof systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    const all: LookupOptions & { all: true } = { ...options, all: true };
    lookup(hostname, all, (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => {
      if (error !== null) {
        callback(error, "");
        return;
      }
      const first = addresses[0];
      if (first === undefined || !addresses.every(({ address }) => policy.allows(address))) {
        callback(new AddressRefused("the name leads to an address that is not allowed"), "");
        return;
      }
      if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
