import { ApplicationFailure } from "@temporalio/common";
import { Unavailable } from "#domain/errors.ts";
import type { CallbackAnswer } from "#domain/flows/ports.ts";
import type { FlowRuns } from "#domain/flows/runs.ts";
import type {
  CallbackOutcome,
  DeliveredEnd,
  ResultDeliveryActivities,
} from "#workflows/result-delivery/api.ts";
import { isPassing, type SignedCall, wordsOf } from "./signed-calls.ts";

/** How long one question after a run's end holds an activity's place. */
const AWAITED_MS = 5_000;

export interface ResultDeliveryDependencies {
  readonly flows: Pick<FlowRuns, "describe" | "end">;
  readonly call: SignedCall;
  /** Of the run, in Temporal's Web UI. */
  readonly linkOf: (workflowId: string) => string;
}

export function createResultDeliveryActivities({
  flows,
  call,
  linkOf,
}: ResultDeliveryDependencies): ResultDeliveryActivities {
  return {
    async currentRun(workflowId) {
      const run = await flows.describe(workflowId);
      if (run === null) throw ApplicationFailure.retryable(`${workflowId} is not there yet`, "NoSuchRun");
      return { runId: run.runId };
    },

    awaitEnd: ({ workflowId, runId }) => flows.end(workflowId, runId, AWAITED_MS),

    async postEnd({ deliveryId, callbackUrl, tenantId, end }) {
      return outcomeOf(await call(deliveryId, tenantId, callbackUrl, bodyOf(end, linkOf(end.workflowId))));
    },
  };
}

function bodyOf({ workflowId, runId, flow, status, result, failure }: DeliveredEnd, link: string): object {
  return {
    workflow_id: workflowId,
    run_id: runId,
    workflow: flow,
    status,
    result: result ?? null,
    failure,
    link,
  };
}

/** As n8n's waiting webhooks answer: their 409 says whether the execution is still at work or has ended. @throws Unavailable where another attempt may fare better. */
function outcomeOf(answer: CallbackAnswer): CallbackOutcome {
  if (answer.kind === "refused") return { kind: "refused", because: answer.reason };
  if (answer.kind === "failed") throw new Unavailable("callback", { message: answer.reason });
  const { status, text } = answer;
  if (status >= 200 && status < 300) return { kind: "delivered" };
  const because = wordsOf(status, text);
  if (status === 410) return { kind: "over", because };
  if (status === 409) return { kind: /\bhas finished\b/.test(text) ? "over" : "busy", because };
  if (isPassing(status)) throw new Unavailable("callback", { message: because });
  return { kind: "absent", because };
}
