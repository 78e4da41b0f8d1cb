import { divideHalfEven } from "#domain/money/rounding.ts";
import { formatMoney, money, type Money } from "#domain/money/money.ts";
import { shownAmount, type Difference } from "./differences.ts";

/** What a carrier asks for a period, or the total of its CDRs. */
export interface SupplierInvoice {
  readonly invoiceId: string;
  /** The connection that it carried messages of. */
  readonly connector: string;
  /** The carrier's own number. */
  readonly reference: string;
  readonly currency: string;
  /** Days of UTC, both included. */
  readonly from: string;
  readonly to: string;
  readonly amount: Money;
}

/** Of the carrier's amount: what metering and exchange rounding bring about without anybody being wrong. */
export const TOLERANCE_PERCENT = "1";
const TOLERANCE_DIVISOR = 100n;

/**
 * `matched`: to the last digit. `posted`: within the tolerance, our cost follows the carrier's. `case`: a person compares.
 * `difference` is what the carrier asks beyond our own cost.
 */
export interface SupplierComparison {
  readonly outcome: "matched" | "posted" | "case";
  readonly ourCost: Money;
  readonly difference: Money;
}

export function compareSupplier({ amount }: SupplierInvoice, ourCost: Money): SupplierComparison {
  const difference = money(amount - ourCost);
  if (difference === 0n) return { outcome: "matched", ourCost, difference };
  const tolerance = divideHalfEven(amount < 0n ? 0n - amount : amount, TOLERANCE_DIVISOR).amount;
  const size = difference < 0n ? 0n - difference : difference;
  return { outcome: size <= tolerance ? "posted" : "case", ourCost, difference };
}

export function supplierDifference(
  invoice: SupplierInvoice,
  { ourCost, difference }: SupplierComparison,
): Difference {
  const { connector, reference, currency, from, to, amount } = invoice;
  return {
    kind: "supplier_differs",
    tenantId: null,
    walletId: null,
    subject: `${connector}:${reference}`,
    currency,
    amount: difference,
    explanation: `${connector} asks ${shownAmount(amount, currency)} for ${from} to ${to} (${reference}); our charges cost ${formatMoney(ourCost)}, a difference of ${formatMoney(difference)}, which is more than ${TOLERANCE_PERCENT} %`,
  };
}
