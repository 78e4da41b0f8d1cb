import { randomUUID } from "node:crypto";

/** As many callers at a time as keep n8n busy without a queue of its own. */
const CALLERS = 8;
const CALL_MS_MAX = 60_000;

export interface Calls {
  readonly perSecond: number;
  /** Milliseconds from each call to its answer, in the order of the answers. */
  readonly latencies: readonly number[];
  /** Calls that were not answered as wanted. */
  readonly lost: number;
}

/** Calls a canvas's webhook so many times, each for a wallet of its own. `isWanted` sees the answer's text. */
export async function callWebhook(
  address: string,
  tenantId: string,
  count: number,
  isWanted: (text: string) => boolean,
): Promise<Calls> {
  const latencies: number[] = [];
  let [left, lost] = [count, 0];
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const from = performance.now();
      const isGood = await call(address, tenantId).then(isWanted, () => false);
      latencies.push(performance.now() - from);
      if (!isGood) lost += 1;
    }
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return { perSecond: (count * 1000) / (performance.now() - from), latencies, lost };
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
