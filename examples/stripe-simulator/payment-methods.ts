import type { Account } from "./account.ts";
import { TEST_METHODS, type Behaviour } from "./cards.ts";
import { invalid, missing } from "./errors.ts";
import { metadata, object, text, type Params } from "./form.ts";
import type { PaymentMethod } from "./objects.ts";

interface StoredBehaviour {
  readonly id: string;
  readonly behaviour: string;
}

/** POST /v1/payment_methods: cards by token only ("tok_visa" is pm_card_visa), as Stripe wants it of servers. */
export function createPaymentMethod(account: Account, params: Params): PaymentMethod {
  const token = text(object(params, "card"), "token");
  if (text(params, "type") !== "card" || token === null)
    throw invalid("Give type=card and card[token]: the simulator takes no card numbers.", { param: "card" });
  return fromTest(account, token.replace(/^tok_/, "pm_card_"), null, metadata(params));
}

/** POST /v1/payment_methods/:id/attach. Attaching a test id makes a method of its own, as at Stripe. */
export function attachPaymentMethod(account: Account, id: string, params: Params): PaymentMethod {
  const customer = text(params, "customer");
  if (customer === null)
    throw invalid("Missing required param: customer.", { param: "customer", code: "parameter_missing" });
  account.get("customers", customer, "customer");
  const method = usePaymentMethod(account, id);
  return account.put("payment_methods", { ...method, customer });
}

/** A stored method, or a fresh one of a test id. @throws StripeError 400. */
export function usePaymentMethod(account: Account, id: string): PaymentMethod {
  const stored = account.find<PaymentMethod>("payment_methods", id);
  if (stored !== undefined) return stored;
  if (!Object.hasOwn(TEST_METHODS, id)) throw missing("PaymentMethod", id, "payment_method");
  return fromTest(account, id, null, {});
}

export function behaviourOf(account: Account, method: PaymentMethod): Behaviour {
  const { behaviour } = account.get<StoredBehaviour>("behaviours", method.id);
  return TEST_METHODS[behaviour]!;
}

function fromTest(
  account: Account,
  testId: string,
  customer: string | null,
  data: Record<string, string>,
): PaymentMethod {
  const behaviour = Object.hasOwn(TEST_METHODS, testId) ? TEST_METHODS[testId] : undefined;
  if (behaviour === undefined) throw missing("token", testId, "card[token]");
  const { type, brand, last4 } = behaviour;
  const id = account.id("pm");
  account.put<StoredBehaviour>("behaviours", { id, behaviour: testId });
  return account.put<PaymentMethod>("payment_methods", {
    id,
    object: "payment_method",
    created: account.seconds(),
    livemode: false,
    customer,
    type,
    ...(type === "card"
      ? { card: { brand, last4, exp_month: 12, exp_year: 2034 } }
      : { us_bank_account: { bank_name: "STRIPE TEST BANK", last4 } }),
    metadata: data,
  });
}
