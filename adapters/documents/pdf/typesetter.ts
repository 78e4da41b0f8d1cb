import { Worker } from "node:worker_threads";
import { Unavailable } from "#domain/errors.ts";
import type { Sheet } from "./sheet.ts";

/** Sheets that wait at most: a thousand are half a minute of work. */
const LONGEST_QUEUE = 1_000;
/** Ten thousand lines take some seconds; what takes this long never ends. */
const TIMEOUT_MS = 120_000;

export interface Typesetter {
  /** @returns a PDF. Throws Unavailable when too many wait or the thread was lost, Error when the sheet cannot be set. */
  typeset(sheet: Sheet): Promise<Uint8Array>;
}

type Answer = { readonly id: number } & ({ readonly pdf: Uint8Array } | { readonly problem: string });

interface Waiting {
  readonly resolve: (pdf: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** One thread, started by the first sheet; it keeps no process alive. */
export function createTypesetter(): Typesetter {
  let thread: Thread | null = null;
  return {
    typeset: (sheet) => {
      if (thread === null || thread.ended()) thread = startThread();
      return thread.typeset(sheet);
    },
  };
}

interface Thread extends Typesetter {
  ended(): boolean;
}

function startThread(): Thread {
  const worker = new Worker(new URL("./typesetter-thread.ts", import.meta.url));
  const waiting = new Map<number, Waiting>();
  let nextId = 0;
  let ended = false;
  let watch: NodeJS.Timeout | undefined;
  const end = (cause: unknown): void => {
    ended = true;
    clearTimeout(watch);
    for (const { reject } of waiting.values()) reject(new Unavailable("typesetter", { cause }));
    waiting.clear();
    void worker.terminate();
  };
  // The thread sets one sheet after another: each answer starts the clock of the next.
  const rewind = (): void => {
    clearTimeout(watch);
    if (waiting.size > 0) watch = setTimeout(() => end(new Error("a sheet took too long")), TIMEOUT_MS);
    else worker.unref();
  };
  worker.on("error", end);
  worker.on("exit", (code) => end(new Error(`the thread ended with ${code}`)));
  worker.on("message", (answer: Answer) => {
    const asker = waiting.get(answer.id);
    waiting.delete(answer.id);
    rewind();
    if ("pdf" in answer) asker?.resolve(answer.pdf);
    else asker?.reject(new Error(answer.problem));
  });
  return {
    ended: () => ended,
    typeset: (sheet) =>
      new Promise((resolve, reject) => {
        if (waiting.size >= LONGEST_QUEUE) {
          reject(new Unavailable("typesetter", { message: "too many documents wait" }));
          return;
        }
        const id = (nextId += 1);
        waiting.set(id, { resolve, reject });
        worker.ref();
        if (waiting.size === 1) rewind();
        worker.postMessage({ id, sheet }, []);
      }),
  };
}
