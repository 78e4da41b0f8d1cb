import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { createFlowTriggers } from "#adapters/temporal/flow-triggers.ts";
import type { WorkflowTrigger } from "#domain/events/workflow-trigger.ts";
import { lowBalanceOutput, lowBalanceWorkflowId, type BalanceAlert } from "#workflows/low-balance/api.ts";
import { CAUSE_MAY_HAVE_ENDED, suspensionWorkflowId } from "#workflows/suspension/api.ts";
import { attachFlowsEnvironment, type FlowsEnvironment } from "./flows-environment.ts";
import { scriptedBilling, type BillingActivities } from "./scripted-billing.ts";

let flows: FlowsEnvironment;
beforeAll(async () => {
  flows = await attachFlowsEnvironment();
});
afterAll(() => flows.close());

interface Wallet {
  readonly tenantId: string;
  readonly walletId: string;
  /** As the ledger has it: the test moves it. */
  below: readonly BalanceAlert[];
  readonly calls: readonly string[];
  cross(threshold: WorkflowTrigger["threshold"], sequence: number): Promise<void>;
  result(): Promise<unknown>;
}

async function withWallet(
  work: (wallet: Wallet) => Promise<void>,
  script: Partial<BillingActivities> = {},
  suspension: { readonly graceSeconds: number } | null = null,
): Promise<void> {
  const [tenantId, walletId] = [`T-${randomUUID()}`, randomUUID()];
  let below: readonly BalanceAlert[] = [];
  const { activities, calls } = scriptedBilling({
    balanceStanding: async () => ({ balance: "0.5", below, suspension }),
    ...script,
  });
  await flows.withWorker(activities, async (_starter, taskQueue) => {
    const triggers = createFlowTriggers(flows.temporal, taskQueue);
    await work({
      tenantId,
      walletId,
      calls,
      get below() {
        return below;
      },
      set below(alerts) {
        below = alerts;
      },
      cross: (threshold, sequence) =>
        triggers.deliver({
          v: 1,
          type: "wallet.threshold",
          id: `wallet:${walletId}:${threshold}:${sequence}`,
          tenantId,
          walletId,
          threshold,
          balance: "0.5",
          currency: "USD",
          at: 1_780_000_000_000,
        }),
      result: () => flows.temporal.client.workflow.getHandle(lowBalanceWorkflowId(walletId)).result(),
    });
  });
}

const mails = ({ calls }: Wallet): string[] => calls.filter((call) => call.startsWith("mail"));

describe("a low balance", () => {
  test("is told of once for each crossing, from low to negative, and ends when the ledger says that it has recovered", async () => {
    await withWallet(async (wallet) => {
      wallet.below = ["low", "critical", "negative"];
      await wallet.cross("low", 1);
      await wallet.cross("critical", 2);
      await wallet.cross("critical", 2);
      await wallet.cross("negative", 3);
      while (mails(wallet).length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
      wallet.below = [];
      await wallet.cross("recovered", 4);
      expect(lowBalanceOutput.parse(await wallet.result())).toEqual({
        alerts: ["low", "critical", "negative"],
        recovered: true,
      });
      expect(mails(wallet)).toEqual(["mail low", "mail critical", "mail negative", "mail recovered"]);
    });
  });

  test("that the ledger does not know of is told to nobody: a cache that came up empty alarms no one", async () => {
    await withWallet(
      async (wallet) => {
        await wallet.cross("negative", 1);
        expect(await wallet.result()).toEqual({ alerts: [], recovered: false });
        expect(mails(wallet)).toEqual([]);
      },
      {},
      { graceSeconds: 0 },
    );
  });

  test("that is critical begins one suspension of the tenant, and a recovery asks it to look again", async () => {
    let due = true;
    await withWallet(
      async (wallet) => {
        wallet.below = ["low", "critical"];
        await wallet.cross("critical", 1);
        await wallet.cross("critical", 5);
        while (!wallet.calls.includes("mail suspended"))
          await new Promise((resolve) => setTimeout(resolve, 20));
        while (mails(wallet).filter((mail) => mail === "mail critical").length < 2)
          await new Promise((resolve) => setTimeout(resolve, 20));
        due = false;
        wallet.below = [];
        await wallet.cross("recovered", 9);
        await expect(wallet.result()).resolves.toMatchObject({ recovered: true });
        const suspension = flows.temporal.client.workflow.getHandle(suspensionWorkflowId(wallet.tenantId));
        await expect(suspension.result()).resolves.toMatchObject({ result: "reinstated", by: "ledger" });
        await expect(suspension.signal(CAUSE_MAY_HAVE_ENDED)).rejects.toThrow();
        expect(wallet.calls.filter((call) => call.startsWith("off"))).toHaveLength(1);
      },
      { suspensionStanding: async () => ({ due, because: "" }) },
      { graceSeconds: 0 },
    );
  });
});
