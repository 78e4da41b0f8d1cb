import { ApplicationFailure, condition, defineSignal, defineUpdate, setHandler } from "@temporalio/workflow";
import type { z } from "zod";
import {
  CANCEL_PAYMENT,
  CHANGE_METHOD,
  PAY_NOW,
  PROVIDER_CHANGED,
  RECORD_TRANSFER,
  RETRY_PAYMENT,
} from "./names.ts";
import { methodInput, paymentDecision, transferInput } from "./api.ts";
import type { MethodInput, PaymentDecision, PaymentFlowState, TransferInput } from "./api.ts";

/** Something that somebody asked of the payment; `done` once it was looked at. */
type Asked<Kind extends string, What> = { readonly kind: Kind; readonly what: What; done: boolean };

export type Request =
  | Asked<"transfer", TransferInput>
  | Asked<"cancel", PaymentDecision>
  | Asked<"retry", PaymentDecision>
  | Asked<"method", MethodInput>
  | Asked<"pay", null>;

/** What happened to a payment from outside since it was last looked at. Whoever asked is answered with the state that came of it. */
export class Mailbox {
  readonly #requests: Request[] = [];
  readonly #state: () => PaymentFlowState;
  #providerChanged = false;
  #over = false;

  constructor(state: () => PaymentFlowState) {
    this.#state = state;
    setHandler(
      defineSignal(PROVIDER_CHANGED),
      () => {
        this.#providerChanged = true;
      },
      { description: "Something happened at the provider: it is asked" },
    );
    this.#update(RECORD_TRANSFER, "transfer", transferInput, "A bank transfer has come");
    this.#update(CANCEL_PAYMENT, "cancel", paymentDecision, "A person gives the payment up");
    this.#update(RETRY_PAYMENT, "retry", paymentDecision, "Collect now");
    this.#update(CHANGE_METHOD, "method", methodInput, "Collect by another method, at once");
    setHandler(
      defineUpdate<PaymentFlowState>(PAY_NOW),
      () => this.#ask({ kind: "pay", what: null, done: false }),
      { description: "The payer wants to pay: answers with the link" },
    );
  }

  get isEmpty(): boolean {
    return this.#requests.length === 0 && !this.#providerChanged;
  }

  /** The oldest request; it is answered by `done`. */
  next(): Request | undefined {
    return this.#requests[0];
  }

  done(): void {
    const request = this.#requests.shift();
    if (request !== undefined) request.done = true;
  }

  /** Whether the provider said that something changed, since the last call. */
  takeProviderChanged(): boolean {
    const changed = this.#providerChanged;
    this.#providerChanged = false;
    return changed;
  }

  /** Everybody who still waits is answered. */
  close(): void {
    this.#over = true;
  }

  async #ask(request: Request): Promise<PaymentFlowState> {
    this.#requests.push(request);
    await condition(() => request.done || this.#over);
    return this.#state();
  }

  #update<Kind extends Exclude<Request["kind"], "pay">>(
    name: string,
    kind: Kind,
    schema: z.ZodType,
    description: string,
  ): void {
    type What = Extract<Request, { kind: Kind }>["what"];
    setHandler(
      defineUpdate<PaymentFlowState, [What]>(name),
      (what) => this.#ask({ kind, what, done: false } as unknown as Request),
      {
        description,
        validator: (what) => {
          const [issue] = schema.safeParse(what).error?.issues ?? [];
          if (issue !== undefined)
            throw ApplicationFailure.nonRetryable(`${issue.path.join(".")} ${issue.message}`, "Validation");
        },
      },
    );
  }
}
