import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Unavailable } from "#domain/errors.ts";
import type { Sheet } from "./sheet.ts";

/** Sheets that wait at most: a thousand are half a minute of work. */
const LONGEST_QUEUE = 1_000;
/** Ten thousand lines take fifteen seconds of a core, and much more of a busy one; what takes this long never ends. */
const TIMEOUT_MS = 300_000;
/** Characters of a sheet (some two thousand lines) after which a process is replaced: it would keep the gigabytes that it took. */
const LARGE_SHEET = 500_000;

export interface Typesetter {
  /** @returns a PDF. Throws Unavailable when too many wait or the process was lost, Error when the sheet cannot be set. */
  typeset(sheet: Sheet): Promise<Uint8Array>;
}

type Answer = { readonly id: number } & ({ readonly pdf: Uint8Array } | { readonly problem: string });

interface Waiting {
  readonly resolve: (pdf: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Typesetting takes tens of milliseconds of native code that cannot be interrupted: it has a process of its own, whose end takes nothing
 * else along. The first sheet starts it; it keeps no process alive.
 */
export function createTypesetter(): Typesetter {
  let press: Press | null = null;
  return {
    typeset: (sheet) => {
      if (press === null || press.ended()) press = startPress();
      const pdf = press.typeset(sheet);
      if (sheet.content.length > LARGE_SHEET) {
        press.retire();
        press = null;
      }
      return pdf;
    },
  };
}

interface Press extends Typesetter {
  ended(): boolean;
  /** Ends it once nothing waits. */
  retire(): void;
}

function startPress(): Press {
  const child = startProcess();
  const waiting = new Map<number, Waiting>();
  let nextId = 0;
  let state: "working" | "retiring" | "ended" = "working";
  let watch: NodeJS.Timeout | undefined;
  const end = (cause: unknown): void => {
    state = "ended";
    clearTimeout(watch);
    for (const { reject } of waiting.values()) reject(new Unavailable("typesetter", { cause }));
    waiting.clear();
    child.kill("SIGKILL");
  };
  // It sets one sheet after another: each answer starts the clock of the next.
  const rewind = (): void => {
    clearTimeout(watch);
    hold(child, waiting.size > 0);
    if (waiting.size > 0) watch = setTimeout(() => end(new Error("a sheet took too long")), TIMEOUT_MS);
    else if (state === "retiring") end(new Error("retired"));
  };
  child.on("error", end);
  child.on("exit", (code, signal) => end(new Error(`the process ended with ${signal ?? code}`)));
  child.on("message", (answer: Answer) => {
    const asker = waiting.get(answer.id);
    waiting.delete(answer.id);
    rewind();
    if ("pdf" in answer) asker?.resolve(answer.pdf);
    else asker?.reject(new Error(answer.problem));
  });
  return {
    ended: () => state === "ended",
    retire: () => {
      state = "retiring";
    },
    typeset: (sheet) =>
      new Promise((resolve, reject) => {
        if (waiting.size >= LONGEST_QUEUE) {
          reject(new Unavailable("typesetter", { message: "too many documents wait" }));
          return;
        }
        const id = (nextId += 1);
        waiting.set(id, { resolve, reject });
        if (waiting.size === 1) rewind();
        child.send({ id, sheet });
      }),
  };
}

/** It gets nothing of our environment, and so no secret. */
function startProcess(): ChildProcess {
  const file = fileURLToPath(new URL("./typesetter-process.ts", import.meta.url));
  return fork(file, {
    serialization: "advanced",
    execArgv: [],
    env: {},
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
}

/** Whether it keeps this process alive. */
function hold(child: ChildProcess, holds: boolean): void {
  if (holds) {
    child.ref();
    child.channel?.ref();
  } else {
    child.unref();
    child.channel?.unref();
  }
}
