import {
  PAYMENT_COLLECTION,
  PAYMENT_STATE,
  paymentCollectionOutput,
  paymentCollectionWorkflowId,
  paymentFlowState,
  type PaymentCollectionActivities,
  type PaymentCollectionInput,
  type PaymentCollectionOutput,
} from "#workflows/payment-collection/api.ts";
import { suspensionWorkflowId } from "#workflows/suspension/api.ts";
import { scriptedBilling } from "./scripted-billing.ts";
import { dispatched, invoicePaymentOf, type ScriptedPayments } from "./scripted-payments.ts";
import { startTimeSkipping, type TimeSkipping } from "./time-skipping.ts";

export type PaymentFlow = Awaited<ReturnType<TimeSkipping["temporal"]["client"]["workflow"]["start"]>>;

interface RanPayment {
  readonly output: PaymentCollectionOutput;
  readonly wasSuspended: boolean;
  /** From its start to its end, by the server's clock. */
  readonly days: number;
}

const DAY_MS = 86_400_000;

/** Payments on a server whose time the test moves; the workers serve every payment of a file. */
export interface PaymentWorld {
  readonly time: TimeSkipping;
  /** Runs one payment while `act` does what happens from outside; then time flies to its end. */
  run(
    payments: ScriptedPayments,
    input?: PaymentCollectionInput,
    act?: (flow: PaymentFlow) => Promise<void>,
  ): Promise<RanPayment>;
  close(): Promise<void>;
}

export async function startPaymentWorld(): Promise<PaymentWorld> {
  const time = await startTimeSkipping();
  const scripts = new Map<string, PaymentCollectionActivities>();
  // None is due, so that none goes on and takes part in the time of other tests.
  const suspended = new Set<string>();
  const billing = scriptedBilling({
    suspensionStanding: async ({ tenantId }) => {
      suspended.add(tenantId);
      return { due: false, because: "it is not" };
    },
  });
  let stop = (): void => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  let workers: Promise<void> = Promise.resolve();
  const taskQueue = await new Promise<string>((resolve) => {
    workers = time.withWorker(dispatched(scripts), (queue) =>
      time.withWorker(
        billing.activities,
        () => {
          resolve(queue);
          return stopped;
        },
        "billing",
      ),
    );
  });
  return {
    time,
    async run(payments, input = invoicePaymentOf(), act = async () => {}) {
      const activities = payments.activities();
      scripts.set(input.paymentId, {
        ...activities,
        async setPaymentState(step) {
          await untilOver(time, suspensionWorkflowId(input.tenantId));
          return activities.setPaymentState(step);
        },
      });
      const flow = await time.temporal.client.workflow.start(PAYMENT_COLLECTION, {
        workflowId: paymentCollectionWorkflowId(input.paymentId),
        taskQueue,
        args: [input],
      });
      await act(flow);
      const output = paymentCollectionOutput.parse(await time.skipping(() => flow.result()));
      const { startTime, closeTime } = await flow.describe();
      const days = Math.round((closeTime!.getTime() - startTime.getTime()) / DAY_MS);
      return { output, wasSuspended: suspended.has(input.tenantId), days };
    },
    async close() {
      stop();
      await workers;
      await time.close();
    },
  };
}

/**
 * Resolves when the flow has ended, or where there is none. The test server never lets time skip again once a child ends after its parent
 * (https://github.com/temporalio/sdk-typescript/issues/1101): a payment waits for its suspension before it ends.
 */
async function untilOver({ temporal }: TimeSkipping, workflowId: string): Promise<void> {
  const flow = temporal.client.workflow.getHandle(workflowId);
  for (;;) {
    const status = await flow.describe().then(
      (described) => described.status.name,
      () => null,
    );
    if (status !== "RUNNING") return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Resolves when the flow says so: it is asked, no time is guessed. */
export async function untilStatus(flow: PaymentFlow, status: string): Promise<void> {
  for (;;) {
    const state = paymentFlowState.parse(await flow.query(PAYMENT_STATE));
    if (state.status === status) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
