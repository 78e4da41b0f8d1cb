import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  startChild,
  workflowInfo,
  type ActivityOptions,
} from "@temporalio/workflow";
import type { FraudAlert } from "#domain/events/fraud-alert.ts";
import { CASE_SEVERITY, TENANT_ID } from "#domain/flows/search-attributes.ts";
import { describeDestination } from "#domain/fraud/destinations.ts";
import {
  escalate,
  extend,
  gathered,
  isNews,
  levelsDue,
  NOBODY_ASKED,
  type OpenCase,
  patienceMs,
} from "#domain/fraud/open-case.ts";
import { CASE_LEVELS, type CaseDecision, type CaseLevel } from "#domain/fraud/ports.ts";
import { SUSPENSION, suspensionWorkflowId } from "#workflows/suspension/names.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import { isAlreadyStarted, MAIL, stepsOf, toldStory, type ToldStory, UNTIL_DONE } from "#workflows/steps.ts";
import { ALERTED, DECIDE, FRAUD_CASE_STATE, fraudSuspension } from "./names.ts";
import { decideInput } from "./api.ts";
import type {
  CaseMessage,
  DecideInput,
  FraudCaseActivities,
  FraudCaseInput,
  FraudCaseOutput,
  FraudCaseState,
} from "./api.ts";

type Status = FraudCaseState["status"];

/** Alerts added to a case at a time. */
const EXTENDED_BY_MAX = 50;

/** A person is asked without it where it takes too long. */
const EVIDENCE: ActivityOptions = {
  startToCloseTimeout: "2m",
  scheduleToCloseTimeout: "5m",
  heartbeatTimeout: "1m",
  retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "30s" },
};

/** Everything is decided and done by then: nobody waits for a mail that tells of it. */
const REPORT: ActivityOptions = { ...MAIL, scheduleToCloseTimeout: "1h" };

/** Thousands of charges, or ten minutes of waiting: it says that it is alive, and goes on where it stopped. */
const LONG: ActivityOptions = {
  startToCloseTimeout: "2h",
  heartbeatTimeout: "1m",
  retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "1m" },
};

const activities = stepsOf<FraudCaseActivities>();

/** What an earlier run leaves to this one. */
interface Carried {
  readonly open: OpenCase | null;
  readonly waiting: readonly FraudAlert[];
  readonly seen: readonly (readonly [id: string, fingerprint: string])[];
  readonly decision: CaseDecision | null;
  readonly steps: number;
}

const NOTHING: Carried = { open: null, waiting: [], seen: [], decision: null, steps: 0 };

/**
 * A suspicion → the affected destinations are frozen at once → evidence → a person is asked, level by level → what that person decides is
 * done → report. Whatever time passes, nothing but a person's word suspends a tenant.
 */
export async function fraudCase(input: FraudCaseInput, carried: Carried = NOTHING): Promise<FraudCaseOutput> {
  const flow = new FraudCaseFlow(input, carried);
  try {
    return await flow.run();
  } finally {
    // Whoever decided is answered before the flow is over.
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }
}

class FraudCaseFlow {
  readonly #input: FraudCaseInput;
  readonly #story: ToldStory<Status>;
  readonly #waiting: FraudAlert[];
  readonly #seen: Map<string, string>;
  #open: OpenCase | null;
  #decision: CaseDecision | null;
  #status: Status = "opening";
  #dueAt: number | null = null;
  #steps: number;
  /** Mails and calls on their way. */
  #telling = 0;

  constructor(input: FraudCaseInput, carried: Carried) {
    this.#input = input;
    this.#waiting = [...carried.waiting];
    this.#seen = new Map(carried.seen);
    this.#open = carried.open === null ? null : { ...carried.open };
    this.#decision = carried.decision;
    this.#steps = carried.steps;
    const title = `${input.tenantId}: ${input.pattern.replaceAll("_", " ")}`;
    this.#story = toldStory<Status>(title, () => {
      if (this.#open !== null) this.#story.show([{ key: CASE_SEVERITY, value: this.#open.severity }]);
    });
    this.#story.show([{ key: TENANT_ID, value: input.tenantId }]);
    this.#listen();
  }

  #listen(): void {
    setHandler(defineQuery<FraudCaseState>(FRAUD_CASE_STATE), () => this.#state(), {
      description: "How far the case is",
    });
    setHandler(defineSignal<[FraudAlert]>(ALERTED), (alert) => this.#receive(alert), {
      description: "A suspicion of this tenant and pattern",
    });
    setHandler(
      defineUpdate<FraudCaseState, [DecideInput]>(DECIDE),
      (given) => {
        const { caseId: _, ...decision } = decideInput.parse(given);
        this.#decision ??= { ...decision, at: Date.now() };
        return this.#state();
      },
      {
        description: "A person decides, with a name and a reason",
        validator: (given) => this.#check(given),
      },
    );
  }

  #check(given: DecideInput): void {
    const read = decideInput.safeParse(given);
    const [issue] = read.error?.issues ?? [];
    if (issue !== undefined)
      throw ApplicationFailure.nonRetryable(`${issue.path.join(".")} ${issue.message}`, "Validation");
    if (this.#open === null) throw ApplicationFailure.nonRetryable("the case is not open yet", "NotOpen");
    if (read.data?.caseId !== this.#open.caseId)
      throw ApplicationFailure.nonRetryable(
        `${read.data?.caseId} is closed; ${this.#open.caseId} is another case`,
        "OtherCase",
      );
  }

  #receive(alert: FraudAlert): void {
    if (isNews(this.#seen, alert)) this.#waiting.push(alert);
  }

  #state(): FraudCaseState {
    const level = this.#open === null ? null : (CASE_LEVELS[this.#open.level] ?? CASE_LEVELS.at(-1)!);
    return {
      status: this.#status,
      caseId: this.#open?.caseId ?? null,
      severity: this.#open?.severity ?? null,
      level,
      dueAt: this.#dueAt,
      decision: this.#decision,
    };
  }

  async run(): Promise<FraudCaseOutput> {
    if (this.#open === null) {
      await condition(() => this.#waiting.length > 0);
      const because = await CancellationScope.nonCancellable(() => this.#openAndFreeze());
      if (because !== null) return this.#endKnown(because);
    }
    const open = this.#open!;
    const decision = await this.#decisionOrCancel(open);
    await CancellationScope.nonCancellable(() => this.#apply(open, decision));
    // What came meanwhile is another case.
    if (this.#waiting.length > 0) await this.#goOn({ ...NOTHING, waiting: this.#waiting });
    return { result: "closed", caseId: open.caseId, decision };
  }

  async #endKnown(because: string): Promise<FraudCaseOutput> {
    this.#status = "known";
    this.#story.finish("known", `Nothing to do: ${because}.`);
    if (this.#waiting.length > 0) await this.#goOn({ ...NOTHING, waiting: this.#waiting });
    return { result: "known", caseId: null, decision: null };
  }

  /** Another run of the same flow: messages that came since the last step are with it. */
  async #goOn(carried: Carried): Promise<never> {
    return CancellationScope.nonCancellable(() =>
      continueAsNew<typeof fraudCase>(this.#input, { ...carried, seen: [...this.#seen] }),
    );
  }

  /** Null once the case is open and its destinations closed; otherwise why there is none. */
  async #openAndFreeze(): Promise<string | null> {
    const alerts = this.#waiting.splice(0, EXTENDED_BY_MAX);
    const { workflowId } = workflowInfo();
    const open = activities(UNTIL_DONE, `open a case of ${this.#input.tenantId}`);
    const opened = await open.openCase({ ...this.#input, workflowId, alerts });
    if (opened.kind === "known") return opened.because;
    const { caseId, slaMinutes } = opened;
    this.#open = { caseId, slaMinutes, ...gathered(alerts), ...NOBODY_ASKED, levelSince: Date.now() };
    this.#note("done", `${caseId} is open`);
    await this.#freeze(this.#open);
    return null;
  }

  async #freeze({ caseId, destinations }: OpenCase): Promise<void> {
    if (destinations.length === 0) return;
    const named = destinations.map(describeDestination).join(", ");
    const step = { ...this.#step(caseId), destinations };
    await activities(UNTIL_DONE, `freeze ${named}`.slice(0, 200)).freezeDestinations(step);
    this.#note("done", `closed to the tenant: ${named}`);
  }

  #step(caseId: string): { readonly caseId: string; readonly tenantId: string; readonly step: number } {
    this.#steps += 1;
    return { caseId, tenantId: this.#input.tenantId, step: this.#steps };
  }

  /** Told when it is over: what goes on beside it may end first. */
  #note(state: "done" | "failed", text: string): void {
    this.#story.begin(this.#status, text);
    this.#story.end(state);
  }

  /** A flow that is cancelled calls the case off: what it froze would stay closed with nobody to open it. */
  async #decisionOrCancel(open: OpenCase): Promise<CaseDecision> {
    try {
      if (open.asked.length === 0) await this.#gatherEvidence(open);
      return await this.#askUntilDecided(open);
    } catch (error) {
      if (!isCancellation(error)) throw error;
      this.#decision ??= {
        decision: "release",
        actor: "cancellation",
        reason: "the flow was cancelled",
        note: null,
        at: Date.now(),
      };
      return this.#decision;
    }
  }

  async #gatherEvidence({ caseId, destinations, from, to, samples }: OpenCase): Promise<void> {
    const step = { ...this.#step(caseId), destinations, from, to, samples };
    try {
      const { summary } = await activities(EVIDENCE, `evidence of ${caseId}`).gatherEvidence(step);
      this.#note("done", summary);
    } catch (error) {
      this.#note("failed", "evidence could not be gathered in time");
      if (isCancellation(error)) throw error;
    }
  }

  /** Asks level by level. Once nobody is left, what is frozen stays so, and the owner is reminded. */
  async #askUntilDecided(open: OpenCase): Promise<CaseDecision> {
    for (;;) {
      this.#askDue(open);
      const dueAt = open.levelSince + patienceMs(open);
      this.#dueAt = open.level < CASE_LEVELS.length ? dueAt : null;
      const isWoken = (): boolean => this.#decision !== null || this.#waiting.length > 0;
      const left = dueAt - Date.now();
      const woken =
        isWoken() || (left > 0 && (await condition(isWoken, left, { summary: this.#timerSummary(open) })));
      if (this.#decision !== null) return this.#decision;
      if (woken) await CancellationScope.nonCancellable(() => this.#extend(open));
      else this.#escalate(open);
      // A mail on its way would be lost with this run.
      if (workflowInfo().continueAsNewSuggested && this.#telling === 0) await this.#carryOn(open);
    }
  }

  #timerSummary({ level }: OpenCase): string {
    const name = CASE_LEVELS[level];
    return name === undefined ? "until the owner is reminded" : `until ${name}'s time is over`;
  }

  #carryOn(open: OpenCase): Promise<never> {
    const [waiting, decision, steps] = [this.#waiting, this.#decision, this.#steps];
    return this.#goOn({ open, waiting, seen: [], decision, steps });
  }

  #escalate(open: OpenCase): void {
    const message = escalate(open, Date.now());
    if (message === "undecided") {
      this.#status = "undecided";
      this.#note("failed", "nobody decided in time: what is frozen stays frozen");
    }
    if (message !== null) this.#tell(open, message, "owner");
  }

  #askDue(open: OpenCase): void {
    for (const level of levelsDue(open)) {
      this.#tell(open, open.asked.length === 0 ? "ask" : "escalation", level);
      open.asked = [...open.asked, level];
    }
  }

  /** By mail and webhook; neither holds up the clock, nor a decision. */
  #tell(open: OpenCase, kind: CaseMessage, level: CaseLevel): void {
    const { caseId } = open;
    const patience = open.level < CASE_LEVELS.length ? patienceMs(open) : null;
    const dueAt = patience === null ? null : open.levelSince + patience;
    if (this.#status === "opening") this.#status = "asking";
    const step = { ...this.#step(caseId), kind, level, dueAt };
    const mail = activities(MAIL, `${kind}: mail ${level}`).mailCase(step);
    void this.#noteWhenTold(`${kind}: ${level} mailed`, mail);
    const call = activities(MAIL, `${kind}: webhook`).callOperator(step);
    void this.#noteWhenTold(`${kind}: webhook called`, call);
  }

  async #noteWhenTold(
    text: string,
    told: Promise<{ readonly kind: string; readonly reason?: string }>,
  ): Promise<void> {
    this.#telling += 1;
    try {
      const outcome = await told;
      if (outcome.kind === "accepted") this.#note("done", text);
      else if (outcome.kind === "refused") this.#note("failed", `${text}: ${outcome.reason}`);
    } catch (error) {
      if (!isCancellation(error)) this.#note("failed", `${text}: given up`);
    } finally {
      this.#telling -= 1;
    }
  }

  /** More alerts of the same: what is new of them is frozen, and a worse one shortens the time to decide. */
  async #extend(open: OpenCase): Promise<void> {
    const alerts = this.#waiting.splice(0, EXTENDED_BY_MAX);
    const isWider = extend(open, alerts);
    const { caseId, severity, destinations } = open;
    const step = { ...this.#step(caseId), alerts, severity, destinations };
    await activities(UNTIL_DONE, `more alerts of ${caseId}`).extendCase(step);
    this.#note("done", `${alerts.length} more alerts, now ${severity}`);
    if (isWider) await this.#freeze(open);
  }

  async #apply(open: OpenCase, decision: CaseDecision): Promise<void> {
    const { caseId } = open;
    const word = `${decision.decision}, decided by ${decision.actor}: ${decision.reason}`;
    this.#dueAt = null;
    this.#status = "applying";
    this.#note("done", word);
    const record = activities(UNTIL_DONE, `decided: ${decision.decision}`);
    await record.recordDecision({ ...this.#step(caseId), decision });
    const text = await this.#carryOut(open, decision);
    await activities(UNTIL_DONE, `close ${caseId}`).closeCase({ ...this.#step(caseId), text });
    this.#status = "closed";
    this.#note("done", `closed: ${text}`);
    await this.#report(caseId);
    this.#story.finish("closed", word);
  }

  /** Does what was decided; answers how it ended, in words. */
  async #carryOut(open: OpenCase, { decision, actor, reason }: CaseDecision): Promise<string> {
    if (decision === "block") return this.#block(open.caseId);
    if (decision === "release") return this.#release(open.caseId);
    if (decision === "suspend") return this.#suspend(open.caseId, actor, reason);
    const { caseId, destinations, from, to } = open;
    const step = { ...this.#step(caseId), destinations, from, to, actor, reason };
    const { summary } = await activities(LONG, `refund ${caseId}`).refundTraffic(step);
    this.#note("done", summary);
    await this.#release(caseId);
    return summary;
  }

  async #block(caseId: string): Promise<string> {
    await activities(UNTIL_DONE, `block for ${caseId}`).blockDestinations(this.#step(caseId));
    this.#note("done", "destinations blocked for good");
    return "its destinations are blocked for good";
  }

  async #release(caseId: string): Promise<string> {
    await activities(UNTIL_DONE, `open again for ${caseId}`).releaseDestinations(this.#step(caseId));
    this.#note("done", "destinations open again");
    return "its destinations are open again";
  }

  /** What is frozen opens only once the suspension has taken its place. */
  async #suspend(caseId: string, actor: string, reason: string): Promise<string> {
    const { tenantId } = this.#input;
    this.#note("done", await startSuspension(tenantId, caseId, actor, reason));
    const wait = activities(LONG, `wait until ${tenantId} is off`);
    const { suspended } = await wait.awaitSuspension(this.#step(caseId));
    this.#note(suspended ? "done" : "failed", "service off");
    if (!suspended) return `the tenant's service is not off yet: ${await this.#block(caseId)}`;
    await this.#release(caseId);
    return "the tenant is suspended";
  }

  async #report(caseId: string): Promise<void> {
    const step = this.#step(caseId);
    const mail = activities(REPORT, `report of ${caseId}`).mailReport(step);
    const decided = { ...step, kind: "decided", level: "owner", dueAt: null } as const;
    const call = activities(REPORT, "decided: webhook").callOperator(decided);
    await Promise.all([
      this.#noteWhenTold("report mailed", mail),
      this.#noteWhenTold("decision told by webhook", call),
    ]);
  }
}

/** One that runs already goes on: there is one per tenant. */
async function startSuspension(
  tenantId: string,
  caseId: string,
  actor: string,
  reason: string,
): Promise<string> {
  try {
    await startChild(SUSPENSION, {
      workflowId: suspensionWorkflowId(tenantId),
      taskQueue: TASK_QUEUES.billing,
      args: [fraudSuspension(tenantId, caseId, actor, reason)],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `Suspend ${tenantId}`,
    });
    return "suspension begun";
  } catch (error) {
    if (!isAlreadyStarted(error)) throw error;
    return "a suspension runs already";
  }
}
