import { request as httpRequest, Agent } from "node:http";
import { createServer } from "node:http";
import type { Environment } from "../scripts/environment.ts";
import type { Bench, BenchOptions, BenchResult } from "./bench.ts";
import { percentile } from "./checks.ts";
import { inEnvironment } from "./environment.ts";
import { onboardTenant } from "./tenant.ts";

const QUOTES = 60_000;
const WARM_UP = 5_000;
const CONNECTIONS = 32;
const BAR = 5_000;
const BAR_P99_MS = 20;

export const bench: Bench = { name: "quotes", summary: "POST /api/v2/quotes per second over HTTP", run };

async function run(options: BenchOptions): Promise<BenchResult> {
  const quotes = options.messages ?? QUOTES;
  return inEnvironment(options, {}, async (environment) => {
    const { tenantId } = await onboardTenant(environment, "BENCH");
    for (const name of ["firewall", "sms", "billing", "timeline", "analytics", "notifications", "flows"])
      await environment.stopProcess(name);
    const body = JSON.stringify({
      tenant_id: tenantId,
      event_type: "sms.delivered",
      channel: "sms",
      destination: "US",
    });
    const tokens = await adminKeys(environment);
    const target = new URL("/api/v2/quotes", environment.urls.gateway);
    options.progress("warming up …");
    await post(target, tokens, body, WARM_UP);
    options.progress(`${quotes} quotes …`);
    const product = await post(target, tokens, body, quotes);
    options.progress("a bare server that answers the same text …");
    const ceiling = await bareServer(product.answer, (url) => post(url, tokens, body, quotes));
    return result(product, ceiling);
  });
}

/** One key alone is limited to 5,000 requests a second. */
async function adminKeys(environment: Environment): Promise<string[]> {
  return Promise.all(
    Array.from({ length: 4 }, async (_, index) => {
      const response = await fetch(`${environment.urls.gateway}/api/v2/admin-keys`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${environment.secrets.adminToken}`,
          "content-type": "application/json",
        },
        body: JSON.stringify({ name: `bench ${index}`, role: "support" }),
      });
      return ((await response.json()) as { key: string }).key;
    }),
  );
}

interface Posted {
  readonly perSecond: number;
  readonly latencies: readonly number[];
  readonly failed: number;
  readonly answer: string;
}

/** `count` requests over keep-alive connections, each sending its next one when it has its answer. */
async function post(url: URL, tokens: readonly string[], body: string, count: number): Promise<Posted> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const headers = tokens.map((token) => ({
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  }));
  const latencies: number[] = [];
  let [left, failed, answer] = [count, 0, ""];
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const startedAt = performance.now();
      const sent = httpRequest(
        url,
        { method: "POST", agent, headers: headers[left % headers.length]! },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => (text += chunk));
          response.on("end", () => {
            latencies.push(performance.now() - startedAt);
            if (response.statusCode !== 200) failed += 1;
            answer = text;
            resolve();
          });
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (left > 0) {
        left -= 1;
        await one();
      }
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  agent.destroy();
  return {
    perSecond: latencies.length / seconds,
    latencies: latencies.sort((first, second) => first - second),
    failed,
    answer,
  };
}

/** In this process, beside the load generator: it has less of the machine than the gateway has, so it is a low ceiling. */
async function bareServer(answer: string, measure: (url: URL) => Promise<Posted>): Promise<Posted> {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      response.setHeader("content-type", "application/json");
      response.end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the bare server has no port");
  try {
    return await measure(new URL(`http://127.0.0.1:${address.port}/`));
  } finally {
    server.close();
  }
}

function result(product: Posted, ceiling: Posted): BenchResult {
  const round = (value: number): number => Math.round(value * 10) / 10;
  const p99 = percentile(product.latencies, 0.99);
  return {
    bench: "quotes",
    figure: Math.round(product.perSecond),
    unit: "quotes/s",
    ceiling: Math.round(ceiling.perSecond),
    ratio: Math.round((product.perSecond / ceiling.perSecond) * 1000) / 1000,
    p50_ms: round(percentile(product.latencies, 0.5)),
    p99_ms: round(p99),
    lost: product.failed,
    duplicated: 0,
    tables: [
      {
        title: "Bar",
        rows: [
          ["AT LEAST", "P99 BELOW", ""],
          [
            `${BAR} quotes/s`,
            `${BAR_P99_MS} ms`,
            product.perSecond >= BAR && p99 < BAR_P99_MS ? "met" : "not met",
          ],
        ],
      },
    ],
  };
}
