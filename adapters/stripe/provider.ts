import type { Stripe } from "stripe";
import type { Clock } from "#domain/clock.ts";
import type { Collection, CollectionStanding, PaymentProvider } from "#domain/payments/ports.ts";
import { toStripeAmount } from "./amounts.ts";
import { createStripeClient, type StripeOptions } from "./client.ts";
import {
  chargeStoredMethod,
  type CollectionContext,
  offerLink,
  readIntent,
  readSession,
} from "./collection.ts";
import { isStripeFailure, onStripe } from "./failures.ts";
import { movementsOf } from "./movements.ts";
import { intentStanding, refundStanding, sessionStanding } from "./states.ts";

export interface StripeProviderOptions extends StripeOptions {
  readonly clock: Clock;
  /** Where the payer comes back to after the bank's or Stripe's page. */
  readonly returnUrl: string;
}

/** Stripe behind the payments port: PaymentIntents for stored methods, Checkout Sessions for payers with a link. */
export function createStripeProvider({
  clock,
  returnUrl,
  ...options
}: StripeProviderOptions): PaymentProvider {
  const stripe = createStripeClient(options);
  const context: CollectionContext = { stripe, returnUrl, now: () => clock.now() };
  return {
    name: "stripe",
    createCustomer: (customer) => onStripe(() => ownCustomer(stripe, customer)),
    collect: (collection) => collect(context, collection),
    standing: (id) => unlessMissing(() => standing(stripe, id)),
    cancel: (id) => cancel(stripe, id),
    refund: (refund) => ownRefund(stripe, refund),
    refundStanding: (id) =>
      unlessMissing(async () => refundStanding(await onStripe(() => stripe.refunds.retrieve(id)))),
    movements: (from, to) => movementsOf(stripe, from, to),
  };
}

function collect(context: CollectionContext, collection: Collection): Promise<CollectionStanding> {
  const { paymentMethodId } = collection;
  return paymentMethodId === null
    ? offerLink(context, collection)
    : chargeStoredMethod(context, { ...collection, paymentMethodId });
}

const isSession = (id: string): boolean => id.startsWith("cs_");

async function standing(stripe: Stripe, id: string): Promise<CollectionStanding> {
  return isSession(id)
    ? sessionStanding(await readSession(stripe, id))
    : intentStanding(await readIntent(stripe, id));
}

/** What cannot be cancelled any more (paid, expired, cancelled) is left as it is, and said. */
async function cancel(stripe: Stripe, id: string): Promise<CollectionStanding> {
  try {
    if (isSession(id)) await stripe.checkout.sessions.expire(id);
    else await stripe.paymentIntents.cancel(id, { cancellation_reason: "abandoned" });
  } catch (error) {
    const ended = isStripeFailure(error) && error.statusCode === 400;
    if (!ended) return onStripe(() => Promise.reject(error as Error));
  }
  return standing(stripe, id);
}

/** Looked for by the tenant before it is made: Stripe's key holds for a day only. */
async function ownCustomer(
  stripe: Stripe,
  { tenantId, name, email, idempotencyKey }: Parameters<PaymentProvider["createCustomer"]>[0],
): Promise<{ customerId: string }> {
  const known = await stripe.customers.search({
    query: `metadata['tenant_id']:'${quoted(tenantId)}'`,
    limit: 1,
  });
  if (known.data[0] !== undefined) return { customerId: known.data[0].id };
  const parameters = { name, ...(email === null ? {} : { email }), metadata: { tenant_id: tenantId } };
  const { id } = await stripe.customers.create(parameters, { idempotencyKey });
  return { customerId: id };
}

function quoted(text: string): string {
  return text.replaceAll(/['\\]/g, String.raw`\$&`);
}

/** Looked for among the payment's refunds before it is made: a lost answer, or a stored failure, refunds once. */
function ownRefund(
  stripe: Stripe,
  refund: Parameters<PaymentProvider["refund"]>[0],
): ReturnType<PaymentProvider["refund"]> {
  const { idempotencyKey, providerPaymentId, amountMinor, currency } = refund;
  const amount = toStripeAmount(amountMinor, currency);
  return onStripe(async () => {
    const intent = isSession(providerPaymentId)
      ? (await standing(stripe, providerPaymentId)).providerPaymentId
      : providerPaymentId;
    const made = await stripe.refunds.list({ payment_intent: intent, limit: 100 });
    const known = made.data.find(({ metadata }) => metadata?.["refund_key"] === idempotencyKey);
    if (known !== undefined) return refundStanding(known);
    const parameters = { payment_intent: intent, amount, metadata: { refund_key: idempotencyKey } };
    return refundStanding(await stripe.refunds.create(parameters, { idempotencyKey }));
  });
}

/** Null for an id that Stripe does not know. */
async function unlessMissing<Result>(call: () => Promise<Result>): Promise<Result | null> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "resource_missing") return null;
    throw error;
  }
}
