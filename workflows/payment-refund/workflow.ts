import { CancellationScope, condition, defineQuery, defineSignal, setHandler } from "@temporalio/workflow";
import { TENANT_ID } from "#domain/flows/search-attributes.ts";
import { MAIL, MONEY, stepsOf, toldStory, type ToldStory } from "#workflows/steps.ts";
import { REFUND_CHANGED, REFUND_STATE } from "./names.ts";
import type {
  PaymentRefundActivities,
  PaymentRefundInput,
  PaymentRefundOutput,
  RefundFlowState,
  RefundPartOutcome,
  RefundPartStep,
} from "./api.ts";

type Status = RefundFlowState["status"];

/** A pending refund is asked about after these, then twice a day: banks take days. */
const POLLS_MS = [60_000, 600_000, 3_600_000];
const POLLED_EVERY_MS = 12 * 3_600_000;
/** Providers give up within weeks; a refund that is still pending then counts as made, and settlement will tell. */
const POLLS_MAX = 120;

const activities = stepsOf<PaymentRefundActivities>();

/**
 * The wallet is debited → each receipt's provider is asked → where one cannot, the wallet gets that part again. Once begun it is not
 * cancelled: a refund that is half made would be.
 */
export function paymentRefund(input: PaymentRefundInput): Promise<PaymentRefundOutput> {
  return CancellationScope.nonCancellable(() => new PaymentRefund(input).run());
}

class PaymentRefund {
  readonly #input: PaymentRefundInput;
  readonly #story: ToldStory<Status>;
  #status: Status = "opening";
  #changed = false;

  constructor(input: PaymentRefundInput) {
    this.#input = input;
    this.#story = toldStory<Status>(`${input.tenantId}: refund by ${input.actor}`, (status) => {
      this.#status = status;
    });
    this.#story.show([{ key: TENANT_ID, value: input.tenantId }]);
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
    const opened = await activities(MONEY, `open refund ${refundId}`).openRefund(this.#input);
    if (opened.kind === "refused") {
      this.#story.end("failed", opened.because);
      this.#story.finish("refused", "Nothing was moved.");
      return { result: "refused", refundedMinor: "0", byHandMinor: "0", because: opened.because };
    }
    this.#story.end("done");
    this.#story.begin("debited", "wallet debited");
    await activities(MONEY, "debit the wallet").bookRefund({ paymentId });
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
      await activities(MONEY, "the wallet gets it again").returnRefund(step);
      await activities(MONEY, "credit the wallet").bookRefund({ paymentId });
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
    let outcome = await activities(MONEY, `refund ${part.from}`).refundPart({
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
      outcome = await activities(MONEY, "ask how the refund stands").refundStanding(step);
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
