import { Redis } from "ioredis";
import { Unavailable } from "#domain/errors.ts";

/**
 * One connection to Redis or Dragonfly that knows which life of the server it talks to. Commands are neither queued
 * while it is away nor sent again after a reconnect: a script names the server's identity it was meant for, and must not reach
 * a successor that came up with an old snapshot.
 */
export interface RedisConnection {
  /**
   * Runs `use` on the connected client with the server's identity. The commands must be issued synchronously by `use`.
   * @throws Unavailable when the server is away, slow, loading or refuses writes; whether a command took effect is then unknown.
   */
  run<Result>(use: (client: Redis, serverIdentity: string) => Promise<Result>): Promise<Result>;
  isReady(): boolean;
  close(): Promise<void>;
}

export interface RedisConnectionOptions {
  /** How long one command may take, in ms. */
  readonly commandTimeoutMs?: number;
  /** Told once per lost connection and per failed attempt to connect. */
  readonly onError?: (error: Error) => void;
}

/** A script of a thousand charges takes about 10 ms; two seconds is a server in trouble. */
const COMMAND_TIMEOUT_MS = 2_000;
/** Calls that wait for a connection, each with a batch in memory; further ones are refused at once. */
const MAX_WAITING = 1_000;

/** Replies that pass: the server starts, is full, fails over or cannot persist. Others are our bugs. */
const PASSING =
  /^(LOADING|OOM|READONLY|MISCONF|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|UNKILLABLE|NOAUTH|WRONGPASS)\b/;

export function createRedisConnection(url: string, options: RedisConnectionOptions = {}): RedisConnection {
  const timeoutMs = options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS;
  let identity: string | undefined;
  let waiting: (() => void)[] = [];
  const client = new Redis(url, {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: null,
    commandTimeout: timeoutMs,
    connectTimeout: timeoutMs,
    disconnectTimeout: 200, // a timer that close() leaves behind where there was no connection
    retryStrategy: (times) => Math.min(50 * times, 1_000),
  });
  client.on("error", (error: Error) => options.onError?.(error));
  client.on("close", () => (identity = undefined));
  client.on("ready", () => {
    client.info().then(
      (info) => {
        identity = identityIn(info);
        const callers = waiting;
        waiting = [];
        for (const wake of callers) wake();
      },
      () => client.disconnect(true),
    );
  });

  async function connected(): Promise<void> {
    if (waiting.length >= MAX_WAITING) throw new Unavailable("Redis");
    await new Promise<void>((resolve, reject) => {
      const wake = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting = waiting.filter((other) => other !== wake);
        reject(new Unavailable("Redis"));
      }, timeoutMs);
      waiting.push(wake);
    });
  }

  return {
    async run(use) {
      if (identity === undefined) await connected();
      if (identity === undefined) throw new Unavailable("Redis");
      try {
        return await use(client, identity);
      } catch (error) {
        throw passing(error);
      }
    },
    isReady: () => identity !== undefined,
    async close() {
      identity = undefined;
      client.disconnect();
    },
  };
}

/** Redis names each start of its process run_id; Dragonfly has no such field, its replication id is drawn at start. */
function identityIn(info: string): string {
  const found = /^run_id:(\S+)/m.exec(info) ?? /^master_replid:(\S+)/m.exec(info);
  if (found?.[1] === undefined) throw new Error("The Redis server tells neither run_id nor master_replid");
  return found[1];
}

function passing(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Unavailable) return error;
  const passes = error.name === "ReplyError" ? PASSING.test(error.message) : isConnectionError(error);
  return passes ? new Unavailable("Redis", { cause: error }) : error;
}

function isConnectionError(error: Error): boolean {
  return (
    "code" in error ||
    error.name === "MaxRetriesPerRequestError" ||
    /Connection is closed|timed out|isn't writeable|Stream/i.test(error.message)
  );
}
