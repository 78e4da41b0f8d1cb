import type { Account } from "./account.ts";
import { moneyOf, unitsOf } from "./amounts.ts";
import { unprocessable } from "./errors.ts";
import type { Capture, Dispute, Order, Refund } from "./objects.ts";
import { putCapture } from "./orders.ts";

/** POST /v2/payments/captures/:id/refund. */
export function refundCapture(account: Account, id: string, body: Readonly<Record<string, unknown>>): Refund {
  const capture = account.get<Capture>("captures", id);
  if (capture.status === "REFUNDED")
    throw unprocessable("CAPTURE_FULLY_REFUNDED", "The capture has already been fully refunded.");
  if (capture.status === "PENDING" || capture.status === "DECLINED")
    throw unprocessable("CAPTURE_STATUS_NOT_VALID", "The capture cannot be refunded in its state.");
  const { units: paid, currency } = unitsOf(capture.amount);
  const left = paid - refundedOf(account, id);
  const given = body["amount"] === undefined ? { units: left, currency } : unitsOf(body["amount"]);
  if (given.currency !== currency)
    throw unprocessable("CURRENCY_MISMATCH", "The currency of the refund must be that of the capture.");
  if (given.units > left)
    throw unprocessable(
      "REFUND_AMOUNT_EXCEEDED",
      "The refund amount must be less than or equal to the capture amount that has not yet been refunded.",
    );
  const customId = typeof body["custom_id"] === "string" ? body["custom_id"] : capture.custom_id;
  const refund = record(account, capture, moneyOf(given.units, currency), customId);
  account.move(
    refund.id,
    "T1107",
    { amount: -given.units, fee: 0n, currency },
    {
      ...(customId === undefined ? {} : { custom_field: customId }),
      paypal_reference_id: id,
      paypal_reference_id_type: "TXN",
    },
  );
  const order = account.get<Order>("orders", capture.supplementary_data.related_ids.order_id);
  putCapture(account, order, {
    ...capture,
    status: given.units === left ? "REFUNDED" : "PARTIALLY_REFUNDED",
  });
  account.emit("PAYMENT.CAPTURE.REFUNDED", "refund", refund);
  return refund;
}

function record(
  account: Account,
  capture: Capture,
  amount: Refund["amount"],
  customId: string | undefined,
): Refund {
  const base = account.options.baseUrl();
  const id = account.id();
  return account.put<Refund>("refunds", id, {
    id,
    status: "COMPLETED",
    amount,
    ...(customId === undefined ? {} : { custom_id: customId }),
    create_time: account.time(),
    links: [
      { href: `${base}/v2/payments/refunds/${id}`, rel: "self", method: "GET" },
      { href: `${base}/v2/payments/captures/${capture.id}`, rel: "up", method: "GET" },
    ],
    capture_id: capture.id,
  });
}

export function refundedOf(account: Account, captureId: string): bigint {
  return account
    .all<Refund>("refunds")
    .filter((refund) => refund.capture_id === captureId && refund.status !== "FAILED")
    .reduce((sum, { amount }) => sum + unitsOf(amount).units, 0n);
}

/** The buyer complains: the money is held at once. */
export function openDispute(account: Account, orderId: string): Dispute {
  const capture = account.get<Order>("orders", orderId).purchase_units[0].payments?.captures[0];
  if (capture === undefined) throw unprocessable("NOT_CAPTURED", "There is nothing to dispute.");
  const id = `PP-D-${account.id()}`;
  const { units, currency } = unitsOf(capture.amount);
  const custom = capture.custom_id === undefined ? {} : { custom_field: capture.custom_id };
  account.move(
    id,
    "T1110",
    { amount: -units, fee: 0n, currency },
    { ...custom, paypal_reference_id: capture.id, paypal_reference_id_type: "TXN" },
  );
  const dispute = account.put<Dispute>("disputes", id, {
    dispute_id: id,
    reason: "UNAUTHORISED",
    status: "OPEN",
    dispute_amount: capture.amount,
    disputed_transactions: [
      {
        seller_transaction_id: capture.id,
        ...(capture.custom_id === undefined ? {} : { custom: capture.custom_id }),
      },
    ],
    create_time: account.time(),
  });
  account.emit("CUSTOMER.DISPUTE.CREATED", "dispute", dispute);
  return dispute;
}

/** PayPal decides; a second decision changes nothing. */
export function closeDispute(account: Account, id: string, outcome: "won" | "lost"): Dispute {
  const dispute = account.get<Dispute>("disputes", id);
  if (dispute.status === "RESOLVED") return dispute;
  const { units, currency } = unitsOf(dispute.dispute_amount);
  const [disputed] = dispute.disputed_transactions;
  const custom = disputed?.custom === undefined ? {} : { custom_field: disputed.custom };
  if (outcome === "won") account.move(id, "T1111", { amount: units, fee: 0n, currency }, custom);
  const closed = account.put<Dispute>("disputes", id, {
    ...dispute,
    status: "RESOLVED",
    dispute_outcome: { outcome_code: outcome === "won" ? "RESOLVED_SELLER_FAVOUR" : "RESOLVED_BUYER_FAVOUR" },
  });
  account.emit("CUSTOMER.DISPUTE.RESOLVED", "dispute", closed);
  return closed;
}
