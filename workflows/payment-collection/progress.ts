import {
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  proxyActivities,
  startChild,
  workflowInfo,
  type ActivityOptions,
} from "@temporalio/workflow";
import {
  AMOUNT_DUE,
  CURRENCY,
  FLOW_STATUS,
  INVOICE_NUMBER,
  TENANT_ID,
} from "#domain/flows/search-attributes.ts";
import { formatMinor } from "#domain/money/minor-units.ts";
import type { PaymentState } from "#domain/payments/payment.ts";
import { CAUSE_MAY_HAVE_ENDED, SUSPENSION, suspensionWorkflowId } from "#workflows/suspension/names.ts";
import type { SuspensionInput } from "#workflows/suspension/api.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import { isAlreadyStarted, MAIL_LEFT_ALONE, MONEY, toldStory, type ToldStory } from "#workflows/steps.ts";
import type {
  OpenedPayment,
  PaymentCollectionActivities,
  PaymentCollectionInput,
  PaymentFlowState,
  PaymentMail,
} from "./api.ts";

type Activities = ReturnType<typeof proxyActivities<PaymentCollectionActivities>>;

const activities = (options: ActivityOptions, summary: string): Activities =>
  proxyActivities<PaymentCollectionActivities>({ ...options, summary });

/** Runs a step that is never left half done: a cancellation waits for what became of it. */
export function finished<Result>(
  summary: string,
  step: (on: Activities) => Promise<Result>,
): Promise<Result> {
  return CancellationScope.nonCancellable(() => step(activities(MONEY, summary)));
}

/** How far a payment is: what the store, the Web UI, the payer and whoever asks are told of it. */
export class Progress {
  readonly input: PaymentCollectionInput;
  readonly story: ToldStory<PaymentState>;
  state: PaymentFlowState;
  #mails = 0;
  /** The last movement that was told of. */
  #toldOf = 0;

  constructor(input: PaymentCollectionInput) {
    this.input = input;
    this.state = {
      status: "collecting",
      because: null,
      dueMinor: input.amountMinor,
      receivedMinor: "0",
      attempts: 0,
      actionUrl: null,
      nextAttemptAt: null,
    };
    this.story = toldStory<PaymentState>(titleOf(input));
    this.story.show([
      { key: TENANT_ID, value: input.tenantId },
      { key: CURRENCY, value: input.currency },
      { key: AMOUNT_DUE, value: Number(input.amountMinor) },
      ...(input.invoiceNumber === null ? [] : [{ key: INVOICE_NUMBER, value: input.invoiceNumber }]),
    ]);
  }

  get isInvoice(): boolean {
    return this.input.purpose === "invoice";
  }

  /** What an earlier run has booked is told of already. */
  begin({ bookedUpTo, lastAttempt }: Pick<OpenedPayment, "bookedUpTo" | "lastAttempt">): void {
    this.change({ attempts: lastAttempt });
    // Runs that were opened before it was asked for have no such figure.
    this.#toldOf = bookedUpTo ?? 0;
  }

  change(change: Partial<PaymentFlowState>): void {
    this.state = { ...this.state, ...change };
  }

  /** A status that lasts: the store has it, too. */
  async tell(status: PaymentState, because: string | null, actionUrl: string | null = null): Promise<void> {
    this.change({ status, because, actionUrl });
    this.story.show([{ key: FLOW_STATUS, value: status }]);
    const { paymentId } = this.input;
    await finished(`write down: ${status}`, (on) =>
      on.setPaymentState({ paymentId, state: status, because, actionUrl }),
    );
  }

  /** Minor units that are still to be paid, now. */
  async due(): Promise<bigint> {
    const { paymentId } = this.input;
    const due = await finished("ask what is due", (on) => on.amountDue({ paymentId, at: Date.now() }));
    if (due.dueMinor !== this.state.dueMinor)
      this.story.show([{ key: AMOUNT_DUE, value: Number(due.dueMinor) }]);
    this.change(due);
    return BigInt(due.dueMinor);
  }

  /** Books what came, tells of it, and answers what is still due. */
  async book(): Promise<bigint> {
    const { paymentId } = this.input;
    const { receipts } = await finished("book what came into ledger and invoice", (on) =>
      on.bookPayment({ paymentId, after: this.#toldOf }),
    );
    this.#toldOf = Math.max(this.#toldOf, ...receipts.map(({ number }) => number));
    if (receipts.length > 0) {
      this.story.begin(this.state.status, "credited");
      const amounts = receipts.map(({ amountMinor }) => this.amount(amountMinor));
      this.story.end("done", `credited: ${amounts.join(", ")}`);
      await this.#tellSuspension();
    }
    const due = await this.due();
    for (const { number, amountMinor } of receipts)
      await this.#mail({
        kind: "receipt",
        key: String(number),
        amountMinor,
        because: null,
        nextAttemptAt: null,
      });
    return due;
  }

  mail(kind: PaymentMail, because: string | null = null): Promise<void> {
    this.#mails += 1;
    const { dueMinor, nextAttemptAt } = this.state;
    const key = `${workflowInfo().runId}.${this.#mails}`;
    return this.#mail({ kind, key, amountMinor: dueMinor, because, nextAttemptAt });
  }

  /** One suspension per tenant: one that runs already asks by itself whether it is due. */
  async suspend(graceSeconds: number): Promise<void> {
    const { tenantId, invoiceNumber } = this.input;
    this.story.begin("overdue", "suspension begun");
    const reason = `invoice ${invoiceNumber ?? ""} is overdue`;
    const args: [SuspensionInput] = [
      { tenantId, cause: "overdue_invoice", walletId: null, graceSeconds, reason, actor: "payments" },
    ];
    try {
      await startChild(SUSPENSION, {
        workflowId: suspensionWorkflowId(tenantId),
        taskQueue: TASK_QUEUES.billing,
        args,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `Suspend ${tenantId}`,
        typedSearchAttributes: [{ key: TENANT_ID, value: tenantId }],
      });
      this.story.end("done");
    } catch (error) {
      if (!isAlreadyStarted(error)) throw error;
      this.story.end("done", "a suspension runs already");
    }
  }

  amount(amountMinor: string): string {
    const { currency } = this.input;
    return `${formatMinor(BigInt(amountMinor), currency)} ${currency}`;
  }

  async #tellSuspension(): Promise<void> {
    try {
      await getExternalWorkflowHandle(suspensionWorkflowId(this.input.tenantId)).signal(CAUSE_MAY_HAVE_ENDED);
    } catch (error) {
      if (isCancellation(error)) throw error;
      // None runs: there is nothing to end.
    }
  }

  async #mail(
    mail: Omit<Parameters<PaymentCollectionActivities["mailPayment"]>[0], "paymentId">,
  ): Promise<void> {
    const { paymentId, tenantId } = this.input;
    const { kind } = mail;
    this.story.begin(this.state.status, `${kind} mailed`);
    try {
      const outcome = await activities(MAIL_LEFT_ALONE, `mail ${tenantId}: ${kind}`).mailPayment({
        paymentId,
        ...mail,
      });
      if (outcome.kind === "accepted") this.story.end("done");
      else
        this.story.end(
          "failed",
          outcome.kind === "none"
            ? `${kind}: the tenant has no address`
            : `${kind} refused: ${outcome.reason}`,
        );
    } catch (error) {
      this.story.end("failed", `${kind}: given up after a day`);
      if (isCancellation(error)) throw error;
    }
  }
}

function titleOf({ tenantId, purpose, invoiceNumber }: PaymentCollectionInput): string {
  return `${tenantId}: ${invoiceNumber === null ? purpose.replace("_", "-") : `invoice ${invoiceNumber}`}`;
}
