import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { type CardRemark, CARD_TEXT_MAX, effectiveFrom, parseRateCard, type RateCard } from "./rate-card.ts";

const GUIDE = readFileSync(new URL("../../examples/rate-cards/guide.json", import.meta.url), "utf8");
const DEFAULT = readFileSync(new URL("../../examples/rate-cards/default.json", import.meta.url), "utf8");

const MINIMAL = {
  rate_card_id: "RC",
  name: "Test",
  currency: "USD",
  effective_date: "2024-01-01",
  rates: {},
};

function problems(card: unknown): readonly CardRemark[] {
  const parsed = parseRateCard(typeof card === "string" ? card : JSON.stringify(card));
  return parsed.ok ? [] : parsed.problems;
}

function paths(card: unknown): string[] {
  return problems(card).map(({ path }) => path);
}

function accepted(card: unknown): { card: RateCard; warnings: readonly CardRemark[] } {
  const parsed = parseRateCard(typeof card === "string" ? card : JSON.stringify(card));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed;
}

function withRates(rates: unknown): object {
  return { ...MINIMAL, rates };
}

function withBand(band: object): object {
  return withRates({ sms: { time_bands: [{ name: "x", start_hour: 9, end_hour: 17, rate: 1, ...band }] } });
}

describe("a good card", () => {
  test("the guide's is read whole", () => {
    const { card } = accepted(GUIDE);
    expect(card).toMatchObject({
      rateCardId: "RC-TENANT-001",
      name: "Tenant 1 Global Rates",
      currency: "USD",
      effectiveDate: "2024-01-01",
      timezone: "America/New_York",
      precedence: ["time_band", "contract", "operator", "prefix", "destination", "base"],
    });
    const sms = card.rates.get("sms");
    expect(sms?.baseRate).toBe(10n ** 16n);
    expect(sms?.timeBands.map(({ name, rate }) => [name, rate])).toEqual([
      ["Peak (US)", 15n * 10n ** 15n],
      ["Off-Peak", 8n * 10n ** 15n],
    ]);
    expect(sms?.operatorRates.get("at&t")).toEqual({
      name: "AT&T",
      rates: [{ rate: 18n * 10n ** 15n, validFrom: null, validTo: null, timeBands: [] }],
    });
    expect([...card.rates.keys()]).toEqual(["sms", "whatsapp", "rcs", "ussd", "firewall"]);
    expect(card.volumeDiscounts.map(({ minVolume }) => minVolume)).toEqual([
      10_000n,
      100_000n,
      1_000_000n,
      10_000_000n,
    ]);
  });

  test("the default one has nothing to warn about", () => {
    expect(accepted(DEFAULT).warnings).toEqual([]);
  });

  test("takes every channel name", () => {
    const names = [
      "sms",
      "ussd",
      "whatsapp",
      "telegram",
      "messenger",
      "instagram",
      "viber",
      "rcs-google",
      "rcs-custom",
      "xmpp",
    ];
    const more = ["rcs", "firewall", "api", "storage", "bandwidth", "compute"];
    const rates = Object.fromEntries([...names, ...more].map((name) => [name, { base_rate: 1 }]));
    expect(accepted(withRates(rates)).card.rates.size).toBe(16);
  });

  test.each([
    ["1e-18", 1n],
    ["0.000000000000000001", 1n],
    ["9007199254740993e-18", 9_007_199_254_740_993n],
    ["0.100000000000000001", 100_000_000_000_000_001n],
    ['"1e-18"', 1n],
    ['"0.015"', 15n * 10n ** 15n],
    ["0", 0n],
    ["1e12", 10n ** 30n],
  ])("keeps every digit of %s", (text, units) => {
    const source = JSON.stringify(withRates({ sms: { base_rate: 77 } })).replace("77", text);
    expect(accepted(source).card.rates.get("sms")?.baseRate).toBe(units);
  });

  test("begins on its effective date in its own zone", () => {
    expect(effectiveFrom(accepted(GUIDE).card)).toBe(Date.parse("2024-01-01T05:00:00Z"));
    expect(effectiveFrom(accepted(MINIMAL).card)).toBe(Date.parse("2024-01-01T00:00:00Z"));
  });
});

describe("problems", () => {
  test("come all together, each with its path and remedy", () => {
    const card = {
      rate_card_id: "RC 1",
      currency: "usd",
      effective_date: "2024-02-30",
      timezone: "Mars/Olympus",
      precedence: ["base"],
      tax: 8,
      rates: {
        sms: {
          base_rate: -1,
          base_rat: 1,
          time_bands: [
            { name: "a", start_hour: 0, end_hour: 9, rate: 1 },
            { name: "b", start_hour: 24, end_hour: 25, days_of_week: [7], rate: 1 },
            { name: "c", start_hour: 9, end_hour: 9 },
          ],
          operator_rates: { "AT&T": "x" },
          destination_rates: { usa: 1 },
          events: { "whatsapp.send": 1 },
        },
        fax: { base_rate: 1 },
      },
      volume_discounts: [
        { min_volume: 10, max_volume: 5, discount: 101 },
        { min_volume: 10, discount: 5 },
        { min_volume: 10, discount: 5 },
        { min_volume: 1.5 },
      ],
    };
    expect(problems(card)).toEqual([
      { path: "tax", message: "unknown key; tax belongs to the tenant: set its taxRate" },
      { path: "rate_card_id", message: expect.stringContaining("must begin with a letter or digit") },
      { path: "name", message: "is required" },
      { path: "currency", message: 'must be an ISO 4217 code in capitals such as USD, not "usd"' },
      { path: "effective_date", message: 'must be a calendar day such as 2024-01-01, not "2024-02-30"' },
      { path: "timezone", message: 'must be an IANA time zone such as America/New_York, not "Mars/Olympus"' },
      { path: "precedence", message: expect.stringContaining("once, most decisive first and base last") },
      {
        path: "rates.fax",
        message: expect.stringMatching(/^unknown key; known here: sms, ussd, .*compute$/),
      },
      { path: "rates.sms.base_rat", message: expect.stringContaining("unknown key; known here: base_rate,") },
      { path: 'rates.sms.events["whatsapp.send"]', message: expect.stringContaining("sms.…") },
      {
        path: "rates.sms.base_rate",
        message: expect.stringMatching(/^must be a price from 0 to .*, not -1$/),
      },
      { path: "rates.sms.time_bands[1].start_hour", message: "must be a whole number from 0 to 23, not 24" },
      { path: "rates.sms.time_bands[1].end_hour", message: "must be a whole number from 0 to 24, not 25" },
      {
        path: "rates.sms.time_bands[1].days_of_week[0]",
        message: "must be a whole number from 0 to 6, not 7",
      },
      {
        path: "rates.sms.time_bands[2].end_hour",
        message: "equals start_hour: for the whole day write 0 to 24",
      },
      { path: "rates.sms.time_bands[2]", message: "has neither rate nor multiplier: give it one" },
      { path: 'rates.sms.operator_rates["AT&T"]', message: expect.stringMatching(/, not "x"$/) },
      {
        path: "rates.sms.destination_rates.usa",
        message: "must be an ISO 3166-1 code of two capitals such as US",
      },
      {
        path: "volume_discounts[0].discount",
        message: expect.stringContaining("a percentage from 0 to 100"),
      },
      { path: "volume_discounts[0].max_volume", message: "is below min_volume: exchange the two" },
      {
        path: "volume_discounts[2].min_volume",
        message: "is the same as that of volume_discounts[1]: merge the two tiers",
      },
      { path: "volume_discounts[3].min_volume", message: expect.stringContaining("must be a whole number") },
      { path: "volume_discounts[3].discount", message: "is required" },
    ]);
  });

  test.each<[string, string]>([
    ["", "not valid JSON"],
    ["{", "not valid JSON"],
    ['{"name":"a","name":"b"}', "Duplicate key 'name'"],
    ["[".repeat(200_000), "nested too deeply"],
    ["null", "must be an object, not null"],
    ["[]", "must be an object, not a list"],
    ["1e5", "must be an object, not 1e5"],
    ['"card"', 'must be an object, not "card"'],
    [" ".repeat(CARD_TEXT_MAX + 1), "is longer than"],
  ])("%.20s is no card", (text, message) => {
    expect(problems(text)).toEqual([{ path: "", message: expect.stringContaining(message) }]);
  });

  test("an empty object lacks what is required", () => {
    expect(paths({})).toEqual(["rate_card_id", "name", "currency", "effective_date", "rates"]);
    expect(new Set(problems({}).map(({ message }) => message))).toEqual(new Set(["is required"]));
  });

  test.each([
    "1e-19",
    "0.0000000000000000001",
    "1000000000000.1",
    "1e999",
    '"NaN"',
    '""',
    "true",
    "[]",
    "{}",
  ])("%s is no price", (text) => {
    expect(paths(JSON.stringify(withRates({ sms: { base_rate: 77 } })).replace("77", text))).toEqual([
      "rates.sms.base_rate",
    ]);
  });

  test.each<[object, string]>([
    [{ start_hour: "9" }, "start_hour"],
    [{ start_hour: 9.5 }, "start_hour"],
    [{ end_hour: -1 }, "end_hour"],
    [{ days_of_week: [] }, "days_of_week"],
    [{ days_of_week: "0" }, "days_of_week"],
    [{ days_of_week: [null] }, "days_of_week[0]"],
    [{ days_of_week: [0, 1, 2, 3, 4, 5, 6, 0] }, "days_of_week"],
    [{ multiplier: 1001 }, "multiplier"],
    [{ timezone: "+05:00" }, "timezone"],
    [{ name: "" }, "name"],
    [{ name: "a\u0000b" }, "name"],
    [{ name: "\uD800" }, "name"],
    [{ name: "x".repeat(101) }, "name"],
    [{ color: "red" }, "color"],
  ])("band %j", (band, field) => {
    expect(paths(withBand(band))).toEqual([`rates.sms.time_bands[0].${field}`]);
  });

  test("the principal event is priced once, and no name twice", () => {
    expect(paths(withRates({ sms: { base_rate: 1, events: { "sms.deliver": 1 } } }))).toEqual([
      "rates.sms.base_rate",
    ]);
    expect(paths(withRates({ sms: { events: { "sms.deliver": 1, "sms.delivered": 1 } } }))).toEqual([
      'rates.sms.events["sms.delivered"]',
    ]);
    expect(paths(withRates({ sms: { operator_rates: { Verizon: 1, verizon: 2 } } }))).toEqual([
      "rates.sms.operator_rates.verizon",
    ]);
  });

  test("null is refused where something must stand", () => {
    const card = withRates({ sms: null, ussd: { time_bands: [null], events: { "ussd.error": null } } });
    expect(paths({ ...card, volume_discounts: [null] })).toEqual([
      "rates.sms",
      'rates.ussd.events["ussd.error"]',
      "rates.ussd.time_bands[0]",
      "volume_discounts[0]",
    ]);
    expect(problems({ ...MINIMAL, timezone: null, volume_discounts: null })).toEqual([]);
  });

  test("the prototype is no way in", () => {
    const source = JSON.stringify(MINIMAL).replace(
      '"rates":{}',
      '"rates":{"__proto__":{"base_rate":1},"constructor":{}}',
    );
    expect(paths(source)).toEqual(["rates.__proto__", "rates.constructor"]);
  });

  test("are bounded, and the rest counted", () => {
    const bands = Array.from({ length: 500 }, () => ({ name: "x", start_hour: 30, end_hour: 9, rate: 1 }));
    const found = problems(withRates({ sms: { time_bands: bands } }));
    expect(found).toHaveLength(101);
    expect(found.at(-1)).toEqual({ path: "", message: "and 400 more problems" });
    expect(paths(withRates({ sms: { time_bands: Array.from({ length: 1001 }, () => ({})) } }))).toEqual([
      "rates.sms.time_bands",
    ]);
  });

  test("any JSON gets an answer", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.json().map((rates) => JSON.stringify(withRates(JSON.parse(rates)))),
        ),
        (text) => {
          const parsed = parseRateCard(text);
          expect(parsed.ok || parsed.problems.length > 0).toBe(true);
        },
      ),
    );
  });
});

describe("warnings", () => {
  test("a general band that undercuts a more specific rate, by path", () => {
    const { warnings } = accepted(GUIDE);
    expect(warnings.map(({ path }) => path)).toEqual([
      "rates.sms.time_bands[0].rate",
      "rates.sms.time_bands[1].rate",
      "rates.whatsapp.time_bands[0].rate",
      "rates.whatsapp.time_bands[1].rate",
      "rates.whatsapp.time_bands[1].multiplier",
    ]);
    expect(warnings[0]?.message).toContain("0.015 undercuts Verizon 0.02, AT&T 0.018, MX 0.025 and 1 more");
    expect(warnings[4]?.message).toContain("it would give 0.0035, rate gives 0.004");
  });

  test("not when the band does not stand above them", () => {
    const rates = {
      sms: {
        base_rate: 1,
        operator_rates: { Verizon: 3 },
        time_bands: [{ name: "x", start_hour: 0, end_hour: 9, rate: 2 }],
      },
    };
    expect(accepted(withRates(rates)).warnings).toHaveLength(1);
    const precedence = ["contract", "operator", "destination", "time_band", "base"];
    expect(accepted({ ...withRates(rates), precedence }).warnings).toEqual([]);
  });

  test("overlapping bands, across midnight and zones too", () => {
    const band = (start_hour: number, end_hour: number, more: object = {}) => ({
      name: `${start_hour}`,
      start_hour,
      end_hour,
      rate: 1,
      ...more,
    });
    const overlaps = (...bands: object[]) =>
      accepted(withRates({ sms: { base_rate: 1, time_bands: bands } })).warnings.map(({ path }) => path);
    expect(overlaps(band(9, 17), band(17, 24), band(0, 9))).toEqual([]);
    expect(overlaps(band(9, 17), band(16, 18))).toEqual(["rates.sms.time_bands[1]"]);
    expect(overlaps(band(22, 6, { days_of_week: [6] }), band(5, 6, { days_of_week: [0] }))).toEqual([
      "rates.sms.time_bands[1]",
    ]);
    expect(overlaps(band(22, 6, { days_of_week: [6] }), band(5, 6, { days_of_week: [6] }))).toEqual([]);
    // London and UTC agree in winter only; 17:00 in London is 16:00Z in July.
    expect(overlaps(band(9, 17, { timezone: "Europe/London" }), band(17, 18))).toEqual([]);
    expect(overlaps(band(9, 17, { timezone: "Europe/London" }), band(8, 9))).toEqual([
      "rates.sms.time_bands[1]",
    ]);
  });

  test("events that never come, countries that do not exist, missing base rates, tiers beyond their max_volume", () => {
    const rates = {
      sms: { events: { "sms.submited": 1 }, destination_rates: { UK: 1 } },
      "rcs-google": { base_rate: 1 },
    };
    const volume_discounts = [
      { min_volume: 10, max_volume: 19, discount: 1 },
      { min_volume: 30, max_volume: 40, discount: 2 },
    ];
    expect(accepted({ ...withRates(rates), volume_discounts }).warnings).toEqual([
      { path: "rates.sms", message: expect.stringContaining("has no base_rate: sms.delivered is free") },
      { path: 'rates.sms.events["sms.submited"]', message: expect.stringContaining("it emits sms.submit,") },
      {
        path: "rates.sms.destination_rates.UK",
        message: expect.stringContaining("the United Kingdom is GB"),
      },
      { path: "rates.rcs-google", message: expect.stringContaining("rated under rcs") },
      { path: "volume_discounts", message: "the tier from 10 applies up to 29, beyond its max_volume of 19" },
      {
        path: "volume_discounts",
        message: "the tier from 30 applies without end, beyond its max_volume of 40",
      },
    ]);
  });

  test("are bounded", () => {
    const time_bands = Array.from({ length: 1000 }, () => ({
      name: "x",
      start_hour: 0,
      end_hour: 9,
      rate: 1,
    }));
    const { warnings } = accepted(withRates({ sms: { base_rate: 1, time_bands } }));
    expect(warnings).toHaveLength(101);
    expect(warnings.at(-1)).toEqual({ path: "", message: "and more warnings" });
  });
});
