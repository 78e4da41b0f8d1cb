import { allocate, allocateTo } from "#domain/money/allocate.ts";
import { formatMoney, type Money, money } from "#domain/money/money.ts";
import { formatPercent } from "#domain/money/percent.ts";
import type { TaxSettings } from "#domain/tax/tax-settings.ts";
import type { InvoiceLine, InvoiceTax } from "./invoice.ts";
import type { ExactLine } from "./lines.ts";
import { fromMinor, minorText, percentOfMinor, toMinor } from "./minor-units.ts";
import { distinctNames, taxCategory, type TaxCategory, taxKey } from "./tax-categories.ts";

/** An invoice's figures. Minor units but for what `exact` says. */
export interface Composed {
  readonly lines: readonly InvoiceLine[];
  readonly taxes: readonly InvoiceTax[];
  readonly netMinor: bigint;
  readonly taxMinor: bigint;
  readonly notes: readonly string[];
}

/** The lines of one tax category. */
interface Group {
  readonly category: TaxCategory | null;
  readonly lines: ExactLine[];
}

/**
 * Rounds lines to minor units: the net total once, half-even, then by largest remainder to the tax categories and within each to its lines, so
 * that everything adds up. Each category's tax is computed on its net total and rounded once, half-even (EN 16931, BR-CO-17).
 * @param decimals of the currency.
 */
export function compose(
  lines: readonly ExactLine[],
  decimals: number,
  settings: TaxSettings | null,
): Composed {
  const groups = byCategory(lines, settings);
  const nets = allocate(
    groups.map((group) => sumOf(group.lines)),
    decimals,
  );
  const taxed = groups.flatMap(({ category }) => (category === null ? [] : [category]));
  const names = new Map(distinctNames(taxed).map((name, index) => [taxed[index], name]));
  const amounts = new Map<ExactLine, bigint>();
  const nameOf = new Map<ExactLine, string | null>();
  const taxes: InvoiceTax[] = [];
  let taxMinor = 0n;
  for (const [index, { category, lines: own }] of groups.entries()) {
    const net = nets[index] as Money;
    const rounded = allocateTo(
      own.map((line) => line.net),
      decimals,
      net,
    );
    for (const [place, line] of own.entries()) {
      amounts.set(line, toMinor(rounded[place] as Money, decimals));
      nameOf.set(line, category === null ? null : (names.get(category) ?? null));
    }
    if (category === null) continue;
    const netMinor = toMinor(net, decimals);
    const amount = percentOfMinor(netMinor, category.percent);
    taxMinor += amount;
    taxes.push({
      name: names.get(category) ?? category.name,
      percent: formatPercent(category.percent),
      jurisdiction: category.jurisdiction,
      net: minorText(netMinor, decimals),
      amount: minorText(amount, decimals),
      note: category.note,
    });
  }
  return {
    lines: lines.map((line, index) =>
      shown(line, index + 1, amounts.get(line) ?? 0n, nameOf.get(line) ?? null, decimals),
    ),
    taxes,
    netMinor: nets.reduce((sum, net) => sum + toMinor(net, decimals), 0n),
    taxMinor,
    notes: taxed.filter(({ parts }) => parts.length > 0).map(partsNote),
  };
}

function shown(
  line: ExactLine,
  position: number,
  amount: bigint,
  category: string | null,
  decimals: number,
): InvoiceLine {
  return {
    position,
    description: line.description,
    channel: line.channel,
    eventType: line.eventType,
    quantity: line.quantity.toString(),
    unitRate: formatMoney(line.unitRate),
    discount: formatMoney(line.discount),
    amount: minorText(amount, decimals),
    taxCategory: category,
    late: line.late,
  };
}

function byCategory(lines: readonly ExactLine[], settings: TaxSettings | null): Group[] {
  const groups = new Map<string, Group>();
  for (const line of lines) {
    const key = taxKey(line.terms);
    const group = groups.get(key) ?? { category: taxCategory(line.terms, settings), lines: [] };
    group.lines.push(line);
    groups.set(key, group);
  }
  return [...groups.values()];
}

export function sumOf(lines: readonly { readonly net: Money }[]): Money {
  return money(lines.reduce<bigint>((sum, { net }) => sum + net, 0n));
}

function partsNote({ name, parts }: TaxCategory): string {
  return `${name}: ${parts.join(", ")}`;
}

/**
 * What rounding took or gave: of the total, which a postpaid wallet owes instead of its exact charges, and of it of the taxes. Positive is
 * more than was charged.
 */
export function roundingOf(
  composed: Pick<Composed, "netMinor" | "taxMinor">,
  exact: { readonly net: Money; readonly tax: Money },
  decimals: number,
): { readonly total: Money; readonly tax: Money } {
  const tax = fromMinor(composed.taxMinor, decimals) - exact.tax;
  return { total: money(fromMinor(composed.netMinor, decimals) - exact.net + tax), tax: money(tax) };
}
