import { condition } from "@temporalio/workflow";
import type { AttemptMethod, AttemptOutcome } from "./api.ts";
import { finished, type Progress } from "./progress.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** When no webhook comes the provider is asked, less and less often. */
const POLLS_MS = [10_000, 30_000, MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, 60 * MINUTE_MS];
const POLLED_EVERY_MS = 6 * 60 * MINUTE_MS;
/** A payer who has not acted by then does not: links of providers end after a day or so, and a new one is one click away. */
const ACTION_MS = 2 * DAY_MS;
const ACTION_REMINDED_MS = DAY_MS;
/** The slowest bank debits take two weeks; nobody pays twice meanwhile. */
const PROCESSING_MS = 60 * DAY_MS;
/** Providers asked for one payment; a link in the wrong hands makes no more. */
const ATTEMPTS_MAX = 200;

export const NOBODY_ACTED = "nobody acted in time";

/** A collection that is under way at the provider. */
interface OpenAttempt {
  readonly number: number;
  readonly kind: "processing" | "requires_action";
  readonly deadline: number;
  /** Epoch ms of the mail that reminds of it; Infinity once it is sent. */
  remindAt: number;
  polls: number;
  pollAt: number;
}

/** What a payment asks of its provider: one collection at a time, each known to its end before the next is begun. */
export class Attempts {
  readonly #progress: Progress;
  readonly #nextByCalendar: () => number | null;
  readonly #isOverdue: () => boolean;
  #open: OpenAttempt | null = null;
  #payerLooks = false;
  method: AttemptMethod;

  /** @param nextByCalendar epoch ms at which another attempt is made; null: none. */
  constructor(
    progress: Progress,
    method: AttemptMethod,
    nextByCalendar: () => number | null,
    isOverdue: () => boolean,
  ) {
    this.#progress = progress;
    this.method = method;
    this.#nextByCalendar = nextByCalendar;
    this.#isOverdue = isOverdue;
  }

  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** Of an earlier run: nothing new is asked before it is known what became of it. */
  async settleFormer(attempt: number): Promise<void> {
    const step = { paymentId: this.#progress.input.paymentId, attempt };
    await finished(`attempt ${attempt} of before`, async (on) => {
      const { kind } = await on.attemptStanding(step);
      if (kind === "requires_action" || kind === "declined") await on.cancelAttempt(step);
      if (kind === "processing") this.#open = this.#openAttempt(attempt, kind);
    });
  }

  /** Whatever is open is given up first, unless money may be on its way. */
  async now(why: string): Promise<void> {
    if (this.#open?.kind === "processing") return;
    // What was declined for good may have been replaced in the tenant's settings.
    if (this.method.kind === "payer") this.method = { kind: "stored" };
    if (!(await this.close()) && this.#open === null) await this.attempt(this.method, why);
  }

  /** An open link is the answer; without one a new link is made. Nothing is mailed to somebody who looks at the page. */
  async payerIsThere(): Promise<void> {
    if (this.#open !== null) return;
    this.#payerLooks = true;
    await this.attempt({ kind: "payer" }, "the payer asked for a link");
    this.#payerLooks = false;
  }

  async attempt(method: AttemptMethod, why: string): Promise<void> {
    const { state, story, input } = this.#progress;
    const attempt = state.attempts + 1;
    const amountMinor = (await this.#progress.due()).toString();
    if (amountMinor === "0" || attempt > ATTEMPTS_MAX) return;
    story.begin("collecting", `${this.#progress.amount(amountMinor)}: ${why}`);
    const { paymentId } = input;
    const outcome = await finished(`collect, attempt ${attempt}`, (on) =>
      on.collectPayment({ paymentId, attempt, amountMinor, method }),
    );
    if (outcome.kind !== "no_provider") this.#progress.change({ attempts: attempt });
    await this.#follow(attempt, outcome);
  }

  /**
   * Waits for the open collection: for its provider's word until `told`, to ask again, to remind, or to end it.
   * @returns whether something may have come in.
   */
  async wait(told: () => boolean): Promise<boolean> {
    const open = this.#open;
    if (open === null) return false;
    const left = Math.min(open.deadline, open.remindAt, open.pollAt) - Date.now();
    if (left > 0 && (await condition(told, left))) return false;
    const now = Date.now();
    if (now >= open.deadline) return this.#endOfWaiting();
    if (now >= open.remindAt) {
      open.remindAt = Infinity;
      await this.#progress.mail("reminder");
      return false;
    }
    open.polls += 1;
    open.pollAt = now + (POLLS_MS[open.polls] ?? POLLED_EVERY_MS);
    return this.ask("no word of the provider");
  }

  /** Asks the provider about the open collection; true where its answer is another one. */
  async ask(why: string): Promise<boolean> {
    const open = this.#open;
    if (open === null) return false;
    const { state, story } = this.#progress;
    const outcome = await finished(`ask the provider: ${why}`, (on) =>
      on.attemptStanding(this.#stepOf(open)),
    );
    if (outcome.kind === open.kind && outcome.actionUrl === state.actionUrl) return false;
    story.begin(state.status, why);
    await this.#follow(open.number, outcome);
    return true;
  }

  /** Gives the open collection up at the provider; true where it had been paid. */
  async close(): Promise<boolean> {
    const open = this.#open;
    if (open === null) return false;
    const { kind } = await finished(`give attempt ${open.number} up`, (on) =>
      on.cancelAttempt(this.#stepOf(open)),
    );
    // It cannot be given up any more: it is waited for instead.
    this.#open = kind === "processing" ? this.#openAttempt(open.number, kind) : null;
    return kind === "succeeded";
  }

  /** The open link, if it waits for the payer, is for an amount that is not due any more. */
  async closeLink(): Promise<void> {
    if (this.#open?.kind === "requires_action") await this.close();
  }

  async #endOfWaiting(): Promise<boolean> {
    const { state, story } = this.#progress;
    story.begin(state.status, `${NOBODY_ACTED}: given up at the provider`);
    const received = await this.close();
    story.end("done");
    if (!received && !this.isOpen) await this.#progress.tell(this.#unpaid("retrying"), NOBODY_ACTED);
    return received;
  }

  /** What an attempt's answer leads to. */
  async #follow(number: number, outcome: AttemptOutcome): Promise<void> {
    const { story } = this.#progress;
    switch (outcome.kind) {
      case "succeeded":
        this.#open = null;
        story.end("done", `collected by ${outcome.provider}`);
        return;
      case "no_provider":
        story.end("done", "a bank transfer is waited for");
        return this.#awaitTransfer();
      case "declined":
      case "cancelled":
        return this.#declined(number, outcome);
      case "processing":
      case "requires_action":
        return this.#opens(number, outcome.kind, outcome.actionUrl);
    }
  }

  async #awaitTransfer(): Promise<void> {
    const { status, because } = this.#progress.state;
    await this.#progress.tell(this.#unpaid("awaiting_transfer"), because);
    if (!this.#payerLooks)
      await this.#progress.mail(status === "awaiting_transfer" ? "reminder" : "transfer");
  }

  async #opens(number: number, kind: OpenAttempt["kind"], actionUrl: string | null): Promise<void> {
    const known = this.#open?.number === number && this.#open.kind === kind;
    this.#open = known ? this.#open : this.#openAttempt(number, kind);
    const waits = kind === "requires_action";
    this.#progress.story.end("done", waits ? "the payer must confirm it" : "the provider is at it");
    await this.#progress.tell(waits ? "requires_action" : "collecting", null, actionUrl);
    if (waits && !known && !this.#payerLooks) await this.#progress.mail("action");
  }

  /** A declined one is given up at the provider too: a link of it could still be paid beside the next. */
  async #declined(number: number, { kind, code, retryable }: AttemptOutcome): Promise<void> {
    const because = code ?? "cancelled at the provider";
    this.#progress.story.end("failed", `declined: ${because}`);
    this.#open = this.#openAttempt(number, "requires_action");
    if ((await this.close()) || this.isOpen) return;
    // The same method would be declined again: from now on the payer must act.
    if (kind === "declined" && !retryable) this.method = { kind: "payer" };
    await this.#progress.tell(this.#unpaid("retrying"), because);
    if (this.#nextByCalendar() !== null && !this.#payerLooks) await this.#progress.mail("declined", because);
  }

  #unpaid<Status>(status: Status): Status | "overdue" {
    return this.#isOverdue() ? "overdue" : status;
  }

  #openAttempt(number: number, kind: OpenAttempt["kind"]): OpenAttempt {
    const now = Date.now();
    return {
      number,
      kind,
      deadline: this.#deadline(kind, now),
      remindAt: kind === "requires_action" ? now + ACTION_REMINDED_MS : Infinity,
      polls: 0,
      pollAt: now + POLLS_MS[0]!,
    };
  }

  /** By the calendar's next day a new one is tried; nothing is tried anew while money may be on its way. */
  #deadline(kind: OpenAttempt["kind"], now: number): number {
    if (kind === "processing") return now + PROCESSING_MS;
    return Math.min(now + ACTION_MS, Math.max(this.#nextByCalendar() ?? Infinity, now + MINUTE_MS));
  }

  #stepOf({ number }: OpenAttempt): { readonly paymentId: string; readonly attempt: number } {
    return { paymentId: this.#progress.input.paymentId, attempt: number };
  }
}
