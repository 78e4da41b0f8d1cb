// A reader that went away (a closed pipe, a closed window) must not end a supervisor before it has stopped its processes.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

/** Progress goes to standard error, so that what a command answers (a table, JSON) stands alone on standard output. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Answers go to standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Rows as aligned columns, the first row being the heading. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd())
    .join("\n");
}

/** Milliseconds as "1.2 s". */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
