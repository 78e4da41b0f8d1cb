import { expect, test } from "@jest/globals";
import { createInvoiceDocuments } from "#adapters/documents/invoice-documents.ts";
import { pagesOf } from "../../tests/documents/pages.ts";
import { SAMPLES, sampleInvoice } from "../../tests/documents/samples.ts";

const documents = createInvoiceDocuments();
const pages = async (name: string): Promise<string[]> => pagesOf(await documents.pdf(sampleInvoice(name)));

test("Example 2's session is one line of its invoice", async () => {
  const [page] = await pages("ussd-session");
  for (const part of [
    "Invoice",
    "INV-2026-000042",
    "Acme Mobile LLC",
    "USSD Session - 3 interactions",
    "0.09",
  ])
    expect(page).toContain(part);
});

test.each(SAMPLES)("%s: the same invoice is the same bytes", async (name) => {
  const [one, other] = [await documents.pdf(sampleInvoice(name)), await documents.pdf(sampleInvoice(name))];
  expect(Buffer.from(one).equals(other)).toBe(true);
  expect(Buffer.from(one.subarray(0, 5)).toString()).toBe("%PDF-");
});

test("what a page carries forward is brought forward by the next", async () => {
  const [first, second, ...others] = await pages("telecom-month");
  expect(others).toEqual([]);
  expect(first).toMatch(/Übertrag 8\.581,42/);
  expect(second).toMatch(/Übertrag von vorheriger Seite 8\.581,42/);
  expect([first, second].map((page) => /Seite \d von \d/.exec(page!)?.[0])).toEqual([
    "Seite 1 von 2",
    "Seite 2 von 2",
  ]);
});
