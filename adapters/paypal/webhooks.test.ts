import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { X509Certificate } from "node:crypto";
import { Unavailable } from "#domain/errors.ts";
import { createSigningKey } from "../../examples/paypal-simulator/certificate.ts";
import { signedHeaders } from "../../examples/paypal-simulator/signature.ts";
import { startPaypalSimulator, type PaypalSimulator } from "../../examples/paypal-simulator/simulator.ts";
import { createPaypalWebhooks } from "./webhooks.ts";

const WEBHOOK_ID = "8PT597110X687430LKGECATA";
const NOW = Date.parse("2026-11-28T12:00:00Z");
const DAY = 86_400_000;

let simulator: PaypalSimulator;
beforeAll(async () => {
  const account = { clientId: "id", clientSecret: "secret", webhookId: WEBHOOK_ID };
  simulator = await startPaypalSimulator({ port: 0, ...account, now: () => NOW });
});
afterAll(() => simulator.close());

const bodyOf = (type: string, resource: object): string =>
  JSON.stringify({ id: "WH-1", event_type: type, create_time: "2026-11-28T11:59:59Z", resource });
const PAID = bodyOf("PAYMENT.CAPTURE.COMPLETED", {
  id: "CAPTURE",
  custom_id: "inv-1",
  supplementary_data: { related_ids: { order_id: "ORDER" } },
});

interface Change {
  readonly body?: string;
  readonly headers?: Record<string, string | undefined>;
  readonly at?: number;
  readonly webhookId?: string;
}

async function read({ body = PAID, headers = {}, at = NOW, webhookId = WEBHOOK_ID }: Change = {}) {
  const signed = signedHeaders(PAID, webhookId, simulator.key, simulator.certUrl, at);
  const webhooks = createPaypalWebhooks({ webhookId: WEBHOOK_ID, apiBase: simulator.url });
  return webhooks.read(Buffer.from(body), { ...signed, ...headers }, NOW);
}

describe("a signature", () => {
  test("of the simulator's certificate is taken", async () => {
    expect(new X509Certificate(simulator.key.certificate).subject).toBe("CN=paypal-simulator");
    expect(await read()).toEqual({
      kind: "event",
      event: {
        provider: "paypal",
        providerEventId: "WH-1",
        kind: "payment_changed",
        providerPaymentId: "ORDER",
        paymentId: "inv-1",
        amountMinor: null,
        at: NOW - 1000,
      },
    });
  });

  test("is taken days later, as PayPal repeats", async () => {
    expect((await read({ at: NOW - 3 * DAY })).kind).toBe("event");
  });

  test.each<[string, () => Change]>([
    ["of another body", () => ({ body: PAID.replace("inv-1", "inv-2") })],
    ["of a body that was cut", () => ({ body: PAID.slice(0, -1) })],
    ["for another webhook", () => ({ webhookId: "OTHER" })],
    ["missing", () => ({ headers: { "paypal-transmission-sig": undefined } })],
    ["nonsense", () => ({ headers: { "paypal-transmission-sig": "AAAA" } })],
    ["of another algorithm", () => ({ headers: { "paypal-auth-algo": "none" } })],
    ["of another transmission", () => ({ headers: { "paypal-transmission-id": "other" } })],
    ["with another time put in", () => ({ headers: { "paypal-transmission-time": "2026-11-28T11:00:00Z" } })],
    ["without a time", () => ({ headers: { "paypal-transmission-time": undefined } })],
    ["five days old", () => ({ at: NOW - 5 * DAY })],
    ["of the future", () => ({ at: NOW + 301_000 })],
    [
      "of a certificate elsewhere",
      () => ({ headers: { "paypal-cert-url": "https://paypal.com.evil.example/v1/notifications/certs/C" } }),
    ],
    [
      "of a certificate on another path",
      () => ({ headers: { "paypal-cert-url": `${simulator.url}/simulator/books` } }),
    ],
    [
      "of a certificate that does not exist",
      () => ({ headers: { "paypal-cert-url": `${simulator.url}/v1/notifications/certs/none` } }),
    ],
    [
      "of a certificate by plain http",
      () => ({ headers: { "paypal-cert-url": "http://api.paypal.com/v1/notifications/certs/C" } }),
    ],
    ["of no certificate", () => ({ headers: { "paypal-cert-url": undefined } })],
  ])("that is %s is forged", async (_, change) => {
    expect(await read(change())).toEqual({ kind: "forged", why: expect.any(String) });
  });

  test("by a key of one's own, with the certificate's address, is forged", async () => {
    const own = createSigningKey("own", NOW);
    expect((await read({ headers: signedHeaders(PAID, WEBHOOK_ID, own, simulator.certUrl, NOW) })).kind).toBe(
      "forged",
    );
  });

  test("of a certificate that has run out is forged", async () => {
    const webhooks = createPaypalWebhooks({ webhookId: WEBHOOK_ID, apiBase: simulator.url });
    const later = NOW + 3651 * DAY;
    const headers = signedHeaders(PAID, WEBHOOK_ID, simulator.key, simulator.certUrl, later);
    expect(await webhooks.read(Buffer.from(PAID), headers, later)).toMatchObject({ kind: "forged" });
  });

  test("waits for a certificate that cannot be fetched now", async () => {
    const apiBase = "http://127.0.0.1:1";
    const webhooks = createPaypalWebhooks({ webhookId: WEBHOOK_ID, apiBase });
    const headers = signedHeaders(
      PAID,
      WEBHOOK_ID,
      simulator.key,
      `${apiBase}/v1/notifications/certs/C`,
      NOW,
    );
    await expect(webhooks.read(Buffer.from(PAID), headers, NOW)).rejects.toBeInstanceOf(Unavailable);
  });

  test("is what the simulator's own verification says", async () => {
    const answer = await fetch(`${simulator.url}/v1/oauth2/token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa("id:secret")}` },
    });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    const verified = async (event: string): Promise<unknown> => {
      const headers = signedHeaders(PAID, WEBHOOK_ID, simulator.key, simulator.certUrl, NOW);
      const fields = Object.entries({
        auth_algo: headers["paypal-auth-algo"],
        cert_url: headers["paypal-cert-url"],
        transmission_id: headers["paypal-transmission-id"],
        transmission_sig: headers["paypal-transmission-sig"],
        transmission_time: headers["paypal-transmission-time"],
        webhook_id: WEBHOOK_ID,
      }).map(([name, value]) => `"${name}":${JSON.stringify(value)}`);
      const response = await fetch(`${simulator.url}/v1/notifications/verify-webhook-signature`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: `{${fields.join(",")},"webhook_event":${event}}`,
      });
      return response.json();
    };
    expect(await verified(PAID)).toEqual({ verification_status: "SUCCESS" });
    expect(await verified(PAID.replace("inv-1", "inv-2"))).toEqual({ verification_status: "FAILURE" });
  });
});

describe("an event", () => {
  const readSigned = async (type: string, resource: object) => {
    const body = bodyOf(type, resource);
    const webhooks = createPaypalWebhooks({ webhookId: WEBHOOK_ID, apiBase: simulator.url });
    const headers = signedHeaders(body, WEBHOOK_ID, simulator.key, simulator.certUrl, NOW);
    return webhooks.read(Buffer.from(body), headers, NOW);
  };
  const dollars = { currency_code: "USD", value: "19.99" };
  test.each<[string, object, object]>([
    [
      "CHECKOUT.ORDER.APPROVED",
      { id: "O", purchase_units: [{ custom_id: "given-up:p" }] },
      { kind: "payment_changed", providerPaymentId: "O", paymentId: "p" },
    ],
    [
      "PAYMENT.CAPTURE.DENIED",
      { custom_id: "p" },
      { kind: "payment_changed", providerPaymentId: null, paymentId: "p" },
    ],
    [
      "PAYMENT.CAPTURE.REFUNDED",
      { custom_id: "p", amount: dollars },
      { kind: "refund_changed", paymentId: "p", amountMinor: 1999n },
    ],
    [
      "CUSTOMER.DISPUTE.CREATED",
      { dispute_amount: dollars, disputed_transactions: [{ custom: "p" }] },
      { kind: "dispute_opened", paymentId: "p", amountMinor: 1999n },
    ],
    [
      "CUSTOMER.DISPUTE.RESOLVED",
      { dispute_outcome: { outcome_code: "RESOLVED_BUYER_FAVOUR" } },
      { kind: "dispute_lost" },
    ],
    [
      "CUSTOMER.DISPUTE.RESOLVED",
      { dispute_outcome: { outcome_code: "RESOLVED_SELLER_FAVOUR" } },
      { kind: "dispute_won" },
    ],
    ["BILLING.PLAN.CREATED", {}, { kind: "ignored" }],
  ])("%s is read", async (type, resource, expected) => {
    expect(await readSigned(type, resource)).toMatchObject({ kind: "event", event: expected });
  });
});
