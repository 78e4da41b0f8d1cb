import type { History } from "@temporalio/common/lib/proto-utils.js";
import protocol from "@temporalio/proto";
import { readdir, readFile, writeFile } from "node:fs/promises";

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

export async function writeHistory(name: string, history: History): Promise<void> {
  const plain = HistoryMessage.toObject(HistoryMessage.fromObject(history), {
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
