import type { CollectionStanding, CollectionState, RefundStanding } from "#domain/payments/ports.ts";
import { fromPaypalAmount } from "./amounts.ts";
import type { PaypalCapture, PaypalOrder, PaypalRefund } from "./resources.ts";

/** PayPal cannot cancel an order: one that was given up carries this before our id, and is never captured. */
export const GIVEN_UP = "given-up:";

/** Why a payer's account or card was refused; another day or another instrument may do. */
const DECLINES: Readonly<Record<string, { readonly retryable: boolean }>> = {
  INSTRUMENT_DECLINED: { retryable: true },
  PAYER_ACCOUNT_LOCKED_OR_CLOSED: { retryable: false },
  PAYER_ACCOUNT_RESTRICTED: { retryable: false },
  PAYER_CANNOT_PAY: { retryable: true },
  PAYEE_BLOCKED_TRANSACTION: { retryable: false },
  TRANSACTION_BLOCKED_BY_PAYEE: { retryable: false },
  TRANSACTION_LIMIT_EXCEEDED: { retryable: true },
  TRANSACTION_RECEIVING_LIMIT_EXCEEDED: { retryable: true },
  TRANSACTION_REFUSED: { retryable: true },
  COMPLIANCE_VIOLATION: { retryable: false },
  DECLINED_DUE_TO_RELATED_TXN: { retryable: true },
  MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED: { retryable: false },
  INSUFFICIENT_FUNDS: { retryable: true },
};

/** Null: the refusal is about the request, not about the payer. */
export function declinedState(issue: string, message: string): CollectionState | null {
  if (!Object.hasOwn(DECLINES, issue)) return null;
  return { kind: "declined", code: issue, message, retryable: DECLINES[issue]!.retryable };
}

export function isGivenUp({ purchase_units: units }: PaypalOrder): boolean {
  return units?.[0]?.custom_id?.startsWith(GIVEN_UP) === true;
}

export function orderStanding(order: PaypalOrder): CollectionStanding {
  return { providerPaymentId: order.id, state: orderState(order) };
}

function orderState(order: PaypalOrder): CollectionState {
  const captures = order.purchase_units?.flatMap((unit) => unit.payments?.captures ?? []) ?? [];
  const paid = captures.filter(isPaid);
  if (paid.length > 0) return paidState(paid);
  const refused = captures.find(({ status }) => status === "DECLINED" || status === "FAILED");
  if (captures.some(({ status }) => status === "PENDING")) return { kind: "processing" };
  if (refused !== undefined) return declinedCapture(refused);
  if (order.status === "VOIDED" || isGivenUp(order)) return { kind: "cancelled" };
  // Approved, and not captured yet: `standing` captures it.
  if (order.status === "APPROVED" || order.status === "COMPLETED") return { kind: "processing" };
  return { kind: "requires_action", actionUrl: actionUrl(order) };
}

/** What was refunded later was received all the same. */
function isPaid({ status }: PaypalCapture): boolean {
  return status === "COMPLETED" || status === "REFUNDED" || status === "PARTIALLY_REFUNDED";
}

function paidState(captures: readonly PaypalCapture[]): CollectionState {
  const fees = captures.map((capture) => capture.seller_receivable_breakdown?.paypal_fee);
  const sameCurrency = fees.every(
    (fee, index) => fee?.currency_code === captures[index]?.amount.currency_code,
  );
  return {
    kind: "succeeded",
    receivedMinor: sum(captures.map(({ amount }) => fromPaypalAmount(amount))),
    feeMinor: sameCurrency ? sum(fees.map((fee) => (fee === undefined ? 0n : fromPaypalAmount(fee)))) : null,
    at: Math.max(...captures.map(({ create_time: time }) => Date.parse(time ?? ""))),
  };
}

function declinedCapture({ status_details: details }: PaypalCapture): CollectionState {
  const code = details?.reason ?? "CAPTURE_DECLINED";
  return {
    kind: "declined",
    code,
    message: "The payment was declined after it had been approved.",
    retryable: true,
  };
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);

function actionUrl({ links }: PaypalOrder): string | null {
  return links?.find(({ rel }) => rel === "payer-action" || rel === "approve")?.href ?? null;
}

export function refundStanding({ id, status }: PaypalRefund): RefundStanding {
  const state = status === "COMPLETED" ? "succeeded" : status === "PENDING" ? "pending" : "failed";
  return { providerRefundId: id, state };
}
