import { billingEventId, type WalletEntryEvent } from "#domain/events/billing-event.ts";
import { PAYMENT_ENTRY_PREFIX } from "#domain/payments/payment.ts";
import { formatMoney, type Money, money, ZERO } from "#domain/money/money.ts";

/** What invoices move wallets by. */
export type InvoiceEntryKind = "rounding" | "commitment" | "early_payment" | "credit_note";

const OWN_ENTRY_PREFIX = "inv-";

/** Beginnings of the ids of adjustments that are no usage, so that no invoice lists them: what invoices post, and what payments give back. */
export const UNLISTED_PREFIXES: readonly string[] = [OWN_ENTRY_PREFIX, PAYMENT_ENTRY_PREFIX];

const REASONS: Readonly<Record<InvoiceEntryKind, string>> = {
  rounding: "rounding of invoice",
  commitment: "minimum commitment, invoice",
  early_payment: "early payment discount, invoice",
  credit_note: "credit note",
};

export interface InvoiceEntry {
  readonly kind: InvoiceEntryKind;
  readonly invoiceId: string;
  readonly tenantId: string;
  readonly walletId: string;
  /** Shown as the reason. */
  readonly number: string;
  /** What the wallet moves by. */
  readonly amount: Money;
  /** What revenue and tax move by, as the ledger signs them; what is left over goes to clearing. */
  readonly revenue: Money;
  readonly tax: Money;
  readonly actor: string;
  /** Epoch ms. */
  readonly at: number;
}

export function invoiceEntryId(invoiceId: string, kind: InvoiceEntryKind): string {
  return billingEventId(`${OWN_ENTRY_PREFIX}${invoiceId}`, kind, 0);
}

/** The billing event that posts it: the same invoice gives the same event, however often it is sent. */
export function invoiceEntryEvent(entry: InvoiceEntry): WalletEntryEvent {
  return {
    v: 1,
    kind: "entry",
    id: invoiceEntryId(entry.invoiceId, entry.kind),
    tenantId: entry.tenantId,
    walletId: entry.walletId,
    at: entry.at,
    acceptedAt: entry.at,
    entryType: "adjustment",
    amount: formatMoney(entry.amount),
    revenue: formatMoney(entry.revenue),
    tax: formatMoney(entry.tax),
    units: 0,
    reason: `${REASONS[entry.kind]} ${entry.number}`,
    actor: entry.actor,
  };
}

/** A posting between accounts; the amounts of a transaction add up to zero. */
export interface AccountPosting {
  readonly account: "clearing" | "rounding" | "tax" | "promotions";
  readonly amount: Money;
}

/**
 * What belongs to the rounding of an invoice beside the wallet's own entry: clearing is made even again, the tax account comes to the tax that the
 * invoice states, and the rest is the rounding account's.
 * @param rounding of the whole and of the taxes within.
 */
export function roundingPostings(rounding: {
  readonly total: Money;
  readonly tax: Money;
}): readonly AccountPosting[] {
  return nonZero([
    { account: "clearing", amount: money(0n - rounding.total) },
    { account: "tax", amount: rounding.tax },
    { account: "rounding", amount: money(rounding.total - rounding.tax) },
  ]);
}

/** A discount for paying early is the promotions account's expense. */
export function earlyPaymentPostings(discount: Money): readonly AccountPosting[] {
  return nonZero([
    { account: "clearing", amount: discount },
    { account: "promotions", amount: money(0n - discount) },
  ]);
}

function nonZero(postings: readonly AccountPosting[]): readonly AccountPosting[] {
  return postings.filter(({ amount }) => amount !== ZERO);
}
