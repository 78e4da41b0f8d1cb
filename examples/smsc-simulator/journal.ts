import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";

/** A receipt that the simulator owes to a system_id. */
export interface OwedReceipt {
  readonly id: string;
  readonly systemId: string;
  readonly state: "DELIVRD" | "UNDELIV";
  readonly from: Address;
  readonly to: Address;
  readonly submittedAt: number;
  /** Epoch ms: not sent before it. */
  readonly dueAt: number;
}

export interface Address {
  readonly ton: number;
  readonly npi: number;
  readonly address: string;
}

/** Where the simulator keeps what it owes, so that its own end by kill -9 loses nothing it has answered for. */
export interface Journal {
  owed(receipt: OwedReceipt): void;
  acknowledged(id: string): void;
  /** After it returns, everything told so far survives the process (not the machine). */
  flush(): void;
  close(): void;
}

export const memoryJournal: Journal = { owed() {}, acknowledged() {}, flush() {}, close() {} };

/** An append-only file of JSON lines: a receipt owed, or the id of one that was acknowledged. */
export function openJournal(path: string): { journal: Journal; restored: OwedReceipt[] } {
  const restored = restore(path);
  writeFileSync(`${path}.new`, restored.map((receipt) => `${JSON.stringify(receipt)}\n`).join(""));
  renameSync(`${path}.new`, path);
  const file = openSync(path, "a");
  let lines = "";
  return {
    restored,
    journal: {
      owed(receipt) {
        lines += `${JSON.stringify(receipt)}\n`;
      },
      acknowledged(id) {
        lines += `"${id}"\n`;
      },
      flush() {
        if (lines === "") return;
        writeSync(file, lines);
        lines = "";
      },
      close() {
        this.flush();
        closeSync(file);
      },
    },
  };
}

function restore(path: string): OwedReceipt[] {
  if (!existsSync(path)) return [];
  const owed = new Map<string, OwedReceipt>();
  for (const line of readFileSync(path, "utf8").split("\n")) {
    if (line === "") continue;
    try {
      const entry = JSON.parse(line) as OwedReceipt | string;
      if (typeof entry === "string") owed.delete(entry);
      else owed.set(entry.id, entry);
    } catch {
      // The last line of a process that was killed while it wrote.
    }
  }
  return [...owed.values()];
}
