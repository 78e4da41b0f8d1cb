import { setTimeout as sleep } from "node:timers/promises";
import type { Rest } from "./rest.ts";

export interface OnboardedTenant {
  readonly tenantId: string;
  readonly apiKey: string;
  readonly systemId: string;
  readonly password: string;
  readonly workflowUrl: string | null;
}

interface OnboardAnswer {
  readonly status: string;
  readonly api_key: string;
  readonly smpp: { readonly system_id: string; readonly password: string };
  readonly workflow: { readonly url: string | null };
}

const ACTIVE_MS_MAX = 60_000;

/** Onboards a tenant through its Temporal workflow and waits until it is active. */
export async function onboard(
  admin: Rest,
  tenant: { tenant_id: string } & Record<string, unknown>,
): Promise<OnboardedTenant> {
  const answer = await admin.post<OnboardAnswer>("/api/v2/tenants", tenant);
  const deadline = Date.now() + ACTIVE_MS_MAX;
  for (let status = answer.status; status !== "active"; await sleep(200)) {
    if (Date.now() > deadline) throw new Error(`${tenant.tenant_id} is not active: ${answer.workflow.url}`);
    // A flow that has only just begun has made nothing yet.
    status = await admin
      .get<{ status: string }>(`/api/v2/tenants/${tenant.tenant_id}`)
      .then((shown) => shown.status)
      .catch(() => "onboarding");
  }
  return {
    tenantId: tenant.tenant_id,
    apiKey: answer.api_key,
    systemId: answer.smpp.system_id,
    password: answer.smpp.password,
    workflowUrl: answer.workflow.url,
  };
}
