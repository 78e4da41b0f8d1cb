import { readFileSync, renameSync, writeFileSync } from "node:fs";

/** The parsed file, or undefined where there is none. A file that is not JSON throws. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`${file} cannot be read as JSON`, { cause: error });
  }
}

/** Writes beside, then renames: a kill in the middle leaves the old file whole. */
export function writeJson(file: string, value: unknown, mode = 0o644): void {
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode });
  renameSync(draft, file);
}
