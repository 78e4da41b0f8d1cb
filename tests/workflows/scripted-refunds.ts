import { randomUUID } from "node:crypto";
import type { PaymentDisputeActivities } from "#workflows/payment-dispute/api.ts";
import type {
  PaymentRefundActivities,
  PaymentRefundInput,
  RefundPartOutcome,
} from "#workflows/payment-refund/api.ts";

export type RefundActivities = PaymentRefundActivities & PaymentDisputeActivities;

const DONE: RefundPartOutcome = { state: "succeeded", providerRefundId: "re_1", because: null };

/** One receipt by card and one by transfer; what was asked, in order. Disputes move the wallet once. */
export function scriptedRefunds(script: Partial<RefundActivities> = {}): {
  readonly activities: RefundActivities;
  readonly calls: string[];
} {
  const calls: string[] = [];
  const moved = new Set<string>();
  const happy: RefundActivities = {
    openRefund: async () => ({
      kind: "opened",
      parts: [{ from: "attempt:1", attempt: 1, amountMinor: "1000" }],
    }),
    bookRefund: async () => {},
    refundPart: async () => DONE,
    refundStanding: async () => DONE,
    returnRefund: async () => {},
    mailRefund: async () => ({ kind: "accepted" }),
    bookDispute: async ({ news }) => {
      const isNew = !moved.has(news) && news !== "dispute_lost";
      moved.add(news);
      return { moved: isNew };
    },
    mailDispute: async () => ({ kind: "accepted" }),
  };
  const told: {
    readonly [Name in keyof RefundActivities]: (step: Parameters<RefundActivities[Name]>[0]) => string;
  } = {
    openRefund: () => "open",
    bookRefund: () => "book",
    refundPart: ({ part }) => `refund ${part.from}`,
    refundStanding: () => "ask",
    returnRefund: ({ from }) => `return ${from}`,
    mailRefund: ({ kind }) => `mail ${kind}`,
    bookDispute: ({ news }) => `book ${news}`,
    mailDispute: ({ news, reminder }) => `mail ${news} ${reminder}`,
  };
  const steps = Object.entries({ ...happy, ...script }).map(([name, run]) => {
    const recorded = (step: never): Promise<unknown> => {
      calls.push((told[name as keyof RefundActivities] as (step: never) => string)(step));
      return (run as (step: never) => Promise<unknown>)(step);
    };
    return [name, recorded] as const;
  });
  return { activities: Object.fromEntries(steps) as unknown as RefundActivities, calls };
}

export function refundOf(overrides: Partial<PaymentRefundInput> = {}): PaymentRefundInput {
  return {
    refundId: randomUUID(),
    paymentId: `inv-${randomUUID()}`,
    tenantId: `T-${randomUUID()}`,
    amountMinor: "1000",
    actor: "finance: Kim",
    reason: "complaint 4711",
    ...overrides,
  };
}
