import {
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  type ActivityOptions,
} from "@temporalio/workflow";
import { FLOW_STATUS, TENANT_ID } from "#domain/flows/search-attributes.ts";
import { createStory, type Story } from "#domain/flows/story.ts";
import {
  REFUND_CHANGED,
  REFUND_STATE,
  type PaymentRefundActivities,
  type PaymentRefundInput,
  type PaymentRefundOutput,
  type RefundFlowState,
  type RefundPartOutcome,
  type RefundPartStep,
} from "./api.ts";

type Status = RefundFlowState["status"];

/** The wallet is debited before the payer is given anything, and what was begun is ended: tried until it is known. */
const UNTIL_DONE: ActivityOptions = {
  startToCloseTimeout: "1m",
  heartbeatTimeout: "30s",
  retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "5m" },
};

const MAIL: ActivityOptions = {
  startToCloseTimeout: "1m",
  scheduleToCloseTimeout: "24h",
  retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "10m" },
};

/** A pending refund is asked about after these, then twice a day: banks take days. */
const POLLS_MS = [60_000, 600_000, 3_600_000];
const POLLED_EVERY_MS = 12 * 3_600_000;
/** Providers give up within weeks; a refund that is still pending then counts as made, and settlement will tell. */
const POLLS_MAX = 120;

const activities = (
  options: ActivityOptions,
  summary: string,
): ReturnType<typeof proxyActivities<PaymentRefundActivities>> =>
  proxyActivities<PaymentRefundActivities>({ ...options, summary });

/**
 * The wallet is debited → each receipt's provider is asked → where one cannot, the wallet gets that part again. Once begun it is not
 * cancelled: a refund that is half made would be.
 */
export function paymentRefund(input: PaymentRefundInput): Promise<PaymentRefundOutput> {
  return CancellationScope.nonCancellable(() => new PaymentRefund(input).run());
}

class PaymentRefund {
  readonly #input: PaymentRefundInput;
  readonly #story: Story<Status>;
  #status: Status = "opening";
  #changed = false;

  constructor(input: PaymentRefundInput) {
    this.#input = input;
    upsertSearchAttributes([{ key: TENANT_ID, value: input.tenantId }]);
    this.#story = createStory<Status>(`${input.tenantId}: refund by ${input.actor}`, (status, details) => {
      this.#status = status;
      setCurrentDetails(details);
      upsertSearchAttributes([{ key: FLOW_STATUS, value: status }]);
    });
    setHandler(defineQuery<RefundFlowState>(REFUND_STATE), () => ({ status: this.#status }), {
      description: "How far the refund is",
    });
    setHandler(
      defineSignal(REFUND_CHANGED),
      () => {
        this.#changed = true;
      },
      { description: "Something happened at the provider: it is asked" },
    );
  }

  async run(): Promise<PaymentRefundOutput> {
    const { refundId, paymentId, reason } = this.#input;
    this.#story.begin("opening", `asked for: ${reason}`);
    const opened = await activities(UNTIL_DONE, `open refund ${refundId}`).openRefund(this.#input);
    if (opened.kind === "refused") {
      this.#story.end("failed", opened.because);
      this.#story.finish("refused", "Nothing was moved.");
      return { result: "refused", refundedMinor: "0", byHandMinor: "0", because: opened.because };
    }
    this.#story.end("done");
    this.#story.begin("debited", "wallet debited");
    await activities(UNTIL_DONE, "debit the wallet").bookRefund({ paymentId });
    this.#story.end("done");
    return this.#giveBack(opened.parts);
  }

  async #giveBack(parts: readonly RefundPartStep[]): Promise<PaymentRefundOutput> {
    const { refundId, paymentId, reason } = this.#input;
    let refunded = 0n;
    let byHand = 0n;
    let because: string | null = null;
    for (const part of parts) {
      const outcome = await this.#givePartBack(part);
      if (outcome.state !== "failed") {
        refunded += BigInt(part.amountMinor);
        if (part.attempt === null) byHand += BigInt(part.amountMinor);
        continue;
      }
      because = outcome.because ?? "the provider could not give it back";
      const step = { refundId, paymentId, from: part.from, because };
      await activities(UNTIL_DONE, "the wallet gets it again").returnRefund(step);
      await activities(UNTIL_DONE, "credit the wallet").bookRefund({ paymentId });
      await this.#mail("failed", BigInt(part.amountMinor), because);
    }
    if (byHand > 0n) await this.#mail("by_hand", byHand, reason);
    if (refunded > 0n) await this.#mail("refunded", refunded, reason);
    const result = because === null ? "refunded" : refunded > 0n ? "partly" : "failed";
    this.#story.finish(result, because === null ? "Given back." : `${result}: ${because}`);
    return { result, refundedMinor: refunded.toString(), byHandMinor: byHand.toString(), because };
  }

  async #givePartBack(part: RefundPartStep): Promise<RefundPartOutcome> {
    const { refundId, paymentId } = this.#input;
    const { attempt } = part;
    if (attempt === null) return { state: "succeeded", providerRefundId: null, because: null };
    this.#story.begin("refunding", `asked the provider of ${part.from}`);
    let outcome = await activities(UNTIL_DONE, `refund ${part.from}`).refundPart({
      refundId,
      paymentId,
      part,
    });
    for (let poll = 0; outcome.state === "pending" && poll < POLLS_MAX; poll += 1) {
      await condition(() => this.#changed, POLLS_MS[poll] ?? POLLED_EVERY_MS);
      this.#changed = false;
      const { providerRefundId } = outcome;
      if (providerRefundId === null) break;
      const step = { paymentId, attempt, providerRefundId };
      outcome = await activities(UNTIL_DONE, "ask how the refund stands").refundStanding(step);
    }
    this.#story.end(outcome.state === "failed" ? "failed" : "done");
    return outcome;
  }

  async #mail(kind: "refunded" | "failed" | "by_hand", amount: bigint, because: string): Promise<void> {
    const { refundId, paymentId } = this.#input;
    this.#story.begin(this.#status, `${kind} mailed`);
    try {
      const step = { refundId, paymentId, kind, amountMinor: amount.toString(), because };
      const outcome = await activities(MAIL, `mail: ${kind}`).mailRefund(step);
      this.#story.end(outcome.kind === "accepted" ? "done" : "failed");
    } catch {
      this.#story.end("failed", `${kind}: mail given up after a day`);
    }
  }
}
