import { createRequire } from "node:module";
import { beforeAll, expect, test } from "@jest/globals";
import { letIdleConnectionsRest } from "./request-queue.ts";

beforeAll(letIdleConnectionsRest);

interface Queue {
  pending: object[];
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  maybeThrottle(milliseconds: number): void;
}

const RequestQueue = createRequire(import.meta.url)("kafkajs/src/network/requestQueue/index.js") as new (
  options: object,
) => Queue;

const queueOf = (): Queue =>
  new RequestQueue({
    maxInFlightRequests: null,
    requestTimeout: 1_000,
    enforceRequestTimeout: false,
    clientId: "test",
    broker: "127.0.0.1:9092",
    logger: { debug: () => {} },
  });

test("a connection with nothing to send sets no timer", () => {
  const queue = queueOf();
  queue.checkPendingRequests();
  expect(queue.throttleCheckTimeoutId).toBeNull();
});

test("a request that the broker throttles is looked for again", () => {
  const queue = queueOf();
  queue.maybeThrottle(60_000);
  queue.pending.push({});
  queue.checkPendingRequests();
  expect(queue.throttleCheckTimeoutId).not.toBeNull();
  clearTimeout(queue.throttleCheckTimeoutId!);
});
