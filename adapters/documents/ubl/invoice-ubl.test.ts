import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import type { Invoice } from "#domain/invoicing/invoice.ts";
import { arbitraryInvoice } from "../../../tests/documents/arbitrary-invoice.ts";
import { SAMPLES, sampleInvoice } from "../../../tests/documents/samples.ts";
import { invoiceUbl } from "./invoice-ubl.ts";

/** Texts of the elements of a name, in the order of the document. */
function texts(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`, "g"))].map(
    (match) => match[1]!,
  );
}

/** What stands between the tags of an element that stands once. */
function part(xml: string, name: string): string {
  return new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(xml)?.[1] ?? "";
}

function parts(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, "g"))].map((match) => match[1]!);
}

/** Exact, as a number of the last of 24 decimals. */
function exact(decimal: string | undefined): bigint {
  const [, sign, whole, fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal ?? "0")!;
  const units = BigInt(whole! + fraction.padEnd(24, "0"));
  return sign === "-" ? -units : units;
}
const sum = (decimals: readonly string[]): bigint => decimals.reduce((total, one) => total + exact(one), 0n);
const UNIT = 10n ** 24n;
const away = (one: bigint, other: bigint): bigint => (one > other ? one - other : other - one);

/** The business rules of EN 16931 that are sums, and Peppol's of a line. */
function expectConsistent(invoice: Invoice): void {
  const xml = invoiceUbl(invoice);
  const totals = part(xml, "cac:LegalMonetaryTotal");
  const total = (name: string): bigint => exact(texts(totals, `cbc:${name}`)[0]);
  const lines = [...parts(xml, "cac:InvoiceLine"), ...parts(xml, "cac:CreditNoteLine")];
  const nets = lines.map((line) => texts(line, "cbc:LineExtensionAmount")[0]!);
  const taxTotal = part(xml, "cac:TaxTotal");
  const subtotals = parts(taxTotal, "cac:TaxSubtotal");
  const [tax] = texts(taxTotal, "cbc:TaxAmount");
  // BR-CO-10, BR-CO-13, BR-CO-15, BR-CO-16, BR-CO-14
  expect(total("LineExtensionAmount")).toBe(sum(nets));
  expect(total("TaxExclusiveAmount")).toBe(total("LineExtensionAmount"));
  expect(total("TaxInclusiveAmount")).toBe(total("TaxExclusiveAmount") + exact(tax));
  expect(total("PayableAmount")).toBe(total("TaxInclusiveAmount") - total("PrepaidAmount"));
  expect(exact(tax)).toBe(sum(subtotals.map((subtotal) => texts(subtotal, "cbc:TaxAmount")[0]!)));
  for (const subtotal of subtotals) {
    const [taxable, amount] = [texts(subtotal, "cbc:TaxableAmount")[0], texts(subtotal, "cbc:TaxAmount")[0]];
    const [code, percent = "0"] = [texts(subtotal, "cbc:ID")[0]!, texts(subtotal, "cbc:Percent")[0]];
    // BR-CO-17: rounded once, so half a cent away at most.
    expect(away(exact(amount) * 100n * UNIT, exact(taxable) * exact(percent))).toBeLessThanOrEqual(
      (100n * UNIT * UNIT) / 200n,
    );
    // BR-S-08 and its like: what is taxed is what the lines of that code and percentage add up to.
    const own = lines.filter((line) => {
      const category = part(line, "cac:ClassifiedTaxCategory");
      return texts(category, "cbc:ID")[0] === code && (texts(category, "cbc:Percent")[0] ?? "0") === percent;
    });
    expect(exact(taxable)).toBe(sum(own.map((line) => texts(line, "cbc:LineExtensionAmount")[0]!)));
    expect(texts(subtotal, "cbc:TaxExemptionReason")).toHaveLength(["S", "Z"].includes(code) ? 0 : 1);
  }
  for (const line of lines) expectLine(line);
}

/** PEPPOL-EN16931-R120 and BR-27: net = quantity × price / base − discount, within two cents; no price is negative. */
function expectLine(line: string): void {
  const allowance = part(line, "cac:AllowanceCharge");
  const price = part(line, "cac:Price");
  const quantity = exact(texts(line, "cbc:InvoicedQuantity")[0] ?? texts(line, "cbc:CreditedQuantity")[0]);
  const rate = exact(texts(price, "cbc:PriceAmount")[0]);
  const base = exact(texts(price, "cbc:BaseQuantity")[0] ?? "1");
  const discount = exact(texts(allowance, "cbc:Amount")[0]);
  const sign = texts(allowance, "cbc:ChargeIndicator")[0] === "true" ? 1n : -1n;
  expect(rate).toBeGreaterThanOrEqual(0n);
  const cost = (quantity * rate) / base + sign * discount;
  expect(away(cost, exact(texts(line, "cbc:LineExtensionAmount")[0]))).toBeLessThanOrEqual(
    (2n * UNIT) / 100n,
  );
}

describe("UBL", () => {
  test.each(SAMPLES)("%s adds up", (name) => {
    expectConsistent(sampleInvoice(name));
  });

  test("any invoice that adds up here adds up there", () => {
    fc.assert(fc.property(arbitraryInvoice(20), expectConsistent), { numRuns: 200 });
  });

  test("a credit note names its invoice, says why, and is positive whatever its sign here", () => {
    const note = sampleInvoice("credit-note");
    const negative = (amount: string): string => `-${amount}`;
    const turned: Invoice = {
      ...note,
      lines: note.lines.map((line) => ({ ...line, amount: negative(line.amount) })),
      taxes: note.taxes.map((tax) => ({ ...tax, net: negative(tax.net), amount: negative(tax.amount) })),
      netTotal: negative(note.netTotal),
      taxTotal: negative(note.taxTotal),
      total: negative(note.total),
    };
    const xml = invoiceUbl(note);
    expect(invoiceUbl(turned)).toBe(xml);
    expect(xml).toContain("<CreditNote ");
    expect(texts(part(xml, "cac:BillingReference"), "cbc:ID")).toEqual(["INV-2026-000042"]);
    expect(texts(xml, "cbc:Note")[0]).toContain("charged by mistake");
    expect(texts(xml, "cbc:CreditNoteTypeCode")).toEqual(["381"]);
  });

  test("a statement is paid in advance: nothing is payable", () => {
    const xml = invoiceUbl(sampleInvoice("statement"));
    expect(texts(xml, "cbc:PayableAmount")).toEqual(["0.00"]);
    expect(texts(xml, "cbc:PrepaidAmount")).toEqual(["126.89"]);
  });

  test("categories: standard, reverse charge with its reason, nothing at all without taxes", () => {
    const xml = invoiceUbl(sampleInvoice("telecom-month"));
    const codes = parts(part(xml, "cac:TaxTotal"), "cac:TaxCategory").map((one) => [
      texts(one, "cbc:ID")[0],
      texts(one, "cbc:Percent")[0],
      texts(one, "cbc:TaxExemptionReason")[0],
    ]);
    expect(codes).toEqual([
      ["S", "19", undefined],
      ["AE", "0", "reverse charge: FR40303265045"],
    ]);
    const sample = sampleInvoice("telecom-month");
    const untaxed = invoiceUbl({
      ...sample,
      taxes: [],
      lines: sample.lines.map((line) => ({ ...line, taxCategory: null })),
      taxTotal: "0.00",
      total: sample.netTotal,
      amountDue: sample.netTotal,
    });
    expect(texts(part(untaxed, "cac:TaxCategory"), "cbc:ID")[0]).toBe("O");
    // BR-O-02: nobody's VAT number.
    expect(parts(untaxed, "cac:PartyTaxScheme").flatMap((one) => texts(one, "cbc:ID"))).toEqual(["TAX"]);
  });

  test("parties: VAT numbers, post codes, and where they are reached", () => {
    const xml = invoiceUbl(sampleInvoice("telecom-month"));
    const seller = part(xml, "cac:AccountingSupplierParty");
    expect(seller).toContain('<cbc:EndpointID schemeID="9930">DE811234567<');
    expect([texts(seller, "cbc:PostalZone"), texts(seller, "cbc:CityName")]).toEqual([
      ["20457"],
      ["Hamburg"],
    ]);
    const chinese = invoiceUbl(sampleInvoice("chinese"));
    expect(part(chinese, "cac:AccountingCustomerParty")).not.toContain("EndpointID");
  });

  test("names cannot write XML, and what XML cannot hold is left out", () => {
    const sample = sampleInvoice("ussd-session");
    const xml = invoiceUbl({
      ...sample,
      customer: { ...sample.customer, name: `</cbc:Name><x a="1">&\u0000\u0008\ud800 😀` },
      notes: ["<!-- ]]>", ""],
    });
    expect(xml).toContain("&#60;/cbc:Name&#62;&#60;x a=&#34;1&#34;&#62;&#38; \ufffd 😀");
    expect(xml).not.toContain("<x");
    expect(xml).not.toContain("<!--");
  });

  test("no element is empty (PEPPOL-EN16931-R008)", () => {
    fc.assert(
      fc.property(arbitraryInvoice(5), (invoice) => {
        const bare = {
          ...invoice,
          issuer: { ...invoice.issuer, addressLines: [""], taxId: null, email: "" },
        };
        expect(invoiceUbl(bare)).not.toMatch(/<([a-zA-Z:]+)(?: [^>]*)?>\s*<\/\1>/);
      }),
    );
  });
});
