import { describe, expect, test } from "@jest/globals";
import { formatMoney } from "#domain/money/money.ts";
import { parsePercent, type Percent } from "#domain/money/percent.ts";
import { compileRateCardVersion } from "#domain/rating/compiled-rate-card.ts";
import { type ZoneClock, zoneClock } from "#domain/rating/zone-clock.ts";
import { UsageError } from "../usage-error.ts";
import { mapColumns } from "./columns.ts";
import { ShadowPricing } from "./price-rows.ts";

const CARD = JSON.stringify({
  rate_card_id: "RC",
  name: "N",
  currency: "USD",
  effective_date: "2024-01-01",
  rates: { sms: { base_rate: 0.01, operator_rates: { Verizon: 0.02 }, prefix_rates: { "447700": 0.03 } } },
  volume_discounts: [{ min_volume: 3, discount: 50 }],
});

function pricing(headings: string, columns?: string): ShadowPricing {
  const version = { v: 1 as const, rateCardId: "RC", version: 1, validFrom: 0, storedAt: 0 };
  const compiled = compileRateCardVersion({ ...version, source: CARD });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  const terms = {
    card: compiled.card,
    zone: zoneClock("UTC") as ZoneClock,
    taxRate: parsePercent("10") as Percent,
    eventType: "sms.delivered",
  };
  return new ShadowPricing(terms, mapColumns(headings.split(","), columns));
}

const DAY = "2026-10-31T18:00:00Z";

describe("shadow pricing", () => {
  test("each row beside what it cost, tenants' volumes apart", () => {
    const shadow = pricing("Customer,Network,time,price");
    const rows = [
      `A,Verizon,${DAY},0.03`,
      `A,,${DAY},0.01`,
      `B,,${DAY},0.01`,
      `A,,2026-10-31 18:00:00,0.01`,
    ].map((line) => shadow.price(line.split(",")));
    expect(rows.map(({ amount, difference }) => [amount, difference])).toEqual([
      ["0.022", "-0.008"],
      ["0.011", "0.001"],
      ["0.011", "0.001"],
      ["0.0055", "-0.0045"],
    ]);
    expect(rows[3]?.explanation).toBe("base: 0.01 x 1; base 0.01; discount 0.005; tax 0.0005");
    expect(formatMoney(shadow.all.ours)).toBe("0.0495");
    expect([...shadow.byTenant].map(([name, { rows: count }]) => [name, count])).toEqual([
      ["A", 3],
      ["B", 1],
    ]);
    expect([...shadow.byReason.keys()]).toEqual(["operator Verizon", "base"]);
  });

  test("a number gives the prefix, and is not kept", () => {
    const row = pricing("timestamp,msisdn").price([DAY, "+44 7700 900123"]);
    expect(row).toMatchObject({ amount: "0.033", explanation: expect.stringContaining("prefix 447700") });
    expect(JSON.stringify(row)).not.toContain("900123");
  });

  test.each([
    [`yesterday,,1`, "timestamp"],
    [`${DAY},x,1`, "units"],
    [`${DAY},0,1`, "units"],
    [`${DAY},1,1.2.3`, "amount"],
  ])("a row that is wrong says why, and the others go on: %s", (line, problem) => {
    const shadow = pricing("timestamp,units,amount");
    expect(shadow.price(line.split(",")).problem).toContain(problem);
    expect(shadow.price([DAY, "1", "1"]).problem).toBe("");
    expect(shadow.wrong).toBe(1);
  });

  test("headings can be mapped; what is not there is named", () => {
    expect(pricing("wann,betrag", "timestamp=wann,amount=betrag").price([DAY, "1"]).difference).toBe(
      "-0.989",
    );
    expect(() => pricing("a,b")).toThrow("no column timestamp");
    expect(() => pricing("time", "tennant=x")).toThrow(UsageError);
  });
});
