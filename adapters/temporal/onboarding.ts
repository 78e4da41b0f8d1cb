import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type WorkflowHandle,
} from "@temporalio/client";
import { ApplicationFailure, TypedSearchAttributes } from "@temporalio/common";
import { createHash } from "node:crypto";
import { FLOW_STATUS, TENANT_ID } from "#domain/flows/search-attributes.ts";
import {
  FINAL_FAILURES,
  onboardingInput,
  onboardingWorkflowId,
  TENANT_ONBOARDING,
  type OnboardingInput,
  type OnboardingOutput,
  type OnboardingProblem,
} from "#workflows/tenant-onboarding/api.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import { onTemporal, workflowLink, type TemporalClient } from "./client.ts";

/**
 * `running`: the flow goes on after the time to wait. `exists`: the id is taken, by another tenant or an onboarding with other
 * credentials. `duplicate`: another open tenant has the same tax id, or name and mail address. `refused`: fields are wrong, or the flow was ended from outside.
 */
export type OnboardingOutcome =
  | {
      readonly kind: "completed";
      readonly workflowId: string;
      readonly url: string;
      readonly output: OnboardingOutput;
    }
  | { readonly kind: "running"; readonly workflowId: string; readonly url: string }
  | { readonly kind: "exists" }
  | {
      readonly kind: "duplicate";
      readonly problems: readonly { readonly path: string; readonly message: string }[];
    }
  | {
      readonly kind: "refused";
      readonly problems: readonly { readonly path: string; readonly message: string }[];
    };

export interface OnboardingStarter {
  /**
   * Starts the onboarding and waits up to `waitMs` for its end. The tenant's id is the business key: the same input attaches to the flow that
   * runs or ran; one that failed is started anew. @throws Unavailable when Temporal cannot be reached; the flow may run then, and the same
   * input may be given again.
   */
  onboard(input: OnboardingInput, waitMs: number): Promise<OnboardingOutcome>;
}

/** Beyond it Temporal counts as away; a start is answered within some ten milliseconds. */
const CALL_MS_MAX = 5_000;

/** @param taskQueue another queue than the platform's own, in tests. */
export function createOnboardingStarter(
  temporal: TemporalClient,
  taskQueue: string = TASK_QUEUES.onboarding,
): OnboardingStarter {
  return {
    async onboard(given, waitMs) {
      // Parsed where it can be, so that equal inputs have equal fingerprints; the flow itself says what is wrong with others.
      const input = onboardingInput.safeParse(given).data ?? given;
      const handle = await start(temporal, input, taskQueue);
      return handle === null ? { kind: "exists" } : outcomeOf(temporal, handle, waitMs);
    },
  };
}

type Handle = WorkflowHandle;

/** Attaches where the same onboarding was started before; null where it is another one. */
async function start(
  { client }: TemporalClient,
  input: OnboardingInput,
  taskQueue: string,
): Promise<Handle | null> {
  const workflowId = onboardingWorkflowId(input.tenantId);
  const fingerprint = createHash("sha256").update(JSON.stringify(input)).digest("hex");
  const within = <Result>(call: () => Promise<Result>): Promise<Result> =>
    onTemporal(() => client.withDeadline(Date.now() + CALL_MS_MAX, call));
  try {
    return await within(() =>
      client.workflow.start(TENANT_ONBOARDING, {
        workflowId,
        taskQueue,
        args: [input],
        // Refusing a second start, rather than joining it, tells the caller that its own input may not be the one that runs.
        workflowIdConflictPolicy: "FAIL",
        workflowIdReusePolicy: "ALLOW_DUPLICATE_FAILED_ONLY",
        staticSummary: `Onboard ${input.tenantId}`,
        staticDetails: `Validate, create tenant, wallet, API key and SMPP account, attach the rate card, open, welcome by mail. Asked for by ${input.actor}.`,
        memo: { fingerprint },
        typedSearchAttributes: new TypedSearchAttributes([
          { key: TENANT_ID, value: input.tenantId },
          { key: FLOW_STATUS, value: "validating" },
        ]),
      }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const handle = client.workflow.getHandle(workflowId);
    const { memo } = await within(() => handle.describe());
    return memo?.["fingerprint"] === fingerprint ? handle : null;
  }
}

async function outcomeOf(
  temporal: TemporalClient,
  handle: Handle,
  waitMs: number,
): Promise<OnboardingOutcome> {
  const { workflowId } = handle;
  const place = { workflowId, url: workflowLink(temporal.config, workflowId) };
  const enough = AbortSignal.timeout(waitMs);
  try {
    const result = onTemporal(() => temporal.client.withAbortSignal(enough, () => handle.result()));
    const output = (await result) as OnboardingOutput;
    return { kind: "completed", ...place, output };
  } catch (error) {
    if (enough.aborted) return { kind: "running", ...place };
    if (error instanceof WorkflowFailedError) return failureOutcome(error);
    throw error;
  }
}

function failureOutcome({ cause }: WorkflowFailedError): OnboardingOutcome {
  const problems =
    cause instanceof ApplicationFailure ? ((cause.details?.[0] ?? []) as OnboardingProblem[]) : [];
  const conflict = cause instanceof ApplicationFailure && cause.type === FINAL_FAILURES.conflict;
  if (conflict && problems.some(({ field }) => field === "tenantId")) return { kind: "exists" };
  if (problems.length > 0) {
    const duplicate = conflict && problems.some(({ field }) => field === "taxId" || field === "name");
    return {
      kind: duplicate ? "duplicate" : "refused",
      problems: problems.map(({ field, reason }) => ({ path: field, message: reason })),
    };
  }
  return { kind: "refused", problems: [{ path: "", message: cause?.message ?? "the onboarding was ended" }] };
}
