import type { DataConverter } from "@temporalio/common";
import { fileURLToPath } from "node:url";
import type { PayloadKey } from "#platform/payload-keys.ts";
import { createPayloadCodec } from "./payload-codec.ts";

/** Part of every bundle of flows, and loaded by clients and workers: each turns errors into what stands in a history. */
export const FAILURE_CONVERTER_PATH = fileURLToPath(
  new URL("../../workflows/failure-converter.ts", import.meta.url),
);

/** How clients and workers write and read whatever durable flows hold. */
export function createDataConverter(keys: readonly PayloadKey[]): DataConverter {
  return { payloadCodecs: [createPayloadCodec(keys)], failureConverterPath: FAILURE_CONVERTER_PATH };
}
