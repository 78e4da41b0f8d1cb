import { Worker } from "node:worker_threads";
import { ProblemError } from "../problems.ts";
import { type SheetCells, type SheetFormat, unreadable } from "./formats.ts";

/** Messages go through the same process, so files are read and written in a thread of their own, within these bounds. */
const HEAP_MB_MAX = 512;
/** 200,000 rows of a workbook take about three seconds of a core. */
const WORK_MS_MAX = 20_000;
const AT_ONCE_MAX = 2;

export type SheetTask =
  | { readonly kind: "read"; readonly format: SheetFormat; readonly bytes: Uint8Array }
  | { readonly kind: "write"; readonly format: SheetFormat; readonly rows: readonly (readonly string[])[] };

let running = 0;

/** A file's cells; one that asks for more memory or time than a sheet needs is unreadable. */
export async function readSheetFile(format: SheetFormat, bytes: Uint8Array): Promise<SheetCells> {
  const answer = await inThread({ kind: "read", format, bytes });
  return answer === null
    ? unreadable("the file takes too much memory or time to read: split it, or send CSV")
    : (answer as SheetCells);
}

/** Rows as a file. */
export async function writeSheetFile(
  format: SheetFormat,
  rows: readonly (readonly string[])[],
): Promise<Uint8Array> {
  const answer = await inThread({ kind: "write", format, rows });
  if (answer === null) throw new Error("a sheet could not be written within its bounds");
  return answer as Uint8Array;
}

/** The thread's answer; null when it ran out of memory or time. */
async function inThread(task: SheetTask): Promise<unknown> {
  if (running >= AT_ONCE_MAX)
    throw new ProblemError("unavailable", "Other sheets are being read just now: send the request again.", {
      retryAfter: 3,
    });
  running += 1;
  const worker = new Worker(new URL("./sheet-worker.ts", import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
  });
  const timer = setTimeout(() => void worker.terminate(), WORK_MS_MAX);
  try {
    return await answerOf(worker);
  } finally {
    clearTimeout(timer);
    running -= 1;
    await worker.terminate();
  }
}

function answerOf(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", (error: Error & { code?: string }) => {
      if (error.code === "ERR_WORKER_OUT_OF_MEMORY") resolve(null);
      else reject(error);
    });
    worker.once("exit", () => resolve(null));
  });
}
