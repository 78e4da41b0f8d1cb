import * as fc from "fast-check";
import type { Invoice, InvoiceLine, InvoiceTax } from "#domain/invoicing/invoice.ts";
import { sampleInvoice } from "./samples.ts";

/** Taxes whose names lines may have; one of each kind that EN 16931 knows. */
const TAXES: readonly Pick<InvoiceTax, "name" | "percent" | "note">[] = [
  { name: "VAT", percent: "19", note: null },
  { name: "Reduced VAT", percent: "7.5", note: null },
  { name: "Zero rated", percent: "0", note: null },
  { name: "Exempt", percent: "0", note: "exempt: certificate DE-4711" },
  { name: "Abroad", percent: "0", note: "reverse charge: ATU12345678" },
];

const cents = (amount: bigint): string => {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(3, "0");
  return `${amount < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
};

const line = fc.record({
  amount: fc.bigInt(-100_000n, 10_000_000n),
  discount: fc.bigInt(0n, 500n),
  quantity: fc.nat(1_000_000),
  unitRate: fc.constantFrom("0.01", "0.0142", "0.000000000000000001", "12", "1.5"),
  taxCategory: fc.constantFrom(null, ...TAXES.map(({ name }) => name)),
  late: fc.boolean(),
});

/** Invoices whose amounts add up, of up to so many lines: taxes are computed on each category's net and rounded once. */
export function arbitraryInvoice(maxLines: number): fc.Arbitrary<Invoice> {
  return fc
    .record({
      lines: fc.array(line, { maxLength: maxLines, size: "max" }),
      kind: fc.constantFrom("invoice" as const, "statement" as const, "credit_note" as const),
      paid: fc.bigInt(0n, 1_000n),
    })
    .map(({ lines, kind, paid }) => {
      const nets = lines.map(({ amount }) => amount);
      const taxes = TAXES.flatMap((tax) => {
        const of = lines.filter(({ taxCategory }) => taxCategory === tax.name);
        if (of.length === 0) return [];
        const net = of.reduce((sum, { amount }) => sum + amount, 0n);
        return [{ ...tax, jurisdiction: null, net, amount: percentOf(net, tax.percent) }];
      });
      const net = nets.reduce((sum, amount) => sum + amount, 0n);
      const tax = taxes.reduce((sum, { amount }) => sum + amount, 0n);
      return {
        ...sampleInvoice(
          kind === "credit_note" ? "credit-note" : kind === "statement" ? "statement" : "telecom-month",
        ),
        earlyPayment: null,
        lines: lines.map((one, index) => asLine(one, index)),
        taxes: taxes.map((one) => ({ ...one, net: cents(one.net), amount: cents(one.amount) })),
        netTotal: cents(net),
        taxTotal: cents(tax),
        total: cents(net + tax),
        amountDue: kind === "invoice" ? cents(net + tax - paid) : "0.00",
      };
    });
}

type Drawn = typeof line extends fc.Arbitrary<infer Value> ? Value : never;

function asLine(drawn: Drawn, index: number): InvoiceLine {
  return {
    ...drawn,
    position: index + 1,
    description: `Line number ${index + 1}`,
    channel: "sms",
    eventType: "sms.delivered",
    quantity: String(drawn.quantity),
    discount: cents(drawn.discount),
    amount: cents(drawn.amount),
  };
}

/** Half away from zero, of a percentage with at most one decimal. */
function percentOf(net: bigint, percent: string): bigint {
  const tenths = BigInt(Math.round(Number(percent) * 10));
  const product = net * tenths;
  return product < 0n ? -((500n - product) / 1_000n) : (product + 500n) / 1_000n;
}
