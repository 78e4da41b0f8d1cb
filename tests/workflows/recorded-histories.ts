import type { History } from "@temporalio/common/lib/proto-utils.js";
import type { Payload, PayloadCodec } from "@temporalio/common";
import protocol from "@temporalio/proto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createPayloadCodec } from "#adapters/temporal/payload-codec.ts";
import { toConfig } from "#platform/config/config.ts";
import { attachTestEnvironment } from "../../scripts/test-environment.ts";

/**
 * Histories are kept as protobufjs writes them (enumerations by name, bytes as base64). The SDK's own historyToJSON and
 * historyFromJSON compare classes of protobufjs, and fail where npm installs it more than once.
 */
const { History: HistoryMessage } = protocol.temporal.api.history.v1;

const FOLDER = new URL("../histories/", import.meta.url);

export interface RecordedHistory {
  /** The file's name, in place of an id: that is what a failing replay names. */
  readonly workflowId: string;
  readonly history: History;
}

export async function readHistories(): Promise<RecordedHistory[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith(".json")).sort();
  return Promise.all(
    files.map(async (file) => ({
      workflowId: file,
      history: HistoryMessage.fromObject(JSON.parse(await readFile(new URL(file, FOLDER), "utf8"))),
    })),
  );
}

/**
 * In clear, whatever key the flows' payloads are encrypted with.
 * @param keys by default the environment's.
 */
export async function writeHistory(
  name: string,
  history: History,
  keys?: Parameters<typeof createPayloadCodec>[0],
): Promise<void> {
  const codec = createPayloadCodec(keys ?? (await environmentKeys()));
  const plain = HistoryMessage.toObject(HistoryMessage.fromObject(await decoded(history, codec)), {
    enums: String,
    longs: String,
    bytes: String,
  });
  const text = JSON.stringify(plain, null, 2)
    // Who recorded it is of no interest, and paths of that machine even less.
    .replace(/"identity": "[^"]*"/g, '"identity": "recorder"')
    .replace(/"name": "\d+@[^"]*"/g, '"name": "recorder"')
    .replace(/"stackTrace": "(?:[^"\\]|\\.)*"/g, '"stackTrace": ""');
  await writeFile(new URL(`${name}.json`, FOLDER), `${text}\n`);
}

async function environmentKeys(): Promise<Parameters<typeof createPayloadCodec>[0]> {
  const { variables } = await attachTestEnvironment();
  return toConfig(variables).temporal.payloadKeys;
}

interface Encoded extends Payload {
  readonly encodedAttributes?: Payload | null;
}

/** A copy with every payload decrypted, and what a failure says where it stands in one that was never encrypted. */
async function decoded<Value>(value: Value, codec: PayloadCodec): Promise<Value> {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return (await Promise.all(value.map((one) => decoded(one, codec)))) as Value;
  // Numbers of 64 bits are objects of a class of their own.
  if ("low" in value && "high" in value) return value;
  const { encodedAttributes, ...rest } = value as Encoded;
  if (rest.metadata && rest.data) return (await codec.decode([rest]))[0] as Value;
  const entries = Object.entries(rest).map(async ([key, one]) => [key, await decoded(one, codec)] as const);
  const copy = Object.fromEntries(await Promise.all(entries));
  if (!encodedAttributes) return copy as Value;
  const [attributes] = await codec.decode([encodedAttributes]);
  const { message } = JSON.parse(Buffer.from(attributes?.data ?? []).toString()) as { message: string };
  return { ...copy, message, stackTrace: "" } as Value;
}
