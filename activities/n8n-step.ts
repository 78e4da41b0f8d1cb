import { Unavailable } from "#domain/errors.ts";
import type { CallbackAnswer } from "#domain/flows/ports.ts";
import type { StepLinks } from "#domain/flows/step-links.ts";
import type { N8nStepActivities, StepOutcome } from "#workflows/n8n-step/api.ts";
import { isPassing, type SignedCall, wordsOf } from "./signed-calls.ts";

export interface N8nStepDependencies {
  readonly call: SignedCall;
  readonly links: Pick<StepLinks, "urlOf">;
}

export function createN8nStepActivities({ call, links }: N8nStepDependencies): N8nStepActivities {
  return {
    async postStep({ tenantId, stepId, webhookUrl, payload, workflowId, runId, expiresAt }) {
      const callbackUrl = links.urlOf({ workflowId, runId }, expiresAt);
      const body = { step_id: stepId, payload: payload ?? null, callback_url: callbackUrl };
      return outcomeOf(await call(`${workflowId}:${runId}`, tenantId, webhookUrl, body));
    },
  };
}

/** @throws Unavailable where another attempt may fare better: also where n8n knows no such webhook, which is so until its workflow is published. */
function outcomeOf(answer: CallbackAnswer): StepOutcome {
  if (answer.kind === "refused") return { kind: "refused", because: answer.reason };
  if (answer.kind === "failed") throw new Unavailable("n8n", { message: answer.reason });
  const { status, text } = answer;
  if (status >= 200 && status < 300) return { kind: "accepted" };
  const because = wordsOf(status, text);
  if (status === 404 || isPassing(status)) throw new Unavailable("n8n", { message: because });
  return { kind: "refused", because };
}
