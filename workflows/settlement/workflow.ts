import {
  ActivityFailure,
  continueAsNew,
  defineQuery,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  setCurrentDetails,
  setHandler,
  workflowInfo,
  type ActivityOptions,
} from "@temporalio/workflow";
import type { PaymentProviderName } from "#domain/payments/ports.ts";
import { lastSettleableDay } from "#domain/settlement/day.ts";
import type { ProviderLine } from "#domain/settlement/report.ts";
import { isAlreadyStarted, MAIL, stepsOf, toldStory, type ToldStory } from "#workflows/steps.ts";
import { SETTLEMENT, SETTLEMENT_STATE, settlementWorkflowId } from "./names.ts";
import type {
  SettlementActivities,
  SettlementInput,
  SettlementOutput,
  SettlementPhase,
  SettlementRun,
  SettlementState,
  Stretch,
  StretchEnd,
  Tally,
} from "./api.ts";

/** Of Temporal's own: when a schedule should have started this run. */
const NOMINAL_TIME = { name: "TemporalScheduledStartTime", type: "DATETIME" } as const;

/** A history stays small enough to be replayed in a moment; the server itself warns at 10,240 events. */
const EVENTS_MAX = 2_000;

/** The books are compared until they are: a server that is away only costs time. */
const UNTIL_DONE: ActivityOptions = {
  startToCloseTimeout: "5m",
  retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "1m" },
};

/** Many pages, a heartbeat after each: a worker that died is missed after half a minute, and the next goes on at the last page. */
const STRETCH: ActivityOptions = { ...UNTIL_DONE, startToCloseTimeout: "1h", heartbeatTimeout: "30s" };

/** A provider that does not answer for a working day must not keep the report from anybody. */
const PROVIDER: ActivityOptions = {
  ...STRETCH,
  scheduleToCloseTimeout: "8h",
  retry: {
    initialInterval: "5s",
    backoffCoefficient: 2,
    maximumInterval: "10m",
    nonRetryableErrorTypes: ["Rejected"],
  },
};

const activities = stepsOf<SettlementActivities>();

/** Where a settlement stands between two activities: all that a continued run needs. */
interface Standing {
  readonly phase: SettlementPhase;
  readonly after: string | null;
  readonly wallets: number;
  readonly providers: readonly PaymentProviderName[];
  readonly lines: readonly ProviderLine[];
  readonly unreachable: readonly PaymentProviderName[];
  readonly tally: Tally;
}

const BEGINNING: Standing = {
  phase: "opening",
  after: null,
  wallets: 0,
  providers: [],
  lines: [],
  unreachable: [],
  tally: {
    compared: { wallets: 0, cached: 0, messages: 0, invoices: 0, payments: 0 },
    totals: {},
    invoices: [],
    counts: { adjusted: 0, cases: 0, counted: 0, byKind: {} },
  },
};

/**
 * Compares a day's books page by page, posts what the rules call safe, opens cases for the rest, and signs a report. Killed or cancelled anywhere, it
 * leaves entries and cases that are right in themselves; the same day again finds them and goes on.
 */
export async function settlement(input: SettlementInput): Promise<SettlementOutput> {
  const { day, actor } = input;
  return day === null ? byCalendar(actor) : new Settlement(day, input).run();
}

/** The schedule's runs bear the nominal time in their ids; the settlement itself is the day's, so that a person's and the schedule's are one. */
async function byCalendar(actor: string): Promise<SettlementOutput> {
  const nominal = workflowInfo().typedSearchAttributes.get(NOMINAL_TIME) ?? workflowInfo().startTime;
  const day = lastSettleableDay(nominal.getTime());
  setCurrentDetails(`Starts settlement-${day}.`);
  try {
    return await executeChild<(input: SettlementInput) => Promise<SettlementOutput>>(SETTLEMENT, {
      workflowId: settlementWorkflowId(day),
      args: [{ day, actor }],
      staticSummary: `Settlement of ${day}`,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      typedSearchAttributes: [],
    });
  } catch (error) {
    if (!isAlreadyStarted(error)) throw error;
    const none = { position: null, hash: null, wallets: 0, differences: 0, adjusted: 0, cases: 0 };
    return { day, result: "running_elsewhere", ...none };
  }
}

class Settlement {
  readonly #run: SettlementRun;
  readonly #input: SettlementInput;
  readonly #story: ToldStory<SettlementPhase>;
  #standing: Standing;

  constructor(day: string, input: SettlementInput) {
    this.#input = input;
    this.#run = { day, runKey: workflowInfo().firstExecutionRunId };
    this.#standing = (input.resume as Standing | undefined) ?? BEGINNING;
    this.#story = toldStory<SettlementPhase>(`Settlement of ${day}`);
    setHandler(defineQuery<SettlementState>(SETTLEMENT_STATE), () => this.#state(), {
      description: "How far the settlement is",
    });
  }

  async run(): Promise<SettlementOutput> {
    try {
      await this.#phases();
    } catch (error) {
      if (isCancellation(error)) this.#story.end("failed", "cancelled: settle the day again, and it goes on");
      throw error;
    }
    return this.#report();
  }

  /** Each phase begins where the standing says; a continued run passes those that are over. */
  async #phases(): Promise<void> {
    if (this.#standing.phase === "opening") await this.#open();
    if (this.#standing.phase === "wallets")
      await this.#pages("messages", (stretch) => activities(STRETCH, this.#words()).settleWallets(stretch));
    if (this.#standing.phase === "messages")
      await this.#pages("invoices", (stretch) => activities(STRETCH, this.#words()).settleMessages(stretch));
    if (this.#standing.phase === "invoices")
      await this.#pages("providers", (stretch) => activities(STRETCH, this.#words()).settleInvoices(stretch));
    while (this.#standing.phase === "providers") await this.#provider();
  }

  async #open(): Promise<void> {
    this.#story.begin("opening", "the day may be settled");
    const { wallets, providers } = await activities(UNTIL_DONE, `open ${this.#run.day}`).openSettlement(
      this.#run,
    );
    this.#story.end("done");
    this.#standing = { ...this.#standing, phase: "wallets", wallets, providers };
  }

  async #pages(next: SettlementPhase, settle: (stretch: Stretch) => Promise<StretchEnd>): Promise<void> {
    const { phase } = this.#standing;
    this.#story.begin(phase, this.#words());
    for (;;) {
      const { after, tally } = this.#standing;
      const end = await settle({ run: this.#run, after, tally });
      this.#standing = { ...this.#standing, after: end.after, tally: end.tally };
      if (end.after === null) break;
      this.#story.advance(this.#words());
      await this.#continueIfLong();
    }
    this.#story.end("done", this.#words());
    this.#standing = { ...this.#standing, phase: next, after: null };
  }

  /** One provider after the other; one that says no, or nothing for hours, is named in the report. */
  async #provider(): Promise<void> {
    const { providers, lines, unreachable, tally } = this.#standing;
    const [provider, ...others] = providers;
    if (provider === undefined) {
      this.#standing = { ...this.#standing, phase: "reporting" };
      return;
    }
    this.#story.begin("providers", `payments against ${provider}`);
    try {
      const found = await activities(PROVIDER, `payments against ${provider}`).settleProvider({
        run: this.#run,
        provider,
        tally,
      });
      this.#story.end("done");
      this.#standing = {
        ...this.#standing,
        providers: others,
        lines: [...lines, ...found.lines],
        tally: found.tally,
      };
    } catch (error) {
      if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
      this.#story.end("failed", `${provider} did not answer: ${error.cause?.message ?? error.message}`);
      this.#standing = { ...this.#standing, providers: others, unreachable: [...unreachable, provider] };
    }
  }

  async #report(): Promise<SettlementOutput> {
    const { tally, lines, unreachable } = this.#standing;
    this.#story.begin("reporting", "statements, costs and the signed report");
    const issued = await activities(UNTIL_DONE, `report of ${this.#run.day}`).issueReport({
      run: this.#run,
      tally,
      providers: lines,
      unreachable,
    });
    this.#story.end("done", `report ${issued.position} signed: ${issued.hash.slice(0, 16)}`);
    await this.#mail();
    const { adjusted, cases, position, hash } = issued;
    const differences = this.#differences();
    this.#standing = { ...this.#standing, phase: "settled" };
    this.#story.finish("settled", `${differences} differences: ${adjusted} adjusted, ${cases} cases.`);
    const wallets = tally.compared.wallets;
    return { day: this.#run.day, result: "settled", position, hash, wallets, differences, adjusted, cases };
  }

  async #mail(): Promise<void> {
    this.#story.begin("reporting", "report mailed to the operator");
    try {
      const outcome = await activities(MAIL, `mail the report of ${this.#run.day}`).mailReport(this.#run);
      if (outcome.kind === "accepted") this.#story.end("done");
      else this.#story.end("failed", `mail refused: ${outcome.reason}`);
    } catch (error) {
      this.#story.end("failed", "mail given up after a day");
      if (isCancellation(error)) throw error;
    }
  }

  async #continueIfLong(): Promise<void> {
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    if (historyLength < EVENTS_MAX && !continueAsNewSuggested) return;
    await continueAsNew<typeof settlement>({ ...this.#input, resume: this.#standing });
  }

  #words(): string {
    const { phase, wallets, tally } = this.#standing;
    const { compared } = tally;
    const done = {
      wallets: `${compared.wallets} of ${wallets} wallets against ledger and cache`,
      messages: `${compared.messages} messages against charges`,
      invoices: `${compared.invoices} invoices against entries`,
    };
    return `${phase in done ? done[phase as keyof typeof done] : phase}, ${this.#differences()} differences`;
  }

  #differences(): number {
    const { adjusted, cases, counted } = this.#standing.tally.counts;
    return adjusted + cases + counted;
  }

  #state(): SettlementState {
    const { phase, wallets, tally } = this.#standing;
    const { adjusted, cases } = tally.counts;
    const differences = this.#differences();
    return { phase, day: this.#run.day, wallets, compared: tally.compared, differences, adjusted, cases };
  }
}
