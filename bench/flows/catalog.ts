import { Agent, get } from "node:http";
import { percentile } from "../checks.ts";

const REQUESTS = 3_000;
const WARM_UP = 200;
/** As many clients as look at once: a canvas opens, a page loads. */
const CONNECTIONS = 8;

/** How long GET /api/v2/workflows takes. @returns milliseconds at p50 and p99, and the answers that were not 200. */
export async function catalogLatency(
  gateway: string,
  token: string,
): Promise<{ readonly p50: number; readonly p99: number; readonly failed: number }> {
  const url = new URL("/api/v2/workflows", gateway);
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const headers = { authorization: `Bearer ${token}` };
  const latencies: number[] = [];
  let failed = 0;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const from = performance.now();
      get(url, { agent, headers }, (response) => {
        response.resume();
        response.on("end", () => {
          latencies.push(performance.now() - from);
          if (response.statusCode !== 200) failed += 1;
          resolve();
        });
      }).on("error", reject);
    });
  const many = async (count: number): Promise<void> => {
    let left = count;
    const lane = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await one();
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, lane));
  };
  await many(WARM_UP);
  latencies.length = 0;
  await many(REQUESTS);
  agent.destroy();
  const ascending = latencies.sort((left, right) => left - right);
  return { p50: percentile(ascending, 0.5), p99: percentile(ascending, 0.99), failed };
}
