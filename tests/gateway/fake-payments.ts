import type { Payment } from "#domain/payments/payment.ts";
import type { GatewayDependencies } from "#gateway/rest/dependencies.ts";
import { NOW } from "./fake-admin-keys.ts";

export const PAYMENT_1 = "01936f2e-7c1a-7000-8000-000000000041";
export const PAYMENT_2 = "01936f2e-7c1a-7000-8000-000000000042";

/** Payments in memory: what is written down and who was woken. */
export interface FakePayments {
  readonly store: GatewayDependencies["payments"]["store"];
  readonly flows: GatewayDependencies["payments"]["flows"];
  readonly links: GatewayDependencies["payments"]["links"];
  readonly all: Map<string, Payment>;
  readonly woken: string[];
}

export function paymentOf(tenantId: string, walletId: string, paymentId: string): Payment {
  return {
    paymentId,
    tenantId,
    walletId,
    purpose: "top_up",
    invoiceId: null,
    invoiceNumber: null,
    amountMinor: 1999n,
    currency: "USD",
    dueAt: null,
    actor: "owner",
    state: "requires_action",
    because: null,
    actionUrl: "https://pay.test/1",
    attempts: [],
    movements: [
      {
        number: 1,
        kind: "receipt",
        amountMinor: 500n,
        source: "transfer:B-0",
        reason: "in part",
        actor: "owner",
        recordedAt: NOW,
        bookedAt: NOW,
      },
    ],
    createdAt: NOW,
    updatedAt: NOW,
  };
}

export function createFakePayments(): FakePayments {
  const all = new Map(
    [paymentOf("TENANT-001", "wallet-1", PAYMENT_1), paymentOf("TENANT-002", "wallet-2", PAYMENT_2)].map(
      (payment) => [payment.paymentId, payment],
    ),
  );
  const woken: string[] = [];
  const unused = async (): Promise<never> => {
    throw new Error("not the REST door's");
  };
  return {
    all,
    woken,
    links: { paymentIdOf: (token) => (token.endsWith(".signed") ? token.slice(0, -".signed".length) : null) },
    flows: {
      wake: async ({ paymentId }) => void woken.push(paymentId),
      changed: async () => "told",
    },
    store: {
      open: unused,
      get: async (paymentId, readAs) => {
        const payment = all.get(paymentId) ?? null;
        return readAs === undefined || payment?.tenantId === readAs ? payment : null;
      },
      list: async ({ tenantId }, _page, readAs) => ({
        payments: [...all.values()].filter(
          (one) => one.tenantId === tenantId && (readAs === undefined || one.tenantId === readAs),
        ),
        next: null,
      }),
      ofProviderPayment: unused,
      setState: unused,
      beginAttempt: unused,
      recordStanding: unused,
      recordTransfer: async (paymentId, { source, amountMinor, reason, actor }) => {
        const payment = all.get(paymentId)!;
        const { movements } = payment;
        if (movements.some((one) => one.source === source)) return payment;
        const number = movements.length + 1;
        const movement = { number, kind: "receipt" as const, amountMinor, source, reason, actor };
        const written = {
          ...payment,
          movements: [...movements, { ...movement, recordedAt: NOW, bookedAt: null }],
        };
        all.set(paymentId, written);
        return written;
      },
      openRefund: unused,
      returnRefund: unused,
      recordDispute: unused,
      markBooked: unused,
      unbooked: unused,
      admitRecharge: unused,
    },
  };
}
