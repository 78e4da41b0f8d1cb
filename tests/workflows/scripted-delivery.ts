import type { RunEnd } from "#domain/flows/runs.ts";
import type {
  CallbackOutcome,
  DeliveredEnd,
  ResultDeliveryActivities,
  ResultDeliveryInput,
} from "#workflows/result-delivery/api.ts";
import { SUSPENSION, suspensionWorkflowId } from "#workflows/suspension/api.ts";
import { suspensionOf } from "./scripted-billing.ts";

/** Whoever waits gives these answers in turn, the last of them ever after; `now` of each call. */
export function scriptedDelivery(
  answers: readonly CallbackOutcome[],
  ends: readonly (RunEnd | null)[] = [],
  now: () => Promise<number> = async () => 0,
) {
  const told: { readonly end: DeliveredEnd; readonly id: string; readonly at: number }[] = [];
  let asked = 0;
  const activities: ResultDeliveryActivities = {
    currentRun: async () => ({ runId: "run-of-another" }),
    awaitEnd: async () => {
      asked += 1;
      return ends[Math.min(asked, ends.length) - 1] ?? null;
    },
    postEnd: async ({ end, deliveryId }) => {
      told.push({ end, id: deliveryId, at: await now() });
      return answers[Math.min(told.length, answers.length) - 1]!;
    },
  };
  return { activities, told, asked: () => asked };
}

/** Of a suspension of a tenant of its own. */
export function deliveryOf(taskQueue: string, requestId: string): ResultDeliveryInput {
  const input = suspensionOf({ cause: "person", walletId: null });
  const run = {
    flow: SUSPENSION,
    workflowId: suspensionWorkflowId(input.tenantId),
    taskQueue,
    input,
    requestId,
    tenantId: input.tenantId,
    n8nExecutionId: "4711",
    summary: "Suspension",
    details: "",
  };
  return { run, callbackUrl: "https://n8n.test/webhook-waiting/7?token=secret" };
}
