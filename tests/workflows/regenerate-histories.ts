/**
 * Writes the histories of settlements and of onboardings that nobody is asked about in tests/histories anew, against a running environment: after a workflow has changed on purpose, never to make a failing replay
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
