/** The workflow's type, as workflow.ts exports it. */
export const TENANT_ONBOARDING = "tenantOnboarding";

/** One onboarding per tenant. Ids are never encrypted: no phone number, no mail address. */
export function onboardingWorkflowId(tenantId: string): string {
  return `onboarding-${tenantId}`;
}

/** ApplicationFailure types that no retry can mend: the onboarding ends with them and with their message. */
export const FINAL_FAILURES = {
  /** The input breaks a rule; details: [{ field, reason }, …]. */
  validation: "Validation",
  /** The id, key, account or tax id belongs to someone else; details: [{ field, reason }]. */
  conflict: "Conflict",
  /** A person said no, or nobody said anything in time; details: [{ field: "kyc", reason }]. */
  rejected: "Rejected",
  /** The payment provider will not have it as a customer; details: [{ field: "paymentProvider", reason }]. */
  refusedByProvider: "RefusedByProvider",
} as const;

export const ONBOARDING_STATUSES = [
  "validating",
  "creating",
  "pricing",
  "awaiting_approval",
  "registering",
  "scheduling",
  "activating",
  "welcoming",
  "completed",
  "undoing",
  "failed",
] as const;

/** Update: a person says whether the tenant may open. The first answer counts. */
export const DECIDE_KYC = "decideKyc";

/** Query: how far it is. */
export const ONBOARDING_STATE = "state";
