import { createFlowSchedules } from "#adapters/temporal/flow-schedules.ts";
import { systemClock } from "#domain/clock.ts";
import { invoicingScheduleId } from "#domain/invoicing/schedule.ts";
import { createRest } from "../../../scripts/demo/rest.ts";
import {
  DECIDE_KYC,
  ONBOARDING_STATE,
  onboardingWorkflowId,
  TENANT_ONBOARDING,
  type OnboardingState,
} from "#workflows/tenant-onboarding/api.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import { eventually, rateCard } from "../../pipeline/world.ts";
import { onboardingOf } from "../../workflows/flows-environment.ts";
import type { CrashedFlow, CrashWorld, Flow } from "../crash-world.ts";

/** Approved by a person, a customer of Stripe, invoiced by a schedule. */
export const onboardingCrashes: CrashedFlow = {
  flow: TENANT_ONBOARDING,
  queue: TASK_QUEUES.onboarding,
  expected: {
    rows: { tenants: 1, wallets: 1, api_keys: 1, smpp_accounts: 1 },
    status: "active",
    revision: 4,
    customers: 1,
    scheduled: true,
    mails: 1,
  },
  sample: [
    { activity: "createTenant", nth: 1, moment: "after" },
    { activity: "registerCustomer", nth: 1, moment: "after" },
  ],
  async prepare(world) {
    const { urls, secrets } = world.environment;
    const model = onboardingOf();
    const { tenantId, wallet } = model;
    const rateCardId = `RC-${tenantId}`;
    await createRest(urls.gateway, secrets.adminToken).post(
      "/api/v2/rate-cards",
      rateCard(rateCardId, "0.03"),
    );
    const email = `${wallet.walletId}@crashes.test`;
    const kyc = { deadlineSeconds: 3_600 };
    return {
      workflowType: TENANT_ONBOARDING,
      workflowId: onboardingWorkflowId(tenantId),
      args: [{ ...model, email, rateCardId, paymentProvider: "stripe", kyc }],
      act: approve,
      async effects() {
        const tenant = await world.tenants.get(tenantId);
        const schedules = createFlowSchedules(world.temporal, systemClock);
        return {
          rows: await rowsOf(world, tenantId),
          status: tenant?.status,
          revision: tenant?.revision,
          customers: await customersOf(world, tenantId),
          scheduled: (await schedules.describe(invoicingScheduleId(tenantId))) !== null,
          mails: tenant === null ? 0 : await world.mails({ tenant, walletId: wallet.walletId }),
        };
      },
    };
  },
};

/** A person waits until asked; a worker that is being killed answers nobody. */
async function approve(flow: Flow): Promise<void> {
  await eventually(
    () =>
      flow.query<OnboardingState>(ONBOARDING_STATE).then(
        ({ status }) => status,
        () => "nobody answers",
      ),
    (status) => status === "awaiting_approval",
  );
  await flow.executeUpdate(DECIDE_KYC, {
    args: [{ decision: "approve", actor: "Kim", reason: "papers are in order" }],
  });
}

async function rowsOf({ pool }: CrashWorld, tenantId: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of ["tenants", "wallets", "api_keys", "smpp_accounts"]) {
    const { rowCount } = await pool.query(`SELECT FROM ${name} WHERE tenant_id = $1`, [tenantId]);
    counts[name] = rowCount ?? 0;
  }
  return counts;
}

async function customersOf({ environment }: CrashWorld, tenantId: string): Promise<number> {
  const { urls, variables } = environment;
  const query = encodeURIComponent(`metadata['tenant_id']:'${tenantId}'`);
  const response = await fetch(`${urls.stripeSimulator}/v1/customers/search?query=${query}`, {
    headers: { authorization: `Bearer ${variables["STRIPE_SECRET_KEY"]}` },
  });
  return ((await response.json()) as { readonly data: readonly unknown[] }).data.length;
}
