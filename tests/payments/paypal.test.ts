import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { createPaypalProvider } from "#adapters/paypal/provider.ts";
import { Rejected, Unavailable } from "#domain/errors.ts";
import type { CollectionStanding, ProviderMovement } from "#domain/payments/ports.ts";
import { FAULTS, type Fault } from "../../examples/provider-simulator/faults.ts";
import type { PaymentBooks } from "../../examples/paypal-simulator/reports.ts";
import {
  startPaypalSimulator,
  type PaypalSimulatorOptions,
} from "../../examples/paypal-simulator/simulator.ts";
import { collectionOf as stripeCollectionOf, RETURN_URL } from "./stripe-world.ts";

const CREDENTIALS = { clientId: "client-of-tests", clientSecret: "secret-of-tests" };

async function startPaypalWorld(options: Partial<PaypalSimulatorOptions> = {}) {
  const simulator = await startPaypalSimulator({
    port: 0,
    ...CREDENTIALS,
    webhookId: "WEBHOOK",
    processingMs: 50,
    ...options,
  });
  const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    return (await fetch(`${simulator.url}/simulator/${path}`, init)).json();
  };
  const clock = { now: options.now ?? Date.now };
  return {
    simulator,
    paypal: createPaypalProvider({
      ...CREDENTIALS,
      apiBase: simulator.url,
      returnUrl: RETURN_URL,
      timeoutMs: 3_000,
      clock,
    }),
    control,
    fault: (fault: Fault) => control("POST", "faults", fault),
    books: async () => (await control("GET", "books")) as Record<string, PaymentBooks>,
    act: async ({ state }: CollectionStanding, verb: string): Promise<string | null> => {
      const url = state.kind === "requires_action" ? (state.actionUrl ?? "") : "";
      return (await fetch(`${url}/${verb}`, { method: "POST", redirect: "manual" })).headers.get("location");
    },
    close: () => simulator.close(),
  };
}

let world: Awaited<ReturnType<typeof startPaypalWorld>>;
beforeAll(async () => {
  world = await startPaypalWorld();
});
afterAll(() => world.close());
beforeEach(() => world.control("DELETE", "faults"));

/** An attempt of its own, for the payer to approve. */
const collectionOf = (change: Parameters<typeof stripeCollectionOf>[0] = {}) =>
  stripeCollectionOf({ paymentMethodId: null, ...change });
const booksOf = async (paymentId: string) => (await world.books())[paymentId];

async function insist<Result>(call: () => Promise<Result>): Promise<{ result: Result; failures: number }> {
  for (let failures = 0; ; failures += 1) {
    try {
      return { result: await call(), failures };
    } catch (error) {
      if (!(error instanceof Unavailable) || failures >= 6) throw error;
    }
  }
}

async function until(id: string, kind: string): Promise<CollectionStanding> {
  for (let asked = 0; asked < 200; asked += 1) {
    const standing = await world.paypal.standing(id);
    if (standing?.state.kind === kind) return standing;
    await new Promise((settle) => setTimeout(settle, 10));
  }
  throw new Error(`${id} never was ${kind}`);
}

/** Approved by the payer and captured. */
async function paid(
  change: Parameters<typeof collectionOf>[0] = {},
  own = world,
): Promise<CollectionStanding> {
  const order = await own.paypal.collect(collectionOf(change));
  await own.act(order, "approve");
  return (await own.paypal.standing(order.providerPaymentId))!;
}

describe("states", () => {
  test("a payer approves, and asking how it stands captures it once", async () => {
    const collection = collectionOf();
    const order = await world.paypal.collect(collection);
    expect(order.state).toEqual({
      kind: "requires_action",
      actionUrl: expect.stringContaining(order.providerPaymentId),
    });
    expect(await world.paypal.collect(collection)).toEqual(order);
    expect(await world.paypal.standing(order.providerPaymentId)).toEqual(order);
    expect(await world.act(order, "approve")).toBe(`${RETURN_URL}?token=${order.providerPaymentId}`);
    const standings = await Promise.all(
      Array.from({ length: 5 }, () => world.paypal.standing(order.providerPaymentId)),
    );
    for (const standing of standings)
      expect(standing?.state).toEqual({
        kind: "succeeded",
        receivedMinor: 1999n,
        feeMinor: 119n,
        at: expect.any(Number),
      });
    expect(await booksOf(collection.paymentId)).toMatchObject({
      charges: 1,
      charged: "1999",
      currency: "USD",
    });
  });

  test("a card that is declined leaves the page open for another one", async () => {
    const order = await world.paypal.collect(collectionOf());
    await world.act(order, "decline");
    expect(await world.paypal.standing(order.providerPaymentId)).toEqual(order);
    await world.act(order, "approve");
    expect((await world.paypal.standing(order.providerPaymentId))?.state.kind).toBe("succeeded");
  });

  test.each([
    ["PAYER_CANNOT_PAY", true],
    ["PAYER_ACCOUNT_RESTRICTED", false],
  ])("%s is declined, retryable %s", async (code, retryable) => {
    const order = await world.paypal.collect(collectionOf());
    await world.act(order, "approve");
    await world.fault({ kind: "decline", code });
    expect((await world.paypal.standing(order.providerPaymentId))?.state).toMatchObject({
      kind: "declined",
      code,
      retryable,
    });
  });

  test("an eCheck is processing, then paid", async () => {
    const order = await world.paypal.collect(collectionOf());
    await world.act(order, "pending");
    expect((await world.paypal.standing(order.providerPaymentId))?.state).toEqual({ kind: "processing" });
    expect((await until(order.providerPaymentId, "succeeded")).state).toMatchObject({
      receivedMinor: 1999n,
      feeMinor: 119n,
    });
  });

  test("a vaulted account is charged without the payer, or declined", async () => {
    const collection = collectionOf({ paymentMethodId: "vault-1" });
    const standing = await world.paypal.collect(collection);
    expect(standing.state.kind).toBe("succeeded");
    expect(await world.paypal.collect(collection)).toEqual(standing);
    expect(await booksOf(collection.paymentId)).toMatchObject({ charges: 1 });
    const declined = await world.paypal.collect(collectionOf({ paymentMethodId: "vault-declined" }));
    expect(declined.state).toMatchObject({ kind: "declined", code: "INSTRUMENT_DECLINED", retryable: true });
    expect(await world.paypal.standing(declined.providerPaymentId)).toBeNull();
    expect((await world.paypal.cancel(declined.providerPaymentId)).state).toEqual({ kind: "cancelled" });
  });

  test("what is given up is never captured, though the payer approves it later; what is paid stays", async () => {
    const collection = collectionOf();
    const order = await world.paypal.collect(collection);
    expect((await world.paypal.cancel(order.providerPaymentId)).state).toEqual({ kind: "cancelled" });
    await world.act(order, "approve");
    expect((await world.paypal.standing(order.providerPaymentId))?.state).toEqual({ kind: "cancelled" });
    expect((await world.paypal.cancel(order.providerPaymentId)).state).toEqual({ kind: "cancelled" });
    expect(await booksOf(collection.paymentId)).toBeUndefined();
    const { providerPaymentId } = await paid();
    expect((await world.paypal.cancel(providerPaymentId)).state.kind).toBe("succeeded");
  });

  test("an unknown id stands nowhere", async () => {
    expect(await world.paypal.standing("NONE")).toBeNull();
    expect(await world.paypal.refundStanding("NONE/../x")).toBeNull();
  });
});

describe("one effect, whatever is lost on the way", () => {
  const faults = FAULTS.filter((kind) => /^(rate|error|timeout)/.test(kind));

  test.each(faults)("%s at the capture: captured once", async (kind) => {
    const collection = collectionOf();
    const order = await world.paypal.collect(collection);
    await world.act(order, "approve");
    await world.fault({ kind, match: "capture$", ms: 50 });
    const { result, failures } = await insist(() => world.paypal.standing(order.providerPaymentId));
    expect([failures, result?.state.kind]).toEqual([1, "succeeded"]);
    expect(await booksOf(collection.paymentId)).toMatchObject({ charges: 1, charged: "1999" });
  });

  test.each(faults)("%s at a vaulted charge: charged once", async (kind) => {
    const collection = collectionOf({ paymentMethodId: "vault-1" });
    await world.fault({ kind, match: "POST /v2/checkout/orders$", ms: 50 });
    const { result, failures } = await insist(() => world.paypal.collect(collection));
    expect([failures, result.state.kind]).toEqual([1, "succeeded"]);
    expect(await booksOf(collection.paymentId)).toMatchObject({ charges: 1, charged: "1999" });
  });

  test.each(faults)("%s at a refund: refunded once", async (kind) => {
    const collection = collectionOf();
    const order = await paid(collection);
    const refund = {
      idempotencyKey: `r-${collection.paymentId}`,
      providerPaymentId: order.providerPaymentId,
      amountMinor: 500n,
      currency: "USD",
    };
    await world.fault({ kind, match: "refund$", ms: 50 });
    const { result } = await insist(() => world.paypal.refund(refund));
    expect(await world.paypal.refund(refund)).toEqual(result);
    expect((await world.paypal.refundStanding(result.providerRefundId))?.state).toBe("succeeded");
    expect(await booksOf(collection.paymentId)).toMatchObject({ charged: "1999", refunded: "500" });
    expect((await world.paypal.standing(order.providerPaymentId))?.state).toMatchObject({
      receivedMinor: 1999n,
    });
  });

  test("when PayPal has forgotten the request id, the attempt's invoice id still blocks a second charge", async () => {
    let now = Date.now();
    const own = await startPaypalWorld({ now: () => now });
    const collection = collectionOf({ paymentMethodId: "vault-1" });
    await own.paypal.collect(collection);
    now += 7 * 3_600_000;
    const answer = await own.paypal.collect(collection).catch((error: unknown) => error);
    expect(answer).toMatchObject({ name: "Rejected", code: "DUPLICATE_INVOICE_ID" });
    expect((await own.books())[collection.paymentId]).toMatchObject({ charges: 1 });
    await own.close();
  });

  test("a token that PayPal withdrew is replaced, and the books survive the process", async () => {
    const folder = mkdtempSync(join(tmpdir(), "paypal-books-"));
    const file = join(folder, "books.jsonl");
    const first = await startPaypalWorld({ file });
    const collection = collectionOf();
    const order = await first.paypal.collect(collection);
    await first.act(order, "approve");
    await first.fault({ kind: "timeout_after", match: "capture$", ms: 50 });
    await expect(first.paypal.standing(order.providerPaymentId)).rejects.toBeInstanceOf(Unavailable);
    const { port, key } = first.simulator;
    await first.close();
    const second = await startPaypalWorld({ file, port });
    expect(second.simulator.key).toEqual(key);
    expect((await first.paypal.standing(order.providerPaymentId))?.state.kind).toBe("succeeded");
    expect((await second.books())[collection.paymentId]).toMatchObject({ charges: 1 });
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

  test("wrong credentials, a key of another payment, too much money back, nothing to give back", async () => {
    const stranger = createPaypalProvider({
      clientId: "client-of-tests",
      clientSecret: "wrong-secret",
      apiBase: world.simulator.url,
      returnUrl: RETURN_URL,
      clock: { now: Date.now },
    });
    const refused = await rejection(stranger.collect(collectionOf()));
    expect([refused.code, refused.message]).toEqual([
      "invalid_client",
      expect.stringContaining("PAYPAL_CLIENT_ID"),
    ]);
    expect(refused.message).not.toContain("wrong-secret");
    const collection = collectionOf();
    await world.paypal.collect(collection);
    expect((await rejection(world.paypal.collect({ ...collection, amountMinor: 1n }))).code).toBe(
      "DUPLICATE_REQUEST_ID",
    );
    const { providerPaymentId } = await paid();
    const refund = { idempotencyKey: "too-much", providerPaymentId, amountMinor: 2000n, currency: "USD" };
    expect((await rejection(world.paypal.refund(refund))).code).toBe("REFUND_AMOUNT_EXCEEDED");
    const order = await world.paypal.collect(collectionOf());
    expect(
      (await rejection(world.paypal.refund({ ...refund, providerPaymentId: order.providerPaymentId }))).code,
    ).toBe("not_captured");
  });

  test("a server that is not there, or does not answer in time, is Unavailable", async () => {
    const at = (apiBase: string, timeoutMs: number) =>
      createPaypalProvider({
        ...CREDENTIALS,
        apiBase,
        timeoutMs,
        returnUrl: RETURN_URL,
        clock: { now: Date.now },
      });
    await expect(at("http://127.0.0.1:1", 1_000).standing("X")).rejects.toBeInstanceOf(Unavailable);
    await world.fault({ kind: "timeout_before", match: "token", ms: 5_000 });
    await expect(at(world.simulator.url, 100).standing("X")).rejects.toBeInstanceOf(Unavailable);
  });
});

test("every movement of a span once, oldest first; they add up to the payout", async () => {
  let now = Date.parse("2026-03-01T00:00:00Z");
  const own = await startPaypalWorld({ now: () => now });
  const from = now;
  for (let index = 0; index < 130; index += 1) {
    await own.paypal.collect(collectionOf({ paymentMethodId: "vault-1", amountMinor: 1000n }));
    now += 60_000;
  }
  const order = await own.paypal.collect(
    collectionOf({ paymentMethodId: "vault-1", paymentId: "P-1", amountMinor: 1000n }),
  );
  await own.paypal.refund({
    idempotencyKey: "r",
    providerPaymentId: order.providerPaymentId,
    amountMinor: 300n,
    currency: "USD",
  });
  const disputed = await own.paypal.collect(
    collectionOf({ paymentMethodId: "vault-1", paymentId: "P-2", amountMinor: 1000n }),
  );
  await own.control("POST", "disputes", { order_id: disputed.providerPaymentId });
  await own.control("POST", "payouts", { currency: "USD" });
  const all: ProviderMovement[] = [];
  for await (const page of own.paypal.movements(from, now + 1000)) {
    expect(page.length).toBeLessThanOrEqual(100);
    all.push(...page);
  }
  expect(all).toHaveLength(130 + 2 + 1 + 1 + 1);
  expect(new Set(all.map(({ providerMovementId }) => providerMovementId)).size).toBe(all.length);
  expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).toSorted((one, other) => one - other));
  expect(all.reduce((sum, { amountMinor, feeMinor }) => sum + amountMinor - feeMinor, 0n)).toBe(0n);
  expect(
    all.slice(-5).map(({ kind, paymentId, providerPaymentId }) => [kind, paymentId, providerPaymentId]),
  ).toEqual([
    ["payment", "P-1", order.providerPaymentId],
    ["refund", "P-1", null],
    ["payment", "P-2", disputed.providerPaymentId],
    ["dispute", "P-2", null],
    ["payout", null, null],
  ]);
  await own.close();
}, 60_000);
