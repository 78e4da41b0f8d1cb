import type { DataConverter, PayloadCodec } from "@temporalio/common";
import { fileURLToPath } from "node:url";

/** Part of every bundle of flows, and loaded by clients and workers: each turns errors into what stands in a history. */
export const FAILURE_CONVERTER_PATH = fileURLToPath(
  new URL("../../workflows/failure-converter.ts", import.meta.url),
);

/** How clients and workers write and read whatever durable flows hold. */
export function createDataConverter(codec: PayloadCodec): DataConverter {
  return { payloadCodecs: [codec], failureConverterPath: FAILURE_CONVERTER_PATH };
}
