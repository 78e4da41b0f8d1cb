import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { creditNoteOf } from "./credit-note.ts";
import type { Invoice } from "./invoice.ts";

const party = { name: "N", addressLines: [], country: "US", taxId: null, email: null };
const line = { channel: "sms", eventType: "sms.delivered", quantity: "1", discount: "0", late: false };
const INVOICE: Invoice = {
  invoiceId: "i",
  number: "INV-2026-000001",
  kind: "invoice",
  tenantId: "T",
  walletId: "w",
  currency: "USD",
  period: { from: "2026-11-26", to: "2026-11-27", timezone: "UTC" },
  issuedOn: "2026-11-27",
  dueOn: "2026-12-11",
  issuer: party,
  customer: party,
  lines: [
    { ...line, position: 1, description: "A", unitRate: "10", amount: "10.00", taxCategory: "VAT 19 %" },
    { ...line, position: 2, description: "B", unitRate: "5", amount: "5.00", taxCategory: "VAT 7 %" },
    { ...line, position: 3, description: "C", unitRate: "1", amount: "1.00", taxCategory: null },
  ],
  taxes: [
    { name: "VAT 19 %", percent: "19", jurisdiction: null, net: "10.00", amount: "1.90", note: null },
    { name: "VAT 7 %", percent: "7", jurisdiction: null, net: "5.00", amount: "0.35", note: null },
  ],
  netTotal: "16.00",
  taxTotal: "2.25",
  total: "18.25",
  amountDue: "18.25",
  earlyPayment: null,
  balance: null,
  corrects: null,
  fiscal: null,
  notes: [],
  paymentUrl: null,
  branding: { colour: "#0b5fff", logo: null, paper: "A4", language: "en", footer: [] },
};

describe("a credit note", () => {
  test("of the whole invoice takes it back line by line", () => {
    const { document, netMinor, taxMinor } = creditNoteOf(INVOICE, "c", {
      amountMinor: 1825n,
      creditedMinor: 0n,
      reason: "cancelled",
    });
    expect(document).toMatchObject({
      kind: "credit_note",
      lines: INVOICE.lines,
      taxes: INVOICE.taxes,
      total: "18.25",
      corrects: { number: "INV-2026-000001", reason: "cancelled" },
    });
    expect([netMinor, taxMinor]).toEqual([1600n, 225n]);
  });

  test("of a part gives each tax its share", () => {
    const { document } = creditNoteOf(INVOICE, "c", { amountMinor: 365n, creditedMinor: 0n, reason: "r" });
    expect(document.taxes).toMatchObject([
      { percent: "19", net: "2.00", amount: "0.38" },
      { percent: "7", net: "1.00", amount: "0.07" },
    ]);
    expect(document.lines.map(({ amount }) => amount)).toEqual(["2.00", "1.00", "0.20"]);
    expect(document).toMatchObject({ netTotal: "3.20", taxTotal: "0.45", total: "3.65" });
  });

  test("adds up, whatever the part", () => {
    const minor = (text: string): bigint => BigInt(text.replace(".", ""));
    fc.assert(
      fc.property(fc.bigInt(1n, 1825n), (amountMinor) => {
        const note = creditNoteOf(INVOICE, "c", { amountMinor, creditedMinor: 1n, reason: "r" });
        const { lines, taxes } = note.document;
        const net = lines.reduce((sum, { amount }) => sum + minor(amount), 0n);
        const tax = taxes.reduce((sum, { amount }) => sum + minor(amount), 0n);
        expect([net, tax, net + tax]).toEqual([note.netMinor, note.taxMinor, amountMinor]);
      }),
    );
  });
});
