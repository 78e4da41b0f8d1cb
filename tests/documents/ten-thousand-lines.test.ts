import { expect, test } from "@jest/globals";
import { createInvoiceDocuments } from "#adapters/documents/invoice-documents.ts";
import { pagesOf } from "./pages.ts";
import { sampleInvoice } from "./samples.ts";

/** Typesetting alone takes seconds on a quiet machine. */
const PATIENCE_MS = 300_000;

test(
  "ten thousand lines are some hundred pages, of which the last knows its number and the total",
  async () => {
    const sample = sampleInvoice("telecom-month");
    const lines = Array.from({ length: 10_000 }, (_, index) => ({
      ...sample.lines[3]!,
      position: index + 1,
    }));
    const documents = createInvoiceDocuments();
    const pages = await pagesOf(await documents.pdf({ ...sample, lines }));
    expect(pages.length).toBeGreaterThan(200);
    expect(pages.at(-1)).toContain(`Seite ${pages.length} von ${pages.length}`);
    expect(pages.at(-1)).toContain("10.679,21");
    expect(documents.html({ ...sample, lines }).match(/<tr>/g)!.length).toBeGreaterThan(10_000);
  },
  PATIENCE_MS,
);
