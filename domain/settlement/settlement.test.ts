import { describe, expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { money, parseMoney, type Money } from "#domain/money/money.ts";
import { lastSettleableDay, settleableFrom, settlementDay } from "./day.ts";
import {
  ADJUSTMENTS_MAX,
  CASES_MAX,
  DIFFERENCES,
  outcomeOf,
  type Difference,
  type DifferenceKind,
} from "./differences.ts";
import { invoiceDifference } from "./invoice-check.ts";
import { partnerAmounts } from "./partner-statement.ts";
import { canonicalJson, reportFindings, type SignedReport } from "./report.ts";
import { compareSupplier } from "./supplier-check.ts";
import { addTotals, totalsOf } from "./totals.ts";

const of = (text: string): Money => parseMoney(text) as Money;

describe("a day", () => {
  test("is UTC's, and may be settled four hours after its end", () => {
    const day = settlementDay("2026-11-26");
    expect(day).toEqual({
      day: "2026-11-26",
      from: Date.parse("2026-11-26T00:00:00Z"),
      to: Date.parse("2026-11-27T00:00:00Z"),
    });
    expect(settleableFrom(day!)).toBe(Date.parse("2026-11-27T04:00:00Z"));
    expect(lastSettleableDay(Date.parse("2026-11-27T03:59:59Z"))).toBe("2026-11-25");
    expect(lastSettleableDay(Date.parse("2026-11-27T04:00:00Z"))).toBe("2026-11-26");
  });

  test.each(["2026-02-30", "2026-1-1", "26-11-2026", "2026-11-26T00:00:00Z", ""])("%s is none", (text) => {
    expect(settlementDay(text)).toBeNull();
  });
});

describe("what becomes of a difference", () => {
  const difference = (kind: DifferenceKind): Difference => ({
    kind,
    tenantId: null,
    walletId: null,
    subject: "s",
    currency: null,
    amount: null,
    explanation: "",
  });

  test.each(Object.entries(DIFFERENCES))("%s", (kind, { adjustment }) => {
    const one = difference(kind as DifferenceKind);
    expect(outcomeOf(one, false, { adjusted: 0, cases: 0 })).toBe(adjustment === null ? "case" : "adjusted");
    // What was adjusted before and is still there is a person's.
    expect(outcomeOf(one, true, { adjusted: 0, cases: 0 })).toBe("case");
  });

  test("beyond the limits nothing is posted and no case opened", () => {
    const missing = difference("charge_missing");
    expect(outcomeOf(missing, false, { adjusted: ADJUSTMENTS_MAX, cases: 0 })).toBe("counted");
    expect(outcomeOf(difference("fee_differs"), false, { adjusted: 0, cases: CASES_MAX })).toBe("counted");
  });

  test("stands in the documentation as it is", async () => {
    const text = await readFile(new URL("../../docs/flows/settlement.md", import.meta.url), "utf8");
    const rows = text
      .split("\n")
      .filter((line) => /^\| `\w+` \|/.test(line))
      .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")));
    expect(rows.map(([, kind, severity, , done]) => [kind, severity, done])).toEqual(
      Object.entries(DIFFERENCES).map(([kind, { severity, adjustment }]) => [
        kind,
        severity,
        adjustment ?? "case",
      ]),
    );
  });
});

describe("an invoice", () => {
  const cents = fc.bigInt(0n, 10n ** 9n).map((minor) => money(minor * 10n ** 16n));
  const invoices = fc
    .record({ linesNet: cents, taxTotal: cents, rounding: fc.bigInt(-(10n ** 16n), 10n ** 16n) })
    .map(({ linesNet, taxTotal, rounding }) => ({
      number: "INV-1",
      tenantId: "T",
      walletId: "w",
      currency: "USD",
      linesNet,
      taxTotal,
      total: money(linesNet + taxTotal),
      rounding: money(rounding),
      entered: money(linesNet + taxTotal - rounding),
    }));

  test("agrees with its entries but for what was rounded", () => {
    fc.assert(fc.property(invoices, (invoice) => expect(invoiceDifference(invoice)).toBeNull()));
  });

  test("that is off by anything anywhere is told with what it is off by", () => {
    fc.assert(
      fc.property(
        invoices,
        fc.constantFrom("linesNet", "taxTotal", "rounding", "entered" as const),
        fc.bigInt(1n, 10n ** 20n),
        (invoice, field, by) => {
          const off = { ...invoice, [field]: money(invoice[field] + by) };
          const found = invoiceDifference(off);
          expect(found).toMatchObject({ kind: "invoice_differs", subject: "INV-1" });
          const amount = found?.amount ?? 0n;
          expect(amount < 0n ? 0n - amount : amount).toBe(by);
        },
      ),
    );
  });
});

describe("a carrier's invoice", () => {
  test.each([
    ["4500", "matched", "0"],
    ["4500.000000000000000001", "posted", "0.000000000000000001"],
    ["4545.4", "posted", "45.4"],
    ["4454.6", "case", "-45.4"],
    ["4545.5", "case", "45.5"],
    ["9000", "case", "4500"],
  ])("of %s beside a cost of 4500 is %s", (amount, outcome, difference) => {
    const invoice = {
      invoiceId: "i",
      connector: "c",
      reference: "r",
      currency: "USD",
      from: "2026-11-01",
      to: "2026-11-30",
      amount: of(amount),
    };
    expect(compareSupplier(invoice, of("4500"))).toEqual({
      outcome,
      ourCost: of("4500"),
      difference: of(difference),
    });
  });
});

describe("partners' statements", () => {
  const shares = fc.array(
    fc.record({
      tenantId: fc.constantFrom("A", "B", "C"),
      amount: fc.bigInt(-1_000n, 1_000n).map((units) => money(units)),
    }),
    { maxLength: 6 },
  );

  test("over any days come to what was earned, and none is paid below nothing", () => {
    fc.assert(
      fc.property(fc.array(shares, { maxLength: 20 }), (movements) => {
        let before: ReturnType<typeof partnerAmounts> | null = null;
        let paid = 0n;
        for (const day of movements) {
          const statement = partnerAmounts(day, before);
          expect(statement.tenants.reduce((sum, { amount }) => sum + amount, 0n)).toBe(statement.amount);
          expect(statement.amount).toBe(statement.broughtForward + statement.movements);
          if (statement.status === "open") paid += statement.amount;
          before = statement;
        }
        const earned = movements.flat().reduce((sum, { amount }) => sum + amount, 0n);
        const carried = before?.status === "carried" ? before.amount : 0n;
        expect(paid + carried).toBe(earned);
        expect(carried).toBeLessThanOrEqual(0n);
      }),
    );
  });
});

describe("totals", () => {
  test("of pages add up to those of all", () => {
    const days = fc.array(
      fc
        .record({
          currency: fc.constantFrom("USD", "EUR"),
          opening: fc.bigInt(-(10n ** 30n), 10n ** 30n),
          charged: fc.bigInt(0n, 10n ** 30n),
          entries: fc.nat(9),
        })
        .map(({ currency, opening, charged, entries }) => ({
          walletId: "w",
          tenantId: "T",
          currency,
          opening: { sequence: 0n, balance: money(opening) },
          closing: { sequence: 0n, balance: money(opening - charged) },
          entries: BigInt(entries),
          charged: money(charged),
          corrected: money(0n),
          credited: money(0n),
          lateEntries: 0n,
          lateCharged: money(0n),
        })),
    );
    fc.assert(
      fc.property(days, fc.nat(20), (all, at) => {
        const parts = addTotals(totalsOf(all.slice(0, at)), totalsOf(all.slice(at)));
        expect(parts).toEqual(totalsOf(all));
      }),
    );
  });
});

describe("the chain of reports", () => {
  const crypto = {
    sha256: (text: string) => `hash of ${text}`,
    verify: (hash: string, signature: string, keyId: string) =>
      keyId === "ours" ? signature === `signed ${hash}` : null,
  };
  const signed = (position: number, before: SignedReport | null): SignedReport => {
    const day = `2026-11-0${position}`;
    const previous =
      before === null ? null : { position: before.position, day: before.day, hash: before.hash };
    const body = canonicalJson({ position, previous, day, revision: 1 });
    const hash = crypto.sha256(body);
    return {
      position,
      day,
      revision: 1,
      body,
      hash,
      signature: `signed ${hash}`,
      keyId: "ours",
      issuedAt: 0,
    };
  };
  const first = signed(1, null);
  const second = signed(2, first);
  const third = signed(3, second);

  test("is sound as it was made", () => {
    expect(reportFindings(first, null, crypto)).toEqual([]);
    expect(reportFindings(second, first, crypto)).toEqual([]);
  });

  const rehashed = (body: string): SignedReport => {
    const hash = crypto.sha256(body);
    return { ...second, body, hash, signature: `signed ${hash}` };
  };
  test.each([
    ["a body that was edited", { ...second, body: second.body.replace("11-02", "11-03") }, ["altered"]],
    ["a signature of another", { ...second, signature: "forged" }, ["wrong_signature"]],
    ["a key of their own", { ...second, keyId: "theirs" }, ["unknown_key"]],
    ["a place of another", { ...second, day: "2026-11-09" }, ["misplaced"]],
    ["a report left out", third, ["missing", "chain_broken"]],
    ["a chain of its own", rehashed(second.body.replace("hash of", "hash:")), ["chain_broken"]],
  ])("with %s is found out", (_what, report, findings) => {
    expect(reportFindings(report, first, crypto)).toEqual(findings);
  });

  test("is written the same whatever the order of fields, and refuses fractions", () => {
    expect(canonicalJson({ b: [1, "ü"], a: { d: null, c: true } })).toBe(
      '{"a":{"c":true,"d":null},"b":[1,"ü"]}',
    );
    expect(() => canonicalJson({ a: 0.5 })).toThrow("whole numbers");
  });
});
