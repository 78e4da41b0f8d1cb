import { expect, test } from "@jest/globals";
import { diffRateCards } from "./rate-card-diff.ts";
import { cardText } from "./rating-fixtures.ts";

const diff = (before: object, after: object, moreBefore: object = {}, moreAfter: object = {}) =>
  diffRateCards(cardText(before, moreBefore), cardText(after, moreAfter)).changes.map(
    ({ path, before: from, after: to }) => `${path}: ${from} → ${to}`,
  );

test("changed, added and removed prices stand with their path", () => {
  expect(
    diff(
      { sms: { base_rate: 1, operator_rates: { "AT&T": 2, Verizon: 3 }, prefix_rates: { 44: 5 } } },
      { sms: { base_rate: 1.5, operator_rates: { Verizon: 3, EE: 4 }, prefix_rates: { 44: { rate: 5 } } } },
    ),
  ).toEqual(
    [
      "rates.sms.base_rate: 1 → 1.5",
      'rates.sms.prefix_rates.44: 5 → {"rate":5}',
      'rates.sms.operator_rates["AT&T"]: 2 → null',
      "rates.sms.operator_rates.EE: null → 4",
    ].toSorted((left, right) => order(left) - order(right)),
  );
});

/** In the order of the card. */
function order(line: string): number {
  return ["base_rate", '["AT&T"]', "EE", "prefix_rates"].findIndex((part) => line.includes(part));
}

test("what means the same is no difference", () => {
  expect(
    diff(
      { sms: { base_rate: 0.01, contract_rate: null, events: { "sms.submit": "1e-3" } } },
      { sms: { events: { "sms.submit": "0.0010" }, base_rate: "0.010" } },
    ),
  ).toEqual([]);
  expect(
    diff({ sms: { events: { "sms.deliver": 1 } } }, { sms: { events: { "sms.delivered": 2 } } }),
  ).toEqual(['rates.sms.events["sms.deliver"]: 1 → 2']);
});

test("tiers, promotions and surges are compared by their name, bands by their place, since the first applies", () => {
  const tier = (min_volume: number, discount: number) => ({ min_volume, discount });
  expect(
    diff({}, {}, { volume_discounts: [tier(10, 5)] }, { volume_discounts: [tier(5, 1), tier(10, 6)] }),
  ).toEqual([
    "volume_discounts[min_volume=10].discount: 5 → 6",
    'volume_discounts[min_volume=5]: null → {"min_volume":5,"discount":1}',
  ]);
  const band = (name: string, rate: number) => ({ name, start_hour: 0, end_hour: 24, rate });
  expect(
    diff({ sms: { time_bands: [band("a", 1)] } }, { sms: { time_bands: [band("b", 1), band("a", 2)] } }),
  ).toEqual([
    'rates.sms.time_bands[0].name: "a" → "b"',
    'rates.sms.time_bands[1]: null → {"name":"a","start_hour":0,"end_hour":24,"rate":2}',
  ]);
  expect(diff({}, {}, { holidays: ["2026-12-25"] }, { holidays: ["2026-12-25", "2027-01-01"] })).toEqual([
    'holidays: ["2026-12-25"] → ["2026-12-25","2027-01-01"]',
  ]);
});

test("no more than ten thousand are listed, the rest is counted", () => {
  const prices = Object.fromEntries(
    Array.from({ length: 10_500 }, (_, index) => [String(10_000 + index), 1]),
  );
  const { changes, dropped } = diffRateCards(
    cardText({ sms: {} }),
    cardText({ sms: { prefix_rates: prices, base_rate: 1 } }),
  );
  expect([changes.length, dropped]).toEqual([2, 0]);
  const other = Object.fromEntries(Object.keys(prices).map((prefix) => [prefix, 2]));
  const many = diffRateCards(
    cardText({ sms: { prefix_rates: prices } }),
    cardText({ sms: { prefix_rates: other } }),
  );
  expect([many.changes.length, many.dropped]).toEqual([10_000, 500]);
});
