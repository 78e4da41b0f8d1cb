/**
 * Writes the histories of payments, refunds and disputes in tests/histories anew: after a workflow has changed on purpose, never to make a
 * failing replay pass. Needs no environment: node tests/workflows/record-payment-histories.ts
 */
import { DISPUTE_NEWS, PAYMENT_DISPUTE, paymentDisputeWorkflowId } from "#workflows/payment-dispute/api.ts";
import {
  CANCEL_PAYMENT,
  PAY_NOW,
  paymentCollectionWorkflowId,
  PROVIDER_CHANGED,
  RECORD_TRANSFER,
  RETRY_PAYMENT,
} from "#workflows/payment-collection/api.ts";
import { PAYMENT_REFUND, paymentRefundWorkflowId } from "#workflows/payment-refund/api.ts";
import { startPaymentWorld, untilStatus, type PaymentFlow } from "./payment-world.ts";
import { writeHistory } from "./recorded-histories.ts";
import { invoicePaymentOf, ScriptedPayments, topUpOf } from "./scripted-payments.ts";
import { refundOf, scriptedRefunds } from "./scripted-refunds.ts";

const BY = { actor: "finance: Kim", reason: "asked by phone" };
const ACTION = { kind: "requires_action", actionUrl: "https://pay.test/1" } as const;
const DECLINED = { kind: "declined", code: "insufficient_funds" } as const;

const world = await startPaymentWorld();
const { time } = world;

async function write(name: string, flow: Pick<PaymentFlow, "fetchHistory">): Promise<void> {
  await writeHistory(name, await flow.fetchHistory(), time.temporal.config.payloadKeys);
}

async function record(
  name: string,
  payments: ScriptedPayments,
  input = invoicePaymentOf(),
  act: (flow: PaymentFlow) => Promise<void> = async () => {},
): Promise<void> {
  await world.run(payments, input, act);
  const flow = time.temporal.client.workflow.getHandle(paymentCollectionWorkflowId(input.paymentId));
  await write(`payment-collection.${name}`, flow);
}

await record("paid", new ScriptedPayments());
await record("abandoned", new ScriptedPayments([ACTION]), topUpOf());
await record("declined", new ScriptedPayments([DECLINED]), topUpOf());
await record("cancelled", new ScriptedPayments([{ kind: "no_provider" }]), topUpOf(), async (flow) => {
  await untilStatus(flow, "awaiting_transfer");
  await flow.executeUpdate(CANCEL_PAYMENT, { args: [BY] });
});
await record("uncollectible", new ScriptedPayments([DECLINED]));
const confirmed = new ScriptedPayments([DECLINED, DECLINED, ACTION]);
await record("paid-by-link", confirmed, invoicePaymentOf(), async (flow) => {
  await untilStatus(flow, "retrying");
  await flow.executeUpdate(RETRY_PAYMENT, { args: [BY] });
  await flow.executeUpdate(PAY_NOW);
  confirmed.pay(3, 1000n);
  await flow.signal(PROVIDER_CHANGED);
  await flow.executeUpdate(RECORD_TRANSFER, { args: [{ ...BY, reference: "B1", amountMinor: "999" }] });
});
const late = new ScriptedPayments();
late.opened = { ...late.opened, state: "cancelled", unsettled: [1], lastAttempt: 1 };
late.attempts.set(1, { ...ACTION, amountMinor: 1999n });
late.pay(1, 500n);
await record("late", late, topUpOf());

await time.withWorker(scriptedRefunds().activities, async (taskQueue) => {
  const input = refundOf();
  const refund = await time.temporal.client.workflow.start(PAYMENT_REFUND, {
    workflowId: paymentRefundWorkflowId(input.refundId),
    taskQueue,
    args: [input],
  });
  await refund.result();
  await write("payment-refund.refunded", refund);
  const { paymentId, tenantId } = input;
  for (const news of ["dispute_opened", "dispute_won"])
    await time.temporal.client.workflow.signalWithStart(PAYMENT_DISPUTE, {
      workflowId: paymentDisputeWorkflowId(paymentId, 1),
      taskQueue,
      args: [{ paymentId, tenantId, attempt: 1 }],
      signal: DISPUTE_NEWS,
      signalArgs: [{ news, amountMinor: "1000" }],
    });
  const dispute = time.temporal.client.workflow.getHandle(paymentDisputeWorkflowId(paymentId, 1));
  await dispute.result();
  await write("payment-dispute.won", dispute);
});
await world.close();
