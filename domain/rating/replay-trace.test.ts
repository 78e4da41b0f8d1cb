import { expect, test } from "@jest/globals";
import { formatMoney, type Money } from "#domain/money/money.ts";
import { describeCharge, traceAmounts } from "./describe-charge.ts";
import { ratingTrace } from "./rating-trace.ts";

const FIRST_FORM = {
  v: 1,
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
};

test("a trace of the first form still replays and speaks", () => {
  const stored = ratingTrace.parse(FIRST_FORM);
  expect(formatMoney(traceAmounts(stored)?.total as Money)).toBe("0.01539");
  expect(describeCharge(stored, "USD")).toEqual([
    'Base Amount: $0.01500 (time band "Peak (US)", Wed 13:00 in America/New_York)',
    "Discount: -$0.00075 (5%: monthly volume 50,000, tier from 10,000)",
    "Subtotal: $0.01425",
    "Tax: $0.00114 (8%)",
    "Total Charge: $0.01539 (sms.delivered by RC-TENANT-001, version 1)",
  ]);
});

test.each([
  { rate: "x" },
  { discount: "-1" },
  { tax: "" },
  { markup: "-101" },
  { surge: { name: "s", multiplier: "-1" } },
])("one that no rating made is refused: %j", (changes) => {
  expect(() => traceAmounts(ratingTrace.parse({ ...FIRST_FORM, ...changes }))).toThrow(RangeError);
});
