import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "@jest/globals";
import { plainTax } from "#domain/tax/taxes.ts";
import { describeCharge } from "./describe-charge.ts";
import { compileRateCard } from "./compiled-rate-card.ts";
import { loadFormulas } from "./formula.ts";
import { parseRateCard } from "./rate-card.ts";
import { rate, type RatingInput } from "./rate.ts";
import { delivered, percent } from "./rating-fixtures.ts";
import { termsOfTaxRate } from "./terms.ts";

const source = readFileSync(new URL("../../examples/rate-cards/every-feature.json", import.meta.url), "utf8");

beforeAll(loadFormulas);

/** "base discount tax total" of an event by the example card, at noon in Berlin unless said otherwise. */
function lines(changes: Partial<RatingInput>): string[] {
  const parsed = parseRateCard(source);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const card = compileRateCard(parsed.card, { version: 1, validFrom: 0 });
  return describeCharge(rate(delivered({ card, ...changes })).trace, parsed.card.currency);
}

const at = (text: string): number => Date.parse(text);

test("the example card of every feature is accepted without a warning", () => {
  expect(parseRateCard(source)).toMatchObject({ ok: true, warnings: [] });
});

test.each<[string, Partial<RatingInput>, string]>([
  ["base", {}, "Base Amount: €0.05000 (base rate)"],
  [
    "night",
    { at: at("2026-11-24T22:30:00+01:00") },
    'Base Amount: €0.04000 (base rate €0.05000, × 0.8 for time band "Night", Tue 22:30 in Europe/Berlin)',
  ],
  [
    "night before Christmas",
    { at: at("2026-12-24T05:30:00+01:00") },
    'Base Amount: €0.02500 (base rate €0.05000, × 0.5 for time band "Christmas sale", Thu 05:30 in Europe/Berlin)',
  ],
  [
    "holiday",
    { at: at("2026-12-25T12:00:00+01:00") },
    'Base Amount: €0.04000 (base rate, time band "Holiday", Fri 12:00 in Europe/Berlin)',
  ],
  ["contract", { contract: "GOLD", operator: "Vodafone" }, "Base Amount: €0.03000 (contract GOLD)"],
  [
    "contract later",
    { contract: "GOLD", at: at("2027-01-05T12:00:00Z") },
    "Base Amount: €0.02800 (contract GOLD)",
  ],
  [
    "operator at the weekend",
    { operator: "Vodafone", at: at("2026-11-28T12:00:00Z") },
    'Base Amount: €0.05500 (operator Vodafone, time band "Weekend", Sat 13:00 in Europe/Berlin)',
  ],
  ["operator from July", { operator: "telekom" }, "Base Amount: €0.06200 (operator Telekom)"],
  ["prefix", { prefix: "447911", country: "GB" }, "Base Amount: €0.04500 (prefix 447)"],
  ["destination", { country: "FR" }, "Base Amount: €0.04800 (destination FR)"],
  ["per event", { eventType: "sms.submit", units: 4 }, "Base Amount: €0.00100 (price of sms.submit)"],
  [
    "formula",
    { eventType: "sms.dlr.callback", counters: new Map([["202611/sms", 99_999n]]) },
    "Base Amount: €0.00020 (price of sms.dlr.callback, formula volume < 100000 ? 0.0005 : 0.0002 = €0.00020 with volume 100000)",
  ],
  [
    "category",
    { eventType: "whatsapp.send", channel: "whatsapp", attributes: { category: "marketing" } },
    "Base Amount: €0.08000 (rate for category marketing)",
  ],
  [
    "size",
    { eventType: "whatsapp.media", channel: "whatsapp", attributes: { bytes: "2000000" } },
    "Base Amount: €0.01400 (price of whatsapp.media €0.01000, 2 × €0.00200 per 1048576 of bytes)",
  ],
  [
    "pulse",
    { eventType: "ussd.session.initiated", channel: "ussd", attributes: { seconds: "45" } },
    "Base Amount: €0.06000 (base rate €0.06000, 60 of seconds billed in pulses of 20/20, rate per 60)",
  ],
  [
    "month",
    { eventType: "firewall.subscription", channel: "firewall" },
    "Base Amount: €500.00000 (price of firewall.subscription)",
  ],
  [
    "surge",
    { load: percent("95") },
    'Base Amount: €0.07500 (base rate €0.05000, × 1.5 for surge "Full load" at a load of 95%)',
  ],
])("%s", (_name, changes, expected) => {
  expect(lines(changes)[0]).toBe(expected);
});

test("all discounts at once, capped, with tax", () => {
  const terms = {
    ...termsOfTaxRate(percent("0")),
    taxes: plainTax(percent("19")),
    customerSince: at("2023-01-01T00:00:00Z"),
    promotion: { code: "WELCOME", redeemedAt: 0 },
  };
  const counters = new Map([["202611/sms", 150_000n]]);
  // 0.05 − 10 % = 0.045; − 4 % = 0.0432; − 3 % = 0.041904; − 20 % = 0.0335232: 0.0164768 off, 33 %.
  expect(lines({ terms, counters, requestSize: 1000 })).toEqual([
    "Base Amount: €0.05000 (base rate)",
    "Discount: -€0.0164768 (10%: monthly volume 150,001, tier from 100,000; then 4%: loyalty, 36 months; then 3%: bulk, 1000 messages; then 20%: promotion WELCOME, at most €50.00000; at most 40% together)",
    "Subtotal: €0.0335232",
    "Tax: €0.006369408 (19%)",
    "Total Charge: €0.039892608 (sms.delivered by RC-EVERY-FEATURE, version 1)",
  ]);
});
