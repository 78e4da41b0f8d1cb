import type { Account } from "./account.ts";
import { amountOf, feeOf } from "./amounts.ts";
import { declinedBy, type Behaviour } from "./cards.ts";
import { openDispute } from "./disputes.ts";
import { invalid, StripeError } from "./errors.ts";
import { metadata, text, textList, type Params } from "./form.ts";
import type { Charge, PaymentIntent, PaymentMethod } from "./objects.ts";
import { behaviourOf, usePaymentMethod } from "./payment-methods.ts";

const TABLE = "payment_intents";

/** POST /v1/payment_intents. */
export function createPaymentIntent(account: Account, params: Params): PaymentIntent {
  const { amount, currency } = amountOf(params);
  const customer = text(params, "customer");
  if (customer !== null) account.get("customers", customer, "customer");
  const methodId = text(params, "payment_method");
  const method = methodId === null ? null : usePaymentMethod(account, methodId);
  const id = account.id("pi");
  const intent = account.put<PaymentIntent>(TABLE, {
    id,
    object: "payment_intent",
    created: account.seconds(),
    livemode: false,
    amount,
    amount_capturable: 0,
    amount_received: 0,
    capture_method: "automatic_async",
    confirmation_method: "automatic",
    client_secret: `${id}_secret_simulated`,
    currency,
    customer,
    description: text(params, "description"),
    metadata: metadata(params),
    payment_method: method?.id ?? null,
    payment_method_types:
      textList(params, "allowed_payment_method_types").length > 0
        ? textList(params, "allowed_payment_method_types")
        : ["card"],
    status: method === null ? "requires_payment_method" : "requires_confirmation",
    next_action: null,
    last_payment_error: null,
    latest_charge: null,
    canceled_at: null,
    cancellation_reason: null,
  });
  account.emit("payment_intent.created", intent);
  return text(params, "confirm") === "true" ? confirmPaymentIntent(account, id, params) : intent;
}

/** POST /v1/payment_intents/:id/confirm. @throws StripeError 402 when the card is refused; the refusal stands then. */
export function confirmPaymentIntent(account: Account, id: string, params: Params): PaymentIntent {
  const intent = account.get<PaymentIntent>(TABLE, id, "intent");
  if (!["requires_payment_method", "requires_confirmation", "requires_action"].includes(intent.status))
    throw unexpectedState(intent, "confirm");
  const methodId = text(params, "payment_method") ?? intent.payment_method;
  if (methodId === null)
    throw invalid("You cannot confirm this PaymentIntent because it's missing a payment method.", {
      code: "payment_intent_unexpected_state",
    });
  const method = usePaymentMethod(account, methodId);
  const behaviour = behaviourOf(account, method);
  const offSession = text(params, "off_session") === "true";
  if (behaviour.authentication === true && offSession)
    throw refuse(account, intent, method, declinedBy("authentication_required"));
  if (behaviour.authentication === true)
    return askToAuthenticate(account, { ...intent, payment_method: method.id }, text(params, "return_url"));
  return charge(account, intent, method, behaviour);
}

/** POST /v1/payment_intents/:id/cancel. */
export function cancelPaymentIntent(account: Account, id: string, params: Params): PaymentIntent {
  const intent = account.get<PaymentIntent>(TABLE, id, "intent");
  if (["succeeded", "canceled", "processing"].includes(intent.status))
    throw unexpectedState(intent, "cancel");
  const canceled = account.put<PaymentIntent>(TABLE, {
    ...intent,
    status: "canceled",
    canceled_at: account.seconds(),
    cancellation_reason: text(params, "cancellation_reason"),
    next_action: null,
  });
  account.emit("payment_intent.canceled", canceled);
  return canceled;
}

/** What the payer does on the page of 3-D Secure. Null: it is waited for no more. */
export function authenticate(account: Account, id: string, approved: boolean): PaymentIntent | null {
  const intent = account.get<PaymentIntent>(TABLE, id, "intent");
  if (intent.status !== "requires_action" || intent.payment_method === null) return null;
  const method = usePaymentMethod(account, intent.payment_method);
  try {
    if (!approved) throw refuse(account, intent, method, AUTHENTICATION_FAILED);
    return charge(account, { ...intent, next_action: null }, method, behaviourOf(account, method));
  } catch (error) {
    if (error instanceof StripeError) return account.get<PaymentIntent>(TABLE, id);
    throw error;
  }
}

const AUTHENTICATION_FAILED = {
  code: "payment_intent_authentication_failure",
  declineCode: undefined,
  message: "The provided PaymentMethod has failed authentication.",
};

function charge(
  account: Account,
  intent: PaymentIntent,
  method: PaymentMethod,
  behaviour: Behaviour,
): PaymentIntent {
  const scripted = account.options.faults.take("payment", ["decline"]);
  if (scripted !== null)
    throw refuse(account, intent, method, declinedBy(scripted.code ?? "generic_decline"));
  if (behaviour.processing === true) return process(account, intent, method, behaviour);
  if (behaviour.decline !== undefined) throw refuse(account, intent, method, behaviour.decline);
  return succeed(account, intent, method, behaviour);
}

function process(
  account: Account,
  intent: PaymentIntent,
  method: PaymentMethod,
  behaviour: Behaviour,
): PaymentIntent {
  const processing = account.put<PaymentIntent>(TABLE, {
    ...intent,
    payment_method: method.id,
    status: "processing",
    next_action: null,
  });
  account.emit("payment_intent.processing", processing);
  account.later(account.options.processingMs, () =>
    settle(account, processing.id, behaviour.decline === undefined),
  );
  return processing;
}

/** The end of a bank debit; also by a control call. False: it is not under way. */
export function settle(account: Account, id: string, success: boolean): boolean {
  const intent = account.get<PaymentIntent>(TABLE, id, "intent");
  if (intent.status !== "processing" || intent.payment_method === null) return false;
  const method = usePaymentMethod(account, intent.payment_method);
  if (success) succeed(account, intent, method, behaviourOf(account, method));
  else refuse(account, intent, method, declinedBy("insufficient_funds"));
  return true;
}

/** Debits that were under way when the process ended go on. */
export function resumeProcessing(account: Account): void {
  for (const intent of account.all<PaymentIntent>(TABLE)) {
    if (intent.status !== "processing" || intent.payment_method === null) continue;
    const { decline } = behaviourOf(account, usePaymentMethod(account, intent.payment_method));
    account.later(account.options.processingMs, () => settle(account, intent.id, decline === undefined));
  }
}

function succeed(
  account: Account,
  intent: PaymentIntent,
  method: PaymentMethod,
  behaviour: Behaviour,
): PaymentIntent {
  const { amount, currency } = intent;
  const id = account.id("ch");
  const movement = account.move({
    amount,
    fee: feeOf(amount, currency),
    currency,
    type: "charge",
    category: "charge",
    source: id,
  });
  const made = account.put<Charge>("charges", {
    ...chargeOf(account, intent, method, id),
    balance_transaction: movement.id,
  });
  const succeeded = account.put<PaymentIntent>(TABLE, {
    ...intent,
    amount_received: amount,
    latest_charge: id,
    payment_method: method.id,
    status: "succeeded",
    next_action: null,
    last_payment_error: null,
  });
  account.emit("charge.succeeded", made);
  account.emit("payment_intent.succeeded", succeeded);
  if (behaviour.dispute === true) openDispute(account, made, amount, "fraudulent");
  return succeeded;
}

/** Records the refusal and answers with its error, for the caller to throw. */
function refuse(
  account: Account,
  intent: PaymentIntent,
  method: PaymentMethod,
  { code, declineCode, message }: { code: string; declineCode: string | undefined; message: string },
): StripeError {
  const id = account.id("ch");
  const failed = account.put<Charge>("charges", {
    ...chargeOf(account, intent, method, id),
    amount_captured: 0,
    captured: false,
    failure_code: code,
    failure_message: message,
    paid: false,
    status: "failed",
  });
  const fields = {
    type: "card_error" as const,
    code,
    ...(declineCode === undefined ? {} : { decline_code: declineCode }),
    message,
    charge: id,
    payment_method: method,
  };
  const refused = account.put<PaymentIntent>(TABLE, {
    ...intent,
    last_payment_error: fields,
    latest_charge: id,
    payment_method: null,
    status: "requires_payment_method",
    next_action: null,
  });
  account.emit("charge.failed", failed);
  account.emit("payment_intent.payment_failed", refused);
  return new StripeError(402, { ...fields, payment_intent: refused });
}

function askToAuthenticate(account: Account, intent: PaymentIntent, returnUrl: string | null): PaymentIntent {
  const url = `${account.options.baseUrl()}/simulator/authenticate/${intent.id}`;
  const waiting = account.put<PaymentIntent>(TABLE, {
    ...intent,
    status: "requires_action",
    last_payment_error: null,
    next_action:
      returnUrl === null
        ? { type: "use_stripe_sdk", use_stripe_sdk: { type: "three_d_secure_redirect", stripe_js: url } }
        : { type: "redirect_to_url", redirect_to_url: { url, return_url: returnUrl } },
  });
  account.emit("payment_intent.requires_action", waiting);
  return waiting;
}

function chargeOf(account: Account, intent: PaymentIntent, method: PaymentMethod, id: string): Charge {
  return {
    id,
    object: "charge",
    created: account.seconds(),
    livemode: false,
    amount: intent.amount,
    amount_captured: intent.amount,
    amount_refunded: 0,
    balance_transaction: null,
    captured: true,
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_code: null,
    failure_message: null,
    metadata: intent.metadata,
    paid: true,
    payment_intent: intent.id,
    payment_method: method.id,
    refunded: false,
    status: "succeeded",
  };
}

function unexpectedState(intent: PaymentIntent, verb: string): StripeError {
  return new StripeError(400, {
    type: "invalid_request_error",
    code: "payment_intent_unexpected_state",
    message: `You cannot ${verb} this PaymentIntent because it has a status of ${intent.status}.`,
    payment_intent: intent,
  });
}
