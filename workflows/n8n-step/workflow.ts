import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineSignal,
  setHandler,
  workflowInfo,
} from "@temporalio/workflow";
import { CALLBACK, stepsOf, toldStory } from "#workflows/steps.ts";
import { ANSWERED } from "./names.ts";
import type { N8nStepActivities, N8nStepInput, N8nStepOutput, StepOutcome } from "./api.ts";

type Status = "asking" | "waiting" | "answered" | "timed_out" | "refused";

const activities = stepsOf<N8nStepActivities>();

/**
 * A step that is drawn in n8n: begun by its webhook, answered at an address that only this run gives. An answer counts also where n8n's word that it
 * has begun was lost.
 */
export async function n8nStep(input: N8nStepInput): Promise<N8nStepOutput> {
  const timeoutMs = input.timeoutSeconds * 1000;
  let answer: { readonly given: unknown } | null = null;
  let begun: StepOutcome | null = null;
  setHandler(
    defineSignal<[unknown]>(ANSWERED),
    (given) => {
      answer ??= { given };
    },
    { description: "n8n's answer: the first one counts" },
  );
  const place = new URL(input.webhookUrl).host;
  const story = toldStory<Status>(`${input.tenantId}: ${input.stepId}`);
  story.begin("asking", `${place} asked`);

  const asking = new CancellationScope();
  const asked = asking
    .run(() => ask(input, timeoutMs))
    .then(
      (outcome) => {
        begun = outcome;
        if (outcome.kind === "refused" || answer !== null) return;
        story.end("done", `${place} has begun`);
        story.begin("waiting", "its answer waited for");
      },
      // Given up, or not needed any more: the answer or the time decides.
      () => {},
    );
  const isOver = (): boolean => answer !== null || begun?.kind === "refused";
  await condition(isOver, timeoutMs);
  asking.cancel();
  await asked;

  const { given } = answerOrFailure(answer, begun, (status, text) => {
    story.end(status === "answered" ? "done" : "failed");
    story.finish(status, text);
  });
  return { answer: given ?? null };
}

function ask({ timeoutSeconds: _timeout, ...step }: N8nStepInput, timeoutMs: number): Promise<StepOutcome> {
  const { workflowId, runId } = workflowInfo();
  const options = { ...CALLBACK, scheduleToCloseTimeout: timeoutMs };
  return activities(options, `begin ${step.stepId} in n8n`).postStep({
    ...step,
    workflowId,
    runId,
    expiresAt: Date.now() + timeoutMs,
  });
}

function answerOrFailure(
  answer: { readonly given: unknown } | null,
  begun: StepOutcome | null,
  finish: (status: Status, text: string) => void,
): { readonly given: unknown } {
  if (answer !== null) {
    finish("answered", "Answered.");
    return answer;
  }
  if (begun?.kind === "refused") {
    finish("refused", `n8n refuses the step: ${begun.because}.`);
    throw ApplicationFailure.nonRetryable(`n8n refuses the step: ${begun.because}`, "N8nRefused");
  }
  const what = begun === null ? "n8n could not be reached in time" : "n8n gave no answer in time";
  finish("timed_out", `${what}.`);
  throw ApplicationFailure.nonRetryable(what, "N8nTimeout");
}
