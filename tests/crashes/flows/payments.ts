import { randomUUID } from "node:crypto";
import {
  PAYMENT_COLLECTION,
  paymentCollectionWorkflowId,
  type PaymentCollectionInput,
} from "#workflows/payment-collection/api.ts";
import { DISPUTE_NEWS, PAYMENT_DISPUTE, paymentDisputeWorkflowId } from "#workflows/payment-dispute/api.ts";
import { PAYMENT_REFUND, paymentRefundWorkflowId } from "#workflows/payment-refund/api.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import type { TestWallet } from "../../invoicing/ledger.ts";
import type { CrashedFlow, CrashWorld } from "../crash-world.ts";

function topUpOf({ tenant, walletId }: TestWallet): PaymentCollectionInput {
  return {
    paymentId: randomUUID(),
    tenantId: tenant.tenantId,
    walletId,
    purpose: "top_up",
    invoiceId: null,
    invoiceNumber: null,
    amountMinor: "5000",
    currency: "USD",
    actor: "test",
  };
}

async function moneyOf(world: CrashWorld, wallet: TestWallet, paymentId: string) {
  const [stripe, ledger, mails] = await Promise.all([
    world.stripe(),
    world.ledger(wallet),
    world.mails(wallet),
  ]);
  const { charges, charged, refunds, refunded } = stripe[paymentId] ?? {
    charges: 0,
    charged: 0,
    refunds: 0,
    refunded: 0,
  };
  return { charges, charged, refunds, refunded, ledger, mails };
}

export const paymentCollectionCrashes: CrashedFlow = {
  flow: PAYMENT_COLLECTION,
  queue: TASK_QUEUES.payments,
  expected: {
    charges: 1,
    charged: 5000,
    refunds: 0,
    refunded: 0,
    ledger: { top_up: "1 × 50" },
    mails: 1,
    result: "paid",
  },
  sample: [
    { activity: "collectPayment", nth: 1, moment: "after" },
    { activity: "bookPayment", nth: 2, moment: "after" },
  ],
  async prepare(world) {
    const wallet = await world.tenant();
    const input = topUpOf(wallet);
    return {
      workflowType: PAYMENT_COLLECTION,
      workflowId: paymentCollectionWorkflowId(input.paymentId),
      args: [input],
      async effects(flow) {
        const { result } = (await flow.result()) as { readonly result: string };
        return { ...(await moneyOf(world, wallet, input.paymentId)), result };
      },
    };
  },
};

/** A top-up that is paid, by the environment's own workers. */
async function paidTopUp(
  world: CrashWorld,
): Promise<{ readonly wallet: TestWallet; readonly input: PaymentCollectionInput }> {
  const wallet = await world.tenant();
  const input = topUpOf(wallet);
  await world.temporal.client.workflow.execute(PAYMENT_COLLECTION, {
    workflowId: paymentCollectionWorkflowId(input.paymentId),
    taskQueue: TASK_QUEUES.payments,
    args: [input],
  });
  return { wallet, input };
}

export const paymentRefundCrashes: CrashedFlow = {
  flow: PAYMENT_REFUND,
  queue: TASK_QUEUES.payments,
  expected: {
    charges: 1,
    charged: 5000,
    refunds: 1,
    refunded: 2000,
    ledger: { top_up: "1 × 50", adjustment: "1 × -20" },
    mails: 2,
    result: "refunded",
  },
  sample: [
    { activity: "bookRefund", nth: 1, moment: "after" },
    { activity: "refundPart", nth: 1, moment: "after" },
  ],
  async prepare(world) {
    const { wallet, input } = await paidTopUp(world);
    const { paymentId, tenantId } = input;
    const refundId = randomUUID();
    return {
      workflowType: PAYMENT_REFUND,
      workflowId: paymentRefundWorkflowId(refundId),
      args: [{ refundId, paymentId, tenantId, amountMinor: "2000", actor: "Kim", reason: "asked for" }],
      async effects(flow) {
        const { result } = (await flow.result()) as { readonly result: string };
        return { ...(await moneyOf(world, wallet, paymentId)), result };
      },
    };
  },
};

export const paymentDisputeCrashes: CrashedFlow = {
  flow: PAYMENT_DISPUTE,
  queue: TASK_QUEUES.payments,
  expected: {
    charges: 1,
    charged: 5000,
    refunds: 0,
    refunded: 0,
    ledger: { top_up: "1 × 50", adjustment: "2 × 0" },
    mails: 1,
    result: "won",
  },
  sample: [{ activity: "bookDispute", nth: 1, moment: "after" }],
  async prepare(world) {
    const { wallet, input } = await paidTopUp(world);
    const { paymentId, tenantId } = input;
    return {
      workflowType: PAYMENT_DISPUTE,
      workflowId: paymentDisputeWorkflowId(paymentId, 1),
      args: [{ paymentId, tenantId, attempt: 1 }],
      async act(flow) {
        for (const news of ["dispute_opened", "dispute_won"])
          await flow.signal(DISPUTE_NEWS, { news, amountMinor: "5000" });
      },
      async effects(flow) {
        const { result } = (await flow.result()) as { readonly result: string };
        return { ...(await moneyOf(world, wallet, paymentId)), result };
      },
    };
  },
};
