import { describe, expect, test } from "@jest/globals";
import type { Invoice } from "#domain/invoicing/invoice.ts";
import { SAMPLES, sampleInvoice } from "../../../tests/documents/samples.ts";
import { invoiceContent } from "../content/invoice-content.ts";
import { invoiceHtml } from "./invoice-html.ts";

const htmlOf = (invoice: Invoice): string => invoiceHtml(invoiceContent(invoice));

describe("the page", () => {
  test.each(SAMPLES)("%s needs nothing from outside, and runs nothing", (name) => {
    const html = htmlOf(sampleInvoice(name));
    expect(html).toContain(`content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"`);
    expect(html).not.toMatch(/<script|<link|@import|\son\w+=|src="(?!data:)|url\(/i);
  });

  test("says its language and direction", () => {
    expect(htmlOf(sampleInvoice("arabic"))).toContain('<html lang="ar" dir="rtl">');
    expect(htmlOf(sampleInvoice("telecom-month"))).toContain('<html lang="de" dir="ltr">');
  });

  test("says what the PDF says", () => {
    const html = htmlOf(sampleInvoice("telecom-month"));
    for (const part of [
      "SMS delivered – US, Verizon",
      "184.220",
      "-130,80",
      "2.485,12",
      "10.679,21\u00a0€",
      "Nachtrag",
    ])
      expect(html).toContain(part);
    expect(htmlOf(sampleInvoice("statement"))).toContain("Nothing to pay");
    expect(htmlOf(sampleInvoice("credit-note"))).toContain("Takes back invoice INV-2026-000042");
  });

  test("nothing of the invoice becomes markup, wherever it stands", () => {
    const evil = `"><script>alert(1)</script><img src=x onerror='x'>`;
    const sample = sampleInvoice("telecom-month");
    const party = { name: evil, addressLines: [evil], country: evil, taxId: evil, email: evil };
    const html = htmlOf({
      ...sample,
      number: evil,
      tenantId: evil,
      issuer: party,
      customer: party,
      lines: sample.lines.map((line) => ({ ...line, description: evil, taxCategory: evil })),
      taxes: sample.taxes.map((tax) => ({ ...tax, name: evil, jurisdiction: evil, note: evil })),
      corrects: { number: evil, reason: evil },
      fiscal: { authority: evil, reference: evil, qr: evil },
      notes: [evil],
      paymentUrl: `https://pay.test/?a=${evil}`,
      branding: {
        ...sample.branding,
        colour: `red;}</style>${evil}`,
        logo: evil,
        language: evil,
        footer: [evil],
      },
    });
    expect(html).not.toMatch(/<script|<img/i);
    expect(html.match(/<\/style>/g)).toHaveLength(1);
    expect(html).not.toMatch(/<[^>]* onerror=/);
  });

  test("a logo is part of the page, and only a PNG or SVG is one", () => {
    const withLogo = (logo: string): string => {
      const sample = sampleInvoice("ussd-session");
      return htmlOf({ ...sample, branding: { ...sample.branding, logo } });
    };
    const svg = `data:image/svg+xml;base64,${Buffer.from("<svg/>").toString("base64")}`;
    expect(withLogo(svg)).toContain(`<img class="logo" src="${svg}" alt="Catalyst Telecom Inc.">`);
    expect(withLogo("data:text/html;base64,PHN2Zz4=")).not.toContain("<img");
    expect(withLogo(`data:image/png;base64,${Buffer.from("<svg/>").toString("base64")}`)).not.toContain(
      "<img",
    );
  });
});
