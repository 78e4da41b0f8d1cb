import { describe, expect, jest, test } from "@jest/globals";
import * as fc from "fast-check";
import type { Invoice } from "#domain/invoicing/invoice.ts";
import { arbitraryInvoice } from "../../tests/documents/arbitrary-invoice.ts";
import { pagesOf } from "../../tests/documents/pages.ts";
import { SAMPLES, sampleInvoice } from "../../tests/documents/samples.ts";
import { createInvoiceDocuments } from "./invoice-documents.ts";

/** On a busy machine; a quiet one is done in ten seconds. */
jest.setTimeout(120_000);

const documents = createInvoiceDocuments();
const pagesOfInvoice = async (invoice: Invoice): Promise<string[]> => pagesOf(await documents.pdf(invoice));
const inLanguage = (invoice: Invoice, language: string): Invoice => ({
  ...invoice,
  branding: { ...invoice.branding, language },
});
const squeezed = (text: string): string => text.normalize("NFKC").replace(/\s/g, "");
/** PDFs that are tagged PDF/A-2a say so in their metadata. */
const isArchivable = (pdf: Uint8Array): boolean =>
  Buffer.from(pdf).toString("latin1").includes("<pdfaid:part>2</pdfaid:part>");

describe("what a PDF says", () => {
  test.each<[string, readonly string[]]>([
    [
      "ussd-session",
      ["Invoice", "INV-2026-000042", "Acme Mobile LLC", "Tax ID 13-7654321", "Nov 28, 2026", "Dec 12, 2026"],
    ],
    [
      "ussd-session",
      ["1 USSD Session - 3 interactions 1 0.09 0.09", "Net total 0.09", "Sales tax 8% 0.01", "$0.10"],
    ],
    ["ussd-session", ["Pay online", "https://pay.catalyst.example/i/8e1f8f4c6a55", "Page 1 of 1"]],
    [
      "telecom-month",
      ["Möwe & Söhne Logistik AG", "1.–31. Okt. 2026", "USt-IdNr. DE811234567", "10.679,21 €"],
    ],
    [
      "telecom-month",
      ["SMS delivered – US, Verizon 184.220 0,0142 -130,80 19 % 2.485,12", "Gesamtbetrag 10.929,21"],
    ],
    [
      "telecom-month",
      ["Nachtrag", "Bezahlt oder gutgeschrieben -250,00", "2 % Skonto (213,58 €): Zahlbetrag 10.465,63 €"],
    ],
    [
      "telecom-month",
      ["USt DE 19 % 8.549,04 1.624,32", "Reverse Charge reverse charge: FR40303265045 0 % 755,85 0,00"],
    ],
    [
      "statement",
      [
        "Statement",
        "Closing balance",
        "$223.11",
        "Nothing to pay",
        "Opening balance 250.00",
        "Charges 126.89",
      ],
    ],
    [
      "credit-note",
      ["Credit note", "Takes back invoice INV-2026-000042", "charged by mistake", "Amount credited $12.71"],
    ],
    [
      "chinese",
      [
        "账单",
        "海云物流股份有限公司",
        "短信送达 – 中国移动",
        "SMS delivered – 日本、NTTドコモ",
        "대한민국, SK텔레콤",
      ],
    ],
    ["chinese", ["应付金额", "¥15,143.34", "第 1 页，共 1 页"]],
    ["arabic", ["AE-2026-000311", "10,170.29", "5,480.48", "FTA-2026-77-00019", "100123456700003"]],
  ])("%s: %j", async (name, parts) => {
    const text = (await pagesOfInvoice(sampleInvoice(name))).join(" ");
    // Between Han and Latin letters stands a gap that readers take for a space.
    for (const part of parts) expect(squeezed(text)).toContain(squeezed(part));
  });

  test("Arabic words are found, whatever the shapes that they are drawn in", async () => {
    const [page] = await pagesOfInvoice(sampleInvoice("arabic"));
    for (const word of ["فاتورة", "المستحق", "للتجارة", "الخصم", "رسائل"])
      expect(page!.normalize("NFKC")).toContain(word);
  });

  test.each([
    ["Cyrillic", "ООО «Северная звезда»"],
    ["Greek", "Βόρεια Δίκτυα Α.Ε."],
    ["Hebrew", "תקשורת צפון"],
    ["Devanagari", "उत्तर नेटवर्क"],
    ["Thai", "บริษัท เหนือ จำกัด"],
    ["Japanese", "北日本通信株式会社"],
    ["Korean", "북부통신 주식회사"],
    ["Vietnamese", "Công ty Viễn thông Phương Bắc"],
    ["Bengali", "উত্তর নেটওয়ার্ক"],
    ["Tamil", "வடக்கு நெட்வொர்க்"],
    ["Ethiopic", "ሰሜን ኔትወርክ"],
    ["Georgian", "ჩრდილოეთი"],
    ["Armenian", "Հյուսիս"],
    ["Khmer", "បណ្តាញខាងជើង"],
    ["Burmese", "မြောက်ပိုင်း"],
  ])("%s prints: no character is missing from the fonts", async (_script, name) => {
    const sample = sampleInvoice("ussd-session");
    const pdf = await documents.pdf({ ...sample, customer: { ...sample.customer, name } });
    expect(isArchivable(pdf)).toBe(true);
    const [page] = await pagesOf(pdf);
    expect([...squeezed(name)].filter((character) => !squeezed(page!).includes(character))).toEqual([]);
  });
});

describe("pages", () => {
  test("what a page carries forward is brought forward by the next", async () => {
    const pages = await pagesOfInvoice(sampleInvoice("telecom-month"));
    expect(pages).toHaveLength(2);
    expect(pages[0]).toContain("Übertrag 8.581,42");
    expect(pages[1]).toContain("Übertrag von vorheriger Seite 8.581,42");
    expect(pages.map((page) => /Seite \d von \d/.exec(page)?.[0])).toEqual([
      "Seite 1 von 2",
      "Seite 2 von 2",
    ]);
    for (const page of pages) expect(page).toMatch(/Beschreibung Menge Einzelpreis Rabatt Steuer Betrag/);
  });

  test("any number of lines: each page's carry is the sum of the lines so far, and the last leads to the total", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryInvoice(80), async (invoice) => {
        const sent = inLanguage({ ...invoice, notes: [] }, "en");
        expectCarried(sent, await pagesOfInvoice(sent));
      }),
      { numRuns: 12 },
    );
  });

  test("without lines it says so, and still totals", async () => {
    const empty = { ...sampleInvoice("statement"), lines: [], taxes: [], netTotal: "0.00", total: "0.00" };
    const pages = await pagesOfInvoice(empty);
    expect(pages).toHaveLength(1);
    expect(pages[0]).toContain("Nothing was charged in this period.");
    expect(pages[0]).toContain("Total 0.00");
  });
});

const BROUGHT = /Brought forward (-?[\d,.]+)/;
const CARRIED = /Carried forward (-?[\d,.]+)/;
const POSITIONS = /Line number (\d+)/g;

function expectCarried({ lines, netTotal }: Invoice, pages: readonly string[]): void {
  const cents = (text: string | undefined): bigint => BigInt((text ?? "0").replace(/[,.]/g, ""));
  const sumUpTo = (count: number): bigint =>
    lines.slice(0, count).reduce((sum, { amount }) => sum + cents(amount), 0n);
  let printed = 0;
  for (const [index, page] of pages.entries()) {
    const brought = BROUGHT.exec(page)?.[1];
    if (brought !== undefined) expect(cents(brought)).toBe(sumUpTo(printed));
    for (const [, position] of page.matchAll(POSITIONS)) expect(Number(position)).toBe((printed += 1));
    const carried = CARRIED.exec(page)?.[1];
    if (carried !== undefined) expect(cents(carried)).toBe(sumUpTo(printed));
    // What is carried forward is brought forward by the next page, and by no other.
    const next = pages[index + 1];
    expect(carried).toBe(next === undefined ? undefined : BROUGHT.exec(next)?.[1]);
  }
  expect(printed).toBe(lines.length);
  expect(sumUpTo(printed)).toBe(cents(netTotal));
  expect(pages.join(" ")).toContain(
    `Net total ${Number(netTotal).toLocaleString("en", { minimumFractionDigits: 2 })}`,
  );
}

describe("the same invoice", () => {
  test.each(SAMPLES)("%s: the same bytes, in another process' order too", async (name) => {
    const one = await documents.pdf(sampleInvoice(name));
    await documents.pdf({ ...sampleInvoice("telecom-month"), number: "OTHER" });
    const other = await createInvoiceDocuments().pdf(sampleInvoice(name));
    expect(Buffer.from(one).equals(other)).toBe(true);
  });

  test("another logo is another document", async () => {
    const svg = (colour: string): string =>
      `data:image/svg+xml;base64,${Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path fill="${colour}" d="M0 0h9v9z"/></svg>`).toString("base64")}`;
    const withLogo = (logo: string | null): Invoice => {
      const sample = sampleInvoice("ussd-session");
      return { ...sample, branding: { ...sample.branding, logo } };
    };
    const [red, blue] = [
      await documents.pdf(withLogo(svg("red"))),
      await documents.pdf(withLogo(svg("blue"))),
    ];
    expect(Buffer.from(red).equals(blue)).toBe(false);
    // One that cannot be read: the name is set in type.
    for (const broken of [
      "data:image/svg+xml;base64,PHN2Zz48",
      `data:image/png;base64,${Buffer.from("89504e470d0a1a0a00", "hex").toString("base64")}`,
      "https://evil.test/logo.png",
    ]) {
      const [page] = await pagesOfInvoice(withLogo(broken));
      expect(page!.startsWith("Catalyst Telecom Inc. Invoice")).toBe(true);
    }
  });
});

describe("hostile input", () => {
  const hostile = [
    "#set page(fill: red) #sys.inputs *bold* $x$ `raw` <label> @ref \\",
    "\u0000\u0007\u202e\u2066 reversed \ud800",
    "W".repeat(2_000),
    "😀👩‍👩‍👧‍👦 🇩🇪 \u{1f9ff}",
    "العربية with English (and 123) שלום",
    "",
  ];

  test.each(hostile.map((text, index) => [index, text] as const))(
    "text %i is printed, never obeyed",
    async (_, text) => {
      const sample = sampleInvoice("telecom-month");
      const pages = await pagesOfInvoice({
        ...sample,
        number: text.slice(0, 60),
        issuer: { ...sample.issuer, name: text, addressLines: [text], taxId: text },
        customer: { ...sample.customer, name: text, email: text },
        lines: sample.lines.map((line) => ({ ...line, description: text })),
        taxes: sample.taxes.map((tax) => ({ ...tax, note: text })),
        notes: [text],
        paymentUrl: `https://pay.test/${"a".repeat(3_000)}`,
        branding: { ...sample.branding, footer: [text], colour: text, language: text },
      });
      expect(pages.join(" ")).toContain("10,679.21");
      if (text.startsWith("#set")) expect(pages[0]).toContain("#set page(fill: red) #sys.inputs *bold* $x$");
    },
  );

  test("the largest amounts and the finest prices stand in their columns", async () => {
    const sample = sampleInvoice("ussd-session");
    const huge = "99999999999999999999.99";
    const [page] = await pagesOfInvoice({
      ...sample,
      lines: [
        { ...sample.lines[0]!, quantity: "123456789012", unitRate: "0.000000000000000001", amount: huge },
      ],
      netTotal: huge,
      total: huge,
      amountDue: huge,
    });
    expect(page).toContain("123,456,789,012 0.000000000000000001 99,999,999,999,999,999,999.99");
    expect(page).toContain("$99,999,999,999,999,999,999.99");
  });

  test("a link that is no web address is no link", async () => {
    const pdf = await documents.pdf({ ...sampleInvoice("ussd-session"), paymentUrl: "javascript:alert(1)" });
    expect((await pagesOf(pdf)).join(" ")).not.toContain("Pay online");
  });
});

test("forty at once are all made", async () => {
  const sample = sampleInvoice("ussd-session");
  const numbers = Array.from({ length: 40 }, (_, index) => `INV-2026-${100_000 + index}`);
  const pdfs = await Promise.all(numbers.map((number) => documents.pdf({ ...sample, number })));
  const texts = await Promise.all(pdfs.map(async (pdf) => (await pagesOf(pdf)).join(" ")));
  for (const [index, number] of numbers.entries()) expect(texts[index]).toContain(number);
});
