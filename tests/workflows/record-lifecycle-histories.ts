/**
 * Writes the histories of suspensions, low balances and the onboardings that a person decides in tests/histories anew: after a workflow has
 * changed on purpose, never to make a failing replay pass. Needs no environment: node tests/workflows/record-lifecycle-histories.ts
 */
import { ApplicationFailure } from "@temporalio/common";
import { createFlowTriggers } from "#adapters/temporal/flow-triggers.ts";
import { Unavailable } from "#domain/errors.ts";
import { lowBalanceWorkflowId, type BalanceAlert } from "#workflows/low-balance/api.ts";
import {
  CAUSE_MAY_HAVE_ENDED,
  REINSTATE,
  SUSPENSION,
  SUSPENSION_STATE,
  suspensionWorkflowId,
  type SuspensionInput,
  type SuspensionState,
} from "#workflows/suspension/api.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import {
  DECIDE_KYC,
  ONBOARDING_STATE,
  onboardingWorkflowId,
  TENANT_ONBOARDING,
  type OnboardingInput,
  type OnboardingState,
} from "#workflows/tenant-onboarding/api.ts";
import { onboardingOf, scriptedActivities } from "./flows-environment.ts";
import { writeHistory } from "./recorded-histories.ts";
import { scriptedBilling, suspensionOf, type BillingActivities } from "./scripted-billing.ts";
import { startTimeSkipping, type TimeSkipping } from "./time-skipping.ts";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const BY = { actor: "support: Kim", reason: "paid by bank transfer" };

type Flow = Awaited<ReturnType<TimeSkipping["temporal"]["client"]["workflow"]["start"]>>;

const moment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

async function until(flow: Flow, query: string, status: string): Promise<void> {
  while ((await flow.query<SuspensionState | OnboardingState>(query)).status !== status) await moment();
}

/** Each recording has a server of its own: what goes on in one stops no other's clock. */
async function record(
  name: string,
  activities: object,
  work: (time: TimeSkipping, taskQueue: string) => Promise<Pick<Flow, "fetchHistory">>,
): Promise<void> {
  const time = await startTimeSkipping();
  try {
    const flow = await time.withWorker(activities, (taskQueue) => work(time, taskQueue), "recorded");
    await writeHistory(name, await flow.fetchHistory(), time.temporal.config.payloadKeys);
    process.stdout.write(`${name}\n`);
  } finally {
    await time.close();
  }
}

async function recordSuspension(
  name: string,
  given: Partial<SuspensionInput>,
  script: Partial<BillingActivities>,
  act: (flow: Flow, time: TimeSkipping) => Promise<void> = async () => {},
): Promise<void> {
  const input = suspensionOf(given);
  await record(`suspension.${name}`, scriptedBilling(script).activities, async (time, taskQueue) => {
    const workflowId = suspensionWorkflowId(input.tenantId);
    const options = { workflowId, taskQueue, args: [input] };
    const flow = await time.temporal.client.workflow.start(SUSPENSION, options);
    await act(flow, time);
    const last = time.temporal.client.workflow.getHandle(workflowId);
    await last.result();
    return last;
  });
}

let due = true;
const standing = async (): Promise<{ due: boolean; because: string }> => ({ due, because: "the ledger" });
await recordSuspension("not-due", {}, { suspensionStanding: async () => ({ due: false, because: "" }) });
await recordSuspension("reinstated-after-grace", { graceSeconds: 86_400 }, {}, async (flow, time) => {
  await until(flow, SUSPENSION_STATE, "noticed");
  await time.pass(1.5 * DAY_MS);
  await until(flow, SUSPENSION_STATE, "suspended");
  await time.pass(8 * DAY_MS);
  await flow.executeUpdate(REINSTATE, { args: [BY] });
});
await recordSuspension(
  "averted",
  { graceSeconds: 86_400 },
  { suspensionStanding: standing },
  async (flow) => {
    await until(flow, SUSPENSION_STATE, "noticed");
    due = false;
    await flow.signal(CAUSE_MAY_HAVE_ENDED);
  },
);
due = true;
await recordSuspension("ended-by-ledger", {}, { suspensionStanding: standing }, async (flow) => {
  await until(flow, SUSPENSION_STATE, "suspended");
  due = false;
  await flow.signal(CAUSE_MAY_HAVE_ENDED);
});
await recordSuspension("cancelled", {}, {}, async (flow) => {
  await until(flow, SUSPENSION_STATE, "suspended");
  await flow.cancel();
});
await recordSuspension("continued", {}, {}, async (flow, time) => {
  await until(flow, SUSPENSION_STATE, "suspended");
  const handle = time.temporal.client.workflow.getHandle(flow.workflowId);
  const first = (await handle.describe()).runId;
  while ((await handle.describe()).runId === first) {
    await handle.signal(CAUSE_MAY_HAVE_ENDED);
    // A run that is told of something in the very moment of its end goes on, and tries again.
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await handle.executeUpdate(REINSTATE, { args: [BY] });
});

interface Wallet {
  readonly time: TimeSkipping;
  readonly calls: readonly string[];
  cross(threshold: BalanceAlert | "recovered", sequence: number): Promise<void>;
}

const payments = { openPayment: () => Promise.reject(new Unavailable("postgres")) };

async function recordLowBalance(
  name: string,
  script: Partial<BillingActivities>,
  suspended: boolean,
  act: (wallet: Wallet) => Promise<void>,
): Promise<void> {
  let below: readonly BalanceAlert[] = ["low", "critical"];
  const { activities, calls } = scriptedBilling({
    balanceStanding: async () => ({
      balance: "0.5",
      below,
      suspension: suspended ? { graceSeconds: 60 } : null,
      channels: { sms: true, webhook: true },
      recharges: script.rechargeDue !== undefined,
    }),
    ...script,
  });
  await record(`low-balance.${name}`, activities, async (time, taskQueue) => {
    const triggers = createFlowTriggers(time.temporal, taskQueue);
    const cross: Wallet["cross"] = (threshold, sequence) =>
      triggers
        .deliver({
          v: 1,
          type: "wallet.threshold",
          id: `wallet:w:${threshold}:${sequence}`,
          tenantId: "TENANT-001",
          walletId: "w",
          threshold,
          balance: "0.5",
          currency: "USD",
          at: 1_780_000_000_000,
        })
        .catch(() => cross(threshold, sequence));
    const flow = time.temporal.client.workflow.getHandle(lowBalanceWorkflowId("w"));
    await time.withWorker(
      payments,
      async () => {
        await cross("low", 1);
        await act({ time, calls, cross });
        below = [];
        await cross("recovered", 9);
        await flow.result();
      },
      TASK_QUEUES.payments,
    );
    return flow;
  });
}

const called = async ({ calls }: Wallet, name: string): Promise<void> => {
  while (!calls.includes(name)) await moment();
};

await recordLowBalance("recovered", {}, true, async (wallet) => {
  await called(wallet, "post low");
  await wallet.cross("critical", 2);
  await called(wallet, "mail notice");
});
const dueNow = async () => ({ kind: "due", waitMs: MINUTE_MS }) as const;
await recordLowBalance(
  "recharged",
  {
    rechargeDue: dueNow,
    admitRecharge: async ({ tenantId, walletId }) => ({
      kind: "admitted",
      payment: {
        paymentId: "recharge-w-1",
        tenantId,
        walletId,
        purpose: "auto_recharge",
        invoiceId: null,
        invoiceNumber: null,
        amountMinor: "5000",
        currency: "USD",
        actor: "automatic recharge",
      },
    }),
  },
  false,
  async (wallet) => {
    await called(wallet, "due?");
    await wallet.time.pass(MINUTE_MS);
    await called(wallet, "admit?");
    await new Promise((resolve) => setTimeout(resolve, 500));
  },
);
await recordLowBalance("recovered-before-recharge", { rechargeDue: dueNow }, false, (wallet) =>
  called(wallet, "due?"),
);
await recordLowBalance(
  "breaker-open",
  { rechargeDue: async () => ({ kind: "stopped", because: "31 recharges fell due", alarm: 1 }) },
  false,
  async (wallet) => {
    await called(wallet, "mail breaker 1");
    await wallet.time.pass(16 * MINUTE_MS);
  },
);

async function recordOnboarding(
  name: string,
  given: Partial<OnboardingInput>,
  script: Parameters<typeof scriptedActivities>[0],
  act: (flow: Flow) => Promise<void> = async () => {},
): Promise<void> {
  const input = onboardingOf({ tenantId: "TENANT-001", ...given });
  await record(
    `tenant-onboarding.${name}`,
    scriptedActivities(script).activities,
    async (time, taskQueue) => {
      const workflowId = onboardingWorkflowId(input.tenantId);
      const options = { workflowId, taskQueue, args: [input] };
      const flow = await time.temporal.client.workflow.start(TENANT_ONBOARDING, options);
      await act(flow);
      await time.skipping(() => flow.result().catch(() => {}));
      return flow;
    },
  );
}

const kyc = { deadlineSeconds: 864_000 };
const decide =
  (decision: "approve" | "reject") =>
  async (flow: Flow): Promise<void> => {
    await until(flow, ONBOARDING_STATE, "awaiting_approval");
    await flow.executeUpdate(DECIDE_KYC, { args: [{ decision, actor: BY.actor, reason: "papers seen" }] });
  };
await recordOnboarding("approved", { kyc, paymentProvider: "stripe" }, {}, decide("approve"));
await recordOnboarding("rejected", { kyc }, {}, decide("reject"));
await recordOnboarding("not-decided", { kyc }, {});
const no = ApplicationFailure.nonRetryable("paymentProvider was refused by stripe", "RefusedByProvider");
await recordOnboarding(
  "refused-by-provider",
  { paymentProvider: "stripe" },
  { registerCustomer: () => Promise.reject(no) },
);
process.exit(0);
