import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { startSimulator } from "./simulator.ts";
import type { Simulator } from "./simulator.ts";

/**
 * The SMSC simulator's process. Environment: SIMULATOR_PORT (2776), HEALTH_PORT (none if absent), SIMULATOR_RECEIPT_DELAY_MS (50),
 * SIMULATOR_FAILURE_RATE (0), SIMULATOR_SEED (1), SIMULATOR_FILE (none: receipts owed are lost with the process).
 *
 * GET /health, GET /messages (its counts as JSON), POST /inbound {"from","to","text"} (a subscriber's message).
 */
const BODY_LENGTH_MAX = 10_000;

function number(name: string, fallback: number): number {
  const written = process.env[name];
  if (written === undefined || written === "") return fallback;
  const value = Number(written);
  if (!Number.isFinite(value)) throw new Error(`${name} must be a number`);
  return value;
}

async function answer(
  simulator: Simulator,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const json = (status: number, body: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(`${JSON.stringify(body)}\n`);
  };
  if (request.url === "/health" || request.url === "/ready")
    return json(200, { status: "ok", simulator: true });
  if (request.url === "/messages") return json(200, simulator.stats());
  if (request.url !== "/inbound" || request.method !== "POST") return json(404, { error: "no such page" });
  let body = "";
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > BODY_LENGTH_MAX) return json(413, { error: "the body is too long" });
  }
  try {
    const { from, to, text } = JSON.parse(body) as Record<string, unknown>;
    if (typeof from !== "string" || typeof to !== "string" || typeof text !== "string") throw new TypeError();
    const acknowledged = await simulator.sendInbound(from, to, text);
    json(acknowledged ? 200 : 503, { acknowledged });
  } catch {
    json(400, { error: 'send {"from":"…","to":"…","text":"…"}' });
  }
}

const simulator = await startSimulator({
  port: number("SIMULATOR_PORT", 2776),
  receiptDelayMs: number("SIMULATOR_RECEIPT_DELAY_MS", 50),
  failureRate: number("SIMULATOR_FAILURE_RATE", 0),
  seed: number("SIMULATOR_SEED", 1),
  ...(process.env["SIMULATOR_FILE"] ? { file: process.env["SIMULATOR_FILE"] } : {}),
});
const health = createServer((request, response) => {
  answer(simulator, request, response).catch(() => response.destroy());
});
const healthPort = number("HEALTH_PORT", 0);
if (healthPort !== 0) health.listen(healthPort, "127.0.0.1");
console.log(JSON.stringify({ process: "smsc-simulator", port: simulator.port, healthPort, msg: "ready" }));

async function stop(): Promise<void> {
  health.close();
  health.closeAllConnections();
  await simulator.close();
}
for (const signal of ["SIGTERM", "SIGINT"] as const)
  process.once(signal, () => void stop().then(() => process.exit(0)));
