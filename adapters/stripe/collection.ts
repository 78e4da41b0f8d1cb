import { Stripe } from "stripe";
import { Unavailable } from "#domain/errors.ts";
import type { Collection, CollectionStanding } from "#domain/payments/ports.ts";
import { toStripeAmount } from "./amounts.ts";
import { asksForPayer } from "./declines.ts";
import { isReplayedFailure, isStripeFailure, onStripe } from "./failures.ts";
import { INTENT_EXPANSION, intentStanding, sessionStanding } from "./states.ts";

/** Stripe keeps keys for a day: an attempt of ours is looked for among what is at most this old. */
const LOOK_BACK_SECONDS = 30 * 86_400;
/** Of one customer within that time; above it an attempt counts as new, and Stripe's own key still holds for a day. */
const LOOK_AT_MAX = 300;
/** A stored failure under the first key leads to the next one. */
const KEYS_MAX = 3;

export interface CollectionContext {
  readonly stripe: Stripe;
  /** Epoch ms. */
  readonly now: () => number;
  /** Where the payer comes back to from the bank's or Stripe's page. */
  readonly returnUrl: string;
}

/**
 * Charges a stored method without the payer. Two steps, so that money moves by one PaymentIntent's confirmation alone, which succeeds once however
 * often it is asked for: made (or found again, when the answer was lost), then confirmed.
 */
export async function chargeStoredMethod(
  context: CollectionContext,
  collection: Collection & { readonly paymentMethodId: string },
): Promise<CollectionStanding> {
  const amount = toStripeAmount(collection.amountMinor, collection.currency);
  const intent = (await findIntent(context, collection)) ?? (await createIntent(context, collection, amount));
  const confirmed =
    intent.status === "requires_confirmation" ? await confirm(context, collection, intent) : intent;
  const error = confirmed.status === "requires_payment_method" ? confirmed.last_payment_error : null;
  if (error === null || !asksForPayer(error)) return intentStanding(confirmed);
  return intentStanding(await askPayer(context, collection, confirmed));
}

/** A page of Stripe's where the payer pays: the link is given, nothing is charged yet. */
export async function offerLink(
  { stripe, returnUrl }: CollectionContext,
  collection: Collection,
): Promise<CollectionStanding> {
  const amount = toStripeAmount(collection.amountMinor, collection.currency);
  const { paymentId, currency, description, customerId } = collection;
  const metadata = metadataOf(collection);
  const session = await onStripe(() =>
    underKeys(collection.idempotencyKey, (idempotencyKey) =>
      stripe.checkout.sessions.create(
        {
          mode: "payment",
          client_reference_id: paymentId,
          line_items: [
            {
              quantity: 1,
              price_data: {
                currency: currency.toLowerCase(),
                unit_amount: amount,
                product_data: { name: description },
              },
            },
          ],
          ...(customerId === null ? {} : { customer: customerId }),
          metadata,
          payment_intent_data: { description, metadata },
          success_url: returnUrl,
          cancel_url: returnUrl,
        },
        { idempotencyKey },
      ),
    ),
  );
  const replayed = session.lastResponse.headers["idempotent-replayed"] === "true";
  return replayed ? sessionStanding(await readSession(stripe, session.id)) : sessionStanding(session);
}

export function readIntent(stripe: Stripe, id: string): Promise<Stripe.PaymentIntent> {
  return onStripe(() => stripe.paymentIntents.retrieve(id, { expand: INTENT_EXPANSION }));
}

export function readSession(stripe: Stripe, id: string): Promise<Stripe.Checkout.Session> {
  return onStripe(() =>
    stripe.checkout.sessions.retrieve(id, {
      expand: ["payment_intent", ...INTENT_EXPANSION.map((path) => `payment_intent.${path}`)],
    }),
  );
}

/** The attempt's own intent, if an earlier call made it and its answer was lost. The newest, should there be two: the other is not confirmed. */
async function findIntent(
  { stripe, now }: CollectionContext,
  { customerId, idempotencyKey }: Collection,
): Promise<Stripe.PaymentIntent | null> {
  const since = Math.floor(now() / 1000) - LOOK_BACK_SECONDS;
  const found = await onStripe(async () => {
    const page = stripe.paymentIntents.list({
      limit: 100,
      created: { gte: since },
      ...(customerId === null ? {} : { customer: customerId }),
    });
    return (await page.autoPagingToArray({ limit: LOOK_AT_MAX })).filter(
      ({ metadata }) => metadata["collection_key"] === idempotencyKey,
    );
  });
  const begun = found.find(({ status }) => status !== "requires_confirmation") ?? found[0];
  return begun === undefined ? null : readIntent(stripe, begun.id);
}

async function createIntent(
  { stripe }: CollectionContext,
  collection: Collection & { readonly paymentMethodId: string },
  amount: number,
): Promise<Stripe.PaymentIntent> {
  const { customerId, currency, description, paymentMethodId } = collection;
  const { type } = await onStripe(() => stripe.paymentMethods.retrieve(paymentMethodId));
  const intent = await onStripe(() =>
    underKeys(collection.idempotencyKey, (idempotencyKey) =>
      stripe.paymentIntents.create(
        {
          amount,
          currency: currency.toLowerCase(),
          ...(customerId === null ? {} : { customer: customerId }),
          payment_method: paymentMethodId,
          // Its own type alone: with every type of the account, Stripe would ask for a page to return to.
          allowed_payment_method_types: [type],
          description,
          metadata: metadataOf(collection),
        },
        { idempotencyKey },
      ),
    ),
  );
  const replayed = intent.lastResponse.headers["idempotent-replayed"] === "true";
  return replayed ? readIntent(stripe, intent.id) : intent;
}

async function confirm(
  { stripe }: CollectionContext,
  { idempotencyKey }: Collection,
  { id }: Stripe.PaymentIntent,
): Promise<Stripe.PaymentIntent> {
  try {
    return await underKeys(
      `${idempotencyKey}:confirm`,
      async (key) => {
        const parameters = { off_session: true, expand: INTENT_EXPANSION };
        return stripe.paymentIntents.confirm(id, parameters, { idempotencyKey: key });
      },
      async () => (await readIntent(stripe, id)).status === "requires_confirmation",
    );
  } catch (error) {
    // Refused, or confirmed by a call before: how it stands says which.
    if (isRefusal(error) || isReplayedFailure(error)) return readIntent(stripe, id);
    return onStripe(() => Promise.reject(error as Error));
  }
}

/** Confirms it again, this time with the payer: the answer has the bank's page. */
async function askPayer(
  { stripe, returnUrl }: CollectionContext,
  { idempotencyKey, paymentMethodId }: Collection & { readonly paymentMethodId: string },
  { id }: Stripe.PaymentIntent,
): Promise<Stripe.PaymentIntent> {
  try {
    return await underKeys(`${idempotencyKey}:payer`, async (key) => {
      const parameters = { payment_method: paymentMethodId, return_url: returnUrl, expand: INTENT_EXPANSION };
      return stripe.paymentIntents.confirm(id, parameters, { idempotencyKey: key });
    });
  } catch (error) {
    if (isRefusal(error)) return readIntent(stripe, id);
    return onStripe(() => Promise.reject(error as Error));
  }
}

function isRefusal(error: unknown): boolean {
  return (
    isStripeFailure(error) &&
    (error instanceof Stripe.errors.StripeCardError || error.code === "payment_intent_unexpected_state")
  );
}

/**
 * Stripe stores even a 500 under its key and gives it again for a day: then the next key is taken, as long as `harmless` says that a second go
 * cannot have a second effect.
 */
async function underKeys<Result>(
  key: string,
  call: (key: string) => Promise<Result>,
  harmless: () => Promise<boolean> = async () => true,
): Promise<Result> {
  for (let number = 1; number <= KEYS_MAX; number += 1) {
    try {
      return await call(number === 1 ? key : `${key}:${number}`);
    } catch (error) {
      if (!isReplayedFailure(error)) throw error;
      if (!(await harmless())) throw error;
    }
  }
  throw new Unavailable("stripe", {
    message: "stripe answers every key of this attempt with a stored failure",
  });
}

/** `payment_id` comes back in webhooks, `collection_key` finds an attempt whose answer was lost. */
function metadataOf({ paymentId, tenantId, idempotencyKey }: Collection): Record<string, string> {
  return { payment_id: paymentId, tenant_id: tenantId, collection_key: idempotencyKey };
}
