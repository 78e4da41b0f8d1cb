import { parentPort } from "node:worker_threads";
import { createCompiler } from "./compiler.ts";
import type { Sheet } from "./sheet.ts";

/** Typesetting takes tens of milliseconds and cannot be interrupted: it has a thread of its own. */
const typeset = createCompiler();

parentPort?.on("message", ({ id, sheet }: { readonly id: number; readonly sheet: Sheet }) => {
  try {
    const pdf = typeset(sheet);
    parentPort?.postMessage({ id, pdf }, [pdf.buffer]);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    parentPort?.postMessage({ id, problem }, []);
  }
});
