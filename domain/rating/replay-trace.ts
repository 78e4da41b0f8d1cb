import { type Factor, parseFactor } from "#domain/money/factor.ts";
import { type Money, parseMoney } from "#domain/money/money.ts";
import { NO_PERCENT, parsePercent, type Percent } from "#domain/money/percent.ts";
import { type LeviedTax, plainTax } from "#domain/tax/taxes.ts";
import { type ChargeAmounts, chargeAmounts, type PriceTerms } from "./amounts.ts";
import type { RatingTrace } from "./rating-trace.ts";

/**
 * The amounts that the trace stands for, computed again: they equal those that were charged. null for an event without a price.
 * @throws RangeError for a trace that rate() did not make.
 */
export function traceAmounts(trace: RatingTrace): ChargeAmounts | null {
  if (trace.source === "none") return null;
  const amounts = chargeAmounts(traceTerms(trace));
  if (amounts === null) throw new RangeError("the rating trace exceeds numeric(38,18)");
  return amounts;
}

function traceTerms(trace: RatingTrace): PriceTerms {
  const { band, pulse, size, discount } = trace;
  return {
    rate: readMoney(trace.rate ?? ""),
    multiplier: band?.multiplier === undefined ? null : readFactor(band.multiplier),
    units: trace.per === "event" ? 1 : trace.units,
    pulse: pulse === undefined ? null : { billed: readCount(pulse.billed), unit: BigInt(pulse.unit) },
    size: size === undefined ? null : { started: readCount(size.started), rate: readMoney(size.rate) },
    discountPercent: discount === undefined ? NO_PERCENT : readPercent(discount),
    taxes: readTaxes(trace),
    inclusive: trace.inclusive ?? false,
  };
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
