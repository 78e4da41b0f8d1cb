import { createCompiler } from "./compiler.ts";
import type { Sheet } from "./sheet.ts";

const typeset = createCompiler();

/** Ends by itself once its parent is gone: nothing but the parent's channel keeps it. */
process.on("message", ({ id, sheet }: { readonly id: number; readonly sheet: Sheet }) => {
  try {
    process.send?.({ id, pdf: typeset(sheet) });
  } catch (error) {
    process.send?.({ id, problem: error instanceof Error ? error.message : String(error) });
  }
});
