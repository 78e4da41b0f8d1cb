import type { Account } from "./account.ts";
import { checkAmount } from "./amounts.ts";
import { invalid } from "./errors.ts";
import { metadata, text, type Params } from "./form.ts";
import type { Charge, PaymentIntent, PaymentMethod, Refund } from "./objects.ts";
import { behaviourOf } from "./payment-methods.ts";

/** POST /v1/refunds. */
export function createRefund(account: Account, params: Params): Refund {
  const charge = chargeOf(account, params);
  if (charge.status !== "succeeded")
    throw invalid("This charge has not been captured.", { code: "charge_not_refundable" });
  const left = charge.amount - charge.amount_refunded;
  if (left === 0)
    throw invalid(`Charge ${charge.id} has already been refunded.`, { code: "charge_already_refunded" });
  const written = text(params, "amount");
  const amount = written === null ? left : checkAmount(written, charge.currency, "amount");
  if (amount > left)
    throw invalid(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, {
      param: "amount",
    });
  const method = account.get<PaymentMethod>("payment_methods", charge.payment_method);
  const pending = behaviourOf(account, method).refund === "pending";
  const refund = record(account, charge, amount, params, pending ? "pending" : "succeeded");
  if (behaviourOf(account, method).refund === "failed")
    account.later(account.options.processingMs, () => endRefund(account, refund.id, "failed"));
  if (pending) account.later(account.options.processingMs, () => endRefund(account, refund.id, "succeeded"));
  return refund;
}

function chargeOf(account: Account, params: Params): Charge {
  const chargeId = text(params, "charge");
  if (chargeId !== null) return account.get<Charge>("charges", chargeId, "charge");
  const intentId = text(params, "payment_intent");
  if (intentId === null)
    throw invalid(
      "One of the following params should be provided for this request: payment_intent or charge.",
    );
  const intent = account.get<PaymentIntent>("payment_intents", intentId, "payment_intent");
  if (intent.status !== "succeeded" || intent.latest_charge === null)
    throw invalid("This PaymentIntent does not have a successful charge to refund.", {
      code: "payment_intent_unexpected_state",
    });
  return account.get<Charge>("charges", intent.latest_charge);
}

function record(
  account: Account,
  charge: Charge,
  amount: number,
  params: Params,
  status: Refund["status"],
): Refund {
  const id = account.id("re");
  const { currency } = charge;
  const movement = account.move({
    amount: -amount,
    fee: 0,
    currency,
    type: "refund",
    category: "refund",
    source: id,
  });
  const refunded = charge.amount_refunded + amount;
  const updated = account.put<Charge>("charges", {
    ...charge,
    amount_refunded: refunded,
    refunded: refunded === charge.amount,
  });
  const refund = account.put<Refund>("refunds", {
    id,
    object: "refund",
    created: account.seconds(),
    amount,
    balance_transaction: movement.id,
    charge: charge.id,
    currency,
    metadata: metadata(params),
    payment_intent: charge.payment_intent,
    reason: text(params, "reason"),
    status,
  });
  account.emit("refund.created", refund);
  account.emit("charge.refunded", updated);
  return refund;
}

/** Ends a pending refund, or fails one that had succeeded: the money comes back to the account. */
export function endRefund(account: Account, id: string, status: "succeeded" | "failed"): Refund {
  const refund = account.get<Refund>("refunds", id);
  if (refund.status === status || refund.status === "failed") return refund;
  const ended = account.put<Refund>("refunds", {
    ...refund,
    status,
    ...(status === "failed" ? { failure_reason: "expired_or_canceled_card" } : {}),
  });
  if (status === "failed") giveBack(account, refund);
  account.emit(status === "failed" ? "refund.failed" : "refund.updated", ended);
  return ended;
}

function giveBack(account: Account, { amount, currency, charge: chargeId, id }: Refund): void {
  account.move({ amount, fee: 0, currency, type: "refund_failure", category: "refund_failure", source: id });
  const charge = account.get<Charge>("charges", chargeId);
  account.put<Charge>("charges", {
    ...charge,
    amount_refunded: charge.amount_refunded - amount,
    refunded: false,
  });
}
