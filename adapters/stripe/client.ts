import { Stripe } from "stripe";

/** The version of Stripe's API that this code was written for; the SDK's own, pinned so that an upgrade is a decision. */
const API_VERSION = "2026-10-28.endive";
/** Stripe answers in a second or two; banks behind a charge may take twenty. */
const DEFAULT_TIMEOUT_MS = 25_000;

export interface StripeOptions {
  /** `sk_test_…` or `sk_live_…`. */
  readonly secretKey: string;
  /** https://api.stripe.com, or a simulator's address. */
  readonly apiBase: string;
  readonly timeoutMs?: number;
}

/** The official SDK without its own repetitions: Temporal alone retries. */
export function createStripeClient({ secretKey, apiBase, timeoutMs }: StripeOptions): Stripe {
  const { protocol, hostname, port } = new URL(apiBase);
  const https = protocol === "https:";
  return new Stripe(secretKey, {
    apiVersion: API_VERSION,
    maxNetworkRetries: 0,
    timeout: timeoutMs ?? DEFAULT_TIMEOUT_MS,
    telemetry: false,
    protocol: https ? "https" : "http",
    host: hostname,
    port: port === "" ? (https ? 443 : 80) : Number(port),
    httpClient: withoutRepetition(Stripe.createNodeHttpClient()),
  });
}

type HttpClient = ReturnType<typeof Stripe.createNodeHttpClient>;

/** The SDK repeats a request whose connection was reset even at maxNetworkRetries 0; it knows one by the error's code. */
function withoutRepetition(client: HttpClient): HttpClient {
  const makeRequest = client.makeRequest.bind(client);
  client.makeRequest = async (...request) => {
    try {
      return await makeRequest(...request);
    } catch (cause) {
      throw new Error("the connection to Stripe was lost", { cause });
    }
  };
  return client;
}
