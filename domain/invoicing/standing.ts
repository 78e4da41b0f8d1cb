import type { InvoiceStanding } from "./ports.ts";

/** What settles the invoice at `at` (epoch ms), in minor units: less before the end of the early-payment days. */
export function amountDueAt(standing: InvoiceStanding, at: number): bigint {
  const { openMinor, earlyPayment } = standing;
  if (earlyPayment === null || at >= earlyPayment.until) return openMinor;
  const early = openMinor - (earlyPayment.amountMinor - standing.discountedMinor);
  return early > 0n ? early : 0n;
}

/** What is left to be paid. */
export function openMinorOf(figures: {
  readonly dueMinor: bigint;
  readonly paidMinor: bigint;
  readonly creditedMinor: bigint;
  readonly discountedMinor: bigint;
}): bigint {
  const open = figures.dueMinor - figures.paidMinor - figures.creditedMinor - figures.discountedMinor;
  return open > 0n ? open : 0n;
}

/**
 * What an early payment closes: the rest of an invoice of which all but the discount was paid in time, and nothing of one that is paid whole.
 * @param paidInTimeMinor what was received within the early-payment days.
 */
export function earlyDiscount(figures: {
  readonly dueMinor: bigint;
  readonly earlyMinor: bigint;
  readonly paidMinor: bigint;
  readonly paidInTimeMinor: bigint;
  readonly creditedMinor: bigint;
  readonly discountedMinor: bigint;
}): bigint {
  const { earlyMinor, paidInTimeMinor, creditedMinor, discountedMinor, dueMinor } = figures;
  if (earlyMinor === 0n || discountedMinor > 0n) return 0n;
  const open = openMinorOf(figures);
  const settled = paidInTimeMinor + creditedMinor + earlyMinor >= dueMinor;
  return settled && open > 0n ? (open < earlyMinor ? open : earlyMinor) : 0n;
}
