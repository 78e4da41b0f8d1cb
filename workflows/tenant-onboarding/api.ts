import { z } from "zod";
import type { FlowDefinition } from "#domain/flows/definition.ts";
import type { MailOutcome } from "#domain/mail/ports.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";

/** The workflow's type, as workflow.ts exports it. */
export const TENANT_ONBOARDING = "tenantOnboarding";

/** One onboarding per tenant. Ids are never encrypted: no phone number, no mail address. */
export function onboardingWorkflowId(tenantId: string): string {
  return `onboarding-${tenantId}`;
}

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
});

export type OnboardingOutput = z.infer<typeof onboardingOutput>;

/** ApplicationFailure types that no retry can mend: the onboarding ends with them and with their message. */
export const FINAL_FAILURES = {
  /** The input breaks a rule; details: [{ field, reason }, …]. */
  validation: "Validation",
  /** The id, key or account belongs to someone else; details: [{ field, reason }]. */
  conflict: "Conflict",
} as const;

/** One detail of a final failure; `field` is a path into OnboardingInput ("wallet.currency"). */
export interface OnboardingProblem {
  readonly field: string;
  readonly reason: string;
}

export const ONBOARDING_STATUSES = [
  "validating",
  "creating",
  "pricing",
  "activating",
  "welcoming",
  "completed",
  "undoing",
  "failed",
] as const;

/** The search attribute FlowStatus of an onboarding. */
export type OnboardingStatus = (typeof ONBOARDING_STATUSES)[number];

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
    "Tenant, wallet, API key and SMPP account, rate card, welcome mail; what fails for good is undone in reverse.",
  taskQueue: TASK_QUEUES.onboarding,
  input: onboardingInput,
  output: onboardingOutput,
  startedBy: "POST /api/v2/tenants, which makes the credentials that it shows once",
  starters: [],
  identify: ({ tenantId }: OnboardingInput) => ({ workflowId: onboardingWorkflowId(tenantId), tenantId }),
  signals: {},
  updates: {},
  queries: {},
};
