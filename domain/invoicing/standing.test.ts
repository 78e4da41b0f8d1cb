import { describe, expect, test } from "@jest/globals";
import type { InvoiceStanding } from "./ports.ts";
import { amountDueAt, earlyDiscount, openMinorOf } from "./standing.ts";

const figures = {
  dueMinor: 10_000n,
  earlyMinor: 200n,
  paidMinor: 0n,
  paidInTimeMinor: 0n,
  creditedMinor: 0n,
  discountedMinor: 0n,
};

describe("paying early", () => {
  test.each([
    ["nothing yet", {}, 0n],
    ["all but the discount in time", { paidMinor: 9_800n, paidInTimeMinor: 9_800n }, 200n],
    ["a cent less", { paidMinor: 9_799n, paidInTimeMinor: 9_799n }, 0n],
    ["all of it", { paidMinor: 10_000n, paidInTimeMinor: 10_000n }, 0n],
    ["half the discount beside", { paidMinor: 9_900n, paidInTimeMinor: 9_900n }, 100n],
    ["too late", { paidMinor: 9_800n, paidInTimeMinor: 0n }, 0n],
    ["with a credit note", { paidMinor: 4_800n, paidInTimeMinor: 4_800n, creditedMinor: 5_000n }, 200n],
    ["once", { paidMinor: 9_800n, paidInTimeMinor: 9_800n, discountedMinor: 200n }, 0n],
    ["without terms", { earlyMinor: 0n, paidMinor: 9_800n, paidInTimeMinor: 9_800n }, 0n],
  ])("%s", (_case, given, discount) => {
    expect(earlyDiscount({ ...figures, ...given })).toBe(discount);
  });

  test("what settles it is less before the end of the days, and never below zero", () => {
    const standing = {
      openMinor: 10_000n,
      discountedMinor: 0n,
      earlyPayment: { amountMinor: 200n, until: 1000 },
    } as InvoiceStanding;
    expect([amountDueAt(standing, 999), amountDueAt(standing, 1000)]).toEqual([9_800n, 10_000n]);
    expect(amountDueAt({ ...standing, openMinor: 100n }, 999)).toBe(0n);
    expect(amountDueAt({ ...standing, earlyPayment: null }, 0)).toBe(10_000n);
    expect(openMinorOf({ ...figures, paidMinor: 20_000n })).toBe(0n);
  });
});
