import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { Unavailable } from "#domain/errors.ts";
import type { VelocityRequest } from "#domain/firewall/ports.ts";
import { createRedisConnection, type RedisConnection } from "#adapters/redis/connection.ts";
import { createVelocityCounter } from "#adapters/redis/velocity-counter.ts";

const MINUTE = 60_000;
const AT = 1_700_000_000_000 - (1_700_000_000_000 % MINUTE);

let folder: string;
let port: number;
let server: ChildProcess;
let admin: Redis;
let connection: RedisConnection;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "catalyst-velocity-"));
  port = await freePort();
  server = startServer();
  admin = new Redis({ port, retryStrategy: () => 20 });
  admin.on("error", () => {});
  await admin.ping();
  connection = createRedisConnection(`redis://127.0.0.1:${port}`, { commandTimeoutMs: 300 });
});

afterAll(async () => {
  await connection.close();
  admin.disconnect();
  server.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  await admin.flushall();
});

function startServer(): ChildProcess {
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder];
  return spawn("redis-server", args, { stdio: "ignore" });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

const ask = (key: string, messageId: string, limit = 2, at = AT): VelocityRequest => ({
  key,
  messageId,
  limit,
  at,
});

describe("the velocity counter on Redis", () => {
  test("admits the first messages of a minute up to the limit, per key", async () => {
    const counter = createVelocityCounter(connection);
    expect(await counter.count([])).toEqual([]);
    const requests = [
      ask("a", "1"),
      ask("a", "2"),
      ask("b", "3"),
      ask("a", "4"),
      ask("a", "5", 2, AT + MINUTE),
    ];
    expect(await counter.count(requests)).toEqual([true, true, true, false, true]);
  });

  test("answers a message that comes again as it did before", async () => {
    const counter = createVelocityCounter(connection);
    const requests = ["1", "2", "3", "4"].map((id) => ask("a", id));
    const first = await counter.count(requests);
    expect(first).toEqual([true, true, false, false]);
    expect(await counter.count(requests)).toEqual(first);
    expect(await counter.count(requests.toReversed())).toEqual(first.toReversed());
    expect(await counter.count([ask("a", "1"), ask("a", "1")])).toEqual([true, true]);
  });

  test("holds no more than the limit per key, and only for some minutes", async () => {
    const counter = createVelocityCounter(connection);
    await counter.count(Array.from({ length: 500 }, (_, index) => ask("a", String(index), 60)));
    const [key] = await admin.keys("fw:*");
    expect(await admin.scard(key!)).toBe(60);
    const remaining = await admin.pttl(key!);
    expect(remaining).toBeGreaterThan(2 * MINUTE);
    expect(remaining).toBeLessThanOrEqual(4 * MINUTE);
  });

  test("counts exactly among concurrent callers and across its scripts' size", async () => {
    const counter = createVelocityCounter(connection);
    const batch = (name: string): VelocityRequest[] =>
      Array.from({ length: 2_500 }, (_, index) => ask(`key-${index % 10}`, `${name}-${index}`, 300));
    const answers = await Promise.all(["x", "y"].map((name) => counter.count(batch(name))));
    expect(answers.flat().filter(Boolean)).toHaveLength(10 * 300);
    expect(answers.map((list) => list.length)).toEqual([2_500, 2_500]);
  });

  test("lets nothing pass while Redis is away, and goes on when it is back", async () => {
    const counter = createVelocityCounter(connection);
    const ended = once(server, "exit");
    server.kill("SIGKILL");
    await ended;
    await expect(counter.count([ask("a", "1")])).rejects.toThrow(Unavailable);
    // The socket's end is noticed a moment after the process's.
    for (let attempt = 0; connection.isReady() && attempt < 1_500; attempt += 1) await sleep(20);
    server = startServer();
    for (let attempt = 0; !connection.isReady() && attempt < 1_500; attempt += 1) await sleep(20);
    expect(await counter.count([ask("a", "1")])).toEqual([true]);
  });
});
