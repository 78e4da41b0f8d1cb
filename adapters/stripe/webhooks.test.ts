import { describe, expect, test } from "@jest/globals";
import { Stripe } from "stripe";
import { signWebhook } from "../../examples/stripe-simulator/simulator.ts";
import { createStripeWebhooks } from "./webhooks.ts";

const SECRET = "whsec_of_tests";
const NOW = Date.parse("2026-11-28T12:00:00Z");
const webhooks = createStripeWebhooks(SECRET);

const bodyOf = (type: string, object: object): string =>
  JSON.stringify({ id: "evt_1", object: "event", created: NOW / 1000, type, data: { object } }, null, 2);

const PAID = bodyOf("payment_intent.succeeded", { id: "pi_1", metadata: { payment_id: "inv-1" } });

async function read(body: string | Buffer, signature: string | undefined, now = NOW) {
  return webhooks.read(Buffer.from(body), { "stripe-signature": signature }, now);
}

describe("a signature", () => {
  test("of the simulator is taken, by the official SDK too", async () => {
    const signature = signWebhook(PAID, SECRET, NOW);
    expect(Stripe.webhooks.constructEvent(PAID, signature, SECRET, 300, undefined, NOW).id).toBe("evt_1");
    expect(await read(PAID, signature)).toEqual({
      kind: "event",
      event: {
        provider: "stripe",
        providerEventId: "evt_1",
        kind: "payment_changed",
        providerPaymentId: "pi_1",
        paymentId: "inv-1",
        amountMinor: null,
        at: NOW,
      },
    });
  });

  test("of the official SDK is the simulator's", () => {
    const timestamp = NOW / 1000;
    const made = Stripe.webhooks.generateTestHeaderString({ payload: PAID, secret: SECRET, timestamp });
    expect(signWebhook(PAID, SECRET, NOW)).toBe(made);
  });

  test.each<[string, string | Buffer, string | undefined, number]>([
    ["missing", PAID, undefined, NOW],
    ["empty", PAID, "", NOW],
    ["nonsense", PAID, "t=x,v1=y", NOW],
    ["of another secret", PAID, signWebhook(PAID, "whsec_other", NOW), NOW],
    ["of another body", PAID.replace("inv-1", "inv-2"), signWebhook(PAID, SECRET, NOW), NOW],
    [
      "of the same JSON, written otherwise",
      JSON.stringify(JSON.parse(PAID)),
      signWebhook(PAID, SECRET, NOW),
      NOW,
    ],
    ["of a body that was cut", PAID.slice(0, -1), signWebhook(PAID, SECRET, NOW), NOW],
    ["of no body", "", signWebhook("", SECRET, NOW), NOW],
    ["five minutes and a second old", PAID, signWebhook(PAID, SECRET, NOW - 301_000), NOW],
    ["five minutes and a second early", PAID, signWebhook(PAID, SECRET, NOW + 301_000), NOW],
    [
      "with a later time put in",
      PAID,
      signWebhook(PAID, SECRET, NOW - 900_000).replace(/t=\d+/, `t=${NOW / 1000}`),
      NOW,
    ],
    ["of an older scheme only", PAID, signWebhook(PAID, SECRET, NOW).replace("v1=", "v0="), NOW],
    [
      "right, over something that is no JSON",
      "payment_intent",
      signWebhook("payment_intent", SECRET, NOW),
      NOW,
    ],
  ])("that is %s is forged", async (_, body, signature, now) => {
    expect(await read(body, signature, now)).toEqual({ kind: "forged", why: expect.any(String) });
  });

  test("is taken at both ends of the tolerance, and among those of a rotated secret", async () => {
    for (const at of [NOW - 300_000, NOW + 300_000])
      expect((await read(PAID, signWebhook(PAID, SECRET, at))).kind).toBe("event");
    const both = `${signWebhook(PAID, "whsec_former", NOW)},${signWebhook(PAID, SECRET, NOW).split(",")[1]}`;
    expect((await read(PAID, both)).kind).toBe("event");
  });
});

describe("an event", () => {
  test.each<[string, object, object]>([
    [
      "payment_intent.payment_failed",
      { id: "pi_1", metadata: {} },
      { kind: "payment_changed", providerPaymentId: "pi_1", paymentId: null },
    ],
    [
      "checkout.session.completed",
      { id: "cs_1", payment_intent: "pi_1", metadata: { payment_id: "p" } },
      { kind: "payment_changed", providerPaymentId: "pi_1", paymentId: "p" },
    ],
    [
      "checkout.session.expired",
      { id: "cs_1", payment_intent: null, metadata: { payment_id: "p" } },
      { kind: "payment_changed", providerPaymentId: "cs_1" },
    ],
    [
      "refund.updated",
      { id: "re_1", payment_intent: "pi_1", amount: 500, currency: "jpy" },
      { kind: "refund_changed", providerPaymentId: "pi_1", amountMinor: 500n },
    ],
    [
      "charge.dispute.created",
      { payment_intent: "pi_1", amount: 1999, currency: "usd", status: "needs_response" },
      { kind: "dispute_opened", providerPaymentId: "pi_1", amountMinor: 1999n },
    ],
    [
      "charge.dispute.closed",
      { payment_intent: "pi_1", amount: 1, currency: "usd", status: "won" },
      { kind: "dispute_won" },
    ],
    [
      "charge.dispute.closed",
      { payment_intent: "pi_1", amount: 1, currency: "usd", status: "lost" },
      { kind: "dispute_lost" },
    ],
    [
      "charge.dispute.closed",
      { payment_intent: "pi_1", amount: 1, currency: "usd", status: "warning_closed" },
      { kind: "dispute_won" },
    ],
    ["payout.paid", { id: "po_1" }, { kind: "ignored", providerPaymentId: null }],
    ["a.type.of.next.year", {}, { kind: "ignored" }],
  ])("%s is read", async (type, object, expected) => {
    const body = bodyOf(type, object);
    expect(await read(body, signWebhook(body, SECRET, NOW))).toMatchObject({
      kind: "event",
      event: expected,
    });
  });
});
