import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
} from "node:fs";

const keptAtStart = 5_000_000; // bytes; a start begins a new file beyond this, keeping one older one
const limitWhileRunning = 50_000_000; // bytes; two of these for each of twenty processes still fit any disk

/** Opens a log to append to, for a child's output. */
export function openLog(file: string): number {
  if (existsSync(file) && statSync(file).size > keptAtStart) renameSync(file, `${file}.1`);
  return openSync(file, "a", 0o600);
}

/** Cuts a log that its process still writes: the file is opened for appending, so writing goes on at its new end. */
export function boundLog(file: string): void {
  if (!existsSync(file) || statSync(file).size <= limitWhileRunning) return;
  copyFileSync(file, `${file}.1`);
  truncateSync(file, 0);
}

/** The last lines of a log: at most `count` of its last 64 kB. */
export function tail(file: string, count: number): string[] {
  if (!existsSync(file)) return [];
  const size = statSync(file).size;
  const length = Math.min(size, 65_536);
  const buffer = Buffer.alloc(length);
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, buffer, 0, length, size - length);
  } finally {
    closeSync(descriptor);
  }
  const lines = buffer.toString("utf8").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.slice(-count);
}
