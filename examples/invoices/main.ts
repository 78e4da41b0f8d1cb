import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createInvoiceDocuments } from "#adapters/documents/invoice-documents.ts";
import type { Invoice } from "#domain/invoicing/invoice.ts";

/** node examples/invoices/main.ts [FOLDER]: the documents of every invoice beside this file. */
const target = process.argv[2] ?? "invoices";
const documents = createInvoiceDocuments();
mkdirSync(target, { recursive: true });
for (const file of readdirSync(import.meta.dirname).filter((name) => name.endsWith(".json"))) {
  const invoice = JSON.parse(readFileSync(join(import.meta.dirname, file), "utf8")) as Invoice;
  const name = join(target, basename(file, ".json"));
  writeFileSync(`${name}.pdf`, await documents.pdf(invoice));
  writeFileSync(`${name}.html`, documents.html(invoice));
  writeFileSync(`${name}.xml`, documents.ubl(invoice));
  console.log(`${name}.pdf .html .xml`);
}
