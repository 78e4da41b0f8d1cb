import { randomUUID } from "node:crypto";
import type { Collection } from "#domain/payments/ports.ts";
import { createStripeProvider } from "#adapters/stripe/provider.ts";
import type { Fault } from "../../examples/provider-simulator/faults.ts";
import type { PaymentBooks } from "../../examples/stripe-simulator/books.ts";
import {
  startStripeSimulator,
  type StripeSimulatorOptions,
} from "../../examples/stripe-simulator/simulator.ts";

export const SECRET_KEY = "sk_test_of_tests";
export const WEBHOOK_SECRET = "whsec_of_tests";
export const RETURN_URL = "http://127.0.0.1:9/payments/returned";

/** The Stripe simulator on a free port, and the adapter that speaks to it over a socket. */
export async function startStripeWorld(options: Partial<StripeSimulatorOptions> = {}) {
  const simulator = await startStripeSimulator({
    port: 0,
    secretKey: SECRET_KEY,
    webhookSecret: WEBHOOK_SECRET,
    processingMs: 50,
    webhookRetryMs: 20,
    ...options,
  });
  const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const answer = await fetch(`${simulator.url}/simulator/${path}`, { ...init, redirect: "manual" });
    return answer.headers.get("content-type")?.startsWith("application/json") === true
      ? answer.json()
      : answer.headers.get("location");
  };
  return {
    simulator,
    stripe: createStripeProvider({
      secretKey: SECRET_KEY,
      apiBase: simulator.url,
      returnUrl: RETURN_URL,
      timeoutMs: 3_000,
      clock: { now: options.now ?? Date.now },
    }),
    control,
    fault: (fault: Fault) => control("POST", "faults", fault),
    books: async () => (await control("GET", "books")) as Record<string, PaymentBooks>,
    /** What the payer does on a page of the simulator. */
    act: async (url: string, verb: string): Promise<string | null> => {
      const answer = await fetch(`${url}/${verb}`, { method: "POST", redirect: "manual" });
      return answer.headers.get("location");
    },
    close: () => simulator.close(),
  };
}

/** An attempt of its own, on a card that pays. */
export function collectionOf(change: Partial<Collection> = {}): Collection {
  const paymentId = randomUUID();
  return {
    idempotencyKey: `payment-${paymentId}:attempt-1`,
    paymentId,
    tenantId: "TENANT-001",
    amountMinor: 1999n,
    currency: "USD",
    customerId: null,
    paymentMethodId: "pm_card_visa",
    description: "Invoice INV-2026-000042",
    ...change,
  };
}
