import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

type Change = readonly [table: string, id: string, row: unknown];

/**
 * A simulator's tables: in memory, and in an append-only file of one JSON line per transaction, so that its books are to be trusted after kill -9.
 * A line that a kill cut short is a transaction that never happened; nobody was answered for it.
 */
export class Records {
  readonly #tables = new Map<string, Map<string, unknown>>();
  readonly #file: number | null;
  #changes: Change[] = [];

  /** @param path where the journal lives; null: in memory only. */
  constructor(path: string | null) {
    if (path !== null) {
      mkdirSync(dirname(path), { recursive: true });
      if (existsSync(path)) this.#restore(readFileSync(path, "utf8"));
      this.#compact(path);
    }
    this.#file = path === null ? null : openSync(path, "a", 0o600);
  }

  get<Row>(table: string, id: string): Row | undefined {
    return this.#table(table).get(id) as Row | undefined;
  }

  /** In the order of their first `put`. */
  all<Row>(table: string): Row[] {
    return [...this.#table(table).values()] as Row[];
  }

  put(table: string, id: string, row: unknown): void {
    this.#table(table).set(id, row);
    this.#changes.push([table, id, row]);
  }

  /** After it returns, everything put so far survives the process (not the machine). */
  commit(): void {
    if (this.#changes.length === 0) return;
    if (this.#file !== null) writeSync(this.#file, `${JSON.stringify(this.#changes)}\n`);
    this.#changes = [];
  }

  close(): void {
    this.commit();
    if (this.#file !== null) closeSync(this.#file);
  }

  #table(name: string): Map<string, unknown> {
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    const table = new Map<string, unknown>();
    this.#tables.set(name, table);
    return table;
  }

  /** One line per row instead of one per change; a line that was cut short is gone. */
  #compact(path: string): void {
    const lines = [...this.#tables].flatMap(([table, rows]) =>
      [...rows].map(([id, row]) => `${JSON.stringify([[table, id, row]])}\n`),
    );
    writeFileSync(`${path}.new`, lines.join(""), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }

  #restore(text: string): void {
    for (const line of text.split("\n")) {
      if (line === "") continue;
      try {
        for (const [table, id, row] of JSON.parse(line) as Change[]) this.#table(table).set(id, row);
      } catch {
        // A transaction that a kill cut short.
      }
    }
  }
}
