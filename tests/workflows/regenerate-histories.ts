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
import { Unavailable } from "#domain/errors.ts";
import { attachFlowsEnvironment, onboardingOf, scriptedActivities } from "./flows-environment.ts";
import { createFlowTriggers } from "#adapters/temporal/flow-triggers.ts";
import { lowBalanceWorkflowId } from "#workflows/low-balance/api.ts";
import { REINSTATE, suspensionWorkflowId } from "#workflows/suspension/api.ts";
import { scriptedBilling, suspensionOf, type BillingActivities } from "./scripted-billing.ts";
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
await flows.close();
