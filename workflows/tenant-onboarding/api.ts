import { z } from "zod";
import type { FlowDefinition } from "#domain/flows/definition.ts";
import type { MailOutcome } from "#domain/mail/ports.ts";
import { PAYMENT_PROVIDERS, type PaymentProviderName } from "#domain/payments/ports.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import {
  TENANT_ONBOARDING,
  onboardingWorkflowId,
  ONBOARDING_STATUSES,
  DECIDE_KYC,
  ONBOARDING_STATE,
} from "./names.ts";

export * from "./names.ts";

const decimal = z.string().regex(/^-?\d{1,20}(\.\d{1,18})?$/, "must be a decimal number");

const notNegative = z.string().regex(/^\d{1,20}(\.\d{1,18})?$/, "must be a decimal number, zero or more");

/** A balance, or a percentage ("15%") of the wallet's reference. */
const limit = z
  .string()
  .regex(/^-?\d{1,20}(\.\d{1,18})?%?$/, 'must be a decimal number, or a percentage such as "15%"');

/**
 * What an onboarding begins with. It stands in the history for as long as Temporal keeps it, so it carries hashes instead of secrets: what is
 * encrypted there can be read by whoever holds the platform's key.
 */
export const onboardingInput = z.object({
  tenantId: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be 1–64 letters, digits, dots, dashes or underscores"),
  name: z.string().trim().min(1).max(200),
  /** Null: no welcome mail. */
  email: z.email().max(254).nullable(),
  /** IANA. */
  timezone: z.string().min(1).max(64),
  /** ISO 3166-1 alpha-2. */
  country: z.string().regex(/^[A-Z]{2}$/, "must be two capital letters (ISO 3166-1)"),
  /** Percent. */
  taxRate: notNegative,
  wallet: z.object({
    /** UUIDv7, made by the caller; tells this onboarding's tenant from any other of the same id. */
    walletId: z.uuid(),
    currency: z.string().regex(/^[A-Z]{3}$/, "must be three capital letters (ISO 4217)"),
    kind: z.enum(["prepaid", "postpaid"]),
    creditLimit: notNegative,
    thresholds: z.object({
      low: limit.nullable(),
      critical: limit.nullable(),
      reference: decimal.nullable().optional(),
      hysteresisPercent: notNegative.optional(),
    }),
  }),
  /** The default card to attach; null: the tenant gets one later. */
  rateCardId: z.string().min(1).max(128).nullable(),
  trustedHints: z.boolean(),
  firewall: z.object({
    blockedKeywords: z.array(z.string().min(1).max(100)).max(1_000),
    perDestinationPerMinute: z.number().int().min(1).nullable(),
  }),
  apiKey: z.object({
    /** SHA-256 of the key, lower-case hex. */
    hash: z.string().regex(/^[0-9a-f]{64}$/),
    last4: z.string().length(4),
  }),
  smppAccount: z
    .object({
      systemId: z.string().regex(/^[!-~]{1,15}$/, "must be 1–15 printable ASCII characters"),
      passwordHash: z.string().startsWith("scrypt$").max(256),
    })
    .nullable(),
  /** VAT id, EIN, GSTIN, …, as the country writes it. */
  taxId: z.string().trim().min(1).max(60).nullable().optional(),
  /** Where bills go: lines of the postal address. */
  billingAddress: z.array(z.string().trim().min(1).max(200)).max(8).optional(),
  /** Where its notifications go; their signing secret is derived, and stands in no history. */
  webhookUrl: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .nullable()
    .optional(),
  /** Whether another open tenant may have the same tax id, or the same name and mail address. */
  allowDuplicate: z.boolean().optional(),
  /** Where it becomes a customer; null: it pays by bank transfer. */
  paymentProvider: z.enum(PAYMENT_PROVIDERS).nullable().optional(),
  /** A person approves it before it opens; null: nobody is asked. */
  kyc: z
    .object({
      /** From the question to the rejection that a missing answer is, in seconds. */
      deadlineSeconds: z
        .number()
        .int()
        .min(60)
        .max(90 * 86_400),
    })
    .nullable()
    .optional(),
  /** Who asked for it. */
  actor: z.string().min(1).max(200),
});

export type OnboardingInput = z.infer<typeof onboardingInput>;

export const onboardingOutput = z.object({
  tenantId: z.string(),
  walletId: z.string(),
  /** Revision of the configuration with which the tenant became active. */
  revision: z.number().int(),
  /** `refused`: the mail server will never take it; `undelivered`: it could not be reached in a day; `none`: no address. */
  welcomeMail: z.enum(["accepted", "refused", "undelivered", "none"]),
  /** Whoever approved it; absent where nobody was asked. */
  approvedBy: z.string().optional(),
});

export type OnboardingOutput = z.infer<typeof onboardingOutput>;

/** One detail of a final failure; `field` is a path into OnboardingInput ("wallet.currency"). */
export interface OnboardingProblem {
  readonly field: string;
  readonly reason: string;
}

/** The search attribute FlowStatus of an onboarding. */
export type OnboardingStatus = (typeof ONBOARDING_STATUSES)[number];

export const kycDecision = z.object({
  decision: z.enum(["approve", "reject"]),
  actor: z.string().trim().min(1, "is needed: who decides").max(200),
  reason: z.string().trim().min(1, "is needed: why").max(500),
});

export type KycDecision = z.infer<typeof kycDecision>;

export const onboardingState = z.object({
  status: z.enum(ONBOARDING_STATUSES),
  /** Null where nobody is asked. */
  kyc: z
    .object({
      /** Epoch ms at which a missing answer counts as no; null before the question. */
      dueAt: z.number().nullable(),
      decision: kycDecision.nullable(),
    })
    .nullable(),
});

export type OnboardingState = z.infer<typeof onboardingState>;

/** What the operator is told of a tenant that waits for approval. */
export type KycMail = "request" | "reminder";

/** Every activity may run several times for one effect. */
export interface OnboardingActivities {
  /** Fails with Validation or Conflict; changes nothing. */
  validateOnboarding(input: OnboardingInput): Promise<void>;
  /** Tenant, wallet, API key and SMPP account, together or not at all. */
  createTenant(input: OnboardingInput): Promise<void>;
  attachRateCard(step: {
    readonly tenantId: string;
    readonly rateCardId: string;
    readonly actor: string;
  }): Promise<void>;
  /** Opens the doors, and returns once every process can know of it. */
  activateTenant(step: {
    readonly tenantId: string;
    readonly walletId: string;
    readonly actor: string;
  }): Promise<{
    readonly revision: number;
  }>;
  sendWelcomeMail(step: {
    readonly tenantId: string;
    readonly walletId: string;
    readonly name: string;
    readonly email: string;
    readonly currency: string;
    readonly apiKeyLast4: string;
    readonly smppSystemId: string | null;
  }): Promise<MailOutcome>;
  /** Undoes createTenant: closes the tenant unless it is active or was created by another onboarding. */
  closeTenant(step: {
    readonly tenantId: string;
    readonly walletId: string;
    readonly actor: string;
  }): Promise<void>;
  /** Asks the operator for a decision, with the links by which it is given. */
  mailKyc(step: {
    readonly tenantId: string;
    readonly walletId: string;
    readonly kind: KycMail;
    /** Tells one reminder from another: part of the Message-ID. */
    readonly number: number;
    /** Epoch ms. */
    readonly dueAt: number;
  }): Promise<MailOutcome>;
  /** Makes the tenant a customer of the provider and keeps its id; the same tenant again is the same customer. */
  registerCustomer(step: {
    readonly tenantId: string;
    readonly walletId: string;
    readonly provider: PaymentProviderName;
    readonly actor: string;
  }): Promise<{ readonly customerId: string }>;
  /** Undoes registerCustomer as far as it can be undone: the tenant pays by nothing; the provider keeps a customer without payments. */
  forgetCustomer(step: {
    readonly tenantId: string;
    readonly walletId: string;
    readonly actor: string;
  }): Promise<void>;
  /** Puts the schedule by which the tenant's periods are invoiced, in its own zone. */
  scheduleInvoices(step: { readonly tenantId: string; readonly walletId: string }): Promise<void>;
  /** Undoes scheduleInvoices, unless the tenant is another onboarding's. */
  unscheduleInvoices(step: { readonly tenantId: string; readonly walletId: string }): Promise<void>;
  /** Undoes attachRateCard. */
  detachRateCard(step: {
    readonly tenantId: string;
    readonly walletId: string;
    readonly actor: string;
  }): Promise<void>;
}

export const tenantOnboardingFlow: FlowDefinition = {
  name: TENANT_ONBOARDING,
  title: "Tenant onboarding",
  description:
    "Tenant, wallet, API key and SMPP account, rate card, a person's approval, customer, invoice schedule, welcome mail; what fails for good is undone in reverse.",
  taskQueue: TASK_QUEUES.onboarding,
  input: onboardingInput,
  output: onboardingOutput,
  startedBy: "POST /api/v2/tenants, which makes the credentials that it shows once",
  starters: [],
  identify: ({ tenantId }: OnboardingInput) => ({ workflowId: onboardingWorkflowId(tenantId), tenantId }),
  signals: {},
  updates: {
    [DECIDE_KYC]: {
      description: "Approves or rejects a tenant that waits for it",
      input: kycDecision,
      output: onboardingState,
      parties: ["owner", "support"],
    },
  },
  queries: {
    [ONBOARDING_STATE]: {
      description: "How far it is",
      input: null,
      output: onboardingState,
      parties: ["owner", "finance", "support", "read-only", "tenant"],
    },
  },
};
