import { add, type Money, money, parseMoney, ZERO } from "#domain/money/money.ts";
import { applyPercent, parsePercent, type Percent } from "#domain/money/percent.ts";
import type { WalletConfiguration } from "#domain/tenants/tenant.ts";

/** A wallet's alert levels, in its currency. A balance strictly below `limit` is an alert; from `rearm` on the next one counts again. */
export interface ThresholdLimit {
  readonly limit: Money;
  readonly rearm: Money;
}

export interface ThresholdLimits {
  readonly low: ThresholdLimit | null;
  readonly critical: ThresholdLimit | null;
  readonly negative: ThresholdLimit;
}

/** A balance that trembles around its limit by less than this raises one alert, not many. */
const DEFAULT_HYSTERESIS = "5";

const known = new WeakMap<WalletConfiguration, ThresholdLimits>();

/** The same object for the same configuration. */
export function thresholdLimits(wallet: WalletConfiguration): ThresholdLimits {
  let limits = known.get(wallet);
  if (limits === undefined) known.set(wallet, (limits = compile(wallet)));
  return limits;
}

function compile(wallet: WalletConfiguration): ThresholdLimits {
  const { low, critical, hysteresisPercent = DEFAULT_HYSTERESIS } = wallet.thresholds;
  const hysteresis = parsePercent(hysteresisPercent) ?? (0n as Percent);
  const limitOf = (text: string | null): ThresholdLimit | null => {
    const limit = text === null ? null : levelOf(text, wallet);
    if (limit === null) return null;
    const size = limit < 0n ? money(0n - limit) : limit;
    return Object.freeze({ limit, rearm: add(limit, applyPercent(size, hysteresis).amount) });
  };
  return Object.freeze({
    low: limitOf(low),
    critical: limitOf(critical),
    negative: Object.freeze(negativeLimit(wallet)),
  });
}

/** Nothing is left, of the money or of the credit. */
function negativeLimit({ creditLimit }: WalletConfiguration): ThresholdLimit {
  const limit = money(0n - (parseMoney(creditLimit) ?? ZERO));
  return { limit, rearm: limit };
}

/**
 * An amount is a balance as it stands. A percentage is of `reference`, or of the credit limit, and speaks of what may still be spent:
 * of a postpaid wallet with a credit of 1,000, "20%" is a balance of −800.
 */
function levelOf(text: string, { thresholds, creditLimit, kind }: WalletConfiguration): Money | null {
  if (!text.endsWith("%")) return parseMoney(text);
  const percent = parsePercent(text.slice(0, -1));
  const credit = parseMoney(creditLimit) ?? ZERO;
  const reference = parseMoney(thresholds.reference ?? "") ?? credit;
  if (percent === null || reference <= 0n) return null;
  const share = applyPercent(reference, percent).amount;
  return kind === "postpaid" ? money(share - credit) : share;
}
