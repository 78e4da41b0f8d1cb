import { randomUUID } from "node:crypto";
import { inLanes, type Throughput } from "../turns.ts";

/** As many callers at a time as keep n8n busy without a queue of its own. */
const CALLERS = 8;
const CALL_MS_MAX = 60_000;

/** Calls a canvas's webhook so many times, each for a wallet of its own. `isWanted` sees the answer's text. */
export function callWebhook(
  address: string,
  tenantId: string,
  count: number,
  isWanted: (text: string) => boolean,
): Promise<Throughput> {
  return inLanes(count, CALLERS, async () => isWanted(await call(address, tenantId)));
}

async function call(address: string, tenantId: string): Promise<string> {
  const response = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ tenant_id: tenantId, wallet_id: randomUUID() }),
    signal: AbortSignal.timeout(CALL_MS_MAX),
  });
  const text = await response.text();
  return response.ok ? text : "";
}
