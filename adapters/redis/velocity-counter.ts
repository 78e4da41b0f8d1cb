import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";
import type { VelocityCounter, VelocityRequest } from "#domain/firewall/ports.ts";
import type { RedisConnection } from "./connection.ts";

export const VELOCITY_WINDOW_MS = 60_000;
/** How long a window's message ids stay: the minute itself, and three more in which a batch may come again after a crash or a rebalance. */
const REMEMBERED_MS = 4 * VELOCITY_WINDOW_MS;
/** Requests in one script: it runs for 3 ms at most, and Redis serves nobody else meanwhile. */
const REQUESTS_PER_SCRIPT = 1_000;

const SCRIPT = readFileSync(new URL("velocity/count.lua", import.meta.url), "utf8");

/**
 * Counts in Redis: a set of message ids per key and minute of acceptance, so that a message counted twice counts once. A set holds
 * at most `limit` ids; a message beyond the limit is not stored. All requests of a call take one round trip.
 */
export function createVelocityCounter(connection: RedisConnection): VelocityCounter {
  const defined = new WeakSet<Redis>();
  return {
    async count(requests) {
      if (requests.length === 0) return [];
      const answers = await connection.run((client) => {
        if (!defined.has(client)) {
          client.defineCommand("velocity_count", { lua: SCRIPT });
          defined.add(client);
        }
        return Promise.all(slices(requests).map((slice) => countSlice(client, slice)));
      });
      return answers.flatMap((letters) => Array.from(letters, (letter) => letter === "1"));
    },
  };
}

function slices(requests: readonly VelocityRequest[]): readonly (readonly VelocityRequest[])[] {
  const result: (readonly VelocityRequest[])[] = [];
  for (let start = 0; start < requests.length; start += REQUESTS_PER_SCRIPT) {
    result.push(requests.slice(start, start + REQUESTS_PER_SCRIPT));
  }
  return result;
}

type CountCommand = (keyCount: number, ...args: (string | number)[]) => Promise<string>;

function countSlice(client: Redis, requests: readonly VelocityRequest[]): Promise<string> {
  const positions = new Map<string, number>();
  const calls: (string | number)[] = [REMEMBERED_MS];
  for (const { key, messageId, limit, at } of requests) {
    const name = `fw:${Math.floor(at / VELOCITY_WINDOW_MS)}:${key}`;
    let position = positions.get(name);
    if (position === undefined) {
      position = positions.size + 1;
      positions.set(name, position);
    }
    calls.push(position, limit, messageId);
  }
  const commands = client as unknown as { readonly velocity_count: CountCommand };
  return commands.velocity_count(positions.size, ...positions.keys(), ...calls);
}
