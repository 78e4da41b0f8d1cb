import type { Stripe } from "stripe";
import type { ProviderMovement } from "#domain/payments/ports.ts";
import { fromStripeAmount } from "./amounts.ts";
import { onStripe } from "./failures.ts";

const HOUR_SECONDS = 3600;
const PAGE = 100;

/**
 * The account's balance transactions in [from, to), oldest first. Stripe lists the newest first: an hour is read whole and turned round, so that
 * memory is bounded by an hour's movements.
 */
export async function* movementsOf(
  stripe: Stripe,
  from: number,
  to: number,
): AsyncIterable<readonly ProviderMovement[]> {
  const end = Math.ceil(to / 1000);
  for (let start = Math.ceil(from / 1000); start < end; start += HOUR_SECONDS) {
    const created = { gte: start, lt: Math.min(start + HOUR_SECONDS, end) };
    const hour = await onStripe(() => hourOf(stripe, created));
    for (let index = 0; index < hour.length; index += PAGE) yield hour.slice(index, index + PAGE);
  }
}

async function hourOf(stripe: Stripe, created: { gte: number; lt: number }): Promise<ProviderMovement[]> {
  const movements: ProviderMovement[] = [];
  for await (const row of stripe.balanceTransactions.list({ created, limit: PAGE, expand: ["data.source"] }))
    movements.push(movementOf(row));
  return movements.toReversed();
}

function movementOf(row: Stripe.BalanceTransaction): ProviderMovement {
  const source = typeof row.source === "string" ? null : row.source;
  return {
    providerMovementId: row.id,
    kind: kindOf(row),
    providerPaymentId: intentOf(source),
    paymentId: source !== null && "metadata" in source ? (source.metadata?.["payment_id"] ?? null) : null,
    amountMinor: fromStripeAmount(row.amount, row.currency),
    feeMinor: fromStripeAmount(row.fee, row.currency),
    currency: row.currency.toUpperCase(),
    at: row.created * 1000,
  };
}

/** By reporting category, which says more than the type (https://docs.stripe.com/reports/reporting-categories). */
function kindOf({ reporting_category: category }: Stripe.BalanceTransaction): ProviderMovement["kind"] {
  if (category === "charge") return "payment";
  if (category === "refund" || category === "refund_failure" || category === "charge_failure")
    return "refund";
  if (category.startsWith("dispute")) return "dispute";
  return category.startsWith("payout") ? "payout" : "fee";
}

/** Charges, refunds and disputes name their payment. */
function intentOf(source: Stripe.BalanceTransactionSource | null): string | null {
  if (source === null || !("payment_intent" in source)) return null;
  const intent = source.payment_intent;
  return intent === null || typeof intent === "string" ? intent : (intent?.id ?? null);
}
