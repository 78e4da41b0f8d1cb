import type { Account } from "./account.ts";
import { checkAmount } from "./amounts.ts";
import { invalid, StripeError } from "./errors.ts";
import { metadata, object, text, type Param, type Params } from "./form.ts";
import type { CheckoutSession, PaymentIntent } from "./objects.ts";
import { confirmPaymentIntent, createPaymentIntent } from "./payment-intents.ts";

const TABLE = "checkout.sessions";
const DEFAULT_LIFE_SECONDS = 86_400;

interface SessionIntent {
  readonly id: string;
  /** What the session's payment intents are made with. */
  readonly params: Params;
}

/** POST /v1/checkout/sessions, mode=payment with one line of price_data. */
export function createCheckoutSession(account: Account, params: Params): CheckoutSession {
  if (text(params, "mode") !== "payment")
    throw invalid("The simulator knows mode=payment only.", { param: "mode" });
  const line = (params["line_items"] as Param[] | undefined)?.[0];
  const price = typeof line === "object" && !Array.isArray(line) ? object(line, "price_data") : {};
  const currency = (text(price, "currency") ?? "").toLowerCase();
  const amount = checkAmount(text(price, "unit_amount"), currency, "line_items[0][price_data][unit_amount]");
  const customer = text(params, "customer");
  if (customer !== null) account.get("customers", customer, "customer");
  const id = account.id("cs_test");
  const intentData = object(params, "payment_intent_data");
  account.put<SessionIntent>("session_intents", {
    id,
    params: {
      amount: String(amount),
      currency,
      ...(customer === null ? {} : { customer }),
      ...(text(intentData, "description") === null ? {} : { description: text(intentData, "description")! }),
      metadata: metadata(intentData),
    },
  });
  const created = account.seconds();
  const expiresAt = Number(text(params, "expires_at") ?? created + DEFAULT_LIFE_SECONDS);
  return account.put<CheckoutSession>(TABLE, {
    id,
    object: "checkout.session",
    created,
    expires_at: expiresAt,
    livemode: false,
    amount_total: amount,
    cancel_url: text(params, "cancel_url"),
    client_reference_id: text(params, "client_reference_id"),
    currency,
    customer,
    metadata: metadata(params),
    mode: "payment",
    payment_intent: null,
    payment_status: "unpaid",
    status: "open",
    success_url: text(params, "success_url"),
    url: `${account.options.baseUrl()}/simulator/checkout/${id}`,
  });
}

export function getCheckoutSession(account: Account, id: string): CheckoutSession {
  const session = account.get<CheckoutSession>(TABLE, id);
  return session.status === "open" && session.expires_at <= account.seconds()
    ? expire(account, session)
    : session;
}

/** POST /v1/checkout/sessions/:id/expire. */
export function expireCheckoutSession(account: Account, id: string): CheckoutSession {
  const session = getCheckoutSession(account, id);
  if (session.status !== "open")
    throw invalid(
      `Only Checkout Sessions with a status in ["open"] can be expired. This one has a status of ${session.status}.`,
    );
  return expire(account, session);
}

function expire(account: Account, session: CheckoutSession): CheckoutSession {
  const expired = account.put<CheckoutSession>(TABLE, { ...session, status: "expired", url: null });
  account.emit("checkout.session.expired", expired);
  return expired;
}

/** What the payer does on the page; a refused card leaves the session open. */
export function payCheckoutSession(account: Account, id: string, paymentMethod: string): CheckoutSession {
  const session = getCheckoutSession(account, id);
  if (session.status !== "open") return session;
  const intent = intentOf(account, session);
  const tried = account.put<CheckoutSession>(TABLE, { ...session, payment_intent: intent.id });
  try {
    confirmPaymentIntent(account, intent.id, { payment_method: paymentMethod });
  } catch (error) {
    if (error instanceof StripeError) return tried;
    throw error;
  }
  const complete = account.put<CheckoutSession>(TABLE, {
    ...tried,
    payment_status: "paid",
    status: "complete",
    url: null,
  });
  account.emit("checkout.session.completed", complete);
  return complete;
}

function intentOf(account: Account, { id, payment_intent }: CheckoutSession): PaymentIntent {
  if (payment_intent !== null) return account.get<PaymentIntent>("payment_intents", payment_intent);
  return createPaymentIntent(account, account.get<SessionIntent>("session_intents", id).params);
}
