import { describe, expect, test } from "@jest/globals";
import { formatMoney, type Money, parseMoney } from "#domain/money/money.ts";
import { plainTax } from "#domain/tax/taxes.ts";
import { describeCharge, traceAmounts } from "./describe-charge.ts";
import { rate, type RatingInput } from "./rate.ts";
import { amountsOf, card, delivered, percent, remarks } from "./rating-fixtures.ts";
import type { TenantTerms } from "./terms.ts";
import { termsOfTaxRate } from "./terms.ts";
import { tenureMonths } from "./tenure.ts";
import { clockOf } from "./time-bands.ts";

const sms = { sms: { base_rate: 1 } };
const terms = (changes: Partial<TenantTerms>): TenantTerms => ({
  ...termsOfTaxRate(percent("0")),
  ...changes,
});
const money = (text: string): Money => parseMoney(text) as Money;

function charge(input: Partial<RatingInput> & Pick<RatingInput, "card">) {
  const charged = rate(delivered(input));
  const again = traceAmounts(charged.trace);
  expect(again).toMatchObject({ base: charged.base, discount: charged.discount, total: charged.total });
  expect(charged.subtotal + charged.tax).toBe(charged.total);
  return charged;
}

describe("loyalty, bulk and promotion", () => {
  const all = (discounts: object = {}) =>
    card(sms, {
      volume_discounts: [{ min_volume: 1, discount: 10 }],
      loyalty_discounts: [
        { min_months: 12, discount: 5 },
        { min_months: 24, discount: 7 },
      ],
      bulk_discounts: [{ min_messages: 100, discount: 20 }],
      promotions: [{ code: "WELCOME", discount: 50, valid_to: "2026-12-01", max_uses: 2, max_amount: "0.6" }],
      discounts,
    });
  const loyal = terms({
    customerSince: Date.parse("2025-01-01T00:00:00Z"),
    promotion: { code: "WELCOME", redeemedAt: 0 },
  });

  test("each applies from its bound on", () => {
    const given = (input: Partial<RatingInput>) => formatMoney(charge({ card: all(), ...input }).discount);
    expect(given({})).toBe("0.1");
    expect(given({ requestSize: 99 })).toBe("0.1");
    expect(given({ requestSize: 100 })).toBe("0.3");
    const since = (day: string) => terms({ customerSince: Date.parse(`${day}T00:00:00Z`) });
    expect(given({ terms: since("2025-11-25") })).toBe("0.1");
    expect(given({ terms: since("2025-11-24") })).toBe("0.15");
    expect(given({ terms: since("2024-11-24") })).toBe("0.17");
    expect(given({ terms: loyal })).toBe("0.65");
    expect(given({ terms: terms({ promotion: { code: "OTHER", redeemedAt: 0 } }) })).toBe("0.1");
    expect(given({ terms: terms({ promotion: { code: "WELCOME", redeemedAt: 9e14 } }) })).toBe("0.1");
    expect(given({ terms: loyal, at: Date.parse("2026-12-01T00:00:00Z") })).toBe("0.15");
  });

  test("a promotion counts its uses and what it gave, and stops at its caps", () => {
    const first = charge({ card: all(), terms: loyal });
    expect(first.counters).toEqual([
      ["promo:WELCOME:uses", 1n],
      ["promo:WELCOME:amount", money("0.5")],
    ]);
    const second = charge({ card: all(), terms: loyal, counters: new Map(first.counters) });
    expect(formatMoney(second.discount)).toBe("0.25");
    expect(second.counters).toEqual([
      ["promo:WELCOME:uses", 2n],
      ["promo:WELCOME:amount", money("0.6")],
    ]);
    expect(second.trace.discounts?.at(-1)).toMatchObject({ kind: "promotion", most: "0.1" });
    const third = charge({ card: all(), terms: loyal, counters: new Map(second.counters) });
    expect(formatMoney(third.discount)).toBe("0.15");
    expect(third.counters).toEqual([]);
  });

  test("combine as the card says", () => {
    const discount = (rule: object) =>
      formatMoney(charge({ card: all(rule), terms: loyal, requestSize: 100 }).discount);
    expect(discount({})).toBe("0.85");
    expect(discount({ max_percent: 30 })).toBe("0.3");
    expect(discount({ combine: "compounding" })).toBe("0.658");
    expect(
      describeCharge(charge({ card: all({ combine: "compounding" }), terms: loyal }).trace, "USD")[1],
    ).toBe(
      "Discount: -$0.57250 (10%: monthly volume 1, tier from 1; then 5%: loyalty, 12 months; then 50%: promotion WELCOME, at most $0.60000)",
    );
  });

  test("platform services get none, unless a promotion names their channel", () => {
    const promoted = card(
      { firewall: { base_rate: 1 } },
      {
        loyalty_discounts: [{ min_months: 0, discount: 5 }],
        promotions: [{ code: "WELCOME", discount: 50, channels: ["firewall"] }],
      },
    );
    const scan = { eventType: "firewall.scan", channel: "firewall", terms: loyal };
    expect(formatMoney(charge({ card: promoted, ...scan }).discount)).toBe("0.5");
  });
});

describe("volume over the whole month", () => {
  const tiers = [
    { min_volume: 3, discount: 10 },
    { min_volume: 5, discount: 20 },
  ];

  test("reaching a tier changes the earlier charges by a true-up; at the end all are as if at the last tier", () => {
    for (const combine of ["additive", "compounding"]) {
      const whole = card(sms, {
        volume: { mode: "whole" },
        volume_discounts: tiers,
        discounts: { combine },
        bulk_discounts: [{ min_messages: 2, discount: 10 }],
      });
      let counters = new Map<string, bigint>();
      let total = 0n;
      const trueUps: string[] = [];
      for (let event = 1; event <= 6; event += 1) {
        const charged = charge({
          card: whole,
          counters,
          requestSize: 2,
          terms: terms({ taxes: plainTax(percent("8")) }),
        });
        total += charged.total + (charged.trueUp?.total ?? 0n);
        counters = new Map([...counters, ...charged.counters]);
        counters.set(charged.volume?.counter ?? "", charged.volume?.after ?? 0n);
        if (charged.trueUp !== null) {
          trueUps.push(formatMoney(charged.trueUp.total));
          expect(traceAmounts(charged.trueUp.trace)).toMatchObject({
            subtotal: charged.trueUp.subtotal,
            tax: charged.trueUp.tax,
            total: charged.trueUp.total,
          });
        }
      }
      const each = combine === "additive" ? "0.756" : "0.7776";
      expect(formatMoney(total as Money)).toBe(formatMoney((money(each) * 6n) as Money));
      expect(trueUps).toEqual(combine === "additive" ? ["-0.216", "-0.432"] : ["-0.1944", "-0.3888"]);
      expect(counters.get("202611")).toBe(6n);
    }
  });

  test("is said in words", () => {
    const whole = card(sms, { volume: { mode: "whole" }, volume_discounts: tiers });
    const counters = new Map([
      ["202611", 4n],
      ["202611$", money("4")],
    ]);
    const { trueUp } = charge({ card: whole, counters });
    expect(describeCharge(trueUp?.trace as never, "USD")).toEqual([
      "Discount: -$0.40000 (20% in place of 10% on $4.00000, the prices of this month's earlier charges: monthly volume 5, tier from 5)",
      "Subtotal: -$0.40000",
      "Tax: $0.00000 (0%)",
      "Total Charge: -$0.40000 (true-up of RC, version 1)",
    ]);
  });

  test("counts each channel on its own where the card says so", () => {
    const own = card(sms, { volume: { scope: "channel" }, volume_discounts: tiers });
    const { volume, discount } = charge({
      card: own,
      counters: new Map([
        ["202611/sms", 2n],
        ["202611", 9n],
      ]),
    });
    expect(volume).toEqual({ counter: "202611/sms", after: 3n });
    expect(formatMoney(discount)).toBe("0.1");
  });
});

test("months of tenure are full on their day, or the month's last", () => {
  const months = (since: string, at: string) =>
    tenureMonths(clockOf("UTC"), Date.parse(since), Date.parse(at));
  expect(months("2026-01-31", "2026-02-27T23:59:59Z")).toBe(0);
  expect(months("2026-01-31", "2026-02-28")).toBe(1);
  expect(months("2026-01-31", "2026-03-30")).toBe(1);
  expect(months("2026-01-31", "2026-03-31")).toBe(2);
  expect(months("2024-02-29", "2025-02-28")).toBe(12);
  expect(months("2026-02-01", "2026-01-01")).toBe(0);
});

describe("taxes, markup, exchange, cost and commission", () => {
  const taxes = {
    taxes: [
      { name: "VAT", percent: percent("20"), compound: false },
      { name: "Levy", percent: percent("5"), compound: true },
    ],
    inclusive: false,
    exemptions: [],
    reverseCharge: null,
  };

  test("several taxes, on top or within", () => {
    const onTop = charge({ card: card(sms), terms: terms({ taxes }) });
    expect(amountsOf(onTop)).toEqual(["1", "0", "1", "0.26", "1.26"]);
    expect(onTop.taxes.map(({ name, amount }) => [name, formatMoney(amount)])).toEqual([
      ["VAT", "0.2"],
      ["Levy", "0.06"],
    ]);
    const within = charge({
      card: card({ sms: { base_rate: 1.26 } }),
      terms: terms({ taxes: { ...taxes, inclusive: true } }),
    });
    expect(amountsOf(within)).toEqual(["1.26", "0", "1", "0.26", "1.26"]);
    expect(describeCharge(within.trace, "USD").slice(2, 5)).toEqual([
      "Subtotal: $1.00000",
      "Tax: $0.26000 (VAT 20% $0.20000, Levy 5% on net and earlier taxes $0.06000, included in the price)",
      "Total Charge: $1.26000 (sms.delivered by RC, version 1)",
    ]);
  });

  test("exemptions and reverse charge leave no tax, and say why", () => {
    const exempt = { tax: "VAT", certificate: "X-1", from: 0, to: Infinity };
    const one = charge({ card: card(sms), terms: terms({ taxes: { ...taxes, exemptions: [exempt] } }) });
    expect(formatMoney(one.tax)).toBe("0.05");
    expect(describeCharge(one.trace, "USD")[3]).toBe(
      "Tax: $0.05000 (Levy 5% on net and earlier taxes $0.05000; exempt from VAT by certificate X-1)",
    );
    const none = charge({ card: card(sms), terms: terms({ taxes: { ...taxes, reverseCharge: "DE123" } }) });
    expect(none.tax).toBe(0n);
    expect(describeCharge(none.trace, "USD")[3]).toBe(
      "Tax: $0.00000 (reverse charge, customer's registration DE123)",
    );
  });

  test("markup, then exchange, each rounded once and named", () => {
    const fx = { pair: "USD/EUR", rate: "0.9", markup: "1", source: "ECB", at: 0, effective: "0.909" };
    const marked = charge({
      card: card({ sms: { base_rate: "1e-18" } }),
      terms: terms({ markup: percent("10") }),
    });
    expect(marked.trace.rounded).toEqual(["markup"]);
    const both = charge({ card: card(sms), terms: terms({ markup: percent("10") }), fx });
    expect(formatMoney(both.base)).toBe("0.9999");
    expect(describeCharge(both.trace, "EUR")[0]).toBe(
      "Base Amount: €0.99990 (base rate USD 1.00000, + 10% markup, × 0.909 USD/EUR of ECB, 1970-01-01T00:00:00.000Z, with 1% markup)",
    );
  });

  test("cost and the partner's share of revenue or margin", () => {
    const unit = { rate: money("0.4"), currency: "USD", sheet: "smpp-1", row: "prefix 44" };
    const share = (of: "revenue" | "margin", cost: RatingInput["cost"], units = 1) =>
      charge({
        card: card(sms),
        cost,
        units,
        terms: terms({ partner: { partnerId: "P-1", percent: percent("10"), of } }),
      });
    expect(share("revenue", null).commission).toEqual({ partnerId: "P-1", amount: money("0.1") });
    expect(share("margin", unit, 2)).toMatchObject({
      cost: money("0.8"),
      commission: { amount: money("0.12") },
    });
    expect(share("margin", null)).toMatchObject({ cost: null, commission: null });
    expect(share("margin", { ...unit, rate: money("2") }).commission?.amount).toBe(0n);
    expect(share("margin", { ...unit, currency: "EUR" }).cost).toBeNull();
    const fx = { pair: "USD/EUR", rate: "0.5", markup: "10", source: "ECB", at: 0, effective: "0.55" };
    expect(charge({ card: card(sms), cost: unit, fx }).cost).toBe(money("0.2"));
    expect(describeCharge(share("margin", unit, 2).trace, "USD").slice(5)).toEqual([
      "Cost: $0.80000 (smpp-1, prefix 44: USD 0.40000 per unit)",
      "Commission: $0.12000 (10% of margin to P-1)",
    ]);
  });
});

test("what cannot be read of discounts is named", () => {
  expect(
    remarks(sms, {
      volume: { mode: "all" },
      loyalty_discounts: [
        { min_months: 1, discount: 101 },
        { min_months: 2, discount: 1 },
        { min_months: 2, discount: 3 },
      ],
      bulk_discounts: [null],
      promotions: [
        { code: "lower", discount: 1, channels: [] },
        { code: "A", discount: 1, max_uses: 0 },
      ],
      discounts: { order: ["volume"], combine: "best" },
      early_payment: { days: 400 },
    }).map((remark) => remark.split(": ")[0]),
  ).toEqual([
    "volume.mode",
    "loyalty_discounts[0].discount",
    "loyalty_discounts[2].min_months",
    "bulk_discounts[0]",
    "promotions[0].code",
    "promotions[0].channels",
    "promotions[1].max_uses",
    "discounts.combine",
    "discounts.order",
    "early_payment.discount",
    "early_payment.days",
  ]);
});

test("discounts and surges that do not do what they say are warned of", () => {
  expect(
    remarks(sms, {
      volume: { mode: "whole" },
      loyalty_discounts: [
        { min_months: 1, discount: 5 },
        { min_months: 2, discount: 4 },
      ],
      promotions: [{ code: "A", discount: 1, channels: ["sms", "viber"] }],
      surge: [{ name: "x", load: { above: 1 }, multiplier: 5 }],
      surge_limits: { max_multiplier: 3 },
    }),
  ).toEqual([
    "loyalty_discounts: gives less from a higher bound on: is that meant?",
    "volume.mode: has no effect: the card has no volume_discounts",
    "promotions: A names viber, which the card does not price",
    "surge[0].multiplier: is above surge_limits.max_multiplier, which applies in its place",
  ]);
});
