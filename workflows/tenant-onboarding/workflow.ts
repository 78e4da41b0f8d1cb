import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  defineQuery,
  defineUpdate,
  isCancellation,
  log,
  patched,
  setHandler,
  type ActivityOptions,
} from "@temporalio/workflow";
import type { Story as FlowStory } from "#domain/flows/story.ts";
import { MAIL, stepsOf, toldStory, UNTIL_DONE } from "#workflows/steps.ts";
import { DECIDE_KYC, FINAL_FAILURES, ONBOARDING_STATE } from "./names.ts";
import { kycDecision } from "./api.ts";
import type {
  KycDecision,
  KycMail,
  OnboardingActivities,
  OnboardingInput,
  OnboardingOutput,
  OnboardingState,
  OnboardingStatus,
} from "./api.ts";

type Story = FlowStory<OnboardingStatus>;

/** Parts of the time that a person has, at which the operator is reminded. */
const REMINDED_AT = [0.5, 0.9];

/** Servers that are away come back within minutes; after an hour the onboarding is given up and undone. */
const STORE: ActivityOptions = {
  startToCloseTimeout: "15s",
  scheduleToCloseTimeout: "1h",
  retry: { initialInterval: "500ms", backoffCoefficient: 2, maximumInterval: "30s" },
};

interface Undo {
  readonly text: string;
  readonly run: () => Promise<void>;
}

const activities = stepsOf<OnboardingActivities>();

/** What is known of an onboarding from outside. */
interface Desk {
  status: OnboardingStatus;
  /** Epoch ms. */
  dueAt: number | null;
  decision: KycDecision | null;
}

/**
 * A new tenant: validate → create tenant, wallet, API key and SMPP account → attach the default rate card → a person's approval, where
 * it is asked for → customer of the payment provider → invoice schedule → open → welcome mail. A step that fails for good, a rejection
 * or a cancellation undoes the earlier ones in reverse. Opening is the point of no return: from there on the tenant may have traffic and
 * money, so that a mail which cannot be delivered is part of the result and closes nothing.
 */
export async function tenantOnboarding(input: OnboardingInput): Promise<OnboardingOutput> {
  const desk: Desk = { status: "validating", dueAt: null, decision: null };
  const story = toldStory<OnboardingStatus>(`${input.tenantId}: ${input.name}`, (status) => {
    desk.status = status;
  });
  openDesk(input, desk);
  const undo: Undo[] = [];
  try {
    await prepare(input, story, undo);
    const approvedBy = await approve(input, story, desk);
    await register(input, story, undo);
    await schedule(input, story, undo);
    const revision = await open(input, story);
    const welcomeMail = await welcome(input, story);
    story.finish("completed", "The tenant is open.");
    const output = { tenantId: input.tenantId, walletId: input.wallet.walletId, revision, welcomeMail };
    return approvedBy === null ? output : { ...output, approvedBy };
  } catch (error) {
    story.end("failed");
    await CancellationScope.nonCancellable(() => undoAll(undo, story));
    const failure = asOutcome(error);
    story.finish("failed", failure instanceof ApplicationFailure ? failure.message : "Cancelled.");
    throw failure;
  }
}

/** Takes a person's decision while one is asked for, and says how far the onboarding is. */
function openDesk({ kyc }: OnboardingInput, desk: Desk): void {
  const state = (): OnboardingState => ({
    status: desk.status,
    kyc: kyc ? { dueAt: desk.dueAt, decision: desk.decision } : null,
  });
  setHandler(defineQuery<OnboardingState>(ONBOARDING_STATE), state, {
    description: "How far the onboarding is",
  });
  setHandler(
    defineUpdate<OnboardingState, [KycDecision]>(DECIDE_KYC),
    (decision) => {
      desk.decision ??= decision;
      return state();
    },
    {
      description: "A person approves or rejects the tenant, with a name and a reason",
      validator: (decision) => {
        const read = kycDecision.safeParse(decision);
        const [issue] = read.error?.issues ?? [];
        if (issue !== undefined)
          throw ApplicationFailure.nonRetryable(`${issue.path.join(".")} ${issue.message}`, "Validation");
        if (desk.dueAt === null)
          throw ApplicationFailure.nonRetryable("nobody is asked to approve this tenant now", "NotAsked");
      },
    },
  );
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

/** Waits for a person. @returns who approved it, null where nobody is asked. @throws Rejected, also where nobody answers in time. */
async function approve(input: OnboardingInput, story: Story, desk: Desk): Promise<string | null> {
  const { kyc, tenantId } = input;
  if (!kyc) return null;
  const begun = Date.now();
  const dueAt = begun + kyc.deadlineSeconds * 1000;
  desk.dueAt = dueAt;
  story.begin("awaiting_approval", `approval by a person, until ${new Date(dueAt).toISOString()}`);
  const decided = (): boolean => desk.decision !== null;
  // Beside the wait: a mail server that is away keeps nobody from deciding.
  const asked = new CancellationScope();
  const mail = (kind: KycMail, number: number): void => {
    void asked.run(() => askOperator(input, kind, number, dueAt));
  };
  mail("request", 0);
  try {
    for (const [number, part] of [...REMINDED_AT, 1].entries()) {
      const left = begun + part * kyc.deadlineSeconds * 1000 - Date.now();
      if (await condition(decided, Math.max(1, left), { summary: `approval of ${tenantId}` })) break;
      if (part < 1) mail("reminder", number + 1);
    }
  } finally {
    desk.dueAt = null;
    asked.cancel();
  }
  return conclude(desk.decision, story);
}

function conclude(decision: KycDecision | null, story: Story): string {
  if (decision?.decision === "approve") {
    story.end("done", `approved by ${decision.actor}: ${decision.reason}`);
    return decision.actor;
  }
  const reason =
    decision === null
      ? "was not decided in time: nobody answered"
      : `was rejected by ${decision.actor}: ${decision.reason}`;
  story.end("failed", `approval ${reason}`);
  throw ApplicationFailure.create({
    type: FINAL_FAILURES.rejected,
    message: `kyc ${reason}`,
    nonRetryable: true,
    details: [[{ field: "kyc", reason }]],
  });
}

/** A mail that cannot be delivered is logged: the wait goes on, and the next reminder tries again. */
async function askOperator(
  { tenantId, wallet }: OnboardingInput,
  kind: KycMail,
  number: number,
  dueAt: number,
): Promise<void> {
  try {
    const step = { tenantId, walletId: wallet.walletId, kind, number, dueAt };
    const outcome = await activities(MAIL, `ask the operator about ${tenantId}: ${kind}`).mailKyc(step);
    if (outcome.kind === "refused")
      log.warn("the operator's mail server refuses the question", { reason: outcome.reason });
  } catch (error) {
    if (!isCancellation(error)) log.warn("the operator could not be asked by mail");
  }
}

async function register(input: OnboardingInput, story: Story, undo: Undo[]): Promise<void> {
  const { tenantId, actor, paymentProvider: provider, wallet } = input;
  if (!provider) return;
  const { walletId } = wallet;
  story.begin("registering", `customer of ${provider}`);
  undo.push({
    text: `customer of ${provider} forgotten`,
    run: () =>
      activities(UNTIL_DONE, `forget the customer of ${provider}`).forgetCustomer({
        tenantId,
        walletId,
        actor,
      }),
  });
  const step = { tenantId, walletId, provider, actor };
  const { customerId } = await activities(STORE, `register ${tenantId} at ${provider}`).registerCustomer(
    step,
  );
  story.end("done", `customer of ${provider}: ${customerId}`);
}

async function schedule({ tenantId, wallet }: OnboardingInput, story: Story, undo: Undo[]): Promise<void> {
  // Onboardings that began before there were schedules go on as they were.
  if (!patched("invoice-schedule")) return;
  const step = { tenantId, walletId: wallet.walletId };
  story.begin("scheduling", "invoices scheduled in the tenant's zone");
  undo.push({
    text: "invoice schedule deleted",
    run: () => activities(UNTIL_DONE, `unschedule invoices of ${tenantId}`).unscheduleInvoices(step),
  });
  await activities(STORE, `schedule invoices of ${tenantId}`).scheduleInvoices(step);
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
  // One that another attempt might have mended says nothing of the onboarding: it was given up.
  if (error.cause instanceof ApplicationFailure && error.cause.nonRetryable === true) return error.cause;
  return ApplicationFailure.create({
    type: "GivenUp",
    message: `${error.activityType} did not succeed in time`,
    nonRetryable: true,
    cause: error,
  });
}
