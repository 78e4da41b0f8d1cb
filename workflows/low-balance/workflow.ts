import {
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from "@temporalio/workflow";
import type { Story } from "#domain/flows/story.ts";
import { PAYMENT_COLLECTION, paymentCollectionWorkflowId } from "#workflows/payment-collection/names.ts";
import type { PaymentCollectionInput } from "#workflows/payment-collection/api.ts";
import { CAUSE_MAY_HAVE_ENDED, SUSPENSION, suspensionWorkflowId } from "#workflows/suspension/names.ts";
import type { SuspensionInput } from "#workflows/suspension/api.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import { isAlreadyStarted, MAIL, stepsOf, toldStory, UNTIL_DONE } from "#workflows/steps.ts";
import { THRESHOLD_CROSSED } from "./names.ts";
import type {
  BalanceAlert,
  BalanceNews,
  LowBalanceActivities,
  LowBalanceInput,
  LowBalanceOutput,
  RechargeRequest,
  ThresholdCrossed,
} from "./api.ts";

type Status = BalanceAlert | "recovered";
type Standing = Awaited<ReturnType<LowBalanceActivities["balanceStanding"]>>;

/** Triggers whose ids are remembered: a repetition comes within minutes of the first. */
const REMEMBERED_MAX = 1_000;

/** A recharge that the breaker has stopped asks again so often, for a day: a person may have closed it. */
const ASKED_AGAIN_EVERY = "15m";
const ASKED_AGAIN_MAX = 96;

const activities = stepsOf<LowBalanceActivities>();

/** What an earlier run has done already, where the history grew long. */
interface Carried {
  readonly alerts: readonly BalanceAlert[];
  readonly seen: readonly string[];
  readonly waiting: readonly ThresholdCrossed[];
}

/**
 * A wallet whose balance is low: one alert for each crossing that the ledger confirms, a recharge where that is agreed, a suspension when it is
 * critical, and an end when the balance has recovered.
 */
export async function lowBalance(
  input: LowBalanceInput,
  carried: Carried = { alerts: [], seen: [], waiting: [] },
): Promise<LowBalanceOutput> {
  const flow = new LowBalance(input, carried);
  try {
    return await flow.run();
  } finally {
    // A payment that is open without a flow that collects it would be half done.
    await CancellationScope.nonCancellable(() => condition(() => !flow.isAdmitting));
  }
}

class LowBalance {
  readonly #input: LowBalanceInput;
  readonly #story: Story<Status>;
  readonly #waiting: ThresholdCrossed[];
  readonly #seen: Set<string>;
  readonly #alerts: BalanceAlert[];
  #status: Status = "low";
  /** Alerts and recharges that go on beside the wait for the next crossing. */
  #beside = 0;
  #recharge: CancellationScope | null = null;
  isAdmitting = false;

  constructor(input: LowBalanceInput, carried: Carried) {
    this.#input = input;
    this.#waiting = [...carried.waiting];
    this.#seen = new Set(carried.seen);
    this.#alerts = [...carried.alerts];
    this.#story = toldStory<Status>(`${input.tenantId}: wallet ${input.walletId}`);
    setHandler(
      defineSignal<[ThresholdCrossed]>(THRESHOLD_CROSSED),
      (crossing) => {
        if (this.#seen.has(crossing.id)) return;
        this.#seen.add(crossing.id);
        this.#waiting.push(crossing);
      },
      { description: "The balance crossed a threshold" },
    );
  }

  async run(): Promise<LowBalanceOutput> {
    for (;;) {
      await condition(() => this.#waiting.length > 0);
      const crossing = this.#waiting.shift()!;
      const standing = await activities(
        UNTIL_DONE,
        `ask the ledger about ${this.#input.walletId}`,
      ).balanceStanding(this.#input);
      if (crossing.threshold !== "recovered" && standing.below.includes(crossing.threshold))
        await this.#alarm(crossing.threshold, crossing, standing);
      else if (
        standing.below.length === 0 &&
        this.#waiting.length === 0 &&
        (await this.#ends(crossing, standing))
      )
        return { alerts: this.#alerts, recovered: this.#alerts.length > 0 };
      if (workflowInfo().continueAsNewSuggested) await this.#continue();
    }
  }

  async #alarm(threshold: BalanceAlert, crossing: ThresholdCrossed, standing: Standing): Promise<void> {
    this.#alerts.push(threshold);
    this.#tell(threshold, crossing, standing);
    if (standing.recharges === true) this.#beginRecharge(crossing);
    if (threshold === "critical" && standing.suspension !== null)
      await this.#suspend(standing.suspension.graceSeconds);
  }

  /** False where another crossing came meanwhile. */
  async #ends(crossing: ThresholdCrossed, standing: Standing): Promise<boolean> {
    this.#recharge?.cancel();
    if (this.#alerts.length > 0) {
      try {
        await getExternalWorkflowHandle(suspensionWorkflowId(this.#input.tenantId)).signal(
          CAUSE_MAY_HAVE_ENDED,
        );
      } catch {
        // None runs: there is nothing to end.
      }
      this.#tell("recovered", { ...crossing, balance: standing.balance }, standing);
    }
    if (this.#beside > 0) await condition(() => this.#beside === 0 || this.#waiting.length > 0);
    if (this.#waiting.length > 0) return false;
    this.#story.finish("recovered", "The balance has recovered.");
    return true;
  }

  async #continue(): Promise<void> {
    await condition(() => this.#beside === 0);
    await continueAsNew<typeof lowBalance>(this.#input, {
      alerts: this.#alerts.slice(-REMEMBERED_MAX),
      seen: [...this.#seen].slice(-REMEMBERED_MAX),
      waiting: this.#waiting,
    });
  }

  #tell(kind: Status, crossing: ThresholdCrossed, { channels }: Standing): void {
    this.#status = kind;
    const news: BalanceNews = {
      ...this.#input,
      kind,
      balance: crossing.balance,
      triggerId: crossing.id,
      at: crossing.at,
    };
    this.#begin(() => this.#mail(news));
    if (channels?.sms === true) this.#begin(() => this.#text(news));
    if (channels?.webhook === true) this.#begin(() => this.#post(news));
  }

  /** A channel that is away keeps neither the other ones nor the suspension waiting. */
  #begin(work: () => Promise<void>): void {
    this.#beside += 1;
    void work().finally(() => {
      this.#beside -= 1;
    });
  }

  /** A step that is told once it is over: several may go on at a time. */
  #note(state: "done" | "failed", text: string): void {
    this.#story.begin(this.#status, text);
    this.#story.end(state);
  }

  async #mail({ at: _at, ...news }: BalanceNews): Promise<void> {
    const { kind, tenantId, balance, currency } = news;
    try {
      const outcome = await activities(MAIL, `mail ${tenantId}: ${kind}`).mailBalance(news);
      if (outcome.kind === "accepted") this.#note("done", `${kind}: ${balance} ${currency} mailed`);
      else if (outcome.kind === "none") this.#note("failed", `${kind}: the tenant has no address`);
      else this.#note("failed", `${kind}: mail refused: ${outcome.reason}`);
    } catch {
      this.#note("failed", `${kind}: mail given up after a day`);
    }
  }

  async #text(news: BalanceNews): Promise<void> {
    const { kind, tenantId } = news;
    try {
      const { sent, refused } = await activities(MAIL, `text ${tenantId}: ${kind}`).textBalance(news);
      if (refused.length === 0) this.#note("done", `${kind}: ${sent} SMS sent`);
      else this.#note("failed", `${kind}: ${sent} SMS sent, others refused: ${refused.join(", ")}`);
    } catch {
      this.#note("failed", `${kind}: SMS given up after a day`);
    }
  }

  async #post(news: BalanceNews): Promise<void> {
    const { kind, tenantId } = news;
    try {
      await activities(MAIL, `tell ${tenantId}'s webhook: ${kind}`).postBalance(news);
      this.#note("done", `${kind}: webhook told`);
    } catch {
      this.#note("failed", `${kind}: webhook given up after a day`);
    }
  }

  /** One at a time: a second crossing while one is under way is what the first one is for. */
  #beginRecharge(crossing: ThresholdCrossed): void {
    if (this.#recharge !== null) return;
    const scope = new CancellationScope();
    this.#recharge = scope;
    this.#begin(async () => {
      try {
        await scope.run(() => this.#rechargeBy({ ...this.#input, triggerId: crossing.id }));
      } catch (error) {
        if (!isCancellation(error)) this.#note("failed", "the recharge failed");
      } finally {
        this.#recharge = null;
      }
    });
  }

  /** Due by the ledger → waited whether many others are → asked again → payment. A breaker that is open is asked again later. */
  async #rechargeBy(request: RechargeRequest): Promise<void> {
    for (let asked = 0; asked < ASKED_AGAIN_MAX; asked += 1) {
      const step = await activities(UNTIL_DONE, `is a recharge due`).rechargeDue(request);
      if (step.kind === "none") return this.#note("done", `no recharge: ${step.because}`);
      const outcome = step.kind === "due" ? await this.#admit(request, step.waitMs) : step;
      if (outcome === null) return;
      this.#note("failed", `recharges are stopped: ${outcome.because}`);
      if (outcome.alarm !== null) this.#alert(outcome.alarm, outcome.because);
      await sleep(ASKED_AGAIN_EVERY, { summary: "the breaker is open" });
    }
    this.#note("failed", "the recharge is given up: the breaker was open for a day");
  }

  /** Null once that is settled. Whatever was admitted is collected: no cancellation comes between the two. */
  async #admit(
    request: RechargeRequest,
    waitMs: number,
  ): Promise<{ readonly because: string; readonly alarm: number | null } | null> {
    await sleep(waitMs, { summary: "do many recharge at once?" });
    this.isAdmitting = true;
    return CancellationScope.nonCancellable(async () => {
      const admission = await activities(UNTIL_DONE, "may the recharge begin").admitRecharge(request);
      if (admission.kind === "stopped") return admission;
      if (admission.kind === "none") this.#note("done", `no recharge: ${admission.because}`);
      else await this.#collect(admission.payment);
      return null;
    }).finally(() => {
      this.isAdmitting = false;
    });
  }

  async #collect(payment: PaymentCollectionInput): Promise<void> {
    const workflowId = paymentCollectionWorkflowId(payment.paymentId);
    try {
      await startChild(PAYMENT_COLLECTION, {
        workflowId,
        taskQueue: TASK_QUEUES.payments,
        args: [payment],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `Recharge ${payment.tenantId}`,
        typedSearchAttributes: workflowInfo().typedSearchAttributes,
      });
    } catch (error) {
      if (!isAlreadyStarted(error)) throw error;
    }
    this.#note("done", `recharge begun: ${workflowId}`);
  }

  #alert(opening: number, because: string): void {
    this.#begin(async () => {
      try {
        await activities(MAIL, "tell the operator that recharges are stopped").mailBreaker({
          opening,
          because,
        });
      } catch {
        this.#note("failed", "the operator could not be told by mail");
      }
    });
  }

  /** A suspension that runs already goes on: there is one per tenant. */
  async #suspend(graceSeconds: number): Promise<void> {
    const { tenantId, walletId, currency } = this.#input;
    this.#status = "critical";
    const args: [SuspensionInput] = [
      {
        tenantId,
        cause: "critical_balance",
        walletId,
        graceSeconds,
        reason: `the balance of the ${currency} wallet is critical`,
        actor: "billing",
      },
    ];
    try {
      await startChild(SUSPENSION, {
        workflowId: suspensionWorkflowId(tenantId),
        args,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `Suspend ${tenantId}`,
        typedSearchAttributes: workflowInfo().typedSearchAttributes,
      });
      this.#note("done", "suspension begun");
    } catch (error) {
      if (!isAlreadyStarted(error)) throw error;
      this.#note("done", "a suspension runs already");
    }
  }
}
