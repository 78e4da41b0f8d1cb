import type { Invoice, InvoiceTax } from "#domain/invoicing/invoice.ts";
import { decimalOf, decimalsOf, unitsOf } from "../content/decimals.ts";

/** A tax category of EN 16931 (UNCL5305): standard, zero rated, exempt, reverse charge, not subject to tax. */
export interface TaxCategory {
  readonly code: "S" | "Z" | "E" | "AE" | "O";
  /** Null of O alone. */
  readonly percent: string | null;
  /** Why nothing is levied; null of S and Z. */
  readonly reason: string | null;
}

export interface TaxSubtotal extends TaxCategory {
  readonly taxable: bigint;
  readonly tax: bigint;
}

export interface TaxBreakdown {
  /** One per code and percentage; amounts in units of `decimals` places. */
  readonly subtotals: readonly TaxSubtotal[];
  /** Of a line, by the name of its tax. */
  categoryOf(taxName: string | null): TaxCategory;
}

const ZERO_RATED: TaxCategory = { code: "Z", percent: "0", reason: null };
const NOT_SUBJECT: TaxCategory = { code: "O", percent: null, reason: "Not subject to tax" };

/** Lines without a tax are zero rated beside others, and not subject to tax where there is none at all. */
export function taxBreakdown(invoice: Invoice, decimals: number): TaxBreakdown {
  const byName = new Map(invoice.taxes.map((tax) => [tax.name, categoryOfTax(tax)]));
  const untaxed = invoice.taxes.length === 0 ? NOT_SUBJECT : ZERO_RATED;
  const categoryOf = (name: string | null): TaxCategory => byName.get(name ?? "") ?? untaxed;
  const subtotals = new Map<string, TaxSubtotal>();
  const put = (category: TaxCategory, taxable: bigint, tax: bigint): void => {
    const key = `${category.code} ${category.percent}`;
    const known = subtotals.get(key) ?? { ...category, taxable: 0n, tax: 0n };
    const reason = joinedReasons(known.reason, category.reason);
    subtotals.set(key, { ...known, reason, taxable: known.taxable + taxable, tax: known.tax + tax });
  };
  for (const tax of invoice.taxes)
    put(categoryOfTax(tax), unitsOf(tax.net, decimals), unitsOf(tax.amount, decimals));
  const rest = invoice.lines.filter(({ taxCategory }) => !byName.has(taxCategory ?? ""));
  if (rest.length > 0 || subtotals.size === 0)
    put(
      untaxed,
      rest.reduce((sum, { amount }) => sum + unitsOf(amount, decimals), 0n),
      0n,
    );
  return { subtotals: [...subtotals.values()], categoryOf };
}

function categoryOfTax({ percent, amount, note }: InvoiceTax): TaxCategory {
  if (/^reverse charge/i.test(note ?? "")) return { code: "AE", percent: "0", reason: note };
  const shown = shortened(percent);
  if (shown !== "0" || !/^-?[0.]*$/.test(amount)) {
    if (note === null) return { code: "S", percent: shown, reason: null };
    return { code: "E", percent: "0", reason: note };
  }
  return note === null ? ZERO_RATED : { code: "E", percent: "0", reason: note };
}

/** "19.00" is "19". */
function shortened(percent: string): string {
  const decimals = decimalsOf(percent);
  const text = decimalOf(unitsOf(percent, decimals), decimals);
  return decimals === 0 ? text : text.replace(/\.?0+$/, "");
}

function joinedReasons(one: string | null, other: string | null): string | null {
  return one === null || other === null || one === other ? (one ?? other) : `${one}; ${other}`;
}
