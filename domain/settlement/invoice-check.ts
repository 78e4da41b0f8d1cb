import { formatMoney, money, type Money } from "#domain/money/money.ts";
import { shownAmount, type Difference } from "./differences.ts";

/** An invoice or statement as it was issued, beside the entries of the period that it closed. */
export interface IssuedInvoice {
  readonly number: string;
  readonly tenantId: string;
  readonly walletId: string;
  readonly currency: string;
  /** As printed: the sum of its lines, of its taxes, and both. */
  readonly linesNet: Money;
  readonly taxTotal: Money;
  readonly total: Money;
  /** What was posted to the rounding account for it: printed less entered. */
  readonly rounding: Money;
  /** The entries that it closed: revenue and tax, to the last digit. */
  readonly entered: Money;
}

/** Lines and taxes add up to what is printed, and that to the entries, but for what stands in the rounding account. */
export function invoiceDifference(invoice: IssuedInvoice): Difference | null {
  const { number, tenantId, walletId, currency, linesNet, taxTotal, total, rounding, entered } = invoice;
  const printed = money(linesNet + taxTotal);
  const of = (amount: Money, explanation: string): Difference => ({
    kind: "invoice_differs",
    tenantId,
    walletId,
    subject: number,
    currency,
    amount,
    explanation,
  });
  if (printed !== total)
    return of(
      money(printed - total),
      `the lines and taxes of ${number} add up to ${shownAmount(printed, currency)}, its total says ${formatMoney(total)}`,
    );
  const unexplained = money(total - rounding - entered);
  if (unexplained === 0n) return null;
  return of(
    unexplained,
    `${number} says ${shownAmount(total, currency)}, the entries of its period come to ${formatMoney(entered)} and its rounding to ${formatMoney(rounding)}`,
  );
}
