import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { formatMoney, money, parseMoney, ZERO, type Money } from "#domain/money/money.ts";
import { compose, roundingOf, sumOf } from "./compose.ts";
import { exactLines, type EntryGroup, type ExactLine } from "./lines.ts";
import { fromMinor, toMinor } from "./minor-units.ts";
import { UNTAXED, type TaxTerms } from "./tax-categories.ts";
import { earlyPaymentPostings, roundingPostings } from "./wallet-entries.ts";

const of = (text: string): Money => parseMoney(text) as Money;
const VAT: TaxTerms = { taxes: [{ name: "VAT", percent: "19" }], exempt: [], reverseCharge: null };

function line(net: string, terms: TaxTerms = VAT): ExactLine {
  return {
    description: "d",
    channel: "sms",
    eventType: "sms.delivered",
    quantity: 1n,
    unitRate: of(net),
    discount: ZERO,
    net: of(net),
    terms,
    late: false,
  };
}

describe("compose", () => {
  test("rounds lines by largest remainder to the net total", () => {
    const { lines, netMinor } = compose([line("0.333"), line("0.333"), line("0.334")], 2, null);
    expect(lines.map(({ amount }) => amount)).toEqual(["0.33", "0.33", "0.34"]);
    expect(netMinor).toBe(100n);
  });

  test("computes each category's tax once, on its net total, rounded half-even", () => {
    const { taxes, taxMinor } = compose([line("0.03"), line("0.03"), line("0.40", UNTAXED)], 2, null);
    // 19 % of 0.06 is 0.0114; line by line it would come to 0.02.
    expect(taxes).toEqual([
      { name: "VAT", percent: "19", jurisdiction: null, net: "0.06", amount: "0.01", note: null },
    ]);
    expect(taxMinor).toBe(1n);
  });

  test("exemption and reverse charge are categories that say why", () => {
    const exempt: TaxTerms = {
      taxes: [],
      exempt: [{ tax: "VAT", certificate: "DE-4711" }],
      reverseCharge: null,
    };
    const reverse: TaxTerms = { taxes: [], exempt: [], reverseCharge: "ATU123" };
    const settings = { taxes: [{ name: "VAT", percent: "19", jurisdiction: "DE" }] };
    const { taxes, lines } = compose([line("1", exempt), line("2", reverse), line("3")], 2, settings);
    expect(taxes).toEqual([
      {
        name: "VAT 0 %",
        percent: "0",
        jurisdiction: "DE",
        net: "1.00",
        amount: "0.00",
        note: "exempt: certificate DE-4711 (VAT)",
      },
      {
        name: "VAT 0 % (reverse charge: ATU123)",
        percent: "0",
        jurisdiction: "DE",
        net: "2.00",
        amount: "0.00",
        note: "reverse charge: ATU123",
      },
      { name: "VAT 19 %", percent: "19", jurisdiction: "DE", net: "3.00", amount: "0.57", note: null },
    ]);
    expect(lines.map(({ taxCategory }) => taxCategory)).toEqual(taxes.map(({ name }) => name));
  });

  test("taxes on taxes are one category of their combined rate, and a note names them", () => {
    const terms: TaxTerms = {
      taxes: [
        { name: "GST", percent: "5" },
        { name: "QST", percent: "9.975", compound: true },
      ],
      exempt: [],
      reverseCharge: null,
    };
    const { taxes, notes } = compose([line("100", terms)], 2, null);
    expect(taxes).toMatchObject([{ name: "GST + QST", percent: "15.47375", amount: "15.47" }]);
    expect(notes).toEqual(["GST + QST: GST 5 %, QST 9.975 %"]);
  });

  test("a currency without decimals has whole amounts", () => {
    const { lines, taxes } = compose([line("10.4"), line("10.4")], 0, null);
    expect(lines.map(({ amount }) => amount)).toEqual(["11", "10"]);
    expect(taxes[0]).toMatchObject({ net: "21", amount: "4" });
  });
});

const amounts = fc.bigInt(-(10n ** 22n), 10n ** 22n).map(money);
const termsOf = fc.constantFrom(VAT, UNTAXED, {
  ...UNTAXED,
  taxes: [{ name: "VAT", percent: "7" }],
} satisfies TaxTerms);
const invoices = fc.record({
  lines: fc.array(
    fc.record({ net: amounts, terms: termsOf }).map(({ net, terms }) => ({ ...line("0", terms), net })),
    { maxLength: 40 },
  ),
  tax: amounts,
  decimals: fc.integer({ min: 0, max: 4 }),
});

describe("whatever is charged", () => {
  test("lines add up to categories, categories to the net total, which is the exact sum rounded once", () => {
    fc.assert(
      fc.property(invoices, ({ lines, decimals }) => {
        const { lines: shown, taxes, netMinor, taxMinor } = compose(lines, decimals, null);
        const minor = (text: string): bigint => toMinor(of(text), decimals);
        expect(shown.reduce((sum, { amount }) => sum + minor(amount), 0n)).toBe(netMinor);
        expect(netMinor).toBe(toMinor(sumOf(lines), decimals));
        for (const tax of taxes) {
          const own = shown.filter(({ taxCategory }) => taxCategory === tax.name);
          expect(own.reduce((sum, { amount }) => sum + minor(amount), 0n)).toBe(minor(tax.net));
        }
        expect(taxes.reduce((sum, { amount }) => sum + minor(amount), 0n)).toBe(taxMinor);
        for (const [index, { amount }] of shown.entries()) {
          const lost = fromMinor(minor(amount), decimals) - (lines[index]?.net ?? 0n);
          // By category, then by line: less than two minor units.
          expect((lost < 0n ? -lost : lost) < 2n * fromMinor(1n, decimals)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("the total is the sum of the charges and the rounding, and what is posted adds up to zero", () => {
    fc.assert(
      fc.property(invoices, ({ lines, tax, decimals }) => {
        const composed = compose(lines, decimals, null);
        const exact = { net: sumOf(lines), tax };
        const rounding = roundingOf(composed, exact, decimals);
        const total = fromMinor(composed.netMinor + composed.taxMinor, decimals);
        expect(total).toBe(exact.net + exact.tax + rounding.total);
        const postings = roundingPostings(rounding);
        expect(postings.reduce<bigint>((sum, { amount }) => sum + amount, 0n)).toBe(0n);
        // The wallet's own entry leaves the difference in clearing, and this takes it out again.
        const clearing = postings.find(({ account }) => account === "clearing")?.amount ?? 0n;
        expect(clearing).toBe(0n - rounding.total);
      }),
      { numRuns: 300 },
    );
  });

  test("a discount for paying early is balanced", () => {
    expect(earlyPaymentPostings(of("0.25"))).toEqual([
      { account: "clearing", amount: of("0.25") },
      { account: "promotions", amount: of("-0.25") },
    ]);
  });
});

describe("lines", () => {
  const group = (change: Partial<EntryGroup>): EntryGroup => ({
    kind: "usage",
    eventType: "sms.delivered",
    late: false,
    price: of("0.015"),
    units: 1n,
    interactions: 0,
    reason: null,
    count: 1n,
    base: of("0.015"),
    net: of("0.01425"),
    tax: of("0.00114"),
    terms: VAT,
    inclusive: false,
    ...change,
  });

  test("one per unit rate: two units at once are the same rate as one", () => {
    const lines = exactLines([
      group({ count: 3n, base: of("0.045"), net: of("0.04275") }),
      group({ price: of("0.03"), units: 2n, count: 1n, base: of("0.03"), net: of("0.0285") }),
      group({ price: of("0.02"), base: of("0.02"), net: of("0.02") }),
    ]);
    expect(lines.map((one) => [one.description, one.quantity, formatMoney(one.unitRate)])).toEqual([
      ["SMS delivered", 1n, "0.02"],
      ["SMS delivered", 5n, "0.015"],
    ]);
    const [, many] = lines;
    expect([many?.discount, many?.net].map((amount) => formatMoney(amount ?? ZERO))).toEqual([
      "0.00375",
      "0.07125",
    ]);
  });

  test("rates that only look the same are not: 0.01 for three is no rate of one", () => {
    const lines = exactLines([
      group({ price: of("0.01"), units: 3n, base: of("0.01") }),
      group({ price: of("0.003333333333333333"), units: 1n, base: of("0.003333333333333333") }),
    ]);
    expect(lines).toHaveLength(2);
  });

  test("late ones are lines of their own, behind", () => {
    const lines = exactLines([group({ late: true }), group({})]);
    expect(lines.map(({ late }) => late)).toEqual([false, true]);
  });

  test("corrections are one line per kind, whatever they come to", () => {
    const refund = group({ kind: "refund", net: of("-0.01425"), base: of("-0.01425"), count: 2n });
    const lines = exactLines([refund, { ...refund, price: of("-0.5"), net: of("-0.5") }]);
    expect(lines).toMatchObject([{ description: "Refund – SMS delivered", quantity: 1n }]);
    expect(formatMoney(lines[0]?.unitRate ?? ZERO)).toBe("-0.51425");
  });

  test("sessions of the same shape and price are counted, others apart", () => {
    const session = group({ kind: "session", eventType: "ussd.session", price: of("0.09"), interactions: 3 });
    const lines = exactLines([
      { ...session, count: 4n },
      { ...session, interactions: 1, price: of("0.06") },
    ]);
    expect(lines.map(({ description, quantity }) => [description, quantity])).toEqual([
      ["USSD Session - 3 interactions", 4n],
      ["USSD Session - 1 interaction", 1n],
    ]);
  });
});
