import { formatPercent, parsePercent, type Percent } from "#domain/money/percent.ts";
import { UNITS_PER_ONE } from "#domain/money/money.ts";
import { divideHalfEven } from "#domain/money/rounding.ts";
import type { TaxSettings } from "#domain/tax/tax-settings.ts";
import { exemptionOf, taxesAt, type CompiledTaxes } from "#domain/tax/taxes.ts";

/** How a charge was taxed, as its trace keeps it. */
export interface TaxTerms {
  /** Levied, in order; percentages are decimal strings. */
  readonly taxes: readonly {
    readonly name: string;
    readonly percent: string;
    readonly compound?: true | undefined;
  }[];
  readonly exempt: readonly { readonly tax: string; readonly certificate: string }[];
  /** The customer's registration, where it owes the taxes itself. */
  readonly reverseCharge: string | null;
}

export const UNTAXED: TaxTerms = { taxes: [], exempt: [], reverseCharge: null };

/** A row of an invoice's tax table, before its amounts. */
export interface TaxCategory {
  readonly name: string;
  /** Of all its taxes together, those on taxes counted in. */
  readonly percent: Percent;
  readonly jurisdiction: string | null;
  readonly note: string | null;
  /** The taxes within, where there are several. */
  readonly parts: readonly string[];
}

const HUNDRED = 100n * UNITS_PER_ONE;

/** Terms with the same key are one category. */
export function taxKey({ taxes, exempt, reverseCharge }: TaxTerms): string {
  return JSON.stringify([
    taxes.map(({ name, percent, compound }) => [name, percent, compound ?? false]),
    exempt.map(({ tax, certificate }) => [tax, certificate]),
    reverseCharge,
  ]);
}

/** Null where no tax is due and nothing says why. */
export function taxCategory(terms: TaxTerms, settings: TaxSettings | null): TaxCategory | null {
  const { taxes, exempt, reverseCharge } = terms;
  if (taxes.length === 0 && exempt.length === 0 && reverseCharge === null) return null;
  const names =
    taxes.length > 0
      ? taxes.map(({ name }) => name)
      : exempt.length > 0
        ? exempt.map(({ tax }) => tax)
        : (settings?.taxes.map(({ name }) => name) ?? []);
  return {
    name: names.length === 0 ? "Tax" : names.join(" + "),
    percent: combinedPercent(taxes),
    jurisdiction: settings?.taxes.find(({ name }) => name === names[0])?.jurisdiction ?? null,
    note: noteOf(terms),
    parts: taxes.length > 1 ? taxes.map(({ name, percent }) => `${name} ${percent} %`) : [],
  };
}

/** Categories that would bear the same name say their percentage, or their reason, too. */
export function distinctNames(categories: readonly TaxCategory[]): readonly string[] {
  const taken = new Set<string>();
  return categories.map(({ name, percent, note }) => {
    const shared = categories.filter((other) => other.name === name).length > 1;
    let text = shared ? `${name} ${formatPercent(percent)} %` : name;
    if (taken.has(text) && note !== null) text = `${text} (${note})`;
    for (let number = 2; taken.has(text); number += 1) text = `${name} (${number})`;
    taken.add(text);
    return text;
  });
}

/** How something that happens at `at` (epoch ms) is taxed. */
export function taxTermsAt(compiled: CompiledTaxes, at: number): TaxTerms {
  const taxes = taxesAt(compiled, at).map(({ name, percent, compound }) => ({
    name,
    percent: formatPercent(percent),
    ...(compound ? { compound: true as const } : {}),
  }));
  if (compiled.reverseCharge !== null) return { taxes, exempt: [], reverseCharge: compiled.reverseCharge };
  const exempt = compiled.taxes.flatMap(({ name }) => {
    const exemption = exemptionOf(compiled, name, at);
    return exemption === null ? [] : [{ tax: name, certificate: exemption.certificate }];
  });
  return { taxes, exempt, reverseCharge: null };
}

function combinedPercent(taxes: TaxTerms["taxes"]): Percent {
  let combined = 0n;
  for (const { percent: text, compound } of taxes) {
    const percent = parsePercent(text) ?? 0n;
    combined += compound ? percent + divideHalfEven(combined * percent, HUNDRED).amount : percent;
  }
  return combined as Percent;
}

function noteOf({ exempt, reverseCharge }: TaxTerms): string | null {
  if (reverseCharge !== null) return `reverse charge: ${reverseCharge}`;
  if (exempt.length === 0) return null;
  return `exempt: ${exempt.map(({ tax, certificate }) => `certificate ${certificate} (${tax})`).join(", ")}`;
}
