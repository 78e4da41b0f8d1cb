import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export const KEY = "cat_admin_test";

export interface Received {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Text as it came. */
  readonly body: string;
}

export interface Answer {
  readonly status?: number;
  readonly body?: unknown;
  readonly type?: string;
}

/** An HTTP server that answers as Catalyst's gateway does, and keeps what it was sent. */
export interface FakeGateway {
  readonly url: string;
  readonly received: Received[];
  /** By "METHOD path", without the query; of several one after the other, the last for good. What is not named is a 404 as the gateway's. */
  readonly answers: Map<string, Answer | Answer[]>;
  close(): Promise<void>;
}

export async function openGateway(): Promise<FakeGateway> {
  const received: Received[] = [];
  const answers = new Map<string, Answer | Answer[]>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      received.push({ method, url, headers, body: Buffer.concat(chunks).toString("utf8") });
      const answer =
        headers.authorization === `Bearer ${KEY}` ? answerTo(answers, method, url) : UNAUTHORIZED;
      const {
        status = 200,
        body,
        type = status >= 400 ? "application/problem+json" : "application/json",
      } = answer;
      response.writeHead(status, { "content-type": type });
      response.end(body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, received, answers, close: () => close(server) };
}

function answerTo(answers: ReadonlyMap<string, Answer | Answer[]>, method: string, url: string): Answer {
  const found = answers.get(`${method} ${url.split("?")[0]}`);
  const one = Array.isArray(found) ? (found.length > 1 ? found.shift() : found[0]) : found;
  return one ?? problem(404, "not_found", "There is no such thing");
}

export function problem(
  status: number,
  code: string,
  detail: string,
  errors: ReadonlyArray<{ path: string; message: string }> = [],
): Answer {
  const body = {
    type: `urn:catalyst:problem:${code}`,
    title: code,
    status,
    code,
    detail,
    errors,
    requestId: "req-1",
  };
  return { status, body };
}

const UNAUTHORIZED = problem(401, "unauthorized", "A valid bearer token is needed");

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((closed) => server.close(() => closed()));
}
