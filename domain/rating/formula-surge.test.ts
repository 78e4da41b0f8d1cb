import { beforeAll, describe, expect, test } from "@jest/globals";
import { Poison } from "#domain/errors.ts";
import { describeCharge, traceAmounts } from "./describe-charge.ts";
import { loadFormulas } from "./formula.ts";
import { rate } from "./rate.ts";
import { baseOf, card, delivered, percent, remarks } from "./rating-fixtures.ts";
import { termsOfTaxRate } from "./terms.ts";

beforeAll(loadFormulas);

describe("formulas on a card", () => {
  const priced = (formula: string, more: object = {}) => card({ sms: { base_rate: 2, formula, ...more } });

  test("replace the price of units at the rate", () => {
    expect(baseOf({ card: priced("rate * units + 0.5"), units: 3 })).toBe("6.5");
    expect(baseOf({ card: priced("base / 3") })).toBe("0.666666666666666667");
    expect(baseOf({ card: priced("volume >= 3 ? 1 : rate"), counters: new Map([["202611", 2n]]) })).toBe("1");
    expect(baseOf({ card: priced("hour + weekday * 100 + request_size * 1000"), requestSize: 4 })).toBe(
      "4212",
    );
    expect(baseOf({ card: priced("load / 100"), load: percent("80") })).toBe("0.8");
    expect(baseOf({ card: priced("ceil(attr_seconds / 30) * 0.01"), attributes: { seconds: "61" } })).toBe(
      "0.03",
    );
    const terms = { ...termsOfTaxRate(percent("0")), customerSince: Date.parse("2025-11-24T00:00:00Z") };
    expect(baseOf({ card: priced("tenure_months"), terms })).toBe("12");
    const alone = card({ sms: { events: { "sms.submit": { formula: "units * 0.25" } } } });
    expect(baseOf({ card: alone, eventType: "sms.submit", units: 2 })).toBe("0.5");
  });

  test("are traced with their values, and replay", () => {
    const charge = rate(delivered({ card: priced("base / 3") }));
    expect(charge.trace.formula).toEqual({
      text: "base / 3",
      values: { base: "2" },
      amount: "0.666666666666666667",
    });
    expect(charge.trace.rounded).toEqual(["formula"]);
    expect(traceAmounts(charge.trace)?.total).toBe(charge.total);
    expect(describeCharge(charge.trace, "USD")[0]).toBe(
      "Base Amount: $0.666666666666666667 (base rate $2.00000, formula base / 3 = $0.666666666666666667 with base 2)",
    );
  });

  test("that give no price are poison; that cannot be read are named", () => {
    expect(() => rate(delivered({ card: priced("attr_bytes") }))).toThrow(Poison);
    expect(() => rate(delivered({ card: priced("0 - 1") }))).toThrow(Poison);
    expect(() => rate(delivered({ card: priced("1 / (units - 1)") }))).toThrow(Poison);
    expect(remarks({ sms: { base_rate: 1, formula: "rate + secret" } })[0]).toMatch(
      /^rates\.sms\.formula: knows no secret/,
    );
    expect(remarks({ sms: { base_rate: 1, events: { "sms.submit": { formula: 7 } } } })).toHaveLength(2);
  });
});

describe("surge", () => {
  const evening = { start_hour: 18, end_hour: 22 };
  const surged = card(
    { sms: { base_rate: 1, events: { "sms.submit": 1 } }, whatsapp: { base_rate: 1 } },
    {
      surge: [
        { name: "Evening", schedule: evening, multiplier: 1.5 },
        { name: "Load", load: { above: 80 }, multiplier: 2 },
        { name: "Peak load", load: { above: 95 }, multiplier: 9, channels: ["sms"] },
        { name: "Quiet", schedule: { start_hour: 2, end_hour: 4 }, multiplier: 0.1 },
      ],
      surge_limits: { max_multiplier: 3, floor_multiplier: 0.5 },
    },
  );
  const at = (hour: number): number => Date.UTC(2026, 10, 24, hour);

  test("the highest of those active applies, within the limits", () => {
    expect(baseOf({ card: surged })).toBe("1");
    expect(baseOf({ card: surged, at: at(18) })).toBe("1.5");
    expect(baseOf({ card: surged, at: at(22) })).toBe("1");
    expect(baseOf({ card: surged, load: percent("80") })).toBe("1");
    expect(baseOf({ card: surged, at: at(18), load: percent("80.1") })).toBe("2");
    expect(baseOf({ card: surged, load: percent("96") })).toBe("3");
    expect(
      baseOf({ card: surged, load: percent("96"), channel: "whatsapp", eventType: "whatsapp.send" }),
    ).toBe("2");
    expect(baseOf({ card: surged, at: at(3) })).toBe("0.5");
  });

  test("is traced", () => {
    const charge = rate(delivered({ card: surged, load: percent("96") }));
    expect(charge.trace.surge).toEqual({ name: "Peak load", multiplier: "3", load: "96" });
    expect(traceAmounts(charge.trace)?.total).toBe(charge.total);
    expect(describeCharge(charge.trace, "USD")[0]).toBe(
      'Base Amount: $3.00000 (base rate $1.00000, × 3 for surge "Peak load" at a load of 96%)',
    );
  });

  test("what cannot be read is named", () => {
    const surge = [
      { name: "x", multiplier: 2 },
      { name: "y", load: {}, multiplier: -1, channels: ["fax"] },
      null,
    ];
    expect(
      remarks(
        { sms: { base_rate: 1 } },
        { surge, surge_limits: { max_multiplier: 1, floor_multiplier: 2 } },
      ).map((remark) => remark.split(": ")[0]),
    ).toEqual([
      "surge[0]",
      "surge[1].channels[0]",
      "surge[1].load.above",
      "surge[1].multiplier",
      "surge[2]",
      "surge_limits.floor_multiplier",
    ]);
  });
});
