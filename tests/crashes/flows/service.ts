import { LOW_BALANCE, lowBalanceWorkflowId, THRESHOLD_CROSSED } from "#workflows/low-balance/api.ts";
import { REINSTATE, SUSPENSION, suspensionWorkflowId } from "#workflows/suspension/api.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import { append, tenantOf, type TestWallet } from "../../invoicing/ledger.ts";
import { eventually } from "../../pipeline/world.ts";
import type { CrashedFlow, CrashWorld } from "../crash-world.ts";

/** Created, opened, service off, service on: each is a revision of the tenant. */
const SUSPENDED_ONCE = { status: "active", revision: 4 };

async function standing({ tenants }: CrashWorld, { tenant }: TestWallet) {
  const now = await tenants.get(tenant.tenantId);
  return { status: now?.status, revision: now?.revision };
}

async function untilSuspended(world: CrashWorld, wallet: TestWallet): Promise<void> {
  await eventually(
    () => standing(world, wallet),
    ({ status }) => status === "suspended",
  );
}

export const suspensionCrashes: CrashedFlow = {
  flow: SUSPENSION,
  queue: TASK_QUEUES.billing,
  expected: { ...SUSPENDED_ONCE, mails: 3, result: "reinstated" },
  sample: [{ activity: "setService", nth: 1, moment: "after" }],
  async prepare(world) {
    const wallet = await world.tenant();
    const { tenantId } = wallet.tenant;
    return {
      workflowType: SUSPENSION,
      workflowId: suspensionWorkflowId(tenantId),
      args: [
        {
          tenantId,
          cause: "person",
          walletId: null,
          graceSeconds: 1,
          reason: "a drill",
          actor: "support: Kim",
        },
      ],
      async act(flow) {
        await untilSuspended(world, wallet);
        await flow.executeUpdate(REINSTATE, { args: [{ actor: "Kim", reason: "the drill is over" }] });
      },
      async effects(flow) {
        const { result } = (await flow.result()) as { readonly result: string };
        return { ...(await standing(world, wallet)), mails: await world.mails(wallet), result };
      },
    };
  },
};

/** Critical at 4 of 5, suspended, topped up by 100, reinstated. */
export const lowBalanceCrashes: CrashedFlow = {
  flow: LOW_BALANCE,
  queue: TASK_QUEUES.billing,
  expected: { ...SUSPENDED_ONCE, mails: 4, result: { alerts: ["critical"], recovered: true } },
  sample: [{ activity: "mailBalance", nth: 1, moment: "after" }],
  async prepare(world) {
    const { tenant: model } = tenantOf({}, "prepaid");
    const [wallet] = model.wallets;
    const owner = await world.tenant({
      wallets: [{ ...wallet!, thresholds: { low: "10", critical: "5" } }],
    });
    const { tenantId } = owner.tenant;
    const { walletId } = owner;
    const at = (): string => new Date().toISOString();
    await append(world.pool, owner, [{ at: at(), type: "top_up", amount: "4" }]);
    const crossing = (threshold: string, balance: string, sequence: number) => ({
      id: `wallet:${walletId}:${threshold}:${sequence}`,
      threshold,
      balance,
      at: Date.now(),
    });
    return {
      workflowType: LOW_BALANCE,
      workflowId: lowBalanceWorkflowId(walletId),
      args: [{ tenantId, walletId, currency: "USD" }],
      async act(flow) {
        await flow.signal(THRESHOLD_CROSSED, crossing("critical", "4", 1));
        await untilSuspended(world, owner);
        await append(world.pool, owner, [{ at: at(), type: "top_up", amount: "100" }]);
        await flow.signal(THRESHOLD_CROSSED, crossing("recovered", "104", 2));
        await world.temporal.client.workflow.getHandle(suspensionWorkflowId(tenantId)).result();
      },
      async effects(flow) {
        const result: unknown = await flow.result();
        return { ...(await standing(world, owner)), mails: await world.mails(owner), result };
      },
    };
  },
};
