import { describe, expect, test } from "@jest/globals";
import { formatMoney, money, parseMoney, type Money } from "#domain/money/money.ts";
import { parsePercent, type Percent } from "#domain/money/percent.ts";
import { type CompiledRateCard, compileRateCardVersion } from "#domain/rating/compiled-rate-card.ts";
import type { ChargedEvent } from "#domain/rating/re-rating.ts";
import { termsOfTaxRate } from "#domain/rating/terms.ts";
import { type ZoneClock, zoneClock } from "#domain/rating/zone-clock.ts";
import { reRate, type ReRatingTerms } from "./re-rate.ts";

const of = (text: string): Money => parseMoney(text) as Money;

function card(rates: unknown): CompiledRateCard {
  const source = JSON.stringify({
    rate_card_id: "RC",
    name: "corrected",
    currency: "USD",
    effective_date: "2026-01-01",
    timezone: "America/New_York",
    rates,
    volume_discounts: [{ min_volume: 10_000, max_volume: 10_000_000, discount: 5 }],
  });
  const compiled = compileRateCardVersion({
    v: 1,
    rateCardId: "RC",
    version: 2,
    validFrom: 0,
    storedAt: 0,
    source,
  });
  if (!compiled.ok) throw new Error(compiled.problems[0]?.message);
  return compiled.card;
}

const terms = (rates: unknown): ReRatingTerms => ({
  card: card(rates),
  terms: termsOfTaxRate(parsePercent("8") as Percent),
  zone: zoneClock("UTC") as ZoneClock,
  currency: "USD",
});

const CHARGED: ChargedEvent = {
  eventId: "m:sms.delivered:1",
  acceptedMonth: "2026-11-01",
  walletId: "w",
  sequence: 3n,
  eventType: "sms.delivered",
  occurredAt: Date.parse("2026-11-10T12:00:00Z"),
  operator: "Verizon",
  country: "US",
  volumePeriod: "202611",
  volumeOrdinal: 10_000n,
  trace: { v: 1, card: "RC", version: 1, event: "sms.delivered", units: 1 },
  revenue: of("0.01425"),
  tax: of("0.00114"),
  commission: of("0"),
  partnerId: null,
  refunded: false,
};

describe("a charge priced again", () => {
  test("takes its operator, and the place in the month that it had", () => {
    const by = terms({ sms: { base_rate: 0.01, operator_rates: { Verizon: 0.02 } } });
    const result = reRate(CHARGED, by);
    if (result.kind !== "changed") throw new Error(result.kind);
    const { line } = result;
    expect(formatMoney(line.repricedRevenue)).toBe("0.019");
    expect(formatMoney(line.repricedTax)).toBe("0.00152");
    expect(JSON.parse(line.trace)).toMatchObject({ card: "RC", version: 2, volume: "10000", discount: "5" });
    // One place earlier in the month there is no discount.
    const before = reRate({ ...CHARGED, volumeOrdinal: 9_999n }, by);
    expect(before.kind === "changed" ? formatMoney(before.line.repricedRevenue) : before.kind).toBe("0.02");
  });

  test("at the same price is the same", () => {
    expect(reRate(CHARGED, terms({ sms: { base_rate: 0.015 } }))).toEqual({ kind: "same" });
  });

  test("is compared with what earlier re-ratings made of it", () => {
    const by = terms({ sms: { base_rate: 0.02 } });
    expect(reRate({ ...CHARGED, revenue: of("0.019"), tax: of("0.00152") }, by)).toEqual({ kind: "same" });
  });

  test("is left out where it was refunded, has no price there, or cannot be read", () => {
    const by = terms({ sms: { base_rate: 0.02 } });
    const reason = (change: Partial<ChargedEvent>, under = by): string => {
      const result = reRate({ ...CHARGED, ...change }, under);
      return result.kind === "skipped" ? result.reason : result.kind;
    };
    expect(reason({ refunded: true })).toBe("refunded");
    expect(reason({}, terms({ ussd: { base_rate: 0.02 } }))).toBe("not_priced");
    expect(reason({ trace: { v: 1 } })).toBe("no_trace");
    expect(
      reason({
        trace: {
          v: 2,
          units: 1,
          fx: { pair: "USD/EUR", rate: "1", markup: "0", source: "", at: 0, effective: "1" },
        },
      }),
    ).toBe("other_currency");
    expect(
      reason(
        { trace: { v: 1, units: Number.MAX_SAFE_INTEGER }, volumePeriod: null },
        terms({ sms: { base_rate: "99999999999" } }),
      ),
    ).toBe("not_ratable");
  });

  test("takes the commission along, of the partner who got it", () => {
    const plain = terms({ sms: { base_rate: 0.02 } });
    const partner = (partnerId: string) => ({
      partnerId,
      percent: parsePercent("10") as Percent,
      of: "revenue" as const,
    });
    const by: ReRatingTerms = { ...plain, terms: { ...plain.terms, partner: partner("P-1") } };
    const commission = (event: Partial<ChargedEvent>, under: ReRatingTerms): string => {
      const result = reRate({ ...CHARGED, ...event, volumeOrdinal: 1n }, under);
      if (result.kind !== "changed") throw new Error(result.kind);
      return `${formatMoney(result.line.chargedCommission)} ${formatMoney(result.line.repricedCommission)}`;
    };
    const paid = { commission: of("0.001425"), partnerId: "P-1" };
    expect(commission(paid, by)).toBe("0.001425 0.002");
    expect(commission(paid, plain)).toBe("0.001425 0.001425");
    expect(commission(paid, { ...plain, terms: { ...plain.terms, partner: partner("P-2") } })).toBe(
      "0.001425 0.001425",
    );
    expect(commission({}, by)).toBe("0 0");
  });

  test("in another currency than the card's takes the quote that it was made under", () => {
    const by = { ...terms({ sms: { base_rate: 0.02 } }), currency: "EUR" };
    const fx = { pair: "USD/EUR", rate: "0.9", markup: "0", source: "bank", at: 1, effective: "0.9" };
    const result = reRate({ ...CHARGED, trace: { v: 2, units: 1, fx }, volumeOrdinal: 1n }, by);
    expect(result.kind === "changed" ? formatMoney(result.line.repricedRevenue) : result.kind).toBe("0.018");
    expect(reRate(CHARGED, by)).toEqual({ kind: "skipped", reason: "other_currency" });
  });

  test("sees what its old card did not look at, where the trace kept it", () => {
    const by = terms({ sms: { base_rate: 0.01, prefix_rates: { "1202": 0.03 } } });
    const trace = { v: 2, units: 1, in: { prefix: "1202555" } };
    const result = reRate({ ...CHARGED, trace, volumeOrdinal: 1n }, by);
    expect(result.kind === "changed" ? formatMoney(money(result.line.repricedRevenue)) : result.kind).toBe(
      "0.03",
    );
  });
});
