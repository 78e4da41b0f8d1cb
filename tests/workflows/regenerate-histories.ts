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
await flows.close();
