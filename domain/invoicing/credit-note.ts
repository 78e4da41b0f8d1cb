import { minorUnits } from "#domain/money/allocate.ts";
import { parsePercent, type Percent } from "#domain/money/percent.ts";
import { parseMoney, UNITS_PER_ONE, ZERO } from "#domain/money/money.ts";
import { divideHalfEven } from "#domain/money/rounding.ts";
import type { DraftDocument } from "./draft.ts";
import type { Invoice, InvoiceLine, InvoiceTax } from "./invoice.ts";
import { minorText, toMinor } from "./minor-units.ts";

/** What a credit note gives back, in minor units, and its document. Its amounts are positive, as its kind says which way they go. */
export interface CreditNote {
  readonly document: DraftDocument;
  readonly netMinor: bigint;
  readonly taxMinor: bigint;
}

/**
 * Takes `amountMinor` (with tax) of an invoice back: all of an invoice line by line, a part as one line per tax category, in proportion.
 * @param creditedMinor what other credit notes took back before.
 */
export function creditNoteOf(
  invoice: Invoice,
  creditNoteId: string,
  { amountMinor, creditedMinor, reason }: { amountMinor: bigint; creditedMinor: bigint; reason: string },
): CreditNote {
  const decimals = minorUnits(invoice.currency);
  const minor = (text: string): bigint => toMinor(parseMoney(text) ?? ZERO, decimals);
  const whole = creditedMinor === 0n && amountMinor === minor(invoice.total);
  const parts = whole
    ? { lines: invoice.lines, taxes: invoice.taxes }
    : partOf(invoice, amountMinor, decimals, minor);
  const taxMinor = parts.taxes.reduce((sum, { amount }) => sum + minor(amount), 0n);
  const netMinor = amountMinor - taxMinor;
  const { number: _number, issuedOn: _issuedOn, dueOn: _dueOn, fiscal: _fiscal, ...kept } = invoice;
  const { earlyPayment: _earlyPayment, ...shared } = kept;
  return {
    netMinor,
    taxMinor,
    document: {
      ...shared,
      invoiceId: creditNoteId,
      kind: "credit_note",
      lines: parts.lines,
      taxes: parts.taxes,
      netTotal: minorText(netMinor, decimals),
      taxTotal: minorText(taxMinor, decimals),
      total: minorText(amountMinor, decimals),
      amountDue: minorText(0n, decimals),
      balance: null,
      corrects: { number: invoice.number, reason },
      notes: [],
      paymentUrl: null,
    },
  };
}

/** A slice of the invoice that has one tax rate. */
interface Slice {
  readonly tax: InvoiceTax | null;
  readonly grossMinor: bigint;
}

function partOf(
  invoice: Invoice,
  amountMinor: bigint,
  decimals: number,
  minor: (text: string) => bigint,
): { readonly lines: readonly InvoiceLine[]; readonly taxes: readonly InvoiceTax[] } {
  const slices = slicesOf(invoice, minor).filter(({ grossMinor }) => grossMinor > 0n);
  const total = slices.reduce((sum, { grossMinor }) => sum + grossMinor, 0n);
  const lines: InvoiceLine[] = [];
  const taxes: InvoiceTax[] = [];
  let left = amountMinor;
  for (const [index, { tax, grossMinor }] of slices.entries()) {
    const last = index === slices.length - 1;
    const gross = last ? left : divideHalfEven(amountMinor * grossMinor, total).amount;
    left -= gross;
    const net = netOf(gross, tax === null ? (0n as Percent) : (parsePercent(tax.percent) ?? (0n as Percent)));
    const amount = minorText(net, decimals);
    if (tax !== null) taxes.push({ ...tax, net: amount, amount: minorText(gross - net, decimals) });
    lines.push({
      position: index + 1,
      description: `Credit for ${invoice.number}`,
      channel: "platform",
      eventType: "credit_note",
      quantity: "1",
      unitRate: amount,
      discount: "0",
      amount,
      taxCategory: tax?.name ?? null,
      late: false,
    });
  }
  return { lines, taxes };
}

function slicesOf(invoice: Invoice, minor: (text: string) => bigint): Slice[] {
  const untaxed = invoice.lines
    .filter(({ taxCategory }) => taxCategory === null)
    .reduce((sum, { amount }) => sum + minor(amount), 0n);
  return [
    ...invoice.taxes.map((tax) => ({ tax, grossMinor: minor(tax.net) + minor(tax.amount) })),
    ...(untaxed === 0n ? [] : [{ tax: null, grossMinor: untaxed }]),
  ];
}

function netOf(gross: bigint, percent: Percent): bigint {
  const hundred = 100n * UNITS_PER_ONE;
  return divideHalfEven(gross * hundred, hundred + percent).amount;
}
