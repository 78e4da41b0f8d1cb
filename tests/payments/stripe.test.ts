import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { Rejected, Unavailable } from "#domain/errors.ts";
import type { CollectionStanding, ProviderMovement } from "#domain/payments/ports.ts";
import { createStripeProvider } from "#adapters/stripe/provider.ts";
import { FAULTS } from "../../examples/provider-simulator/faults.ts";
import { collectionOf, RETURN_URL, SECRET_KEY, startStripeWorld } from "./stripe-world.ts";

let world: Awaited<ReturnType<typeof startStripeWorld>>;
beforeAll(async () => {
  world = await startStripeWorld();
});
afterAll(() => world.close());
beforeEach(() => world.control("DELETE", "faults"));

const booksOf = async (paymentId: string) => (await world.books())[paymentId];

/** Calls again as Temporal would, until it is not Unavailable. */
async function insist<Result>(
  call: () => Promise<Result>,
  times = 6,
): Promise<{ result: Result; failures: number }> {
  for (let failures = 0; ; failures += 1) {
    try {
      return { result: await call(), failures };
    } catch (error) {
      if (!(error instanceof Unavailable) || failures >= times) throw error;
    }
  }
}

/** Asks how it stands until it is `kind`. */
async function until(id: string, kind: string): Promise<CollectionStanding> {
  for (let asked = 0; asked < 200; asked += 1) {
    const standing = await world.stripe.standing(id);
    if (standing?.state.kind === kind) return standing;
    await new Promise((settle) => setTimeout(settle, 10));
  }
  throw new Error(`${id} never was ${kind}`);
}

async function movements(from: number, to: number): Promise<ProviderMovement[]> {
  const all: ProviderMovement[] = [];
  for await (const page of world.stripe.movements(from, to)) all.push(...page);
  return all;
}

describe("states", () => {
  test("a card that pays: what came, what it cost, when", async () => {
    const collection = collectionOf();
    const before = Math.floor(Date.now() / 1000) * 1000;
    const { providerPaymentId, state } = await world.stripe.collect(collection);
    expect(providerPaymentId).toMatch(/^pi_/);
    expect(state).toEqual({ kind: "succeeded", receivedMinor: 1999n, feeMinor: 88n, at: expect.any(Number) });
    expect(state.kind === "succeeded" && state.at).toBeGreaterThanOrEqual(before);
    expect(await world.stripe.standing(providerPaymentId)).toEqual({ providerPaymentId, state });
    expect(await booksOf(collection.paymentId)).toMatchObject({ charges: 1, charged: 1999, currency: "usd" });
  });

  test.each([
    ["pm_card_chargeDeclined", "generic_decline", true],
    ["pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds", true],
    ["pm_card_chargeDeclinedProcessingError", "processing_error", true],
    ["pm_card_chargeDeclinedExpiredCard", "expired_card", false],
    ["pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", false],
    ["pm_card_chargeDeclinedFraudulent", "fraudulent", false],
    ["pm_card_visa_chargeDeclinedLostCard", "lost_card", false],
  ])(
    "%s is declined as %s, retryable %s, and asking again asks no bank again",
    async (method, code, retryable) => {
      const collection = collectionOf({ paymentMethodId: method });
      const standing = await world.stripe.collect(collection);
      expect(standing.state).toEqual({ kind: "declined", code, message: expect.any(String), retryable });
      expect(await world.stripe.collect(collection)).toEqual(standing);
      expect(await world.stripe.standing(standing.providerPaymentId)).toEqual(standing);
      expect(await booksOf(collection.paymentId)).toMatchObject({ charges: 0, refused: 1 });
    },
  );

  test("a bank that wants the payer: the page is given, and approval pays", async () => {
    const collection = collectionOf({ paymentMethodId: "pm_card_authenticationRequired" });
    const { providerPaymentId, state } = await world.stripe.collect(collection);
    expect(state).toEqual({ kind: "requires_action", actionUrl: expect.stringContaining(providerPaymentId) });
    expect(await world.stripe.collect(collection)).toEqual({ providerPaymentId, state });
    const url = state.kind === "requires_action" ? state.actionUrl! : "";
    expect(await (await fetch(url)).text()).toContain("Stripe simulator");
    expect(await world.act(url, "approve")).toContain(`${RETURN_URL}?payment_intent=${providerPaymentId}`);
    expect((await world.stripe.standing(providerPaymentId))?.state.kind).toBe("succeeded");
    expect(await booksOf(collection.paymentId)).toMatchObject({ charges: 1, charged: 1999 });
  });

  test("a payer who refuses on the bank's page is declined, and may be asked again", async () => {
    const collection = collectionOf({ paymentMethodId: "pm_card_authenticationRequired" });
    const { providerPaymentId, state } = await world.stripe.collect(collection);
    await world.act(state.kind === "requires_action" ? state.actionUrl! : "", "decline");
    expect((await world.stripe.standing(providerPaymentId))?.state).toMatchObject({
      kind: "declined",
      code: "payment_intent_authentication_failure",
      retryable: true,
    });
  });

  test("a bank debit is processing, then paid or refused", async () => {
    const paid = await world.stripe.collect(collectionOf({ paymentMethodId: "pm_usBankAccount" }));
    expect(paid.state).toEqual({ kind: "processing" });
    await until(paid.providerPaymentId, "succeeded");
    const refused = collectionOf({ paymentMethodId: "pm_usBankAccount_insufficientFunds" });
    const { providerPaymentId } = await world.stripe.collect(refused);
    expect((await until(providerPaymentId, "declined")).state).toMatchObject({ code: "insufficient_funds" });
  });

  test("without a stored method there is a link; paying by it gives the payment's own id", async () => {
    const collection = collectionOf({ paymentMethodId: null });
    const link = await world.stripe.collect(collection);
    expect(link.providerPaymentId).toMatch(/^cs_/);
    expect(await world.stripe.collect(collection)).toEqual(link);
    const url = link.state.kind === "requires_action" ? link.state.actionUrl! : "";
    await world.act(url, "decline");
    expect(await world.stripe.standing(link.providerPaymentId)).toEqual(link);
    expect(await world.act(url, "pay")).toBe(RETURN_URL);
    const standing = await world.stripe.standing(link.providerPaymentId);
    expect(standing?.providerPaymentId).toMatch(/^pi_/);
    expect(standing?.state).toMatchObject({ kind: "succeeded", receivedMinor: 1999n, feeMinor: 88n });
    expect(await booksOf(collection.paymentId)).toMatchObject({ charges: 1, refused: 1 });
  });

  test("what is given up cannot be paid any more; what is paid stays", async () => {
    const waiting = await world.stripe.collect(
      collectionOf({ paymentMethodId: "pm_card_authenticationRequired" }),
    );
    expect((await world.stripe.cancel(waiting.providerPaymentId)).state).toEqual({ kind: "cancelled" });
    expect((await world.stripe.cancel(waiting.providerPaymentId)).state).toEqual({ kind: "cancelled" });
    await world.act(waiting.state.kind === "requires_action" ? waiting.state.actionUrl! : "", "approve");
    expect((await world.stripe.standing(waiting.providerPaymentId))?.state).toEqual({ kind: "cancelled" });
    const link = await world.stripe.collect(collectionOf({ paymentMethodId: null }));
    expect((await world.stripe.cancel(link.providerPaymentId)).state).toEqual({ kind: "cancelled" });
    const paid = await world.stripe.collect(collectionOf());
    expect((await world.stripe.cancel(paid.providerPaymentId)).state.kind).toBe("succeeded");
  });

  test("an unknown id stands nowhere", async () => {
    expect(await world.stripe.standing("pi_none")).toBeNull();
    expect(await world.stripe.standing("cs_none")).toBeNull();
    expect(await world.stripe.refundStanding("re_none")).toBeNull();
  });
});

describe("one effect, whatever is lost on the way", () => {
  const steps = ["POST /v1/payment_intents$", "POST /v1/payment_intents/[^/]+/confirm"];
  const faults = FAULTS.filter((kind) => /^(rate|error|timeout)/.test(kind));
  const cases = steps.flatMap((match) => faults.map((kind) => ({ match, kind })));

  test.each(cases)("$kind at $match: the card is charged once", async ({ match, kind }) => {
    const collection = collectionOf();
    await world.fault({ kind, match, ms: 50 });
    const { result, failures } = await insist(() => world.stripe.collect(collection));
    expect(failures).toBeGreaterThanOrEqual(1);
    expect(result.state).toMatchObject({ kind: "succeeded", receivedMinor: 1999n });
    const again = await world.stripe.collect(collection);
    expect(again).toEqual(result);
    expect(await booksOf(collection.paymentId)).toMatchObject({ charges: 1, charged: 1999, refused: 0 });
  });

  test.each(faults)("%s twice at every request: still once", async (kind) => {
    const collection = collectionOf({ paymentMethodId: "pm_card_authenticationRequired" });
    await world.fault({ kind, match: "POST", times: 2, ms: 50 });
    const { result } = await insist(() => world.stripe.collect(collection), 12);
    expect(result.state.kind).toBe("requires_action");
    await world.act(result.state.kind === "requires_action" ? result.state.actionUrl! : "", "approve");
    expect((await world.stripe.collect(collection)).state.kind).toBe("succeeded");
    expect(await booksOf(collection.paymentId)).toMatchObject({ charges: 1, charged: 1999 });
  });

  test.each(faults)("%s at a declined card: one refusal", async (kind) => {
    const collection = collectionOf({ paymentMethodId: "pm_card_chargeDeclinedInsufficientFunds" });
    await world.fault({ kind, match: "confirm", ms: 50 });
    const { result } = await insist(() => world.stripe.collect(collection));
    expect(result.state).toMatchObject({ kind: "declined", code: "insufficient_funds" });
    expect(await booksOf(collection.paymentId)).toMatchObject({ charges: 0, refused: 1 });
  });

  test.each(faults)("%s at a refund: refunded once", async (kind) => {
    const collection = collectionOf();
    const { providerPaymentId } = await world.stripe.collect(collection);
    const refund = {
      idempotencyKey: `${collection.idempotencyKey}:refund`,
      providerPaymentId,
      amountMinor: 500n,
      currency: "USD",
    };
    await world.fault({ kind, match: "POST /v1/refunds", ms: 50 });
    const { result } = await insist(() => world.stripe.refund(refund));
    expect(result.state).toBe("succeeded");
    expect(await world.stripe.refund(refund)).toEqual(result);
    expect(await booksOf(collection.paymentId)).toMatchObject({ refunds: 1, refunded: 500 });
  });

  test.each(faults)("%s at a link: one link is paid", async (kind) => {
    const collection = collectionOf({ paymentMethodId: null });
    await world.fault({ kind, match: "checkout", ms: 50 });
    const { result } = await insist(() => world.stripe.collect(collection));
    await world.act(result.state.kind === "requires_action" ? result.state.actionUrl! : "", "pay");
    expect(await booksOf(collection.paymentId)).toMatchObject({ charges: 1 });
  });

  test("ten calls at once charge once", async () => {
    const collection = collectionOf();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, () => insist(() => world.stripe.collect(collection))),
    );
    const ids = outcomes.map((one) =>
      one.status === "fulfilled" ? one.value.result.providerPaymentId : one.reason,
    );
    expect(new Set(ids).size).toBe(1);
    expect(await booksOf(collection.paymentId)).toMatchObject({ charges: 1, charged: 1999 });
  });

  test("the same tenant is the same customer, a day later too", async () => {
    const customer = {
      tenantId: "O'Neil-\\1",
      name: "O'Neil",
      email: "a@b.example",
      idempotencyKey: "customer-1",
    };
    const first = await world.stripe.createCustomer(customer);
    expect(await world.stripe.createCustomer({ ...customer, idempotencyKey: "customer-2" })).toEqual(first);
    const other = await world.stripe.createCustomer({
      ...customer,
      tenantId: "T-2",
      idempotencyKey: "customer-3",
    });
    expect(other).not.toEqual(first);
    const charged = collectionOf({ customerId: first.customerId });
    expect((await world.stripe.collect(charged)).state.kind).toBe("succeeded");
  });

  test("a day later, when Stripe has forgotten the key, the attempt and the refund are found again", async () => {
    let now = Date.now();
    const own = await startStripeWorld({ now: () => now });
    const collection = collectionOf();
    await own.fault({ kind: "timeout_after", match: "confirm", ms: 20 });
    await expect(own.stripe.collect(collection)).rejects.toBeInstanceOf(Unavailable);
    now += 25 * 3_600_000;
    const { providerPaymentId, state } = await own.stripe.collect(collection);
    expect(state.kind).toBe("succeeded");
    const refund = { idempotencyKey: "r", providerPaymentId, amountMinor: 500n, currency: "USD" };
    await own.fault({ kind: "timeout_after", match: "POST /v1/refunds", ms: 20 });
    await expect(own.stripe.refund(refund)).rejects.toBeInstanceOf(Unavailable);
    now += 25 * 3_600_000;
    await own.stripe.refund(refund);
    expect((await own.books())[collection.paymentId]).toMatchObject({
      charges: 1,
      refunds: 1,
      refunded: 500,
    });
    await own.close();
  });

  test("the books survive a kill between the charge and its answer", async () => {
    const folder = mkdtempSync(join(tmpdir(), "stripe-books-"));
    const file = join(folder, "books.jsonl");
    const first = await startStripeWorld({ file });
    const collection = collectionOf();
    await first.fault({ kind: "timeout_after", match: "confirm", ms: 50 });
    await expect(first.stripe.collect(collection)).rejects.toBeInstanceOf(Unavailable);
    await first.close();
    const second = await startStripeWorld({ file });
    expect((await second.stripe.collect(collection)).state.kind).toBe("succeeded");
    expect((await second.books())[collection.paymentId]).toMatchObject({ charges: 1, charged: 1999 });
    await second.close();
    rmSync(folder, { recursive: true });
  });
});

describe("what can never succeed says so", () => {
  const rejection = async (call: Promise<unknown>): Promise<Rejected> => {
    const error = await call.then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(Rejected);
    return error as Rejected;
  };

  test("a wrong key, an unknown customer or method, too much money back", async () => {
    const stranger = createStripeProvider({
      secretKey: "sk_test_wrong",
      apiBase: world.simulator.url,
      returnUrl: RETURN_URL,
      clock: { now: Date.now },
    });
    const refused = await rejection(stranger.collect(collectionOf()));
    expect(refused.message).toContain("STRIPE_SECRET_KEY");
    expect(JSON.stringify(refused)).not.toContain("sk_test_wrong");
    expect((await rejection(world.stripe.collect(collectionOf({ customerId: "cus_none" })))).code).toBe(
      "resource_missing",
    );
    expect((await rejection(world.stripe.collect(collectionOf({ paymentMethodId: "pm_none" })))).code).toBe(
      "resource_missing",
    );
    const { providerPaymentId } = await world.stripe.collect(collectionOf());
    const refund = { idempotencyKey: "too-much", providerPaymentId, amountMinor: 2000n, currency: "USD" };
    expect((await rejection(world.stripe.refund(refund))).message).toContain("greater than unrefunded");
    await world.stripe.refund({ ...refund, idempotencyKey: "all", amountMinor: 1999n });
    expect((await rejection(world.stripe.refund({ ...refund, idempotencyKey: "more" }))).code).toBe(
      "charge_already_refunded",
    );
  });

  test("a key that belongs to another payment", async () => {
    const collection = collectionOf();
    const link = { ...collection, paymentMethodId: null };
    await world.stripe.collect(link);
    const error = await rejection(world.stripe.collect({ ...link, amountMinor: 2999n }));
    expect(error.code).toBe("idempotency_error");
    expect(error.message).toContain("new key");
  });

  test("a server that does not answer in time is Unavailable, and was asked once", async () => {
    const hasty = createStripeProvider({
      secretKey: SECRET_KEY,
      apiBase: world.simulator.url,
      returnUrl: RETURN_URL,
      timeoutMs: 100,
      clock: { now: Date.now },
    });
    await world.fault({
      kind: "timeout_before",
      match: "GET /v1/payment_intents/pi_slow",
      times: 2,
      ms: 5_000,
    });
    await expect(hasty.standing("pi_slow")).rejects.toBeInstanceOf(Unavailable);
    await expect(hasty.standing("pi_slow")).rejects.toBeInstanceOf(Unavailable);
    expect(await world.control("GET", "faults")).toEqual([]);
  });

  test("a connection that is cut is not tried again beneath", async () => {
    await world.fault({ kind: "timeout_before", match: "GET /v1/payment_intents/pi_cut", times: 2, ms: 1 });
    await expect(world.stripe.standing("pi_cut")).rejects.toBeInstanceOf(Unavailable);
    expect(await world.control("GET", "faults")).toMatchObject([{ times: 1 }]);
  });

  test("a server that is not there is Unavailable", async () => {
    const nowhere = createStripeProvider({
      secretKey: SECRET_KEY,
      apiBase: "http://127.0.0.1:1",
      returnUrl: RETURN_URL,
      clock: { now: Date.now },
    });
    await expect(nowhere.collect(collectionOf())).rejects.toBeInstanceOf(Unavailable);
    await expect(nowhere.standing("pi_1")).rejects.toBeInstanceOf(Unavailable);
  });
});

describe("refunds and movements", () => {
  test("a refund that waits ends; one that fails gives the money back", async () => {
    const pending = await world.stripe.collect(collectionOf({ paymentMethodId: "pm_card_pendingRefund" }));
    const refund = { idempotencyKey: `r-${pending.providerPaymentId}`, amountMinor: 1n, currency: "USD" };
    const waiting = await world.stripe.refund({ ...refund, providerPaymentId: pending.providerPaymentId });
    expect(waiting.state).toBe("pending");
    await world.control("POST", `refunds/${waiting.providerRefundId}/end`, { status: "succeeded" });
    expect((await world.stripe.refundStanding(waiting.providerRefundId))?.state).toBe("succeeded");
    await world.control("POST", `refunds/${waiting.providerRefundId}/end`, { status: "failed" });
    expect((await world.stripe.refundStanding(waiting.providerRefundId))?.state).toBe("failed");
  });

  test("every movement of a span once, oldest first, whatever the pages; they add up to the payout", async () => {
    let now = Date.parse("2026-03-01T00:00:00Z");
    const own = await startStripeWorld({ now: () => now });
    const hour = 3_600_000;
    const from = now;
    for (let index = 0; index < 230; index += 1) {
      await own.stripe.collect(collectionOf({ amountMinor: 1000n }));
      now += hour / 100;
    }
    const refunded = await own.stripe.collect(collectionOf({ amountMinor: 1000n, paymentId: "P-refunded" }));
    await own.stripe.refund({
      idempotencyKey: "r",
      providerPaymentId: refunded.providerPaymentId,
      amountMinor: 300n,
      currency: "USD",
    });
    const disputed = await own.stripe.collect(collectionOf({ amountMinor: 1000n, paymentId: "P-disputed" }));
    await own.control("POST", "disputes", { payment_intent: disputed.providerPaymentId });
    const payout = (await own.control("POST", "payouts", { currency: "usd" })) as { amount: number };
    const all: ProviderMovement[] = [];
    for await (const page of own.stripe.movements(from, now + 1000)) {
      expect(page.length).toBeLessThanOrEqual(100);
      all.push(...page);
    }
    expect(all).toHaveLength(230 + 2 + 1 + 1 + 1);
    expect(new Set(all.map(({ providerMovementId }) => providerMovementId)).size).toBe(all.length);
    expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).toSorted((one, other) => one - other));
    const net = all.reduce((sum, { amountMinor, feeMinor }) => sum + amountMinor - feeMinor, 0n);
    expect(net).toBe(0n);
    expect(all.at(-1)).toMatchObject({
      kind: "payout",
      amountMinor: BigInt(-payout.amount),
      providerPaymentId: null,
    });
    const kinds = all
      .slice(-4)
      .map(({ kind, paymentId, providerPaymentId }) => ({ kind, paymentId, providerPaymentId }));
    expect(kinds.slice(0, 3)).toEqual([
      { kind: "refund", paymentId: null, providerPaymentId: refunded.providerPaymentId },
      { kind: "payment", paymentId: "P-disputed", providerPaymentId: disputed.providerPaymentId },
      { kind: "dispute", paymentId: null, providerPaymentId: disputed.providerPaymentId },
    ]);
    await own.close();
  }, 60_000);

  test("an empty span has none", async () => {
    expect(await movements(0, 3_600_000)).toEqual([]);
  });
});
