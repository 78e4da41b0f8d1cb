import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
  workflowInfo,
} from "@temporalio/workflow";
import type { Story } from "#domain/flows/story.ts";
import { MAIL, stepsOf, toldStory, UNTIL_DONE } from "#workflows/steps.ts";
import { CAUSE_MAY_HAVE_ENDED, REINSTATE, SUSPENSION_STATE } from "./names.ts";
import { reinstateInput } from "./api.ts";
import type {
  ReinstateInput,
  SuspensionActivities,
  SuspensionInput,
  SuspensionMail,
  SuspensionOutput,
  SuspensionState,
} from "./api.ts";

type Status = SuspensionState["status"];

const DAY_MS = 86_400_000;
/** A suspended tenant is reminded on these days after the last mail; then monthly. */
const REMINDERS_AFTER_DAYS = [1, 2, 4, 7, 14];
const REMINDED_EVERY_DAYS = 30;

const activities = stepsOf<SuspensionActivities>();

/** Events after which a long suspension goes on in a new history: a worker that takes it over replays all of them. */
const HISTORY_MAX = 500;

/** Where an earlier run of the same suspension was, when its history had grown long. */
export interface CarriedSuspension {
  readonly state: SuspensionState & { readonly status: "noticed" | "suspended" };
  readonly mails: number;
  readonly reminders: number;
  /** Whether the ledger is still to be asked. */
  readonly mayHaveEnded: boolean;
}

/** What happens to a suspension from outside, since it was last looked at. */
interface Mailbox {
  reinstatement: ReinstateInput | null;
  mayHaveEnded: boolean;
}

/**
 * Notice → grace period → the ledger is asked again → service off → reminders → reinstated, by the ledger once the cause has ended or by a
 * person at any time. A cache's word decides nothing here.
 */
export async function suspension(
  input: SuspensionInput,
  carried: CarriedSuspension | null = null,
): Promise<SuspensionOutput> {
  const flow = new Suspension(input, carried);
  try {
    return await flow.run(carried?.state.status ?? "checking");
  } finally {
    // Whoever decided is answered before the flow is over.
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }
}

class Suspension {
  readonly #input: SuspensionInput;
  readonly #story: Story<Status>;
  readonly #mailbox: Mailbox = { reinstatement: null, mayHaveEnded: false };
  #state: SuspensionState = { status: "checking", dueAt: null, suspendedAt: null };
  #mails: number;
  #reminders: number;

  constructor(input: SuspensionInput, carried: CarriedSuspension | null) {
    this.#input = input;
    this.#mails = carried?.mails ?? 0;
    this.#reminders = carried?.reminders ?? 0;
    if (carried !== null) {
      this.#state = carried.state;
      this.#mailbox.mayHaveEnded = carried.mayHaveEnded;
    }
    this.#story = toldStory<Status>(`${input.tenantId}: ${input.reason}`);
    setHandler(defineQuery<SuspensionState>(SUSPENSION_STATE), () => this.#state, {
      description: "How far the suspension is",
    });
    setHandler(
      defineSignal(CAUSE_MAY_HAVE_ENDED),
      () => {
        this.#mailbox.mayHaveEnded = true;
      },
      { description: "Money came in: the ledger is asked whether the cause has ended" },
    );
    setHandler(
      defineUpdate<SuspensionState, [ReinstateInput]>(REINSTATE),
      async (decision) => {
        this.#mailbox.reinstatement ??= decision;
        await condition(() => this.#isOver());
        return this.#state;
      },
      {
        description: "A person ends the suspension, with a name and a reason",
        validator: (decision) => {
          const read = reinstateInput.safeParse(decision);
          const [issue] = read.error?.issues ?? [];
          if (issue !== undefined)
            throw ApplicationFailure.nonRetryable(`${issue.path.join(".")} ${issue.message}`, "Validation");
        },
      },
    );
  }

  async run(from: CarriedSuspension["state"]["status"] | "checking"): Promise<SuspensionOutput> {
    if (from === "checking" && !(await this.#isDue("the cause was checked in the ledger")))
      return this.#end("not_due", "Nothing to do.");
    if (from !== "suspended") {
      if (this.#input.graceSeconds > 0 && (await this.#averted(from === "checking")))
        return this.#end("averted", "The cause ended in time.");
      await CancellationScope.nonCancellable(() => this.#switch(false));
    }
    const { actor, reason } = await this.#reinstatementOrCancel(from !== "suspended");
    return CancellationScope.nonCancellable(() => this.#reinstate(actor, reason));
  }

  async #reinstate(actor: string, reason: string): Promise<SuspensionOutput> {
    await this.#switch(true, actor);
    const reinstatedAt = Date.now();
    // Whoever decided is answered now: a mail may take a day.
    this.#state = { ...this.#state, status: "reinstated" };
    await this.#mail("reinstated");
    const { suspendedAt } = this.#state;
    this.#finish("reinstated", `Reinstated by ${actor}: ${reason}`);
    return { result: "reinstated", suspendedAt, reinstatedAt, by: actor, reason };
  }

  #isOver(): boolean {
    return ["averted", "not_due", "reinstated"].includes(this.#state.status);
  }

  #end(result: "not_due" | "averted", text: string): SuspensionOutput {
    const decision = this.#mailbox.reinstatement;
    this.#finish(result, text);
    return {
      result,
      suspendedAt: null,
      reinstatedAt: null,
      by: decision?.actor ?? null,
      reason: decision?.reason ?? null,
    };
  }

  #finish(status: Status, text: string): void {
    this.#state = { ...this.#state, status };
    this.#story.finish(status, text);
  }

  async #isDue(text: string): Promise<boolean> {
    const { tenantId, cause, walletId } = this.#input;
    this.#story.begin(this.#state.status, text);
    const standing = await activities(UNTIL_DONE, `ask the ledger about ${tenantId}`).suspensionStanding({
      tenantId,
      cause,
      walletId,
    });
    this.#story.end("done", `${text}: ${standing.because}`);
    return standing.due;
  }

  /** Notice and grace period; true where a person or the ledger ended the cause before it was over. */
  async #averted(isNew: boolean): Promise<boolean> {
    const dueAt = this.#state.dueAt ?? Date.now() + this.#input.graceSeconds * 1000;
    this.#state = { ...this.#state, status: "noticed", dueAt };
    if (isNew) await this.#mail("notice");
    const over = (): boolean => this.#mailbox.reinstatement !== null || this.#mailbox.mayHaveEnded;
    for (;;) {
      await this.#goOnAnew();
      const left = dueAt - Date.now();
      const early = left > 0 && (await condition(over, left));
      if (this.#mailbox.reinstatement !== null) break;
      this.#mailbox.mayHaveEnded = false;
      if (!(await this.#isDue(early ? "money came in" : "the grace period is over"))) break;
      if (!early) return false;
    }
    this.#state = { ...this.#state, dueAt: null };
    await this.#mail("averted");
    return true;
  }

  async #switch(on: boolean, by: string = this.#input.actor): Promise<void> {
    const { tenantId } = this.#input;
    this.#story.begin(
      this.#state.status,
      on ? "service on again, known to every process" : "service off, known to every process",
    );
    await activities(UNTIL_DONE, `switch ${tenantId} ${on ? "on" : "off"}`).setService({
      tenantId,
      on,
      actor: by,
    });
    if (!on) this.#state = { status: "suspended", dueAt: null, suspendedAt: Date.now() };
    this.#story.end("done");
  }

  /** A flow that is cancelled calls the suspension off: service would stay off with nobody to give it back. */
  async #reinstatementOrCancel(isNew: boolean): Promise<ReinstateInput> {
    try {
      if (isNew) await this.#mail("suspended");
      return await this.#reinstatement();
    } catch (error) {
      if (!isCancellation(error)) throw error;
      return { actor: "cancellation", reason: "the flow was cancelled" };
    }
  }

  /** Waits, with reminders, until a person reinstates or the ledger says that the cause has ended. */
  async #reinstatement(): Promise<ReinstateInput> {
    for (;;) {
      await this.#goOnAnew();
      const days = REMINDERS_AFTER_DAYS[this.#reminders] ?? REMINDED_EVERY_DAYS;
      const { reinstatement } = this.#mailbox;
      if (reinstatement !== null) return reinstatement;
      const told = await condition(
        () => this.#mailbox.reinstatement !== null || this.#mailbox.mayHaveEnded,
        days * DAY_MS,
      );
      if (!told) {
        this.#reminders += 1;
        await this.#mail("reminder");
        continue;
      }
      if (this.#mailbox.reinstatement !== null) continue;
      this.#mailbox.mayHaveEnded = false;
      if (!(await this.#isDue("money came in"))) return { actor: "ledger", reason: "the cause has ended" };
    }
  }

  /** A person's decision is acted upon first: it is answered by the run that took it. */
  async #goOnAnew(): Promise<void> {
    const { reinstatement, mayHaveEnded } = this.#mailbox;
    if (workflowInfo().historyLength < HISTORY_MAX || reinstatement !== null) return;
    const state = this.#state as CarriedSuspension["state"];
    await continueAsNew<typeof suspension>(this.#input, {
      state,
      mails: this.#mails,
      reminders: this.#reminders,
      mayHaveEnded,
    });
  }

  async #mail(kind: SuspensionMail): Promise<void> {
    const { tenantId, reason } = this.#input;
    this.#mails += 1;
    this.#story.begin(this.#state.status, `${kind} mailed`);
    try {
      const outcome = await activities(MAIL, `mail ${tenantId}: ${kind}`).mailSuspension({
        tenantId,
        kind,
        number: this.#mails,
        flowId: workflowInfo().runId,
        reason,
        dueAt: this.#state.dueAt,
      });
      if (outcome.kind === "accepted") this.#story.end("done");
      else
        this.#story.end(
          "failed",
          outcome.kind === "none"
            ? `${kind}: the tenant has no address`
            : `${kind} refused: ${outcome.reason}`,
        );
    } catch (error) {
      this.#story.end("failed", `${kind}: given up after a day`);
      if (isCancellation(error)) throw error;
    }
  }
}
