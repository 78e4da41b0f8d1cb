import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  isCancellation,
  setHandler,
  workflowInfo,
} from "@temporalio/workflow";
import { dunningTimes } from "#domain/payments/dunning.ts";
import { isClosed } from "#domain/payments/payment.ts";
import { PAYMENT_STATE } from "./names.ts";
import type {
  AttemptMethod,
  OpenedPayment,
  PaymentCollectionInput,
  PaymentCollectionOutput,
  PaymentFlowState,
} from "./api.ts";
import { Attempts, NOBODY_ACTED } from "./attempts.ts";
import { Mailbox, type Request } from "./mailbox.ts";
import { finished, Progress } from "./progress.ts";

const DAY_MS = 86_400_000;
/** A transfer that was announced and never came. */
const TRANSFER_MS = 30 * DAY_MS;
const OVERDUE_REMINDED_MS = 30 * DAY_MS;
/** Then it is a matter for people; what comes later is still credited. */
const OVERDUE_MS = 360 * DAY_MS;

/** What an earlier run leaves to this one, where its history grew long. */
interface Carried {
  readonly startedAt: number;
  /** Entries of the calendar that are over. */
  readonly step: number;
  readonly overdueSince: number | null;
  readonly overdueReminders: number;
  readonly method: AttemptMethod;
}

const NOTHING_YET = { step: 0, overdueSince: null, overdueReminders: 0, method: { kind: "stored" } } as const;

/**
 * Ask the provider → wait for its word, ask again when none comes → retry by the calendar → suspend at its end → paid, whenever that is. What
 * comes is credited once, even after the payment was given up; nothing is asked of a provider while an earlier question is open.
 */
export async function paymentCollection(
  input: PaymentCollectionInput,
  carried: Carried | null = null,
): Promise<PaymentCollectionOutput> {
  const flow = new PaymentCollection(input, carried ?? { ...NOTHING_YET, startedAt: Date.now() });
  try {
    return await flow.run();
  } finally {
    // Whoever asked for something is answered before the flow is over.
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }
}

type Output = PaymentCollectionOutput;

class PaymentCollection {
  readonly #progress: Progress;
  readonly #attempts: Attempts;
  readonly #mailbox: Mailbox;
  readonly #startedAt: number;
  #opened!: OpenedPayment;
  #calendar: readonly number[] = [];
  #step: number;
  #overdueSince: number | null;
  #overdueReminders: number;

  constructor(input: PaymentCollectionInput, carried: Carried) {
    this.#startedAt = carried.startedAt;
    this.#step = carried.step;
    this.#overdueSince = carried.overdueSince;
    this.#overdueReminders = carried.overdueReminders;
    this.#progress = new Progress(input);
    this.#attempts = new Attempts(
      this.#progress,
      carried.method,
      () => this.#calendar[this.#step] ?? null,
      () => this.#overdueSince !== null,
    );
    this.#mailbox = new Mailbox(() => this.#progress.state);
    setHandler(defineQuery<PaymentFlowState>(PAYMENT_STATE), () => this.#progress.state, {
      description: "How far the payment is",
    });
  }

  async run(): Promise<Output> {
    try {
      await this.#open();
      const due = await this.#progress.book();
      if (isClosed(this.#opened.state)) return await this.#late(due);
      return due === 0n ? await this.#paid() : await this.#collect();
    } catch (error) {
      if (!isCancellation(error)) throw error;
      return await this.#giveUp("cancelled", "the flow was cancelled");
    } finally {
      this.#mailbox.close();
    }
  }

  async #open(): Promise<void> {
    const { input, isInvoice } = this.#progress;
    this.#opened = await finished(`open ${input.paymentId}`, (on) => on.openPayment(input));
    const { dueAt, dunningDays, unsettled } = this.#opened;
    this.#progress.begin(this.#opened);
    this.#calendar = isInvoice ? dunningTimes(this.#startedAt, dueAt, dunningDays) : [this.#startedAt];
    for (const attempt of unsettled) await this.#attempts.settleFormer(attempt);
  }

  async #collect(): Promise<Output> {
    for (;;) {
      const output = await this.#next();
      if (output !== null) return output;
      await this.#continueWhenLong();
    }
  }

  /** One thing that happens: what somebody asks for first, then what time brings. */
  async #next(): Promise<Output | null> {
    const request = this.#mailbox.next();
    if (request !== undefined) return this.#answer(request);
    if (this.#mailbox.takeProviderChanged()) {
      await this.#attempts.ask("the provider told of a change");
      return this.#paidOrNot();
    }
    if (!this.#attempts.isOpen) return this.#nextOfCalendar();
    const mayHaveCome = await this.#attempts.wait(() => !this.#mailbox.isEmpty);
    return mayHaveCome ? this.#paidOrNot() : null;
  }

  async #paidOrNot(): Promise<Output | null> {
    return (await this.#progress.book()) === 0n ? this.#paid() : null;
  }

  async #answer(request: Request): Promise<Output | null> {
    if (request.kind === "cancel") {
      const { actor, reason } = request.what;
      return this.#giveUp("cancelled", reason, actor);
    }
    await this.#carryOut(request);
    const output = await this.#paidOrNot();
    this.#mailbox.done();
    return output;
  }

  async #carryOut(request: Exclude<Request, { kind: "cancel" }>): Promise<void> {
    switch (request.kind) {
      case "transfer":
        return this.#recordTransfer(request.what);
      case "method": {
        const { actor, reason, ...method } = request.what;
        this.#attempts.method = { kind: "own", ...method };
        return this.#attempts.now(`${actor} changed the method: ${reason}`);
      }
      case "retry":
        return this.#attempts.now(`${request.what.actor} asked: ${request.what.reason}`);
      case "pay":
        return this.#attempts.payerIsThere();
    }
  }

  /** Less is due afterwards than was asked for: the rest is asked for by the calendar. */
  async #recordTransfer(transfer: Extract<Request, { kind: "transfer" }>["what"]): Promise<void> {
    const { story, state, input } = this.#progress;
    const { reference, actor, reason } = transfer;
    story.begin(state.status, `transfer ${reference} recorded by ${actor}: ${reason}`);
    await finished(`record transfer ${reference}`, (on) =>
      on.recordTransfer({ ...transfer, paymentId: input.paymentId }),
    );
    story.end("done");
    await this.#attempts.closeLink();
    if (this.#attempts.isOpen) return;
    await this.#progress.tell(this.#overdueSince === null ? "awaiting_transfer" : "overdue", "partly paid");
  }

  /** No collection is open: the next by the calendar, or what comes after it. */
  async #nextOfCalendar(): Promise<Output | null> {
    const at = this.#calendar[this.#step];
    if (at === undefined)
      return this.#overdueSince === null ? this.#endOfCalendar() : this.#waitOverdue(this.#overdueSince);
    this.#progress.change({ nextAttemptAt: at });
    if (at > Date.now()) {
      await condition(() => !this.#mailbox.isEmpty, at - Date.now());
      return null;
    }
    this.#step += 1;
    this.#progress.change({ nextAttemptAt: this.#calendar[this.#step] ?? null });
    await this.#attempts.attempt(this.#attempts.method, `attempt ${this.#step} of the calendar`);
    return this.#paidOrNot();
  }

  async #endOfCalendar(): Promise<Output | null> {
    if (!this.#progress.isInvoice) return this.#endOfTopUp();
    const { because } = this.#progress.state;
    this.#overdueSince = Date.now();
    await this.#progress.tell("overdue", because);
    await this.#progress.mail("overdue", because);
    const { suspensionGraceSeconds: graceSeconds } = this.#opened;
    if (graceSeconds !== null) await this.#progress.suspend(graceSeconds);
    return null;
  }

  /** Top-ups are not asked for again: whoever wants one begins another. A transfer has its time. */
  async #endOfTopUp(): Promise<Output | null> {
    const { status, because } = this.#progress.state;
    const left = this.#startedAt + TRANSFER_MS - Date.now();
    if (status === "awaiting_transfer" && left > 0) {
      await condition(() => !this.#mailbox.isEmpty, left);
      return null;
    }
    const declined = status === "retrying" && because !== NOBODY_ACTED;
    return this.#giveUp(declined ? "declined" : "abandoned", because ?? "nobody paid");
  }

  async #waitOverdue(since: number): Promise<Output | null> {
    const until = since + (this.#overdueReminders + 1) * OVERDUE_REMINDED_MS;
    const left = until - Date.now();
    if (left > 0 && (await condition(() => !this.#mailbox.isEmpty, left))) return null;
    if (Date.now() >= since + OVERDUE_MS) return this.#giveUp("uncollectible", "overdue for a year");
    this.#overdueReminders += 1;
    await this.#progress.mail("overdue", this.#progress.state.because);
    return null;
  }

  async #paid(): Promise<Output> {
    return CancellationScope.nonCancellable(async () => {
      // An invoice may be settled by other means while a collection is open.
      await this.#attempts.close();
      await this.#progress.book();
      await this.#progress.tell("paid", null);
      this.#progress.change({ nextAttemptAt: null });
      const { receivedMinor } = this.#progress.state;
      this.#progress.story.finish("paid", `Paid: ${this.#progress.amount(receivedMinor)}.`);
      return this.#output("paid", null);
    });
  }

  /** Nobody waits any more. What is open is given up at the provider, and what was paid meanwhile is credited. */
  async #giveUp(
    result: "declined" | "abandoned" | "cancelled" | "uncollectible",
    because: string,
    actor?: string,
  ): Promise<Output> {
    return CancellationScope.nonCancellable(async () => {
      await this.#attempts.close();
      if ((await this.#progress.book()) === 0n) return this.#paid();
      this.#progress.change({ nextAttemptAt: null });
      await this.#progress.tell(result, because);
      if (result !== "uncollectible") await this.#progress.mail("cancelled", because);
      const by = actor === undefined ? "" : ` by ${actor}`;
      this.#progress.story.finish(result, `${result}${by}: ${because}`);
      return this.#output(result, because);
    });
  }

  /** It was closed before: what came since then is credited by now, and nothing is asked for again. */
  async #late(due: bigint): Promise<Output> {
    const { state } = this.#opened;
    if (due === 0n && state !== "paid") return this.#paid();
    this.#progress.change({ status: state });
    this.#progress.story.finish(state, "Closed before; what came since then is credited.");
    return this.#output("late", null);
  }

  #output(result: Output["result"], because: string | null): Output {
    const { receivedMinor, attempts } = this.#progress.state;
    return { result, receivedMinor, attempts, because };
  }

  /** Only where nothing is open: the next run reads the rest from the store. */
  async #continueWhenLong(): Promise<void> {
    const { isOpen, method } = this.#attempts;
    if (!workflowInfo().continueAsNewSuggested || isOpen || !this.#mailbox.isEmpty) return;
    await condition(allHandlersFinished);
    await continueAsNew<typeof paymentCollection>(this.#progress.input, {
      startedAt: this.#startedAt,
      step: this.#step,
      overdueSince: this.#overdueSince,
      overdueReminders: this.#overdueReminders,
      method,
    });
  }
}
