import { describe, expect, test } from "@jest/globals";
import { describeCharge } from "./describe-charge.ts";
import { rate } from "./rate.ts";
import { baseOf, card, delivered, remarks } from "./rating-fixtures.ts";

const day = (text: string): number => Date.parse(`${text}T12:00:00Z`);

describe("prefixes", () => {
  const uk = card({
    sms: {
      base_rate: 1,
      prefix_rates: { 44: 2, 447: 3, 447700: { rate: 4, valid_from: "2026-12-01" } },
      destination_rates: { GB: 5, FR: 6 },
      operator_rates: { EE: 7 },
    },
  });

  test("the longest one in force counts, before the country and after the operator", () => {
    expect(baseOf({ card: uk, prefix: "447700900", country: "GB" })).toBe("3");
    expect(baseOf({ card: uk, prefix: "447700900", country: "GB", at: day("2026-12-01") })).toBe("4");
    expect(baseOf({ card: uk, prefix: "4477", country: "GB", at: day("2026-12-01") })).toBe("3");
    expect(baseOf({ card: uk, prefix: "442079460", country: "GB" })).toBe("2");
    expect(baseOf({ card: uk, prefix: "331", country: "FR" })).toBe("6");
    expect(baseOf({ card: uk, prefix: "447700900", operator: "EE" })).toBe("7");
    expect(baseOf({ card: uk })).toBe("1");
    const { trace } = rate(delivered({ card: uk, prefix: "442079460" }));
    expect(trace).toMatchObject({ source: "prefix", name: "44" });
    expect(describeCharge(trace, "USD")[0]).toBe("Base Amount: $2.00000 (prefix 44)");
  });

  test("a precedence of five sources puts them before destination; of six, where it says", () => {
    const rates = { sms: { prefix_rates: { 44: 2 }, destination_rates: { GB: 5 } } };
    const order = (precedence: string[]): string =>
      baseOf({ card: card(rates, { precedence }), prefix: "44", country: "GB" });
    expect(order(["contract", "operator", "destination", "time_band", "base"])).toBe("2");
    expect(order(["time_band", "contract", "operator", "destination", "prefix", "base"])).toBe("5");
  });

  test("are checked", () => {
    expect(remarks({ sms: { prefix_rates: { "+44": 1, "0044": 1, "4477009001": 1 } } })).toHaveLength(3);
  });
});

describe("contracts", () => {
  const contracts = card({
    sms: {
      base_rate: 1,
      contract_rate: 2,
      contract_rates: [
        { contract: "GOLD", rate: 3, valid_to: "2026-12-01" },
        { contract: "GOLD", rate: 4, valid_from: "2026-12-01", valid_to: "2027-01-01" },
      ],
    },
  });

  test("a wallet's own rate is before that of the card, while it is in force", () => {
    expect(baseOf({ card: contracts })).toBe("2");
    expect(baseOf({ card: contracts, contract: "SILVER" })).toBe("2");
    expect(baseOf({ card: contracts, contract: "GOLD", at: day("2026-11-30") })).toBe("3");
    expect(baseOf({ card: contracts, contract: "GOLD", at: day("2026-12-01") })).toBe("4");
    expect(baseOf({ card: contracts, contract: "GOLD", at: day("2027-01-01") })).toBe("2");
    expect(rate(delivered({ card: contracts, contract: "GOLD" })).trace).toMatchObject({ name: "GOLD" });
  });
});

describe("validity", () => {
  test("is half open, by days of the card's zone; out of force the next source applies", () => {
    const dated = card(
      {
        sms: {
          base_rate: 1,
          operator_rates: { EE: [{ rate: 2, valid_from: "2026-12-01", valid_to: "2026-12-02" }] },
        },
      },
      { timezone: "America/New_York" },
    );
    const at = (text: string): string => baseOf({ card: dated, operator: "EE", at: Date.parse(text) });
    expect(at("2026-12-01T04:59:59.999Z")).toBe("1");
    expect(at("2026-12-01T05:00:00Z")).toBe("2");
    expect(at("2026-12-02T04:59:59.999Z")).toBe("2");
    expect(at("2026-12-02T05:00:00Z")).toBe("1");
  });

  test("gaps and rates that hide others are named by path", () => {
    const gap = [
      { rate: 1, valid_to: "2026-01-01" },
      { rate: 2, valid_from: "2026-02-01" },
    ];
    expect(remarks({ sms: { base_rate: 1, destination_rates: { US: gap } } })).toEqual([
      "rates.sms.destination_rates.US: has no rate from 2026-01-01 until 2026-02-01: the next source applies",
    ]);
    const both = [{ rate: 1 }, { rate: 2, valid_from: "2026-02-01" }];
    expect(remarks({ sms: { base_rate: 1, contract_rate: both } })).toEqual([
      "rates.sms.contract_rate[1]: is in force together with rates.sms.contract_rate[0]: the first in the list applies",
    ]);
    expect(remarks({ sms: { base_rate: { rate: 1 }, contract_rate: [] } })).toHaveLength(2);
  });
});

describe("bands", () => {
  const night = { name: "Night", start_hour: 22, end_hour: 6 };

  test("nest where precedence leaves time_band out", () => {
    const nested = card(
      {
        sms: {
          base_rate: 1,
          time_bands: [{ ...night, rate: 0.5 }],
          operator_rates: { EE: { rate: 3, time_bands: [{ ...night, multiplier: 0.5 }] }, O2: 4 },
          destination_rates: { GB: { time_bands: [{ ...night, rate: 7 }] } },
        },
      },
      { precedence: ["contract", "operator", "prefix", "destination", "base"] },
    );
    const late = Date.parse("2026-11-24T23:00:00Z");
    expect(baseOf({ card: nested })).toBe("1");
    expect(baseOf({ card: nested, at: late })).toBe("0.5");
    expect(baseOf({ card: nested, at: late, operator: "O2" })).toBe("4");
    expect(baseOf({ card: nested, operator: "EE" })).toBe("3");
    expect(baseOf({ card: nested, at: late, operator: "EE" })).toBe("1.5");
    expect(baseOf({ card: nested, at: late, country: "GB" })).toBe("7");
    expect(baseOf({ card: nested, country: "GB" })).toBe("1");
    const { trace } = rate(delivered({ card: nested, at: late, operator: "EE" }));
    expect(describeCharge(trace, "USD")[0]).toBe(
      'Base Amount: $1.50000 (operator EE $3.00000, × 0.5 for time band "Night", Tue 23:00 in UTC)',
    );
    const own = rate(delivered({ card: nested, at: late, country: "GB" })).trace;
    expect(describeCharge(own, "USD")[0]).toBe(
      'Base Amount: $7.00000 (destination GB, time band "Night", Tue 23:00 in UTC)',
    );
  });

  test("do not nest under a precedence with time_band", () => {
    expect(
      remarks({ sms: { operator_rates: { EE: { rate: 3, time_bands: [{ ...night, rate: 1 }] } } } }),
    ).toEqual([
      "rates.sms.operator_rates.EE.time_bands: bands stand in a rate only where precedence leaves time_band out: do so",
    ]);
  });

  test("hold on their dates, by the day on which they start in their zone", () => {
    const dated = card({
      sms: {
        base_rate: 1,
        time_bands: [
          {
            ...night,
            rate: 2,
            valid_from: "2026-12-01",
            valid_to: "2026-12-02",
            timezone: "America/New_York",
          },
        ],
      },
    });
    const at = (text: string): string => baseOf({ card: dated, at: Date.parse(text) });
    expect(at("2026-12-01T05:00:00-05:00")).toBe("1");
    expect(at("2026-12-01T21:59:59-05:00")).toBe("1");
    expect(at("2026-12-01T22:00:00-05:00")).toBe("2");
    expect(at("2026-12-02T05:59:59-05:00")).toBe("2");
    expect(at("2026-12-02T06:00:00-05:00")).toBe("1");
    expect(at("2026-12-02T22:00:00-05:00")).toBe("1");
  });

  test("only on holidays, or never on one, before a general band", () => {
    const holidays = card(
      {
        sms: {
          base_rate: 1,
          time_bands: [
            { name: "Holiday", start_hour: 0, end_hour: 24, rate: 2, holidays: "only" },
            { name: "Work", start_hour: 9, end_hour: 17, rate: 3, holidays: "never" },
            { name: "Any", start_hour: 9, end_hour: 18, rate: 4 },
          ],
        },
      },
      { holidays: ["2026-12-25"] },
    );
    expect(baseOf({ card: holidays, at: day("2026-12-25") })).toBe("2");
    expect(baseOf({ card: holidays, at: day("2026-12-24") })).toBe("3");
    expect(baseOf({ card: holidays, at: Date.parse("2026-12-24T17:30:00Z") })).toBe("4");
    expect(baseOf({ card: holidays, at: Date.parse("2026-12-24T18:00:00Z") })).toBe("1");
  });

  test("one that never applies is named", () => {
    const bands = [
      { name: "All", start_hour: 0, end_hour: 24, rate: 1 },
      { name: "Lost", start_hour: 3, end_hour: 5, rate: 2 },
      { name: "Feast", start_hour: 3, end_hour: 5, rate: 2, holidays: "only" },
    ];
    expect(remarks({ sms: { base_rate: 1, time_bands: bands } })).toEqual([
      'rates.sms.time_bands[1]: never applies: rates.sms.time_bands[0] ("All") and others before it cover all of its hours',
      "rates.sms.time_bands[2]: never applies: the card lists no holidays",
      'rates.sms.time_bands[2]: never applies: rates.sms.time_bands[0] ("All") and others before it cover all of its hours',
    ]);
    expect(
      remarks({ sms: { base_rate: 1, time_bands: bands.toReversed() } }, { holidays: ["2026-12-25"] }),
    ).toEqual([
      'rates.sms.time_bands[2]: overlaps rates.sms.time_bands[1] ("Lost") at Sun 03:00: the first in the list applies',
    ]);
  });

  test("holidays are days", () => {
    expect(remarks({ sms: { base_rate: 1 } }, { holidays: ["2026-02-30", null] })).toHaveLength(2);
  });
});
