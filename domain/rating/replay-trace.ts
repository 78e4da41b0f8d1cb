import { type Factor, parseFactor } from "#domain/money/factor.ts";
import { type Money, parseMoney } from "#domain/money/money.ts";
import { NO_PERCENT, parsePercent, parseSignedPercent, type Percent } from "#domain/money/percent.ts";
import { type LeviedTax, plainTax } from "#domain/tax/taxes.ts";
import { type ChargeAmounts, chargeAmounts, type PriceTerms } from "./amounts.ts";
import { ADDITIVE, type ApplicableDiscount } from "./discounts.ts";
import type { RatingTrace } from "./rating-trace.ts";
import { trueUpAmounts, type TrueUpTerms } from "./true-up.ts";

/**
 * The amounts that the trace stands for, computed again: they equal those that were charged. null for an event without a price.
 * @throws RangeError for a trace that rate() did not make.
 */
export function traceAmounts(trace: RatingTrace): ChargeAmounts | null {
  if (trace.source === "none") return null;
  if (trace.trueUp !== undefined) return trueUpAmounts(trueUpTerms(trace, trace.trueUp));
  const amounts = chargeAmounts(traceTerms(trace));
  if (amounts === null) throw new RangeError("the rating trace exceeds numeric(38,18)");
  return amounts;
}

function trueUpTerms(trace: RatingTrace, { sum, from, to }: NonNullable<RatingTrace["trueUp"]>): TrueUpTerms {
  return {
    sum: readMoney(sum),
    from: readPercent(from),
    to: readPercent(to),
    taxes: readTaxes(trace),
    inclusive: trace.inclusive ?? false,
  };
}

function traceTerms(trace: RatingTrace): PriceTerms {
  const { band, pulse, size, formula, surge, markup, fx } = trace;
  const discounts = readDiscounts(trace);
  return {
    rate: readMoney(trace.rate ?? ""),
    multiplier: band?.multiplier === undefined ? null : readFactor(band.multiplier),
    units: trace.per === "event" ? 1 : trace.units,
    pulse: pulse === undefined ? null : { billed: readCount(pulse.billed), unit: BigInt(pulse.unit) },
    size: size === undefined ? null : { started: readCount(size.started), rate: readMoney(size.rate) },
    formula: formula === undefined ? null : { amount: readMoney(formula.amount), exact: true },
    surge: surge === undefined ? null : readFactor(surge.multiplier),
    markup: markup === undefined ? NO_PERCENT : readable(parseSignedPercent(markup)),
    exchange: fx === undefined ? null : readMoney(fx.effective),
    discounts,
    discountRule: {
      combine: trace.combine?.how ?? ADDITIVE.combine,
      order: discounts.map(({ kind }) => kind),
      max: trace.combine === undefined ? ADDITIVE.max : readPercent(trace.combine.max),
    },
    taxes: readTaxes(trace),
    inclusive: trace.inclusive ?? false,
  };
}

function readDiscounts({ tier = "", discount, discounts }: RatingTrace): readonly ApplicableDiscount[] {
  if (discount !== undefined)
    return [{ kind: "volume", name: tier, percent: readPercent(discount), most: null }];
  return (discounts ?? []).map(({ kind, name, percent, most }) => ({
    kind,
    name,
    percent: readPercent(percent),
    most: most === undefined ? null : readMoney(most),
  }));
}

function readTaxes({ tax, taxes }: RatingTrace): readonly LeviedTax[] {
  if (taxes === undefined) return plainTax(tax === undefined ? NO_PERCENT : readPercent(tax)).taxes;
  return taxes.map(({ name, percent, compound = false }) => ({
    name,
    percent: readPercent(percent),
    compound,
  }));
}

function readMoney(text: string): Money {
  return readable(parseMoney(text));
}

function readPercent(text: string): Percent {
  return readable(parsePercent(text));
}

function readFactor(text: string): Factor {
  return readable(parseFactor(text));
}

function readCount(text: string): bigint {
  return readable(/^\d{1,18}$/.test(text) ? BigInt(text) : null);
}

function readable<Value>(value: Value | null): Value {
  if (value === null) throw new RangeError("unreadable rating trace");
  return value;
}
