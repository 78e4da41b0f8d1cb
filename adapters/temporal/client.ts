import { Client, Connection, isGrpcServiceError } from "@temporalio/client";
import type { PayloadCodec } from "@temporalio/common";
import { Unavailable } from "#domain/errors.ts";
import type { Closable } from "#platform/lifecycle.ts";
import type { PayloadKey } from "#platform/payload-keys.ts";
import { createDataConverter } from "./data-converter.ts";
import { createPayloadCodec } from "./payload-codec.ts";

export interface TemporalConfig {
  readonly address: string;
  readonly namespace: string;
  /** Of the Web UI. */
  readonly uiUrl: string;
  /** What flows hold is encrypted with the first, and read with any. */
  readonly payloadKeys: readonly PayloadKey[];
}

export type TemporalClient = Closable & {
  readonly client: Client;
  readonly config: TemporalConfig;
  /** For what the client does not decode by itself. */
  readonly payloadCodec: PayloadCodec;
  /** Whether the server answers, within `timeoutMs`. */
  isHealthy(timeoutMs: number): Promise<boolean>;
};

/** Connects with the first call, and again by itself whenever the server was away. */
export function createTemporalClient(config: TemporalConfig): TemporalClient {
  const connection = Connection.lazy({ address: config.address });
  const payloadCodec = createPayloadCodec(config.payloadKeys);
  const dataConverter = createDataConverter(payloadCodec);
  const client = new Client({ connection, namespace: config.namespace, dataConverter });
  return {
    name: "temporal client",
    client,
    config,
    payloadCodec,
    async isHealthy(timeoutMs) {
      try {
        await connection.withDeadline(Date.now() + timeoutMs, () =>
          connection.workflowService.getSystemInfo({}),
        );
        return true;
      } catch {
        return false;
      }
    },
    close: () => connection.close(),
  };
}

/** After these the same call may succeed: https://grpc.io/docs/guides/status-codes/ */
const TRANSIENT: readonly number[] = [
  1, // CANCELLED
  4, // DEADLINE_EXCEEDED
  8, // RESOURCE_EXHAUSTED
  10, // ABORTED
  14, // UNAVAILABLE
];

/** Runs a call and says Unavailable for what another attempt may mend. */
export async function onTemporal<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (isTransient(error)) throw new Unavailable("temporal", { cause: error });
    throw error;
  }
}

function isTransient(error: unknown): boolean {
  // The client wraps the server's error, and a first connection's failure is an error of its own.
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) return TRANSIENT.includes(cause.code);
    if (/Failed to connect/.test(cause.message)) return true;
  }
  return false;
}

/** Where a person finds a flow in the Web UI. */
export function workflowLink(config: TemporalConfig, workflowId: string): string {
  return `${namespaceLink(config)}/workflows/${encodeURIComponent(workflowId)}`;
}

/** The namespace's place in the Web UI. */
export function namespaceLink({ uiUrl, namespace }: TemporalConfig): string {
  return `${uiUrl.replace(/\/+$/, "")}/namespaces/${encodeURIComponent(namespace)}`;
}
