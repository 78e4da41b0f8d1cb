import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  log,
  proxyActivities,
  setCurrentDetails,
  upsertSearchAttributes,
  type ActivityOptions,
} from "@temporalio/workflow";
import { FLOW_STATUS } from "#domain/flows/search-attributes.ts";
import { createStory, type Story as FlowStory } from "#domain/flows/story.ts";
import type { OnboardingActivities, OnboardingInput, OnboardingOutput, OnboardingStatus } from "./api.ts";

type Story = FlowStory<OnboardingStatus>;

/** Servers that are away come back within minutes; after an hour the onboarding is given up and undone. */
const STORE: ActivityOptions = {
  startToCloseTimeout: "15s",
  scheduleToCloseTimeout: "1h",
  retry: { initialInterval: "500ms", backoffCoefficient: 2, maximumInterval: "30s" },
};

/** What must not be left half done is tried until it succeeds: the activation, once begun, and every undoing. */
const UNTIL_DONE: ActivityOptions = {
  startToCloseTimeout: "15s",
  retry: { initialInterval: "500ms", backoffCoefficient: 2, maximumInterval: "1m" },
};

/** Mail servers may say "later" for hours (greylisting, a full queue). */
const MAIL: ActivityOptions = {
  startToCloseTimeout: "1m",
  scheduleToCloseTimeout: "24h",
  retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "10m" },
};

interface Undo {
  readonly text: string;
  readonly run: () => Promise<void>;
}

const activities = (
  options: ActivityOptions,
  summary: string,
): ReturnType<typeof proxyActivities<OnboardingActivities>> =>
  proxyActivities<OnboardingActivities>({ ...options, summary });

/**
 * A new tenant: validate → create tenant, wallet, API key and SMPP account → attach the default rate card → open → welcome
 * mail. A step that fails for good, or a cancellation, undoes the earlier ones in reverse. Opening is the point of no return: from there
 * on the tenant may have traffic and money, so that a mail which cannot be delivered is part of the result and closes nothing.
 */
export async function tenantOnboarding(input: OnboardingInput): Promise<OnboardingOutput> {
  const story = createStory<OnboardingStatus>(`${input.tenantId}: ${input.name}`, (status, details) => {
    setCurrentDetails(details);
    upsertSearchAttributes([{ key: FLOW_STATUS, value: status }]);
  });
  const undo: Undo[] = [];
  try {
    await prepare(input, story, undo);
    const revision = await open(input, story);
    const welcomeMail = await welcome(input, story);
    story.finish("completed", "The tenant is open.");
    return { tenantId: input.tenantId, walletId: input.wallet.walletId, revision, welcomeMail };
  } catch (error) {
    story.end("failed");
    await CancellationScope.nonCancellable(() => undoAll(undo, story));
    const failure = asOutcome(error);
    story.finish("failed", failure instanceof ApplicationFailure ? failure.message : "Cancelled.");
    throw failure;
  }
}

async function prepare(input: OnboardingInput, story: Story, undo: Undo[]): Promise<void> {
  const { tenantId, actor, rateCardId } = input;
  const { walletId } = input.wallet;

  story.begin("validating", "input checked");
  await activities(STORE, `check the input for ${tenantId}`).validateOnboarding(input);
  story.end("done");

  story.begin(
    "creating",
    `tenant, wallet (${input.wallet.currency}), API key …${input.apiKey.last4} and SMPP account created`,
  );
  // Registered before the step runs: one that times out may have taken effect. It closes nothing that another onboarding made.
  undo.push({
    text: "tenant closed, API key and SMPP account forgotten",
    run: () => activities(UNTIL_DONE, `close ${tenantId}`).closeTenant({ tenantId, walletId, actor }),
  });
  await activities(STORE, `create ${tenantId} with wallet, API key and SMPP account`).createTenant(input);
  story.end("done");

  if (rateCardId === null) return;
  story.begin("pricing", `default rate card ${rateCardId} attached`);
  undo.push({
    text: "rate card detached",
    run: () => activities(UNTIL_DONE, `detach ${rateCardId}`).detachRateCard({ tenantId, walletId, actor }),
  });
  await activities(STORE, `attach ${rateCardId} to ${tenantId}`).attachRateCard({
    tenantId,
    rateCardId,
    actor,
  });
  story.end("done");
}

/** Not cancellable: a cancellation in the middle would leave it unknown whether the doors are open. */
async function open({ tenantId, wallet, actor }: OnboardingInput, story: Story): Promise<number> {
  story.begin("activating", "tenant opened and known to every process");
  const { revision } = await CancellationScope.nonCancellable(() =>
    activities(UNTIL_DONE, `open ${tenantId}`).activateTenant({ tenantId, walletId: wallet.walletId, actor }),
  );
  story.end("done");
  return revision;
}

async function welcome(input: OnboardingInput, story: Story): Promise<OnboardingOutput["welcomeMail"]> {
  const { tenantId, name, email } = input;
  if (email === null) return "none";
  story.begin("welcoming", "welcome mail handed to the mail server");
  try {
    const outcome = await activities(MAIL, `welcome ${tenantId} by mail`).sendWelcomeMail({
      tenantId,
      walletId: input.wallet.walletId,
      name,
      email,
      currency: input.wallet.currency,
      apiKeyLast4: input.apiKey.last4,
      smppSystemId: input.smppAccount?.systemId ?? null,
    });
    if (outcome.kind === "accepted") story.end("done");
    else story.end("failed", `welcome mail refused: ${outcome.reason}`);
    return outcome.kind;
  } catch (error) {
    log.warn("the welcome mail was not delivered", {
      reason: error instanceof Error ? error.message : String(error),
    });
    story.end(
      "failed",
      isCancellation(error) ? "welcome mail cancelled" : "welcome mail given up after a day",
    );
    return "undelivered";
  }
}

async function undoAll(undo: readonly Undo[], story: Story): Promise<void> {
  for (const { text, run } of undo.toReversed()) {
    story.begin("undoing", text);
    await run();
    story.end("undone");
  }
}

/** The failure with which the workflow ends: the activity's own, so that its type, message and details meet the caller first. */
function asOutcome(error: unknown): unknown {
  if (!(error instanceof ActivityFailure) || isCancellation(error)) return error;
  if (error.cause instanceof ApplicationFailure) return error.cause;
  return ApplicationFailure.create({
    type: "GivenUp",
    message: `${error.activityType} did not succeed in time`,
    nonRetryable: true,
    cause: error,
  });
}
