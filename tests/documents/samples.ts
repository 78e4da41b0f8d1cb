import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Invoice } from "#domain/invoicing/invoice.ts";

const FOLDER = join(import.meta.dirname, "../../examples/invoices");

/** Names of the samples: the files of examples/invoices without their ending. */
export const SAMPLES: readonly string[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".json"))
  .map((name) => basename(name, ".json"));

export function sampleInvoice(name: string): Invoice {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8")) as Invoice;
}
