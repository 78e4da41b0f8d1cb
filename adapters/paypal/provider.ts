import type {
  Collection,
  CollectionStanding,
  PaymentProvider,
  RefundStanding,
} from "#domain/payments/ports.ts";
import { Rejected } from "#domain/errors.ts";
import { toPaypalAmount } from "./amounts.ts";
import {
  createPaypalClient,
  onPaypal,
  type PaypalClient,
  type PaypalOptions,
  PaypalRefusal,
} from "./client.ts";
import { movementsOf } from "./movements.ts";
import type { PaypalOrder, PaypalRefund } from "./resources.ts";
import { declinedState, GIVEN_UP, isGivenUp, orderStanding, refundStanding } from "./states.ts";

export interface PaypalProviderOptions extends PaypalOptions {
  /** Where the payer comes back to after PayPal's page. */
  readonly returnUrl: string;
}

/** Orders that were refused before PayPal gave them an id. */
const NO_ORDER = "declined:";
/** PayPal's limit for its own fields. */
const FIELD_LENGTH_MAX = 127;

/** PayPal behind the payments port: Orders v2, captured when the payer has approved; vaulted accounts are charged at once. */
export function createPaypalProvider({ returnUrl, ...options }: PaypalProviderOptions): PaymentProvider {
  const client = createPaypalClient(options);
  return {
    name: "paypal",
    // PayPal has no customers of ours: a payer is known by the account that approves.
    createCustomer: async ({ tenantId }) => ({ customerId: tenantId }),
    collect: (collection) => collect(client, collection, returnUrl),
    standing: (id) => unlessMissing(id, () => standing(client, id)),
    cancel: (id) => cancel(client, id),
    refund: (refund) => refundOrder(client, refund),
    refundStanding: (id) =>
      unlessMissing(id, async () =>
        refundStanding(await client.get<PaypalRefund>(`/v2/payments/refunds/${segment(id)}`)),
      ),
    movements: (from, to) => movementsOf(client, from, to),
  };
}

async function collect(
  client: PaypalClient,
  collection: Collection,
  returnUrl: string,
): Promise<CollectionStanding> {
  const body = orderOf(collection, returnUrl);
  try {
    return orderStanding(
      await client.post<PaypalOrder>("/v2/checkout/orders", body, collection.idempotencyKey),
    );
  } catch (error) {
    const state = error instanceof PaypalRefusal ? declinedState(error.issue, error.message) : null;
    if (state !== null) return { providerPaymentId: `${NO_ORDER}${collection.idempotencyKey}`, state };
    return onPaypal(() => Promise.reject(error as Error));
  }
}

/** The attempt is the invoice id: beyond the life of a request id (six hours), PayPal itself blocks a second payment of it. */
function orderOf(
  { amountMinor, currency, paymentId, paymentMethodId, description, idempotencyKey }: Collection,
  returnUrl: string,
): object {
  const unit = {
    amount: toPaypalAmount(amountMinor, currency),
    custom_id: paymentId,
    invoice_id: idempotencyKey.slice(-FIELD_LENGTH_MAX),
    description: description.slice(0, FIELD_LENGTH_MAX),
  };
  const paypal =
    paymentMethodId === null
      ? {
          experience_context: {
            return_url: returnUrl,
            cancel_url: returnUrl,
            user_action: "PAY_NOW",
            shipping_preference: "NO_SHIPPING",
          },
        }
      : { vault_id: paymentMethodId };
  return { intent: "CAPTURE", purchase_units: [unit], payment_source: { paypal } };
}

/** How it stands; what the payer has approved is captured, once. */
async function standing(client: PaypalClient, id: string): Promise<CollectionStanding> {
  const order = await client.get<PaypalOrder>(`/v2/checkout/orders/${segment(id)}`);
  if (order.status !== "APPROVED" || isGivenUp(order)) return orderStanding(order);
  return capture(client, order);
}

/** A payer whose card is refused may choose another one on the same page: the order goes on. */
const READ_AGAIN: ReadonlySet<string> = new Set([
  "ORDER_ALREADY_CAPTURED",
  "ORDER_NOT_APPROVED",
  "INSTRUMENT_DECLINED",
]);

async function capture(client: PaypalClient, { id }: PaypalOrder): Promise<CollectionStanding> {
  const path = `/v2/checkout/orders/${segment(id)}`;
  try {
    return orderStanding(await client.post<PaypalOrder>(`${path}/capture`, {}, `${id}:capture`));
  } catch (error) {
    if (!(error instanceof PaypalRefusal)) throw error;
    if (READ_AGAIN.has(error.issue)) return orderStanding(await client.get<PaypalOrder>(path));
    const state = declinedState(error.issue, error.message);
    if (state === null) throw error;
    return { providerPaymentId: id, state };
  }
}

/** PayPal cannot cancel an order of this kind: it is marked, and an order with the mark is never captured. */
async function cancel(client: PaypalClient, id: string): Promise<CollectionStanding> {
  if (id.startsWith(NO_ORDER)) return { providerPaymentId: id, state: { kind: "cancelled" } };
  const path = `/v2/checkout/orders/${segment(id)}`;
  return onPaypal(async () => {
    const order = await client.get<PaypalOrder>(path);
    const customId = order.purchase_units?.[0]?.custom_id ?? "";
    if (order.status === "COMPLETED" || order.status === "VOIDED" || isGivenUp(order))
      return orderStanding(order);
    const place = "/purchase_units/@reference_id=='default'/custom_id";
    const value = `${GIVEN_UP}${customId}`.slice(0, FIELD_LENGTH_MAX);
    try {
      await client.patch(path, [{ op: customId === "" ? "add" : "replace", path: place, value }]);
    } catch (error) {
      // Captured meanwhile, by a call that had begun before.
      if (!(error instanceof PaypalRefusal) || error.status !== 422) throw error;
    }
    return orderStanding(await client.get<PaypalOrder>(path));
  });
}

async function refundOrder(
  client: PaypalClient,
  refund: Parameters<PaymentProvider["refund"]>[0],
): Promise<RefundStanding> {
  const { idempotencyKey, providerPaymentId, amountMinor, currency } = refund;
  const amount = toPaypalAmount(amountMinor, currency);
  return onPaypal(async () => {
    const order = await client.get<PaypalOrder>(`/v2/checkout/orders/${segment(providerPaymentId)}`);
    const capture = order.purchase_units?.flatMap((unit) => unit.payments?.captures ?? [])[0];
    if (capture === undefined)
      throw new Rejected(
        "paypal",
        "not_captured",
        "PayPal has received nothing for this payment: there is nothing to refund.",
      );
    const path = `/v2/payments/captures/${segment(capture.id)}/refund`;
    return refundStanding(await client.post<PaypalRefund>(path, { amount }, idempotencyKey));
  });
}

function segment(id: string): string {
  return encodeURIComponent(id);
}

/** Null for an id that PayPal does not know (any more: an order that nobody approved is forgotten after some hours). */
async function unlessMissing<Result>(id: string, call: () => Promise<Result>): Promise<Result | null> {
  if (id.startsWith(NO_ORDER)) return null;
  try {
    return await call();
  } catch (error) {
    if (error instanceof PaypalRefusal && error.status === 404) return null;
    return onPaypal(() => Promise.reject(error as Error));
  }
}
