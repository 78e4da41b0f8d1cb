import { describe, expect, test } from "@jest/globals";
import { compileSupplierSheet, type SupplierRow } from "#domain/cost/supplier-sheet.ts";
import type { FxRate } from "#domain/fx/fx-rates.ts";
import { belowCost } from "./below-cost.ts";
import { parseRateCard } from "./rate-card.ts";

function sheet(rows: readonly SupplierRow[], currency = "USD") {
  return compileSupplierSheet({
    v: 1,
    type: "supplier_sheet",
    connector: "smsc-1",
    version: 1,
    validFrom: 0,
    currency,
    rows: [...rows],
  });
}

const EUR_USD: FxRate = {
  v: 1,
  type: "fx_rate",
  base: "EUR",
  quote: "USD",
  rate: "2",
  source: "test",
  at: 0,
  validFrom: 0,
};

function remarks(
  sms: object,
  rows: readonly SupplierRow[],
  more: { card?: object; currency?: string; fx?: boolean } = {},
) {
  const parsed = parseRateCard(
    JSON.stringify({
      rate_card_id: "RC",
      name: "Card",
      currency: "USD",
      effective_date: "2024-01-01",
      rates: { sms },
      ...more.card,
    }),
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const fx = (base: string, quote: string) =>
    more.fx === true && `${base}/${quote}` === "EUR/USD" ? EUR_USD : undefined;
  return belowCost(parsed.card, { sheets: [sheet(rows, more.currency)], fx, at: 1_000 }).map(
    ({ path, message }) => `${path}: ${message}`,
  );
}

describe("a card that sells below cost", () => {
  test("is remarked by path, with the supplier's row and price", () => {
    expect(
      remarks({ base_rate: "0.01", destination_rates: { US: "0.005", GB: "0.03" } }, [
        { country: "US", rate: "0.006" },
        { country: "GB", rate: "0.03" },
      ]),
    ).toEqual(["rates.sms.destination_rates.US: 0.005 is below what smsc-1 takes for US (0.006 USD)"]);
  });

  test("is not one that earns nothing: a price equal to the cost covers it", () => {
    expect(remarks({ base_rate: "0.01" }, [{ rate: "0.01" }])).toEqual([]);
  });

  test("counts the deepest volume discount and the cheapest band that multiplies", () => {
    const card = {
      volume_discounts: [
        { min_volume: 10, discount: 10 },
        { min_volume: 20, discount: 25 },
      ],
    };
    const sms = {
      base_rate: "0.02",
      time_bands: [
        { name: "Night", start_hour: 0, end_hour: 6, days_of_week: [0, 1, 2, 3, 4, 5, 6], multiplier: 0.5 },
      ],
    };
    expect(remarks(sms, [{ rate: "0.0075" }], { card })).toEqual([]);
    expect(remarks(sms, [{ rate: "0.0076" }], { card })).toEqual([
      "rates.sms.base_rate: 0.02, at its lowest 0.0075, is below what smsc-1 takes for everywhere (0.0076 USD)",
    ]);
  });

  test("finds dearer prefixes within one that is sold, unless the card prices them", () => {
    const rows = [
      { prefix: "1", rate: "0.005" },
      { prefix: "1907", rate: "0.05" },
    ];
    expect(remarks({ base_rate: "1", prefix_rates: { "1": "0.01" } }, rows)).toEqual([
      "rates.sms.prefix_rates.1: 0.01 is below what smsc-1 takes for 1907 (0.05 USD)",
    ]);
    expect(remarks({ base_rate: "1", prefix_rates: { "1": "0.01", "1907": "0.06" } }, rows)).toEqual([]);
    expect(remarks({ base_rate: "1", prefix_rates: { "19071": "0.04" } }, rows)).toEqual([
      "rates.sms.prefix_rates.19071: 0.04 is below what smsc-1 takes for 1907 (0.05 USD)",
    ]);
  });

  test("an operator's price is compared with that operator's cost alone", () => {
    const rows = [{ operator: "Verizon", rate: "0.02" }, { rate: "0.5" }];
    const sms = { base_rate: "1", operator_rates: { verizon: "0.01", "AT&T": "0.01" } };
    expect(remarks(sms, rows)).toEqual([
      "rates.sms.operator_rates.verizon: 0.01 is below what smsc-1 takes for Verizon (0.02 USD)",
    ]);
  });

  test("a contract and a band that rules over all answer for every destination", () => {
    const band = {
      name: "Promo",
      start_hour: 0,
      end_hour: 24,
      days_of_week: [0, 1, 2, 3, 4, 5, 6],
      rate: "0.02",
    };
    const rows = [
      { country: "US", rate: "0.03" },
      { country: "GB", rate: "0.04" },
    ];
    expect(remarks({ base_rate: "1", time_bands: [band], contract_rate: "0.035" }, rows)).toEqual([
      "rates.sms.contract_rate: 0.035 is below what smsc-1 takes for GB (0.04 USD)",
      "rates.sms.time_bands[0].rate: 0.02 is below what smsc-1 takes for GB (0.04 USD) and for 1 more",
    ]);
  });

  test("compares across currencies, and says where it cannot", () => {
    const sms = { base_rate: "0.01" };
    expect(remarks(sms, [{ rate: "0.006" }], { currency: "EUR", fx: true })).toEqual([
      "rates.sms.base_rate: 0.01 is below what smsc-1 takes for everywhere (0.012 USD)",
    ]);
    expect(remarks(sms, [{ rate: "0.006" }], { currency: "EUR" })).toEqual([
      "currency: what smsc-1 takes in EUR cannot be compared with the card: publish EUR/USD",
    ]);
  });

  test("rows that are not in force yet do not count", () => {
    expect(remarks({ base_rate: "0.01" }, [{ rate: "0.02", validFrom: "2030-01-01" }])).toEqual([]);
  });
});
