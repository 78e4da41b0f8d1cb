import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { Unavailable } from "#domain/errors.ts";
import {
  DISPUTE_NEWS,
  PAYMENT_DISPUTE,
  paymentDisputeOutput,
  paymentDisputeWorkflowId,
  type DisputeTold,
} from "#workflows/payment-dispute/api.ts";
import {
  PAYMENT_REFUND,
  paymentRefundOutput,
  paymentRefundWorkflowId,
  REFUND_CHANGED,
  REFUND_STATE,
  type PaymentRefundOutput,
  type RefundFlowState,
} from "#workflows/payment-refund/api.ts";
import type { PaymentFlow } from "./payment-world.ts";
import { refundOf, scriptedRefunds, type RefundActivities } from "./scripted-refunds.ts";
import { startTimeSkipping, type TimeSkipping } from "./time-skipping.ts";

let time: TimeSkipping;
beforeAll(async () => {
  time = await startTimeSkipping();
}, 180_000);
afterAll(() => time.close(), 60_000);

async function refund(
  script: Partial<RefundActivities> = {},
  act: (flow: PaymentFlow) => Promise<void> = async () => {},
): Promise<{ readonly output: PaymentRefundOutput; readonly calls: readonly string[] }> {
  const { activities, calls } = scriptedRefunds(script);
  const input = refundOf();
  const output = await time.withWorker(activities, async (taskQueue) => {
    const flow = await time.temporal.client.workflow.start(PAYMENT_REFUND, {
      workflowId: paymentRefundWorkflowId(input.refundId),
      taskQueue,
      args: [input],
    });
    await act(flow);
    return paymentRefundOutput.parse(await time.skipping(() => flow.result()));
  });
  return { output, calls };
}

const PENDING = { state: "pending", providerRefundId: "re_1", because: null } as const;

describe("a refund", () => {
  test("debits the wallet before the payer gets anything", async () => {
    const { output, calls } = await refund();
    expect(output).toEqual({ result: "refunded", refundedMinor: "1000", byHandMinor: "0", because: null });
    expect(calls).toEqual(["open", "book", "refund attempt:1", "mail refunded"]);
  });

  test("of more than is left moves nothing", async () => {
    const { output, calls } = await refund({
      openRefund: async () => ({ kind: "refused", because: "only 5 are left" }),
    });
    expect(output).toMatchObject({ result: "refused", because: "only 5 are left" });
    expect(calls).toEqual(["open"]);
  });

  test("that the provider cannot make gives the wallet its money again, and tells the operator", async () => {
    const { output, calls } = await refund({
      refundPart: async () => ({ state: "failed", providerRefundId: null, because: "charge_disputed" }),
    });
    expect(output).toMatchObject({ result: "failed", refundedMinor: "0", because: "charge_disputed" });
    expect(calls).toEqual(["open", "book", "refund attempt:1", "return attempt:1", "book", "mail failed"]);
  });

  test("of a transfer is sent back by a person", async () => {
    const { output, calls } = await refund({
      openRefund: async () => ({
        kind: "opened",
        parts: [
          { from: "attempt:1", attempt: 1, amountMinor: "700" },
          { from: "transfer:B1", attempt: null, amountMinor: "300" },
        ],
      }),
    });
    expect(output).toMatchObject({ result: "refunded", refundedMinor: "1000", byHandMinor: "300" });
    expect(calls).toEqual(["open", "book", "refund attempt:1", "mail by_hand", "mail refunded"]);
  });

  test("that is pending ends by the webhook, or without any by asking", async () => {
    let state: "pending" | "succeeded" | "failed" = "pending";
    const script = { refundPart: async () => PENDING, refundStanding: async () => ({ ...PENDING, state }) };
    const first = await refund(script, async (flow) => {
      while ((await flow.query<RefundFlowState>(REFUND_STATE)).status !== "refunding");
      state = "succeeded";
      await flow.signal(REFUND_CHANGED);
    });
    expect(first.output.result).toBe("refunded");
    state = "failed";
    expect((await refund(script)).output.result).toBe("failed");
  });

  test("goes on while servers fail, and is not cancelled half way", async () => {
    let failures = 4;
    const { output } = await refund(
      {
        bookRefund: async () => {
          failures -= 1;
          if (failures >= 0) throw new Unavailable("kafka");
        },
      },
      (flow) => flow.cancel().then(() => {}),
    );
    expect(output.result).toBe("refunded");
  });
});

describe("a dispute", () => {
  async function dispute(
    told: readonly DisputeTold["news"][],
  ): Promise<{ readonly result: string; readonly calls: readonly string[] }> {
    const { activities, calls } = scriptedRefunds();
    const paymentId = `inv-${randomUUID()}`;
    const output = await time.withWorker(activities, async (taskQueue) => {
      for (const news of told)
        await time.temporal.client.workflow.signalWithStart(PAYMENT_DISPUTE, {
          workflowId: paymentDisputeWorkflowId(paymentId, 1),
          taskQueue,
          args: [{ paymentId, tenantId: "T", attempt: 1 }],
          signal: DISPUTE_NEWS,
          signalArgs: [{ news, amountMinor: "1000" }],
        });
      const flow = time.temporal.client.workflow.getHandle(paymentDisputeWorkflowId(paymentId, 1));
      return paymentDisputeOutput.parse(await time.skipping(() => flow.result()));
    });
    return { result: output.result, calls };
  }

  test("tells finance at once and again, and ends when nothing more is told", async () => {
    const { result, calls } = await dispute(["dispute_opened"]);
    expect(result).toBe("open");
    expect(calls).toEqual([
      "book dispute_opened",
      "mail dispute_opened 0",
      "mail dispute_opened 1",
      "mail dispute_opened 2",
    ]);
  });

  test.each(["dispute_won", "dispute_lost"] as const)("opened twice and %s", async (end) => {
    const { result, calls } = await dispute(["dispute_opened", "dispute_opened", end]);
    expect(`dispute_${result}`).toBe(end);
    expect(calls.filter((call) => call === "mail dispute_opened 0")).toHaveLength(1);
    expect(calls.at(-1)).toBe(`mail ${end} 0`);
  });
});
