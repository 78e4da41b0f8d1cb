import { randomUUID } from "node:crypto";
import type {
  AttemptOutcome,
  OpenedPayment,
  PaymentCollectionActivities,
  PaymentCollectionInput,
} from "#workflows/payment-collection/api.ts";

type Outcome = Partial<AttemptOutcome> & Pick<AttemptOutcome, "kind">;

/** A provider and the books of one payment in memory, and everything that the flow asked of them, in order. */
export class ScriptedPayments {
  readonly calls: string[] = [];
  /** What the provider answers to each attempt, the last one again and again. */
  readonly answers: Outcome[];
  opened: OpenedPayment = {
    state: "collecting",
    dueAt: null,
    unsettled: [],
    lastAttempt: 0,
    bookedUpTo: 0,
    dunningDays: [0, 3, 7, 14],
    suspensionGraceSeconds: 3_600,
  };
  amountMinor = 1999n;
  /** Collected by attempts at the provider, whether or not the flow knows. */
  readonly collected = new Map<number, bigint>();
  readonly attempts = new Map<number, Outcome & { amountMinor: bigint }>();
  readonly receipts: { readonly number: number; readonly amountMinor: bigint; readonly source: string }[] =
    [];
  readonly overrides: Partial<PaymentCollectionActivities>;

  constructor(
    answers: readonly Outcome[] = [{ kind: "succeeded" }],
    overrides: Partial<PaymentCollectionActivities> = {},
  ) {
    this.answers = [...answers];
    this.overrides = overrides;
  }

  /** The payer acts at the provider; the flow hears of it by a signal, or when it asks. */
  pay(attempt: number, amountMinor?: bigint): void {
    const one = this.attempts.get(attempt)!;
    this.collected.set(attempt, amountMinor ?? one.amountMinor);
    this.attempts.set(attempt, { ...one, kind: "succeeded" });
  }

  decline(attempt: number, code: string): void {
    this.attempts.set(attempt, { ...this.attempts.get(attempt)!, kind: "declined", code, retryable: true });
  }

  get received(): bigint {
    return this.receipts.reduce((sum, one) => sum + one.amountMinor, 0n);
  }

  /** Sum over all attempts of what the provider collected. */
  get charged(): bigint {
    return [...this.collected.values()].reduce((sum, one) => sum + one, 0n);
  }

  counted(prefix: string): number {
    return this.calls.filter((call) => call.startsWith(prefix)).length;
  }

  activities(): PaymentCollectionActivities {
    const happy: PaymentCollectionActivities = {
      openPayment: async () => this.opened,
      amountDue: async () => {
        const due = this.amountMinor - this.received;
        return { dueMinor: (due > 0n ? due : 0n).toString(), receivedMinor: this.received.toString() };
      },
      collectPayment: async ({ attempt, amountMinor }) => {
        const answer = (this.answers.length > 1 ? this.answers.shift() : this.answers[0])!;
        if (answer.kind === "no_provider") return outcome(answer);
        if (!this.attempts.has(attempt))
          this.attempts.set(attempt, { ...answer, amountMinor: BigInt(amountMinor) });
        if (answer.kind === "succeeded") this.pay(attempt);
        return this.#told(attempt);
      },
      attemptStanding: async ({ attempt }) => this.#told(attempt),
      cancelAttempt: async ({ attempt }) => {
        const one = this.attempts.get(attempt)!;
        if (one.kind !== "succeeded" && one.kind !== "processing")
          this.attempts.set(attempt, { ...one, kind: "cancelled" });
        return this.#told(attempt);
      },
      recordTransfer: async ({ reference, amountMinor }) =>
        this.#receive(`transfer:${reference}`, BigInt(amountMinor)),
      bookPayment: async ({ after }) => {
        const receipts = this.receipts.filter(({ number }) => number > after);
        return {
          receipts: receipts.map(({ number, amountMinor }) => ({
            number,
            amountMinor: amountMinor.toString(),
          })),
        };
      },
      setPaymentState: async () => {},
      mailPayment: async () => ({ kind: "accepted" }),
    };
    return this.#recorded({ ...happy, ...this.overrides });
  }

  #told(attempt: number): AttemptOutcome {
    const one = this.attempts.get(attempt)!;
    const collected = this.collected.get(attempt) ?? 0n;
    const known = this.receipts.filter(({ source }) => source === `attempt:${attempt}`);
    const recorded = known.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
    if (one.kind === "succeeded" && collected > recorded)
      this.#receive(`attempt:${attempt}`, collected - recorded, true);
    return outcome(one);
  }

  #receive(source: string, amountMinor: bigint, again = false): void {
    if (!again && this.receipts.some((one) => one.source === source)) return;
    this.receipts.push({ number: this.receipts.length + 1, amountMinor, source });
  }

  #recorded(all: PaymentCollectionActivities): PaymentCollectionActivities {
    const told: Record<string, (step: never) => string> = {
      openPayment: () => "open",
      amountDue: () => "due",
      collectPayment: ({ attempt, method }: { attempt: number; method: { kind: string } }) =>
        `collect ${attempt} ${method.kind}`,
      attemptStanding: ({ attempt }: { attempt: number }) => `ask ${attempt}`,
      cancelAttempt: ({ attempt }: { attempt: number }) => `cancel ${attempt}`,
      recordTransfer: ({ reference }: { reference: string }) => `transfer ${reference}`,
      bookPayment: () => "book",
      setPaymentState: ({ state }: { state: string }) => `state ${state}`,
      mailPayment: ({ kind }: { kind: string }) => `mail ${kind}`,
    };
    const steps = Object.entries(all).map(([name, run]) => {
      const recorded = (step: never): Promise<unknown> => {
        this.calls.push(told[name]!(step));
        return (run as (step: never) => Promise<unknown>)(step);
      };
      return [name, recorded] as const;
    });
    return Object.fromEntries(steps) as unknown as PaymentCollectionActivities;
  }
}

/** Activities of one worker for many payments: each step goes to its payment's own. */
export function dispatched(
  scripts: ReadonlyMap<string, PaymentCollectionActivities>,
): PaymentCollectionActivities {
  const names = Object.keys(new ScriptedPayments().activities()) as (keyof PaymentCollectionActivities)[];
  const steps = names.map((name) => {
    const step = (given: { readonly paymentId: string }): Promise<unknown> =>
      (scripts.get(given.paymentId)![name] as (step: unknown) => Promise<unknown>)(given);
    return [name, step] as const;
  });
  return Object.fromEntries(steps) as unknown as PaymentCollectionActivities;
}

function outcome(given: Outcome): AttemptOutcome {
  const { kind, actionUrl = null, code = null, retryable = true } = given;
  return { kind, provider: kind === "no_provider" ? null : "stripe", actionUrl, code, retryable };
}

export function invoicePaymentOf(overrides: Partial<PaymentCollectionInput> = {}): PaymentCollectionInput {
  const invoiceId = randomUUID();
  return {
    paymentId: `inv-${invoiceId}`,
    tenantId: `T-${randomUUID()}`,
    walletId: randomUUID(),
    purpose: "invoice",
    invoiceId,
    invoiceNumber: "INV-2026-000042",
    amountMinor: "1999",
    currency: "USD",
    actor: "invoicing",
    ...overrides,
  };
}

export function topUpOf(overrides: Partial<PaymentCollectionInput> = {}): PaymentCollectionInput {
  return invoicePaymentOf({
    paymentId: randomUUID(),
    purpose: "top_up",
    invoiceId: null,
    invoiceNumber: null,
    actor: "tenant:T",
    ...overrides,
  });
}
