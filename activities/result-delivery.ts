import { ApplicationFailure } from "@temporalio/common";
import type { Clock } from "#domain/clock.ts";
import { Unavailable } from "#domain/errors.ts";
import type { CallbackAnswer, CallbackSender } from "#domain/flows/ports.ts";
import type { FlowRuns } from "#domain/flows/runs.ts";
import type { TenantStore } from "#domain/tenants/tenant-store.ts";
import { signedHeaders } from "#platform/webhook-signatures.ts";
import type {
  CallbackOutcome,
  DeliveredEnd,
  ResultDeliveryActivities,
} from "#workflows/result-delivery/api.ts";

/** n8n answers before it goes on with the execution. */
const ANSWER_MS_MAX = 15_000;
/** How long one question after a run's end holds an activity's place. */
const AWAITED_MS = 5_000;
/** What an answer says is shown to people, and an answer may be a page. */
const WORDS_MAX = 200;

export interface ResultDeliveryDependencies {
  readonly flows: Pick<FlowRuns, "describe" | "end">;
  readonly tenants: Pick<TenantStore, "get">;
  readonly sender: CallbackSender;
  /** Signs what is told of the platform's own runs; null: nothing does. */
  readonly operatorSecret: string | null;
  /** Of the run, in Temporal's Web UI. */
  readonly linkOf: (workflowId: string) => string;
  readonly clock: Clock;
}

export function createResultDeliveryActivities({
  flows,
  tenants,
  sender,
  operatorSecret,
  linkOf,
  clock,
}: ResultDeliveryDependencies): ResultDeliveryActivities {
  const secretOf = async (tenantId: string | null): Promise<string | null> =>
    tenantId === null ? operatorSecret : ((await tenants.get(tenantId))?.webhook?.secret ?? null);

  return {
    async currentRun(workflowId) {
      const run = await flows.describe(workflowId);
      if (run === null) throw ApplicationFailure.retryable(`${workflowId} is not there yet`, "NoSuchRun");
      return { runId: run.runId };
    },

    awaitEnd: ({ workflowId, runId }) => flows.end(workflowId, runId, AWAITED_MS),

    async postEnd({ deliveryId, callbackUrl, tenantId, end }) {
      const body = JSON.stringify(bodyOf(end, linkOf(end.workflowId)));
      const secret = await secretOf(tenantId);
      const signed = secret === null ? null : signedHeaders(secret, deliveryId, clock.now(), body);
      const headers = signed ?? { "webhook-id": deliveryId };
      return outcomeOf(await sender.post(callbackUrl, headers, body, ANSWER_MS_MAX));
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

/** Too early, too many, or a server that is away: https://www.iana.org/assignments/http-status-codes */
function isPassing(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

/** "409: The execution "7" is running already.", where the answer is n8n's; otherwise the status alone. */
function wordsOf(status: number, text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === "string") return `${status}: ${message.slice(0, WORDS_MAX)}`;
  } catch {
    // A page, or nothing: the status has to do.
  }
  return String(status);
}
