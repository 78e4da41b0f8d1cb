import { z } from "zod";
import type { FlowDefinition } from "#domain/flows/definition.ts";
import type { MailOutcome } from "#domain/mail/ports.ts";
import { PAYMENT_PURPOSES, PAYMENT_STATES, type PaymentState } from "#domain/payments/payment.ts";
import { PAYMENT_PROVIDERS, type PaymentProviderName } from "#domain/payments/ports.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import {
  PAYMENT_COLLECTION,
  paymentCollectionWorkflowId,
  PROVIDER_CHANGED,
  RECORD_TRANSFER,
  CANCEL_PAYMENT,
  RETRY_PAYMENT,
  PAY_NOW,
  CHANGE_METHOD,
  PAYMENT_STATE,
  type PAYMENT_MAILS,
} from "./names.ts";

export * from "./names.ts";

const minor = z.string().regex(/^[1-9]\d{0,17}$/, "must be a whole number of minor units above zero");

export const paymentCollectionInput = z.object({
  /** Ours: "inv-<invoice id>" of an invoice, a UUID otherwise. */
  paymentId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/),
  tenantId: z.string().min(1).max(64),
  walletId: z.string().min(1).max(64),
  purpose: z.enum(PAYMENT_PURPOSES),
  /** Null unless the purpose is an invoice. */
  invoiceId: z.string().nullable(),
  invoiceNumber: z.string().nullable(),
  /** Minor units of the currency, as decimal digits. */
  amountMinor: minor,
  /** ISO 4217. */
  currency: z.string().regex(/^[A-Z]{3}$/),
  actor: z.string().min(1).max(200),
});

export type PaymentCollectionInput = z.infer<typeof paymentCollectionInput>;

/** `late`: it was closed before; what came afterwards was credited. */
export const paymentCollectionOutput = z.object({
  result: z.enum(["paid", "declined", "abandoned", "cancelled", "uncollectible", "late"]),
  /** Minor units, all that ever came in. */
  receivedMinor: z.string(),
  /** How often a provider was asked to collect. */
  attempts: z.number().int(),
  because: z.string().nullable(),
});

export type PaymentCollectionOutput = z.infer<typeof paymentCollectionOutput>;

const decision = {
  actor: z.string().trim().min(1, "is needed: who decides").max(200),
  reason: z.string().trim().min(1, "is needed: why").max(500),
};

export const paymentDecision = z.object(decision);

export type PaymentDecision = z.infer<typeof paymentDecision>;

export const transferInput = z.object({
  ...decision,
  /** The bank's reference of the transfer. */
  reference: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/, "must be the bank's reference"),
  amountMinor: minor,
});

export type TransferInput = z.infer<typeof transferInput>;

export const methodInput = z.object({
  ...decision,
  provider: z.enum(PAYMENT_PROVIDERS),
  customerId: z.string().min(1).max(200).nullable(),
  /** Null: the payer acts by a link. */
  paymentMethodId: z.string().min(1).max(200).nullable(),
});

export type MethodInput = z.infer<typeof methodInput>;

export const paymentFlowState = z.object({
  status: z.enum(PAYMENT_STATES),
  because: z.string().nullable(),
  /** Minor units. */
  dueMinor: z.string(),
  receivedMinor: z.string(),
  attempts: z.number().int(),
  /** Where the payer acts, while that is waited for. */
  actionUrl: z.string().nullable(),
  /** Epoch ms at which it is tried next by itself. */
  nextAttemptAt: z.number().nullable(),
});

export type PaymentFlowState = z.infer<typeof paymentFlowState>;

export type PaymentMail = (typeof PAYMENT_MAILS)[number];

/** A payment as it was opened, or found where it was opened before. */
export interface OpenedPayment {
  readonly state: PaymentState;
  /** Epoch ms; null: at once. */
  readonly dueAt: number | null;
  /** Attempts of an earlier run of which money may still come. */
  readonly unsettled: readonly number[];
  readonly lastAttempt: number;
  /** The last movement that an earlier run has booked and told of. */
  readonly bookedUpTo: number;
  readonly dunningDays: readonly number[];
  /** Grace of a suspension for an overdue invoice; null: the tenant is not suspended by itself. */
  readonly suspensionGraceSeconds: number | null;
}

export interface AmountDue {
  /** Minor units; "0": nothing any more. */
  readonly dueMinor: string;
  readonly receivedMinor: string;
}

/** `no_provider`: the tenant pays by bank transfer. */
export interface AttemptOutcome {
  readonly kind: "succeeded" | "processing" | "requires_action" | "declined" | "cancelled" | "no_provider";
  readonly provider: PaymentProviderName | null;
  readonly actionUrl: string | null;
  /** Of a decline: the provider's code, and whether the same method may work later. */
  readonly code: string | null;
  readonly retryable: boolean;
}

/** How an attempt is paid: by what the tenant has stored, by a method of this payment's own, or by the payer at a link. */
export type AttemptMethod =
  | { readonly kind: "stored" }
  | { readonly kind: "payer" }
  | ({ readonly kind: "own" } & Pick<MethodInput, "provider" | "customerId" | "paymentMethodId">);

interface AttemptStep {
  readonly paymentId: string;
  readonly attempt: number;
}

/** Every activity may run several times for one effect. */
export interface PaymentCollectionActivities {
  openPayment(input: PaymentCollectionInput): Promise<OpenedPayment>;
  /** @param step `at`, epoch ms: an invoice costs less before the end of its early-payment term. */
  amountDue(step: { readonly paymentId: string; readonly at: number }): Promise<AmountDue>;
  /** Asks a provider to collect. The same attempt again is the same collection, whatever else is given. */
  collectPayment(
    step: AttemptStep & {
      readonly amountMinor: string;
      readonly method: AttemptMethod;
    },
  ): Promise<AttemptOutcome>;
  /** Asks how it stands at the provider, and writes down what came in. */
  attemptStanding(step: AttemptStep): Promise<AttemptOutcome>;
  /** Gives it up at the provider, so that nobody pays it later; `succeeded` where somebody has. */
  cancelAttempt(step: AttemptStep): Promise<AttemptOutcome>;
  recordTransfer(step: TransferInput & { readonly paymentId: string }): Promise<void>;
  /**
   * Books what money did and is not booked yet: wallet, invoice. Returns once the ledger has it, with the receipts behind the movement `after`, by whichever
   * attempt of this they were booked: one that was killed told nobody.
   */
  bookPayment(step: {
    readonly paymentId: string;
    readonly after: number;
  }): Promise<{ readonly receipts: readonly { readonly number: number; readonly amountMinor: string }[] }>;
  setPaymentState(step: {
    readonly paymentId: string;
    readonly state: PaymentState;
    readonly because: string | null;
    readonly actionUrl: string | null;
  }): Promise<void>;
  mailPayment(step: {
    readonly paymentId: string;
    readonly kind: PaymentMail;
    /** Tells one mail from another of the same kind: its Message-ID with payment and kind. */
    readonly key: string;
    /** Minor units that the mail is about. */
    readonly amountMinor: string;
    readonly because: string | null;
    /** Epoch ms of the next attempt, where there is one. */
    readonly nextAttemptAt: number | null;
  }): Promise<MailOutcome | { readonly kind: "none" }>;
}

export const paymentCollectionFlow: FlowDefinition = {
  name: PAYMENT_COLLECTION,
  title: "Payment collection",
  description:
    "Asks the provider, waits for its word or asks again, retries by the calendar, suspends at its end, and credits what comes, once.",
  taskQueue: TASK_QUEUES.payments,
  input: paymentCollectionInput,
  output: paymentCollectionOutput,
  startedBy: "an invoice, a top-up (POST /api/v2/tenants/:id/payments), or an automatic recharge",
  starters: [],
  identify: ({ paymentId, tenantId }: PaymentCollectionInput) => ({
    workflowId: paymentCollectionWorkflowId(paymentId),
    tenantId,
  }),
  signals: {
    [PROVIDER_CHANGED]: {
      description: "Something happened at the provider: it is asked",
      input: null,
      output: null,
      parties: ["owner", "finance", "support"],
    },
  },
  updates: {
    [RECORD_TRANSFER]: {
      description: "A bank transfer has come: credits it",
      input: transferInput,
      output: paymentFlowState,
      parties: ["owner", "finance"],
    },
    [CANCEL_PAYMENT]: {
      description: "Gives the payment up, at the provider too",
      input: paymentDecision,
      output: paymentFlowState,
      parties: ["owner", "finance"],
    },
    [RETRY_PAYMENT]: {
      description: "Collects now instead of waiting for the calendar",
      input: paymentDecision,
      output: paymentFlowState,
      parties: ["owner", "finance", "support"],
    },
    [PAY_NOW]: {
      description: "The payer wants to pay: answers with the provider's link",
      input: null,
      output: paymentFlowState,
      parties: ["owner", "finance", "support"],
    },
    [CHANGE_METHOD]: {
      description: "Collects this payment by another method, at once",
      input: methodInput,
      output: paymentFlowState,
      parties: ["owner", "finance"],
    },
  },
  queries: {
    [PAYMENT_STATE]: {
      description: "How far it is",
      input: null,
      output: paymentFlowState,
      parties: ["owner", "finance", "support", "read-only", "tenant"],
    },
  },
};
