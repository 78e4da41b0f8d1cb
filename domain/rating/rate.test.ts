import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { Poison } from "#domain/errors.ts";
import { formatMoney, type Money, parseMoney, sum } from "#domain/money/money.ts";
import { parsePercent, type Percent } from "#domain/money/percent.ts";
import { type CompiledRateCard, compileRateCard } from "./compiled-rate-card.ts";
import { describeCharge, traceAmounts } from "./describe-charge.ts";
import { parseRateCard } from "./rate-card.ts";
import { holdFor, PLAIN_EVENT, rate, type RatedCharge, type RatingInput } from "./rate.ts";
import { ratingTrace } from "./rating-trace.ts";
import { termsOfTaxRate } from "./terms.ts";
import { type ZoneClock, zoneClock } from "./zone-clock.ts";

const GUIDE = readFileSync(new URL("../../examples/rate-cards/guide.json", import.meta.url), "utf8");
const DEFAULT = readFileSync(new URL("../../examples/rate-cards/default.json", import.meta.url), "utf8");
const EIGHT = percent("8");

function percent(text: string): Percent {
  const value = parsePercent(text);
  if (value === null) throw new Error(text);
  return value;
}

function compile(source: string): CompiledRateCard {
  const parsed = parseRateCard(source);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return compileRateCard(parsed.card, { version: 1, validFrom: 0 });
}

/** A card in USD with the given rates. */
function card(rates: object, more: object = {}): CompiledRateCard {
  return compile(
    JSON.stringify({
      rate_card_id: "RC",
      name: "Test",
      currency: "USD",
      effective_date: "2024-01-01",
      rates,
      ...more,
    }),
  );
}

/** The month's volume with one unit more, and the tenant's tax rate. */
interface ExampleTerms {
  volumeOrdinal?: bigint;
  taxRate?: Percent;
}

/** The guide's Example 1; its monthly volume is the one that gives the example's 5 %. */
function example({
  volumeOrdinal = 50_000n,
  taxRate = EIGHT,
  ...changes
}: Partial<RatingInput> & ExampleTerms = {}): RatingInput {
  return {
    ...PLAIN_EVENT,
    card: compile(GUIDE),
    eventType: "sms.delivered",
    channel: "sms",
    at: Date.parse("2024-12-25T18:00:00Z"),
    units: 1,
    country: "US",
    operator: "Verizon",
    zone: zoneClock("UTC") as ZoneClock,
    counters: new Map([["202412", volumeOrdinal - 1n]]),
    terms: termsOfTaxRate(taxRate),
    ...changes,
  };
}

function steps({ base, discount, subtotal, tax, total }: RatedCharge): string[] {
  return [base, discount, subtotal, tax, total].map(formatMoney);
}

function baseOf(input: RatingInput): string {
  return formatMoney(rate(input).base);
}

describe("the guide's Example 1", () => {
  test("at a monthly volume of 50,000, to the last digit", () => {
    const charge = rate(example());
    expect(steps(charge)).toEqual(["0.015", "0.00075", "0.01425", "0.00114", "0.01539"]);
    expect(charge.total).toBe(15_390_000_000_000_000n);
    expect(formatMoney(((parseMoney("100") as bigint) - charge.total) as Money)).toBe("99.98461");
    expect(charge).toMatchObject({
      priced: true,
      volume: { counter: "202412", after: 50_000n },
      discountPercent: percent("5"),
    });
  });

  test("at a monthly volume of 500,000 the tier table gives 10 %", () => {
    expect(steps(rate(example({ volumeOrdinal: 500_000n })))).toEqual([
      "0.015",
      "0.0015",
      "0.0135",
      "0.00108",
      "0.01458",
    ]);
  });

  test("leaves a compact trace from which every amount comes again", () => {
    const { trace, ...charge } = rate(example());
    expect(trace).toEqual({
      v: 2,
      card: "RC-TENANT-001",
      version: 1,
      event: "sms.delivered",
      units: 1,
      source: "time_band",
      rate: "0.015",
      band: { name: "Peak (US)", zone: "America/New_York", local: "Wed 13:00" },
      volume: "50000",
      tier: "10000",
      discount: "5",
      tax: "8",
    });
    const stored = ratingTrace.parse(JSON.parse(JSON.stringify(trace)));
    expect(JSON.stringify(stored).length).toBeLessThan(400);
    expect(traceAmounts(stored)).toMatchObject({
      base: charge.base,
      discount: charge.discount,
      tax: charge.tax,
      total: charge.total,
    });
    expect(describeCharge(stored, "USD")).toEqual([
      'Base Amount: $0.01500 (time band "Peak (US)", Wed 13:00 in America/New_York)',
      "Discount: -$0.00075 (5%: monthly volume 50,000, tier from 10,000)",
      "Subtotal: $0.01425",
      "Tax: $0.00114 (8%)",
      "Total Charge: $0.01539 (sms.delivered by RC-TENANT-001, version 1)",
    ]);
  });

  test("its firewall scan is a charge of its own, without volume", () => {
    const scan = rate(example({ eventType: "firewall.scan", channel: "firewall" }));
    expect(steps(scan)).toEqual(["0.0001", "0", "0.0001", "0.000008", "0.000108"]);
    expect(scan.volume).toBeNull();
    expect(scan.trace.volume).toBeUndefined();
  });
});

test("the guide's Example 2: a USSD session of three interactions costs 0.09", () => {
  const none = percent("0");
  const session = [
    "ussd.session.initiated",
    "ussd.response.sent",
    "ussd.menu.action",
    "ussd.response.sent",
    "ussd.session.completed",
  ].map((eventType) => rate(example({ eventType, channel: "ussd", volumeOrdinal: 1n, taxRate: none })));
  expect(session.map(({ total }) => formatMoney(total))).toEqual(["0.05", "0.01", "0.02", "0.01", "0"]);
  expect(session.map(({ priced }) => priced)).toEqual([true, true, true, true, false]);
  expect(formatMoney(sum(session.map(({ total }) => total)))).toBe("0.09");
});

describe("settled readings", () => {
  test("a band's rate > contract > operator > destination > base", () => {
    const full = {
      base_rate: 1,
      contract_rate: 4,
      operator_rates: { Verizon: 3 },
      destination_rates: { US: 2 },
      time_bands: [{ name: "All", start_hour: 0, end_hour: 24, rate: 5 }],
    };
    const without = (...keys: string[]) =>
      card({ sms: Object.fromEntries(Object.entries(full).filter(([key]) => !keys.includes(key))) });
    expect(baseOf(example({ card: without() }))).toBe("5");
    expect(baseOf(example({ card: without("time_bands") }))).toBe("4");
    expect(baseOf(example({ card: without("time_bands", "contract_rate") }))).toBe("3");
    expect(baseOf(example({ card: without("time_bands", "contract_rate"), operator: "Other" }))).toBe("2");
    expect(
      baseOf(example({ card: without("time_bands", "contract_rate"), operator: null, country: "FR" })),
    ).toBe("1");
    expect(
      baseOf(example({ card: without("time_bands", "contract_rate"), operator: null, country: null })),
    ).toBe("1");
    expect(rate(example({ card: without("time_bands", "contract_rate") })).trace).toMatchObject({
      source: "operator",
      name: "Verizon",
    });
  });

  test("the order is data on the card", () => {
    const rates = {
      sms: {
        base_rate: 1,
        operator_rates: { Verizon: 3 },
        destination_rates: { US: 2 },
        time_bands: [{ name: "All", start_hour: 0, end_hour: 24, rate: 5 }],
      },
    };
    const precedence = ["contract", "destination", "operator", "time_band", "base"];
    const ordered = card(rates, { precedence });
    expect(baseOf(example({ card: ordered }))).toBe("2");
    expect(rate(example({ card: ordered })).trace.band).toBeUndefined();
    expect(baseOf(example({ card: ordered, country: null }))).toBe("3");
    expect(baseOf(example({ card: ordered, country: null, operator: null }))).toBe("5");
  });

  test("a band without a rate multiplies what the rest of the chain gives", () => {
    const surge = card({
      sms: {
        base_rate: 0.01,
        operator_rates: { Verizon: 0.02 },
        time_bands: [{ name: "Surge", start_hour: 0, end_hour: 24, multiplier: 1.5 }],
      },
    });
    expect(baseOf(example({ card: surge }))).toBe("0.03");
    expect(baseOf(example({ card: surge, operator: null }))).toBe("0.015");
    const { trace } = rate(example({ card: surge, volumeOrdinal: 1n, units: 2 }));
    expect(trace).toMatchObject({
      source: "operator",
      name: "Verizon",
      rate: "0.02",
      band: { name: "Surge", multiplier: "1.5" },
    });
    expect(describeCharge(trace, "CHF").slice(0, 2)).toEqual([
      'Base Amount: CHF 0.06000 (operator Verizon CHF 0.02000, × 1.5 for time band "Surge", Wed 18:00 in UTC, 2 units)',
      "Discount: CHF 0.00000 (no tier reached at a monthly volume of 2)",
    ]);
  });

  test("where both stand, the band's rate wins: WhatsApp off-peak is 0.004, not 0.0035", () => {
    const offPeak = example({
      eventType: "whatsapp.send",
      channel: "whatsapp",
      at: Date.parse("2024-12-25T12:00:00Z"),
    });
    expect(baseOf(offPeak)).toBe("0.004");
  });

  test("18:00Z is no peak for a card in UTC", () => {
    const inUtc = compile(GUIDE.replace("America/New_York", "UTC"));
    expect(baseOf(example({ card: inUtc }))).toBe("0.02");
  });

  test("the first of overlapping bands applies, also across zones", () => {
    const band = (name: string, price: number, timezone?: string) => ({
      name,
      start_hour: 9,
      end_hour: 17,
      rate: price,
      timezone,
    });
    expect(
      baseOf(
        example({
          card: card({ sms: { time_bands: [band("a", 1), band("b", 2)] } }),
          at: Date.UTC(2024, 0, 1, 9),
        }),
      ),
    ).toBe("1");
    const zones = card({
      sms: { time_bands: [band("Tokyo", 1, "Asia/Tokyo"), band("London", 2, "Europe/London")] },
    });
    expect(baseOf(example({ card: zones, at: Date.parse("2024-01-01T10:00:00+09:00") }))).toBe("1");
    expect(baseOf(example({ card: zones, at: Date.parse("2024-01-01T10:00:00Z") }))).toBe("2");
    const swapped = card({ sms: { time_bands: [band("UTC", 1), band("London", 2, "Europe/London")] } });
    expect(baseOf(example({ card: swapped, at: Date.parse("2024-07-01T10:00:00Z") }))).toBe("1");
    expect(baseOf(example({ card: swapped, at: Date.parse("2024-07-01T08:00:00Z") }))).toBe("2");
  });

  test("sms.deliver is sms.delivered, in events and on cards", () => {
    expect(rate(example({ eventType: "sms.deliver" }))).toEqual(rate(example()));
    const aliased = card({ sms: { events: { "sms.deliver": 0.5 } } });
    expect(baseOf(example({ card: aliased }))).toBe("0.5");
    expect(rate(example({ card: aliased })).trace).toMatchObject({ event: "sms.delivered", source: "base" });
  });

  test("both RCS channels are rated under rcs, unless the card names them", () => {
    const input = example({ eventType: "rcs-google.send", channel: "rcs-google", volumeOrdinal: 1n });
    expect(baseOf(input)).toBe("0.05");
    expect(baseOf({ ...input, eventType: "rcs.send" })).toBe("0.05");
    expect(baseOf({ ...input, eventType: "rcs.send", channel: "rcs" })).toBe("0.05");
    const named = card({ rcs: { base_rate: 1 }, "rcs-google": { base_rate: 2 } });
    expect(baseOf({ ...input, card: named })).toBe("2");
    expect(baseOf({ ...input, card: named, channel: "rcs-custom", eventType: "rcs-custom.send" })).toBe("1");
  });

  test("1e-18 keeps its digit and is charged", () => {
    const dust = compile(
      GUIDE.replace(
        /"rates": \{[\s\S]*"volume_discounts"/,
        '"rates": {"sms": {"base_rate": 1e-18}}, "volume_discounts"',
      ),
    );
    expect(rate(example({ card: dust, volumeOrdinal: 1n })).total).toBe(1n);
    expect(rate(example({ card: dust, volumeOrdinal: 1n })).trace).toMatchObject({
      rate: "0.000000000000000001",
      rounded: ["tax"],
    });
  });

  test("products are rounded half-even, once for each of base, discount and tax", () => {
    const odd = card(
      {
        sms: {
          base_rate: "0.000000000000000005",
          time_bands: [{ name: "x", start_hour: 0, end_hour: 24, multiplier: 0.5 }],
        },
      },
      { volume_discounts: [{ min_volume: 1, discount: 25 }] },
    );
    // base 2.5 → 2; discount 0.5 → 0; tax 50 % of 2 = 1, exactly.
    const charge = rate(example({ card: odd, taxRate: percent("50") }));
    expect([charge.base, charge.discount, charge.subtotal, charge.tax, charge.total]).toEqual([
      2n,
      0n,
      2n,
      1n,
      3n,
    ]);
    expect(charge.trace.rounded).toEqual(["base", "discount"]);
    expect(describeCharge(charge.trace, "USD")).toContain("Rounded half-even at the 18th decimal: discount");
    // One rounding of rate × units × multiplier: 5 × 3 × 0.5 = 7.5 → 8, where rounding each unit first would give 6.
    expect(rate(example({ card: odd, units: 3, volumeOrdinal: 0n })).base).toBe(8n);
  });
});

describe("volume tiers", () => {
  test.each([
    [0n, "0"],
    [1n, "0"],
    [9_999n, "0"],
    [10_000n, "5"],
    [99_999n, "5"],
    [100_000n, "10"],
    [999_999n, "10"],
    [1_000_000n, "15"],
    [9_999_999n, "15"],
    [10_000_000n, "25"],
    [10n ** 30n, "25"],
  ])("at %s", (volumeOrdinal, discount) => {
    expect(rate(example({ volumeOrdinal })).discountPercent).toBe(percent(discount));
  });

  test("their order in the list does not matter, and a gap belongs to the tier below", () => {
    const tiers = [
      { min_volume: 300, discount: 30 },
      { min_volume: 100, max_volume: 200, discount: 10 },
    ];
    const gap = card({ sms: { base_rate: 1 } }, { volume_discounts: tiers });
    expect(rate(example({ card: gap, volumeOrdinal: 250n })).discountPercent).toBe(percent("10"));
    expect(rate(example({ card: gap, volumeOrdinal: 300n })).discountPercent).toBe(percent("30"));
    expect(rate(example({ card: gap, volumeOrdinal: 99n })).discountPercent).toBe(0n);
  });

  test.each(["firewall.scan", "api.calls", "storage.gb", "bandwidth.gb", "compute.cpu_hour"])(
    "none for %s",
    (eventType) => {
      const channel = eventType.slice(0, eventType.indexOf("."));
      const charge = rate(example({ card: compile(DEFAULT), eventType, channel, volumeOrdinal: 10n ** 9n }));
      expect(charge).toMatchObject({ priced: true, volume: null, discount: 0n, discountPercent: 0n });
      expect(describeCharge(charge.trace, "USD")[1]).toBe(
        "Discount: $0.00000 (none: volume discounts are for messages)",
      );
    },
  );

  test("priced messages count, free and unpriced ones do not", () => {
    const shop = card({ sms: { base_rate: 1, events: { "sms.failed": 0 } } });
    expect(rate(example({ card: shop })).volume).toEqual({ counter: "202412", after: 50_000n });
    expect(rate(example({ card: shop, eventType: "sms.failed" }))).toMatchObject({
      priced: true,
      volume: null,
      total: 0n,
    });
    expect(rate(example({ card: shop, eventType: "sms.submit" }))).toMatchObject({
      priced: false,
      volume: null,
      total: 0n,
    });
    expect(describeCharge(rate(example({ card: shop, eventType: "sms.submit" })).trace, "USD")).toEqual([
      "Total Charge: $0.00000 (sms.submit has no price on RC, version 1)",
    ]);
  });
});

describe("holdFor", () => {
  test("is the price now with tax, without discount", () => {
    const input = example();
    expect(formatMoney(holdFor(input))).toBe("0.0162");
    expect(holdFor({ ...input, eventType: "sms.submit" })).toBe(0n);
    expect(formatMoney(holdFor({ ...input, eventType: "firewall.scan", channel: "firewall" }))).toBe(
      "0.000108",
    );
  });
});

describe("bad input", () => {
  test.each([
    { units: 0 },
    { units: 1.5 },
    { units: Number.NaN },
    { units: 2 ** 53 },
    { at: Number.NaN },
    { at: Number.POSITIVE_INFINITY },
    { at: 9e15 },
  ])("%j is poison", (changes) => {
    expect(() => rate(example(changes))).toThrow(Poison);
    expect(() => holdFor(example(changes))).toThrow(Poison);
  });

  test("an amount beyond the ledger is poison", () => {
    const dear = card({ sms: { base_rate: "1000000000000" } });
    expect(formatMoney(rate(example({ card: dear, units: 10_000_000, volumeOrdinal: 0n })).total)).toBe(
      "10800000000000000000",
    );
    expect(() => rate(example({ card: dear, units: 100_000_000 }))).toThrow(Poison);
  });

  test("operators match in any case; a hostile name matches nothing", () => {
    expect(rate(example({ at: Date.parse("2024-12-25T23:00:00Z"), operator: " VERIZON" })).trace.name).toBe(
      "Verizon",
    );
    expect(
      baseOf(
        example({ at: Date.parse("2024-12-25T23:00:00Z"), operator: "__proto__", country: "constructor" }),
      ),
    ).toBe("0.01");
  });
});
