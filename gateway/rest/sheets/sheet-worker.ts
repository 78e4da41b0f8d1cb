import { parentPort, workerData } from "node:worker_threads";
import { readCsv, writeCsv } from "./csv.ts";
import type { SheetTask } from "./sheet-files.ts";
import { readXlsx, writeXlsx } from "./xlsx.ts";

/** A thread's one task: see SheetTask. */
async function carryOut(task: SheetTask): Promise<unknown> {
  if (task.kind === "read") return task.format === "csv" ? readCsv(task.bytes) : readXlsx(task.bytes);
  return task.format === "csv" ? writeCsv(task.rows) : writeXlsx(task.rows);
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage(await carryOut(workerData as SheetTask));
