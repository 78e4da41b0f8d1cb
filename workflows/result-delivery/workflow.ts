import {
  ApplicationFailure,
  allHandlersFinished,
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  type ChildWorkflowHandle,
  type ChildWorkflowOptions,
  condition,
  continueAsNew,
  defineUpdate,
  ParentClosePolicy,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
  type Workflow,
} from "@temporalio/workflow";
import { endOfFailure, type RunEnd } from "#domain/flows/runs.ts";
import { N8N_EXECUTION_ID, TENANT_ID } from "#domain/flows/search-attributes.ts";
import type { Story } from "#domain/flows/story.ts";
import { CALLBACK, isAlreadyStarted, stepsOf, toldStory, UNTIL_DONE } from "#workflows/steps.ts";
import { BEGIN } from "./names.ts";
import type {
  BegunRun,
  CallbackOutcome,
  ResultDeliveryActivities,
  ResultDeliveryInput,
  ResultDeliveryOutput,
  RunOrder,
} from "./api.ts";

type Status = "starting" | "waiting" | "delivering" | "given_up" | ResultDeliveryOutput["result"];
type Run = ChildWorkflowHandle<Workflow>;

/** A run that is not this flow's own child is asked whether it has ended: at first so often, then more and more seldom. */
const ASKED_FIRST_MS = 1_000;
const ASKED_AT_LEAST_EVERY_MS = 60_000;

const CALLED_AGAIN_FIRST_MS = 500;
const CALLED_AGAIN_AT_LEAST_EVERY_MS = 300_000;
const HOUR_MS = 3_600_000;
/** How long one and the same answer is hoped to change, before a person has to look. */
const PATIENCE_MS = { absent: HOUR_MS, busy: 24 * HOUR_MS } as const;

const activities = stepsOf<ResultDeliveryActivities>();

/**
 * A run, and the telling of its end. The run is this flow's child: neither is ever there without the other, and the server itself tells of its end,
 * whatever that is.
 */
export async function resultDelivery(
  input: ResultDeliveryInput,
  carried: BegunRun | null = null,
): Promise<ResultDeliveryOutput> {
  const delivery = new ResultDelivery(input, carried);
  try {
    return await delivery.run();
  } finally {
    await condition(allHandlersFinished);
  }
}

class ResultDelivery {
  readonly #input: ResultDeliveryInput;
  /** Where it is told, without what lets its holder in. */
  readonly #place: string;
  readonly #story: Story<Status>;
  #begun: BegunRun | null;

  constructor(input: ResultDeliveryInput, carried: BegunRun | null) {
    this.#input = input;
    this.#begun = carried;
    this.#place = new URL(input.callbackUrl).host;
    this.#story = toldStory<Status>(`${input.run.workflowId}, for ${this.#place}`);
    setHandler(
      defineUpdate<BegunRun>(BEGIN),
      async () => {
        await condition(() => this.#begun !== null);
        return this.#begun!;
      },
      { description: "Which run it is" },
    );
  }

  async run(): Promise<ResultDeliveryOutput> {
    const { run } = this.#input;
    const child = this.#begun === null ? await this.#start() : null;
    const begun = (this.#begun ??= child === null ? await this.#join() : startedAs(child));
    this.#story.begin("waiting", `${run.flow} runs`);
    const end = (child === null ? null : await endOfChild(child)) ?? (await this.#endOf(begun));
    this.#story.end("done", `${run.flow} has ended: ${end.status.replaceAll("_", " ")}`);
    return { result: await this.#deliver({ ...end, ...begun }), status: end.status };
  }

  /** Null where one with this key runs already. */
  async #start(): Promise<Run | null> {
    const { run } = this.#input;
    this.#story.begin("starting", `${run.flow} started`);
    try {
      const child = await startChild(run.flow, childOptions(run));
      this.#story.end("done");
      return child;
    } catch (error) {
      if (!isAlreadyStarted(error)) throw error;
      this.#story.end("done", `${run.flow} ran already`);
      return null;
    }
  }

  async #join(): Promise<BegunRun> {
    const { workflowId } = this.#input.run;
    const { runId } = await activities(UNTIL_DONE, `which run of ${workflowId}`).currentRun(workflowId);
    return { kind: "running", runId };
  }

  async #endOf({ runId }: BegunRun): Promise<RunEnd> {
    const { workflowId } = this.#input.run;
    for (let wait = ASKED_FIRST_MS; ; wait = Math.min(2 * wait, ASKED_AT_LEAST_EVERY_MS)) {
      const end = await activities(UNTIL_DONE, "has it ended").awaitEnd({ workflowId, runId });
      if (end !== null) return end;
      await sleep(wait, { summary: "it goes on" });
      if (workflowInfo().continueAsNewSuggested) await this.#continue();
    }
  }

  async #continue(): Promise<void> {
    await condition(allHandlersFinished);
    await continueAsNew<typeof resultDelivery>(this.#input, this.#begun);
  }

  /** Called until it is known what became of it; the same answer over and over is a person's to look into. */
  async #deliver(end: RunEnd & { readonly runId: string }): Promise<ResultDeliveryOutput["result"]> {
    this.#story.begin("delivering", `told to ${this.#place}`);
    let hoped = { answer: "", since: 0 };
    for (let wait = CALLED_AGAIN_FIRST_MS; ; wait = Math.min(2 * wait, CALLED_AGAIN_AT_LEAST_EVERY_MS)) {
      const outcome = await this.#post(end);
      if (outcome.kind === "delivered") return this.#finish(outcome.kind, `Told to ${this.#place}.`);
      if (outcome.kind === "over") return this.#finish(outcome.kind, `Nobody waits: ${outcome.because}.`);
      if (outcome.kind === "refused") throw this.#givenUp(outcome.because);
      if (hoped.answer !== outcome.kind) hoped = { answer: outcome.kind, since: Date.now() };
      if (Date.now() - hoped.since >= PATIENCE_MS[outcome.kind]) throw this.#givenUp(outcome.because);
      this.#story.advance(`told to ${this.#place}: ${outcome.because}`);
      await sleep(wait, { summary: `call again: ${outcome.because}` });
    }
  }

  #post(end: RunEnd & { readonly runId: string }): Promise<CallbackOutcome> {
    const { run, callbackUrl } = this.#input;
    const { workflowId, flow, tenantId } = run;
    return activities(CALLBACK, `tell ${this.#place}`).postEnd({
      deliveryId: workflowInfo().workflowId,
      callbackUrl,
      tenantId,
      end: {
        workflowId,
        runId: end.runId,
        flow,
        status: end.status,
        result: end.result,
        failure: end.failure,
      },
    });
  }

  #finish<Result extends ResultDeliveryOutput["result"]>(result: Result, text: string): Result {
    this.#story.end("done", `told to ${this.#place}`);
    this.#story.finish(result, text);
    return result;
  }

  #givenUp(because: string): ApplicationFailure {
    this.#story.end("failed");
    this.#story.finish("given_up", `Given up: ${because}.`);
    return ApplicationFailure.nonRetryable(`${this.#place} was not told: ${because}`, "CallbackGivenUp");
  }
}

function startedAs({ firstExecutionRunId }: Run): BegunRun {
  return { kind: "started", runId: firstExecutionRunId };
}

/** It lives on whatever becomes of this flow. */
function childOptions(run: RunOrder): ChildWorkflowOptions & { args: unknown[] } {
  const { workflowId, taskQueue, input, requestId, tenantId, n8nExecutionId, summary, details } = run;
  return {
    workflowId,
    taskQueue,
    args: [input],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    cancellationType: ChildWorkflowCancellationType.ABANDON,
    staticSummary: summary,
    staticDetails: details,
    memo: { requestId },
    typedSearchAttributes: [
      ...(tenantId === null ? [] : [{ key: TENANT_ID, value: tenantId }]),
      ...(n8nExecutionId === null ? [] : [{ key: N8N_EXECUTION_ID, value: n8nExecutionId }]),
    ],
  };
}

/** Null where it was terminated: a run that is reset is, too, and goes on as another one. */
async function endOfChild(child: Run): Promise<RunEnd | null> {
  try {
    return { status: "completed", result: await child.result(), failure: null };
  } catch (error) {
    if (!(error instanceof ChildWorkflowFailure)) throw error;
    const end = endOfFailure(error.cause);
    return end.status === "terminated" ? null : end;
  }
}
