import type { Mail } from "#domain/mail/ports.ts";
import { DECIDE_KYC, onboardingWorkflowId, type KycMail } from "#workflows/tenant-onboarding/api.ts";
import { letter } from "./letter.ts";

/** Who is asked what a person must decide, and the doors by which the answer comes. */
export interface Office {
  readonly email: string;
  /** Of the REST door, without a slash at its end. */
  readonly apiUrl: string;
  /** Of a flow in Temporal's Web UI. */
  readonly flowUrl: (workflowId: string) => string;
}

export interface KycQuestion {
  readonly tenantId: string;
  readonly walletId: string;
  readonly kind: KycMail;
  readonly number: number;
  /** Epoch ms. */
  readonly dueAt: number;
}

/** Names the tenant by its id alone: who it is stands behind the links. */
export function kycMail({ tenantId, walletId, kind, number, dueAt }: KycQuestion, office: Office): Mail {
  const workflowId = onboardingWorkflowId(tenantId);
  const run = `${office.apiUrl}/api/v2/workflows/runs/${encodeURIComponent(workflowId)}`;
  const asked = `Tenant ${tenantId} waits for approval`;
  return letter({
    messageId: `kyc.${walletId}.${number}@catalyst`,
    to: office.email,
    subject: kind === "request" ? asked : `Reminder: ${asked.toLowerCase()}`,
    name: "operator",
    paragraphs: [
      "a new tenant opens once a person approves it. Without an answer in time it is rejected, and all that was prepared is undone.",
      `Answer by POST ${run}/updates/${DECIDE_KYC} with {"input":{"decision":"approve","actor":"…","reason":"…"}} ("reject" likewise).`,
    ],
    facts: [
      ["Tenant", tenantId],
      ["Answer by", new Date(dueAt).toISOString()],
      ["The tenant", `${office.apiUrl}/api/v2/tenants/${encodeURIComponent(tenantId)}`],
      ["The flow", office.flowUrl(workflowId)],
    ],
  });
}
