import { describe, expect, test } from "@jest/globals";
import { formatMoney } from "#domain/money/money.ts";
import {
  compileSupplierSheet,
  type CostPlace,
  type SupplierRow,
  supplierSheet,
  unitCost,
} from "./supplier-sheet.ts";

const AT = Date.parse("2026-11-24T12:00:00Z");

function cost(rows: readonly SupplierRow[], place: Partial<CostPlace>, at = AT): string | null {
  const sheet = supplierSheet.parse({
    v: 1,
    type: "supplier_sheet",
    connector: "smsc-1",
    version: 3,
    validFrom: 0,
    currency: "EUR",
    rows,
  });
  const anywhere = { prefix: null, operator: null, country: null };
  const found = unitCost(compileSupplierSheet(sheet), { ...anywhere, ...place }, at);
  return found === null ? null : `${formatMoney(found.rate)} ${found.currency} ${found.sheet} ${found.row}`;
}

const ROWS: SupplierRow[] = [
  { rate: "0.05" },
  { country: "GB", rate: "0.03" },
  { prefix: "44", rate: "0.028" },
  { prefix: "447700", rate: "0.02" },
  { operator: "Vodafone UK", rate: "0.01" },
];

describe("unitCost", () => {
  test.each<[Partial<CostPlace>, string]>([
    [{}, "0.05 EUR smsc-1:3 everywhere"],
    [{ country: "GB" }, "0.03 EUR smsc-1:3 GB"],
    [{ country: "GB", prefix: "4478001" }, "0.028 EUR smsc-1:3 44"],
    [{ country: "GB", prefix: "447700900" }, "0.02 EUR smsc-1:3 447700"],
    [{ prefix: "447700900", operator: "VODAFONE UK" }, "0.01 EUR smsc-1:3 Vodafone UK"],
    [{ country: "FR", prefix: "336", operator: "Orange" }, "0.05 EUR smsc-1:3 everywhere"],
    [{ prefix: "4" }, "0.05 EUR smsc-1:3 everywhere"],
  ])("%j", (place, expected) => {
    expect(cost(ROWS, place)).toBe(expected);
  });

  test("is unknown where no row is in force", () => {
    expect(cost([{ country: "GB", rate: "0.03" }], { country: "FR" })).toBeNull();
    expect(cost([{ rate: "0.03", validFrom: "2026-11-25" }], {})).toBeNull();
    expect(cost([{ rate: "0.03", validTo: "2026-11-24" }], {})).toBeNull();
  });

  test("a later row takes over on its day", () => {
    const rows = [
      { country: "GB", rate: "0.03" },
      { country: "GB", rate: "0.04", validFrom: "2026-12-01" },
    ];
    expect(cost(rows, { country: "GB" }, Date.parse("2026-11-30T23:59:59.999Z"))).toContain("0.03");
    expect(cost(rows, { country: "GB" }, Date.parse("2026-12-01T00:00:00Z"))).toContain("0.04");
    expect(cost(rows.toReversed(), { country: "GB" }, Date.parse("2026-12-02T00:00:00Z"))).toContain("0.04");
  });

  test("a row that names two things, or no price, is refused", () => {
    expect(() => cost([{ prefix: "44", country: "GB", rate: "1" }], {})).toThrow("more than one");
    expect(() => cost([{ rate: "-1" }], {})).toThrow("zero or more");
  });
});
