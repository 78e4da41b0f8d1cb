/**
 * Writes tests/histories anew, against a running environment: after a workflow has changed on purpose, never to make a failing replay
 * pass, for then flows that run in production would fail the same way.
 *
 *   CATALYST_TEST_ENVIRONMENT=…/environment.json node tests/workflows/regenerate-histories.ts
 */
import { ApplicationFailure } from "@temporalio/common";
import {
  onboardingWorkflowId,
  type OnboardingActivities,
  type OnboardingInput,
} from "#workflows/tenant-onboarding/api.ts";
import { Rejected, Unavailable } from "#domain/errors.ts";
import { attachFlowsEnvironment, onboardingOf, scriptedActivities } from "./flows-environment.ts";
import { createFlowTriggers } from "#adapters/temporal/flow-triggers.ts";
import { lowBalanceWorkflowId } from "#workflows/low-balance/api.ts";
import { REINSTATE, suspensionWorkflowId } from "#workflows/suspension/api.ts";
import { scriptedBilling, suspensionOf, type BillingActivities } from "./scripted-billing.ts";
import {
  SETTLEMENT,
  SETTLEMENT_SCHEDULE,
  settlementWorkflowId,
  type SettlementActivities,
  type SettlementInput,
} from "#workflows/settlement/api.ts";
import { scriptedSettlement } from "./scripted-settlement.ts";
import { recordInvoicing } from "./record-invoicing.ts";
import { writeHistory } from "./recorded-histories.ts";

interface Recording {
  readonly name: string;
  readonly input?: Partial<OnboardingInput>;
  readonly script?: Partial<OnboardingActivities>;
}

const noSuchCard = ApplicationFailure.create({
  type: "Validation",
  nonRetryable: true,
  message: "rateCardId is no rate card",
  details: [[{ field: "rateCardId", reason: "is no rate card" }]],
});

const tooEarly = ApplicationFailure.nonRetryable(
  "2026-01-04 can be settled from 2026-01-05T04:00:00.000Z",
  "TooEarly",
);

let attempts = 0;

const recordings: readonly Recording[] = [
  { name: "completed" },
  { name: "completed-without-card-and-mail", input: { rateCardId: null, email: null, smppAccount: null } },
  {
    name: "completed-mail-refused",
    script: {
      sendWelcomeMail: async () => ({ kind: "refused", reason: "the mail server answered 550 to RCPT TO" }),
    },
  },
  {
    name: "completed-after-retry",
    script: {
      createTenant: async () => {
        attempts += 1;
        if (attempts === 1) throw new Unavailable("postgres");
      },
    },
  },
  { name: "refused", script: { validateOnboarding: () => Promise.reject(noSuchCard) } },
  { name: "undone", script: { attachRateCard: () => Promise.reject(noSuchCard) } },
];

const flows = await attachFlowsEnvironment();
for (const { name, input, script } of recordings) {
  const onboarding = onboardingOf(input);
  await flows.withWorker(
    scriptedActivities(script).activities,
    (starter) => starter.onboard(onboarding, 20_000),
    "onboarding-recorded",
  );
  const handle = flows.temporal.client.workflow.getHandle(onboardingWorkflowId(onboarding.tenantId));
  await writeHistory(`tenant-onboarding.${name}`, await handle.fetchHistory());
}

/** Every way that a suspension and a low balance may go, short of the calendar. */
const { activities, calls } = scriptedBilling({
  balanceStanding: async () => balance,
});
let balance: Awaited<ReturnType<BillingActivities["balanceStanding"]>> = {
  balance: "0.5",
  below: ["low", "critical"],
  suspension: { graceSeconds: 1 },
};
await flows.withWorker(
  activities,
  async (_starter, taskQueue) => {
    const { tenantId, walletId } = suspensionOf();
    const triggers = createFlowTriggers(flows.temporal, taskQueue);
    const cross = (threshold: "low" | "critical" | "recovered", sequence: number): Promise<void> =>
      triggers.deliver({
        v: 1,
        type: "wallet.threshold",
        id: `wallet:w:${threshold}:${sequence}`,
        tenantId,
        walletId: walletId ?? "",
        threshold,
        balance: "0.5",
        currency: "USD",
        at: 1_780_000_000_000,
      });
    await cross("low", 1);
    await cross("critical", 2);
    while (!calls.includes("mail suspended")) await new Promise((resolve) => setTimeout(resolve, 50));
    const suspension = flows.temporal.client.workflow.getHandle(suspensionWorkflowId(tenantId));
    await suspension.executeUpdate(REINSTATE, { args: [{ actor: "support: Kim", reason: "paid" }] });
    await writeHistory("suspension.reinstated-after-grace", await suspension.fetchHistory());
    balance = { balance: "20", below: [], suspension: null };
    await cross("recovered", 3);
    const low = flows.temporal.client.workflow.getHandle(lowBalanceWorkflowId(walletId ?? ""));
    await low.result();
    await writeHistory("low-balance.recovered", await low.fetchHistory());
  },
  "billing-recorded",
);

/** A settlement as it goes, of one continued over many pages its last run, and one that was refused. */
const settlements: readonly [string, Partial<SettlementActivities>, pages: number][] = [
  ["settled", {}, 3],
  [
    "provider-away",
    { settleProvider: () => Promise.reject(new Rejected("stripe", "401", "no such key")) },
    1,
  ],
  ["continued", { openSettlement: async () => ({ wallets: 3_400, providers: [] }) }, 340],
  ["too-early", { openSettlement: () => Promise.reject(tooEarly) }, 1],
];
for (const [index, [name, script, pages]] of settlements.entries()) {
  const day = `2026-01-0${index + 1}`;
  const handle = flows.temporal.client.workflow.getHandle(settlementWorkflowId(day));
  await flows.withWorker(
    scriptedSettlement(script, pages).activities,
    async (_starter, taskQueue) => {
      const args: [SettlementInput] = [{ day, actor: "Kim" }];
      await flows.temporal.client.workflow.start(SETTLEMENT, {
        workflowId: handle.workflowId,
        taskQueue,
        args,
      });
      await handle.result().catch(() => {});
    },
    "billing-recorded",
  );
  await writeHistory(`settlement.${name}`, await handle.fetchHistory());
}
await flows.withWorker(
  scriptedSettlement().activities,
  async (_starter, taskQueue) => {
    const handle = await flows.temporal.client.workflow.start(SETTLEMENT, {
      workflowId: `${SETTLEMENT_SCHEDULE}-recorded`,
      taskQueue,
      args: [{ day: null, actor: "schedule" }],
    });
    await handle.result();
    await writeHistory("settlement.by-schedule", await handle.fetchHistory());
  },
  "billing-recorded",
);
await recordInvoicing(flows);
await flows.close();
