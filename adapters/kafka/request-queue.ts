import { createRequire } from "node:module";

/** As far as it is known here: kafkajs' requests to one broker that wait because others are under way, or for the broker's throttling. */
interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

const { prototype } = createRequire(import.meta.url)("kafkajs/src/network/requestQueue/index.js") as {
  readonly prototype: RequestQueue;
};
const schedule = prototype.scheduleCheckPendingRequests;

/**
 * Lets kafkajs 2.2.4 rest, in every client of the process. By itself it looks every millisecond, in every connection, for requests that wait, though
 * none do: 4 % of a core for a process that has nothing to do (https://github.com/tulios/kafkajs/issues/1704). Whatever makes a request wait, or
 * ends one that is under way, asks for the next look itself.
 */
export function letIdleConnectionsRest(): void {
  prototype.scheduleCheckPendingRequests = function checkWhenSomethingWaits(this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this);
  };
}
