import { expect, test } from "@jest/globals";
import { Decimal } from "decimal.js";
import * as fc from "fast-check";
import { formatMoney, type Money, parseMoney } from "#domain/money/money.ts";
import { parseSignedPercent, type Percent } from "#domain/money/percent.ts";
import { describeCharge, traceAmounts } from "./describe-charge.ts";
import { holdFor, rate } from "./rate.ts";
import { card as cardOf, delivered, percent } from "./rating-fixtures.ts";
import { ratingTrace } from "./rating-trace.ts";
import type { TenantTerms } from "./terms.ts";

/** The oracle for what the guide does not have: the same steps on the card's JSON, in decimal.js at 60 digits. */
const Exact = Decimal.clone({
  precision: 60,
  rounding: Decimal.ROUND_HALF_EVEN,
  toExpNeg: -1000,
  toExpPos: 1000,
});

const AT = Date.parse("2026-11-24T12:00:00Z");
const decimals = (wholeMax: number) =>
  fc
    .tuple(fc.nat(wholeMax), fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }), fc.integer({ min: 0, max: 18 }))
    .map(([whole, fraction, digits]) =>
      new Exact(`${whole}.${fraction.toString().padStart(18, "0").slice(0, digits)}`).toFixed(),
    );
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 2 });
const discount = decimals(60);

const cards = fc.record({
  sms: fc.record({
    base_rate: decimals(100),
    contract_rates: fc.array(fc.record({ contract: fc.constantFrom("A", "B"), rate: decimals(9) }), {
      maxLength: 2,
    }),
    prefix_rates: fc.dictionary(fc.constantFrom("4", "44", "447", "4477", "1"), decimals(50)),
    attribute_rates: fc.record({ category: fc.dictionary(fc.constantFrom("x", "y"), decimals(5)) }),
    pulse: maybe(
      fc.record({
        attribute: fc.constant("seconds"),
        initial: fc.nat(60),
        increment: fc.integer({ min: 1, max: 60 }),
        unit: fc.integer({ min: 1, max: 60 }),
      }),
    ),
    size: maybe(
      fc.record({
        attribute: fc.constant("bytes"),
        rate: decimals(1),
        per: fc.integer({ min: 1, max: 1000 }),
      }),
    ),
    per: maybe(fc.constantFrom("event", "part")),
  }),
  volume: fc.record({ mode: fc.constantFrom("ordinal", "whole"), scope: fc.constantFrom("all", "channel") }),
  volume_discounts: fc.uniqueArray(fc.record({ min_volume: fc.nat(30), discount }), {
    selector: (tier) => tier.min_volume,
    maxLength: 3,
  }),
  bulk_discounts: fc.uniqueArray(fc.record({ min_messages: fc.nat(5), discount }), {
    selector: (step) => step.min_messages,
    maxLength: 2,
  }),
  promotion: maybe(
    fc.record({
      code: fc.constant("P"),
      discount,
      max_amount: maybe(decimals(20).filter((text) => text !== "0")),
    }),
  ),
  discounts: fc.record({
    combine: fc.constantFrom("additive", "compounding"),
    order: fc.shuffledSubarray(["volume", "loyalty", "bulk", "promotion"], { minLength: 4 }),
    max_percent: fc.oneof(fc.constant("100"), discount),
  }),
  surge: fc.uniqueArray(
    fc.record({ name: fc.constant("s"), load: fc.record({ above: fc.nat(90) }), multiplier: decimals(3) }),
    { selector: (surge) => surge.multiplier, maxLength: 2 },
  ),
});

const events = fc.record({
  units: fc.integer({ min: 1, max: 12 }),
  prefix: fc.constantFrom(null, "4477001", "4420", "33", "1"),
  contract: fc.constantFrom(null, "A", "C"),
  attributes: fc.record(
    {
      category: fc.constantFrom("x", "Y", "z"),
      seconds: fc.nat(200).map(String),
      bytes: fc.nat(5000).map(String),
    },
    { requiredKeys: [] },
  ),
  requestSize: fc.integer({ min: 1, max: 6 }),
  load: fc.integer({ min: 0, max: 100 }),
  volume: fc.nat(30),
  given: fc.constantFrom("0", "1.5", "19"),
  sum: decimals(1000),
});

const tenants = fc.record({
  markup: fc.oneof(
    fc.constant("0"),
    decimals(50),
    decimals(50).map((text) => (text === "0" ? "0" : `-${text}`)),
  ),
  exchange: maybe(decimals(150).filter((text) => text !== "0")),
  taxes: fc.array(fc.record({ percent: decimals(25), compound: fc.boolean() }), { maxLength: 3 }),
  inclusive: fc.boolean(),
  partner: maybe(
    fc.record({ percent: decimals(40), of: fc.constantFrom("revenue" as const, "margin" as const) }),
  ),
  cost: maybe(decimals(2)),
});

type Of<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Value> ? Value : never;
type AnyCard = Of<typeof cards>;
type AnyEvent = Of<typeof events>;
type AnyTenant = Of<typeof tenants>;

const round = (value: Decimal): Decimal => value.toDecimalPlaces(18);
const share = (value: Decimal, percents: string): Decimal => round(value.times(percents).div(100));
const highest = <Step>(
  steps: readonly Step[],
  bound: (step: Step) => number,
  reached: number,
): Step | undefined =>
  steps.filter((step) => bound(step) <= reached).toSorted((a, b) => bound(b) - bound(a))[0];

function listPrice({ sms }: AnyCard, event: AnyEvent): Decimal {
  const prefix = Object.keys(sms.prefix_rates)
    .filter((digits) => event.prefix?.startsWith(digits))
    .toSorted((a, b) => b.length - a.length)[0];
  const contract = sms.contract_rates.find(({ contract: name }) => name === event.contract)?.rate;
  const category = sms.attribute_rates.category[event.attributes.category?.toLowerCase() ?? ""];
  const unit =
    category ?? contract ?? (prefix === undefined ? undefined : sms.prefix_rates[prefix]) ?? sms.base_rate;
  const units = sms.per === "event" ? 1 : event.units;
  let price = new Exact(unit).times(units);
  if (sms.pulse !== undefined) {
    const { initial, increment, unit: per } = sms.pulse;
    const used = event.attributes.seconds === undefined ? null : Number(event.attributes.seconds);
    const first = initial === 0 ? increment : initial;
    let billed = first;
    if (used === 0) billed = 0;
    else if (used !== null && used > initial)
      billed = initial + Math.ceil((used - initial) / increment) * increment;
    price = round(price.times(billed).div(per));
  }
  if (sms.size !== undefined) {
    const { bytes } = event.attributes;
    const started = bytes === undefined ? 1 : Math.ceil(Number(bytes) / sms.size.per);
    price = price.plus(new Exact(sms.size.rate).times(started).times(units));
  }
  return price;
}

function basePrice(json: AnyCard, event: AnyEvent, tenant: AnyTenant): Decimal {
  let price = listPrice(json, event);
  const surge = json.surge
    .filter(({ load }) => event.load > load.above)
    .toSorted((a, b) => new Exact(b.multiplier).cmp(a.multiplier))[0];
  if (surge !== undefined) price = round(price.times(surge.multiplier));
  price = price.plus(share(price, tenant.markup));
  return tenant.exchange === undefined ? price : round(price.times(tenant.exchange));
}

/** [discount, what the promotion gave]. */
function discountOf(json: AnyCard, event: AnyEvent, base: Decimal, skip = ""): [Decimal, Decimal] {
  const { combine, order, max_percent } = json.discounts;
  const percents: Record<string, string | undefined> = {
    volume: highest(json.volume_discounts, (tier) => tier.min_volume, event.volume + event.units)?.discount,
    bulk: highest(json.bulk_discounts, (step) => step.min_messages, event.requestSize)?.discount,
    promotion: json.promotion?.discount,
  };
  const most =
    json.promotion?.max_amount === undefined ? null : new Exact(json.promotion.max_amount).minus(event.given);
  const limit = share(base, max_percent);
  let total = new Exact(0);
  let promoted = new Exact(0);
  for (const kind of order) {
    const applies = percents[kind];
    if (applies === undefined || kind === skip || (kind === "promotion" && most !== null && most.lte(0)))
      continue;
    let amount = share(combine === "additive" ? base : base.minus(total), applies);
    if (kind === "promotion" && most !== null) amount = Exact.min(amount, most);
    amount = Exact.min(amount, limit.minus(total));
    total = total.plus(amount);
    if (kind === "promotion") promoted = amount;
  }
  return [total, promoted];
}

/** [net, tax] of a price. */
function taxed(price: Decimal, { taxes, inclusive }: AnyTenant): [Decimal, Decimal] {
  const on = (net: Decimal, rounding: (value: Decimal) => Decimal): Decimal =>
    taxes.reduce(
      (tax, one) => tax.plus(rounding((one.compound ? net.plus(tax) : net).times(one.percent).div(100))),
      new Exact(0),
    );
  if (!inclusive || taxes.length === 0) return [price, on(price, round)];
  const factor = on(new Exact(1), (value) => value).plus(1);
  const net = round(price.div(factor));
  return [net, price.minus(net)];
}

function termsOf({ markup, taxes, inclusive, partner }: AnyTenant, promoted: boolean): TenantTerms {
  return {
    taxes: {
      taxes: taxes.map((tax, index) => ({
        name: `T${index}`,
        percent: percent(tax.percent),
        compound: tax.compound,
      })),
      inclusive,
      exemptions: [],
      reverseCharge: null,
    },
    customerSince: null,
    promotion: promoted ? { code: "P", redeemedAt: 0 } : null,
    markup: parseSignedPercent(markup) as Percent,
    partner:
      partner === undefined ? null : { partnerId: "P-1", percent: percent(partner.percent), of: partner.of },
  };
}

const units = (text: string): Money => parseMoney(text) as Money;

test("every feature equals the same steps in decimal.js; parts add up; the trace replays to the digit", () => {
  let trueUps = 0;
  let promotions = 0;
  fc.assert(
    fc.property(cards, events, tenants, (json, event, tenant) => {
      const { sms, promotion, ...more } = json;
      const compiled = cardOf({ sms }, { ...more, promotions: promotion === undefined ? [] : [promotion] });
      const counter = json.volume.scope === "channel" ? "202611/sms" : "202611";
      const input = delivered({
        card: compiled,
        at: AT,
        units: event.units,
        prefix: event.prefix,
        contract: event.contract,
        attributes: event.attributes,
        requestSize: event.requestSize,
        load: percent(String(event.load)),
        counters: new Map([
          [counter, BigInt(event.volume)],
          [`${counter}$`, units(event.sum)],
          ["promo:P:amount", units(event.given)],
        ]),
        terms: termsOf(tenant, promotion !== undefined),
        fx:
          tenant.exchange === undefined
            ? null
            : { pair: "USD/EUR", rate: "1", markup: "0", source: "T", at: AT, effective: tenant.exchange },
        cost:
          tenant.cost === undefined
            ? null
            : {
                rate: units(tenant.cost),
                currency: tenant.exchange === undefined ? "USD" : "EUR",
                sheet: "S",
                row: "R",
              },
      });
      const charge = rate(input);

      const base = basePrice(json, event, tenant);
      const [discounted, promoted] = discountOf(json, event, base);
      const [net, tax] = taxed(base.minus(discounted), tenant);
      expect(
        [charge.base, charge.discount, charge.subtotal, charge.tax, charge.total].map(formatMoney),
      ).toEqual([base, discounted, net, tax, net.plus(tax)].map((amount) => amount.toFixed()));
      expect(charge.taxes.reduce((sum, { amount }) => sum + amount, 0n)).toBe(charge.tax);
      expect(holdFor(input)).toBeGreaterThanOrEqual(charge.total);

      const cost = tenant.cost === undefined ? null : new Exact(tenant.cost).times(event.units);
      expect(charge.cost === null ? null : formatMoney(charge.cost)).toBe(cost?.toFixed() ?? null);
      const { partner } = tenant;
      const known = partner !== undefined && (partner.of === "revenue" || cost !== null);
      const basis = partner?.of === "margin" && cost !== null ? Exact.max(0, net.minus(cost)) : net;
      expect(charge.commission === null ? null : formatMoney(charge.commission.amount)).toBe(
        known ? share(basis, partner.percent).toFixed() : null,
      );

      const after = new Map(charge.counters);
      if (promoted.gt(0)) {
        promotions += 1;
        expect(formatMoney(after.get("promo:P:amount") as Money)).toBe(promoted.plus(event.given).toFixed());
      }
      const whole = json.volume.mode === "whole" && base.gt(0);
      if (whole) {
        const basisOfTier =
          json.discounts.combine === "additive"
            ? base
            : base.minus(discountOf(json, event, base, "volume")[0]);
        expect(formatMoney(after.get(`${counter}$`) as Money)).toBe(basisOfTier.plus(event.sum).toFixed());
        const percentAt = (volume: number): string =>
          highest(json.volume_discounts, (tier) => tier.min_volume, volume)?.discount ?? "0";
        const change = new Exact(percentAt(event.volume + event.units)).minus(percentAt(event.volume));
        const given = round(new Exact(event.sum).times(change).div(100));
        const [lessNet, lessTax] = taxed(given.negated(), tenant);
        expect(formatMoney(charge.trueUp?.total ?? (0n as Money))).toBe(plain(lessNet.plus(lessTax)));
        if (charge.trueUp !== null) {
          trueUps += 1;
          expect(charge.trueUp.subtotal + charge.trueUp.tax).toBe(charge.trueUp.total);
          expect(traceAmounts(charge.trueUp.trace)).toMatchObject({ total: charge.trueUp.total });
        }
      } else expect(charge.trueUp).toBeNull();

      const stored = ratingTrace.parse(JSON.parse(JSON.stringify(charge.trace)));
      expect(traceAmounts(stored)).toMatchObject({
        base: charge.base,
        discount: charge.discount,
        subtotal: charge.subtotal,
        taxes: charge.taxes,
        tax: charge.tax,
        total: charge.total,
      });
      expect(describeCharge(stored, "EUR").length).toBeGreaterThanOrEqual(5);
    }),
    { numRuns: 1500 },
  );
  expect(trueUps).toBeGreaterThan(50);
  expect(promotions).toBeGreaterThan(100);
});

/** decimal.js knows a negative zero. */
function plain(value: Decimal): string {
  return value.isZero() ? "0" : value.toFixed();
}
