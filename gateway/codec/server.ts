import type { Payload, PayloadCodec } from "@temporalio/common";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Closable } from "#platform/lifecycle.ts";

/** A page of a history, with room: Temporal's own limit of a payload is 2 MB. */
const BODY_BYTES_MAX = 32 * 1_048_576;

export interface CodecServerConfig {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Of Temporal's Web UI ("http://127.0.0.1:8233"): no other page may ask. */
  readonly uiOrigins: readonly string[];
  /** Whose payloads are read; a request that names another is refused. */
  readonly namespace: string;
  /** What a request must bear; null: whoever reaches the port may ask. */
  readonly token: string | null;
}

export interface CodecServerDependencies {
  readonly codec: PayloadCodec;
  /** Whether the process should be given work: GET /health. */
  readonly ready: () => boolean;
  /** How many payloads of a request were decoded or encoded, or why none. */
  readonly onRequest: (what: "decode" | "encode", outcome: { readonly payloads: number } | Error) => void;
}

/**
 * Decrypts and encrypts payloads for Temporal's Web UI and command line, by their remote codec protocol: POST /decode and /encode.
 * https://docs.temporal.io/production-deployment/data-encryption
 */
export async function startCodecServer(
  config: CodecServerConfig,
  dependencies: CodecServerDependencies,
): Promise<Closable & { readonly port: number }> {
  const server = createServer((request, response) => {
    void answer(config, dependencies, request, response);
  });
  await listening(server, config);
  return {
    name: "codec server",
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function listening(server: Server, { port, host }: CodecServerConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
}

/** A request that is not carried out, with its status. */
class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function answer(
  config: CodecServerConfig,
  { codec, ready, onRequest }: CodecServerDependencies,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method, url = "" } = request;
  const path = url.split("?", 1)[0];
  if (method === "GET" && path === "/health") return send(response, ready() ? 200 : 503, {});
  const cors = corsOf(config, request);
  if (method === "OPTIONS") return void response.writeHead(cors === null ? 403 : 204, cors ?? {}).end();
  const what = path === "/decode" || path === "/encode" ? (path.slice(1) as "decode" | "encode") : null;
  try {
    if (what === null || method !== "POST") throw new Refusal(404, "use POST /decode or POST /encode");
    authorise(config, request);
    const payloads = payloadsOf(await bodyOf(request));
    const answered = await codec[what](payloads);
    onRequest(what, { payloads: payloads.length });
    send(response, 200, { payloads: answered.map(toJson) }, cors ?? {});
  } catch (error) {
    const refusal = error instanceof Error ? error : new Error(String(error));
    if (what !== null) onRequest(what, refusal);
    send(response, error instanceof Refusal ? error.status : 400, { message: refusal.message }, cors ?? {});
  }
}

/** What lets the Web UI's pages, and no others, read the answer; null for a page that is none of them. */
function corsOf(
  { uiOrigins }: CodecServerConfig,
  { headers }: IncomingMessage,
): Record<string, string> | null {
  const { origin } = headers;
  if (origin === undefined) return {};
  if (!uiOrigins.includes(origin)) return null;
  return {
    "access-control-allow-origin": origin,
    "access-control-allow-credentials": "true",
    "access-control-allow-methods": "POST, OPTIONS",
    "access-control-allow-headers": "authorization, content-type, x-namespace",
    "access-control-max-age": "600",
    vary: "origin",
  };
}

/** Also a page that another name was made to lead to this machine for (DNS rebinding) has an origin, and not the UI's. */
function authorise(config: CodecServerConfig, request: IncomingMessage): void {
  if (corsOf(config, request) === null)
    throw new Refusal(403, `${request.headers.origin} is not Temporal's Web UI: see TEMPORAL_UI_URL`);
  // Temporal's command line sends none where it was given none.
  const namespace = request.headers["x-namespace"] || config.namespace;
  if (namespace !== config.namespace)
    throw new Refusal(403, `only payloads of the namespace ${config.namespace} are read here`);
  if (config.token === null) return;
  const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const cookie = /(?:^|;\s*)catalyst_codec=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
  const [given] = [bearer, cookie].filter((one) => one !== undefined);
  if (given === undefined || !isSame(given, config.token))
    throw new Refusal(401, "bear CODEC_TOKEN as a token, or as the cookie catalyst_codec");
}

function isSame(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) throw new Refusal(413, `a body may have ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new Refusal(400, "the body is not valid JSON");
  }
}

/** temporal.api.common.v1.Payloads as protobuf's JSON: bytes are base64. */
const payloadsBody = z.object({
  payloads: z
    .array(
      z.object({
        metadata: z.record(z.string(), z.string()).nullish(),
        data: z.string().nullish(),
      }),
    )
    .default([]),
});

function payloadsOf(body: unknown): Payload[] {
  const read = payloadsBody.safeParse(body);
  if (!read.success) throw new Refusal(400, "payloads must be a list of payloads as protobuf's JSON");
  return read.data.payloads.map(({ metadata, data }) => ({
    metadata: Object.fromEntries(
      Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value, "base64")]),
    ),
    data: Buffer.from(data ?? "", "base64"),
  }));
}

function toJson({ metadata, data }: Payload): { metadata: Record<string, string>; data: string } {
  const base64 = (bytes: Uint8Array | null | undefined): string =>
    Buffer.from(bytes ?? []).toString("base64");
  return {
    metadata: Object.fromEntries(
      Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)]),
    ),
    data: base64(data),
  };
}

function send(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", ...headers });
  response.end(JSON.stringify(body));
}
