import { type Money, money, subtract, ZERO } from "#domain/money/money.ts";
import { applyPercent, NO_PERCENT, parsePercent, type Percent } from "#domain/money/percent.ts";
import { divideHalfEven } from "#domain/money/rounding.ts";
import { startOfDay, type ZoneClock } from "#domain/rating/zone-clock.ts";
import type { TaxSettings } from "./tax-settings.ts";

/** One tax as it is levied at an instant. */
export interface LeviedTax {
  readonly name: string;
  readonly percent: Percent;
  readonly compound: boolean;
}

export interface TaxAmount {
  readonly name: string;
  readonly percent: Percent;
  readonly amount: Money;
}

export interface Exemption {
  readonly tax: string;
  readonly certificate: string;
  /** Epoch ms, half open. */
  readonly from: number;
  readonly to: number;
}

export interface CompiledTaxes {
  readonly taxes: readonly LeviedTax[];
  readonly inclusive: boolean;
  readonly exemptions: readonly Exemption[];
  readonly reverseCharge: string | null;
}

export interface TaxResult {
  readonly taxes: readonly TaxAmount[];
  /** What remains for the seller: the amount itself, or, where prices include the taxes, the amount without them. */
  readonly net: Money;
  readonly tax: Money;
  readonly exact: boolean;
}

const HUNDRED = 100n * 10n ** 18n;

/** One exclusive tax without a jurisdiction of its own: a tenant's plain tax rate. */
export function plainTax(percent: Percent): CompiledTaxes {
  const taxes = percent === NO_PERCENT ? [] : [Object.freeze({ name: "Tax", percent, compound: false })];
  return Object.freeze({ taxes, inclusive: false, exemptions: [], reverseCharge: null });
}

/** @returns the path and remedy of what is wrong, where something is. */
export function compileTaxes(
  settings: TaxSettings,
  zone: ZoneClock,
): CompiledTaxes | { readonly problem: string } {
  const taxes: LeviedTax[] = [];
  for (const [index, { name, percent: text, compound = false }] of settings.taxes.entries()) {
    const percent = parsePercent(text);
    if (percent === null) return { problem: `taxes[${index}].percent must be a percentage from 0 to 1000` };
    if (taxes.some((tax) => tax.name === name)) return { problem: `taxes[${index}].name stands twice` };
    taxes.push(Object.freeze({ name, percent, compound }));
  }
  const exemptions: Exemption[] = [];
  for (const [index, exemption] of (settings.exemptions ?? []).entries()) {
    if (!taxes.some(({ name }) => name === exemption.tax))
      return { problem: `exemptions[${index}].tax names none of the taxes` };
    const from = startOfDay(zone, exemption.validFrom);
    const to = exemption.validTo === null ? Infinity : startOfDay(zone, exemption.validTo);
    if (from === null || to === null || to <= from)
      return { problem: `exemptions[${index}] must end after it begins, on days that exist` };
    exemptions.push(Object.freeze({ tax: exemption.tax, certificate: exemption.certificate, from, to }));
  }
  return Object.freeze({
    taxes,
    inclusive: settings.inclusive ?? false,
    exemptions,
    reverseCharge: settings.reverseCharge?.registration ?? null,
  });
}

/** The taxes that are levied at `at` (epoch ms), exemptions and reverse charge left out. */
export function taxesAt(taxes: CompiledTaxes, at: number): readonly LeviedTax[] {
  if (taxes.reverseCharge !== null) return [];
  if (taxes.exemptions.length === 0) return taxes.taxes;
  return taxes.taxes.filter((tax) => exemptionOf(taxes, tax.name, at) === null);
}

/** The certificate by which a tax is not levied at `at`. */
export function exemptionOf({ exemptions }: CompiledTaxes, tax: string, at: number): Exemption | null {
  return exemptions.find((one) => one.tax === tax && one.from <= at && at < one.to) ?? null;
}

/**
 * The taxes on `amount`. Exclusive: each is rounded once, half-even at the 18th decimal. Inclusive: the net amount is rounded once and
 * the taxes are what the amount leaves, so that net and taxes always add up to the price that was stated.
 */
export function computeTaxes(amount: Money, levied: readonly LeviedTax[], inclusive: boolean): TaxResult {
  if (levied.length === 0) return { taxes: [], net: amount, tax: ZERO, exact: true };
  return inclusive ? inclusiveTaxes(amount, levied) : exclusiveTaxes(amount, levied);
}

function exclusiveTaxes(net: Money, levied: readonly LeviedTax[]): TaxResult {
  const taxes: TaxAmount[] = [];
  let tax = 0n;
  let exact = true;
  for (const { name, percent, compound } of levied) {
    const product = applyPercent(compound ? money(net + tax) : net, percent);
    if (!product.exact) exact = false;
    tax += product.amount;
    taxes.push({ name, percent, amount: product.amount });
  }
  return { taxes, net, tax: money(tax), exact };
}

function inclusiveTaxes(gross: Money, levied: readonly LeviedTax[]): TaxResult {
  // gross = net × factor, with factor = numerator / denominator.
  let numerator = 1n;
  let denominator = 1n;
  for (const { percent, compound } of levied) {
    numerator = compound ? numerator * (HUNDRED + percent) : numerator * HUNDRED + percent * denominator;
    denominator *= HUNDRED;
  }
  const { amount: net, exact } = divideHalfEven(gross * denominator, numerator);
  const exclusive = exclusiveTaxes(net, levied);
  const tax = subtract(gross, net);
  const taxes = [...exclusive.taxes];
  const last = taxes.pop() as TaxAmount;
  taxes.push({ ...last, amount: money(last.amount + tax - exclusive.tax) });
  return { taxes, net, tax, exact: exact && exclusive.exact };
}
