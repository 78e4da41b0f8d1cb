import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { createPaypalProvider } from "#adapters/paypal/provider.ts";
import { createPaypalWebhooks } from "#adapters/paypal/webhooks.ts";
import { createStripeWebhooks } from "#adapters/stripe/webhooks.ts";
import type { ProviderEvent } from "#domain/payments/ports.ts";
import { createRestGateway } from "#gateway/rest/server.ts";
import { startPaypalSimulator, type PaypalSimulator } from "../../examples/paypal-simulator/simulator.ts";
import { fakeProviderDoor, type FakeProviderDoor } from "../gateway/fake-provider-door.ts";
import { ADMIN_TOKEN, createFakePlatform } from "../gateway/fakes.ts";
import { collectionOf, RETURN_URL, startStripeWorld, WEBHOOK_SECRET } from "./stripe-world.ts";

const PAYPAL = { clientId: "id", clientSecret: "secret", webhookId: "WEBHOOK" };

let stripe: Awaited<ReturnType<typeof startStripeWorld>>;
let paypalSimulator: PaypalSimulator;
let door: FakeProviderDoor;
let gateway: FastifyInstance;
let gatewayPort: number;
beforeAll(async () => {
  stripe = await startStripeWorld();
  paypalSimulator = await startPaypalSimulator({ port: 0, ...PAYPAL, webhookRetryMs: 20 });
  door = fakeProviderDoor({
    stripe: createStripeWebhooks(WEBHOOK_SECRET),
    paypal: createPaypalWebhooks({ webhookId: PAYPAL.webhookId, apiBase: paypalSimulator.url }),
  });
  gatewayPort = await openGateway(0);
  await stripe.control("POST", "webhooks", { url: `http://127.0.0.1:${gatewayPort}/webhooks/stripe` });
  await fetch(`${paypalSimulator.url}/simulator/webhooks`, {
    method: "POST",
    body: JSON.stringify({ url: `http://127.0.0.1:${gatewayPort}/webhooks/paypal` }),
  });
});
afterAll(async () => {
  await stripe.close();
  await paypalSimulator.close();
  await gateway.close();
});
beforeEach(() => {
  door.told.length = 0;
});

/** The real door on a real socket, over an inbox in memory. */
async function openGateway(port: number): Promise<number> {
  const { dependencies } = createFakePlatform();
  gateway = await createRestGateway(
    { ...dependencies, clock: { now: Date.now }, providerDoor: door },
    { adminToken: ADMIN_TOKEN, version: "0" },
  );
  await gateway.listen({ host: "127.0.0.1", port });
  return (gateway.server.address() as AddressInfo).port;
}

/** What flows were told of a payment, when so many have come. */
async function told(paymentId: string, count: number): Promise<ProviderEvent["kind"][]> {
  for (let asked = 0; asked < 500; asked += 1) {
    const events = door.told.filter((event) => event.paymentId === paymentId);
    if (events.length >= count) return events.map(({ kind }) => kind);
    await new Promise((settle) => setTimeout(settle, 10));
  }
  throw new Error(`only ${JSON.stringify(door.told)} came`);
}

test("Stripe's webhooks pass the door: paid, sent twice and overtaken, told once each", async () => {
  const collection = collectionOf();
  await stripe.fault({ kind: "webhook_duplicate", match: "payment_intent.succeeded" });
  await stripe.fault({ kind: "webhook_swap", match: "charge.succeeded" });
  await stripe.stripe.collect(collection);
  expect(await told(collection.paymentId, 1)).toEqual(["payment_changed"]);
});

test("a dispute and its end name the payment at Stripe", async () => {
  const { providerPaymentId } = await stripe.stripe.collect(collectionOf());
  const dispute = (await stripe.control("POST", "disputes", { payment_intent: providerPaymentId })) as {
    id: string;
  };
  await stripe.control("POST", `disputes/${dispute.id}/close`, { outcome: "won" });
  for (let asked = 0; asked < 500 && !door.told.some(({ kind }) => kind === "dispute_won"); asked += 1)
    await new Promise((settle) => setTimeout(settle, 10));
  const kinds = door.told
    .filter((event) => event.providerPaymentId === providerPaymentId)
    .map(({ kind }) => kind);
  expect(kinds.sort()).toEqual(["dispute_opened", "dispute_won", "payment_changed"]);
});

test("while the gateway is away webhooks wait, and come when it is back", async () => {
  await gateway.close();
  const collection = collectionOf();
  await stripe.stripe.collect(collection);
  const blocker = createServer((socket) => socket.destroy());
  blocker.listen(gatewayPort, "127.0.0.1");
  const [refused] = (await once(blocker, "connection")) as [{ destroy(): void }];
  refused.destroy();
  await new Promise((settle) => blocker.close(settle));
  expect(await openGateway(gatewayPort)).toBe(gatewayPort);
  expect(await told(collection.paymentId, 1)).toEqual(["payment_changed"]);
});

test("PayPal's webhooks pass the door: approved, captured, refunded, disputed", async () => {
  const paypal = createPaypalProvider({
    ...PAYPAL,
    apiBase: paypalSimulator.url,
    returnUrl: RETURN_URL,
    clock: { now: Date.now },
  });
  const collection = collectionOf({ paymentMethodId: null });
  const order = await paypal.collect(collection);
  await fetch(`${paypalSimulator.url}/simulator/approve/${order.providerPaymentId}/approve`, {
    method: "POST",
    redirect: "manual",
  });
  await paypal.standing(order.providerPaymentId);
  const refund = { providerPaymentId: order.providerPaymentId, amountMinor: 1n, currency: "USD" };
  await paypal.refund({ ...refund, idempotencyKey: "r" });
  await fetch(`${paypalSimulator.url}/simulator/disputes`, {
    method: "POST",
    body: JSON.stringify({ order_id: order.providerPaymentId }),
  });
  const kinds = await told(collection.paymentId, 4);
  expect(kinds.sort()).toEqual(["dispute_opened", "payment_changed", "payment_changed", "refund_changed"]);
});
