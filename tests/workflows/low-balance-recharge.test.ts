import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { createFlowTriggers } from "#adapters/temporal/flow-triggers.ts";
import { Unavailable } from "#domain/errors.ts";
import type { FlowTriggers } from "#domain/flows/ports.ts";
import type { WorkflowTrigger } from "#domain/events/workflow-trigger.ts";
import { lowBalanceWorkflowId, type BalanceAlert, type RechargeRequest } from "#workflows/low-balance/api.ts";
import { paymentCollectionWorkflowId } from "#workflows/payment-collection/api.ts";
import { suspensionWorkflowId } from "#workflows/suspension/api.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import { scriptedBilling, type BillingActivities } from "./scripted-billing.ts";
import { startTimeSkipping, type TimeSkipping } from "./time-skipping.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

let time: TimeSkipping;
// Payments that begin here have nobody who ends them: each test has a server of its own.
beforeEach(async () => {
  time = await startTimeSkipping();
});
afterEach(() => time.close());

type Flow = ReturnType<TimeSkipping["temporal"]["client"]["workflow"]["getHandle"]>;

interface Wallet {
  readonly tenantId: string;
  readonly walletId: string;
  readonly calls: readonly string[];
  readonly flow: Flow;
  /** As the ledger has it: the test moves it. */
  below: readonly BalanceAlert[];
  cross(threshold: WorkflowTrigger["threshold"], sequence: number): Promise<void>;
  /** Resolves once so many calls of the name were made. */
  called(name: string, times?: number): Promise<void>;
  recover(): Promise<unknown>;
}

const CHANNELS = { sms: true, webhook: true };

async function withWallet(
  script: Partial<BillingActivities>,
  work: (wallet: Wallet) => Promise<void>,
): Promise<void> {
  const [tenantId, walletId] = [`T-${randomUUID()}`, randomUUID()];
  let below: readonly BalanceAlert[] = ["low"];
  const { activities, calls } = scriptedBilling({
    balanceStanding: async () => ({
      balance: "0.5",
      below,
      suspension: null,
      channels: CHANNELS,
      recharges: true,
    }),
    ...script,
  });
  await withPayments(() =>
    time.withWorker(activities, async (taskQueue) => {
      const triggers = createFlowTriggers(time.temporal, taskQueue);
      const flow = time.temporal.client.workflow.getHandle(lowBalanceWorkflowId(walletId));
      const wallet: Wallet = {
        tenantId,
        walletId,
        calls,
        flow,
        get below() {
          return below;
        },
        set below(alerts) {
          below = alerts;
        },
        cross: (threshold, sequence) =>
          delivered(triggers, {
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
        async called(name, times = 1) {
          while (calls.filter((call) => call === name).length < times)
            await new Promise((resolve) => setTimeout(resolve, 20));
        },
        async recover() {
          below = [];
          await wallet.cross("recovered", 1_000);
          return time.skipping(() => flow.result());
        },
      };
      await work(wallet);
    }),
  );
}

/** Again where the server is slower than the product waits, as the consumer of triggers does: the same one changes nothing. */
async function delivered(triggers: FlowTriggers, trigger: WorkflowTrigger): Promise<void> {
  try {
    await triggers.deliver(trigger);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    await delivered(triggers, trigger);
  }
}

/** The payments' queue has a worker that knows none of their steps: they begin, and end with the test. */
function withPayments(work: () => Promise<void>): Promise<void> {
  return time.withWorker(
    { openPayment: () => Promise.reject(new Unavailable("postgres")) },
    work,
    TASK_QUEUES.payments,
  );
}

/** What the payment's flow was started as; null where there is none. */
async function paymentOf(wallet: Wallet, sequence: number): Promise<unknown> {
  const id = paymentCollectionWorkflowId(`recharge-${wallet.walletId}-${sequence}`);
  const handle = time.temporal.client.workflow.getHandle(id);
  const known = await begun(handle, wallet.calls.includes("admit?"));
  if (known === null) return null;
  await handle.terminate().catch(() => {});
  return { queue: known.taskQueue, type: known.type };
}

/** What was admitted begins in a moment. */
async function begun(
  handle: Flow,
  isExpected: boolean,
): Promise<Awaited<ReturnType<Flow["describe"]>> | null> {
  const end = Date.now() + (isExpected ? 10_000 : 0);
  for (;;) {
    const known = await handle.describe().catch(() => null);
    if (known !== null || Date.now() >= end) return known;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A payment store that admits, as PostgreSQL would. */
const admit: BillingActivities["admitRecharge"] = async ({ tenantId, walletId, triggerId }) => ({
  kind: "admitted",
  payment: {
    paymentId: `recharge-${walletId}-${triggerId.split(":").at(-1) ?? ""}`,
    tenantId,
    walletId,
    purpose: "auto_recharge",
    invoiceId: null,
    invoiceNumber: null,
    amountMinor: "5000",
    currency: "USD",
    actor: "automatic recharge",
  },
});

const NO_RECHARGE: Partial<BillingActivities> = {
  rechargeDue: async () => ({ kind: "none", because: "a recharge of this wallet is under way" }),
};

describe("an alert", () => {
  test("goes to mail, SMS and webhook; one that is away keeps nothing else waiting", async () => {
    let away = true;
    const script: Partial<BillingActivities> = {
      ...NO_RECHARGE,
      mailBalance: async () => {
        if (away) throw new Unavailable("smtp");
        return { kind: "accepted" };
      },
      textBalance: async () => ({ sent: 1, refused: ["invalid_destination"] }),
      balanceStanding: async () => ({
        balance: "0.5",
        below: wallet.below,
        suspension: { graceSeconds: 0 },
        channels: CHANNELS,
      }),
    };
    let wallet: Wallet;
    await withWallet(script, async (given) => {
      wallet = given;
      wallet.below = ["low", "critical"];
      await wallet.cross("critical", 1);
      await Promise.all([wallet.called("text critical"), wallet.called("post critical")]);
      const suspension = time.temporal.client.workflow.getHandle(suspensionWorkflowId(wallet.tenantId));
      await wallet.called("off by billing");
      await suspension.terminate();
      away = false;
      await expect(wallet.recover()).resolves.toEqual({ alerts: ["critical"], recovered: true });
      expect(wallet.calls.filter((call) => call === "text critical")).toHaveLength(1);
      expect(wallet.calls.filter((call) => call === "text recovered")).toHaveLength(1);
    });
  });

  test("that is repeated is told once on every channel", async () => {
    await withWallet(NO_RECHARGE, async (wallet) => {
      for (let time = 0; time < 3; time += 1) await wallet.cross("low", 1);
      await wallet.called("post low");
      await wallet.recover();
      for (const channel of ["mail", "text", "post"])
        expect(wallet.calls.filter((call) => call === `${channel} low`)).toHaveLength(1);
    });
  });
});

describe("an automatic recharge", () => {
  test("is due, waits a minute whether many others are, asks again, and begins one payment", async () => {
    const requests: RechargeRequest[] = [];
    const script: Partial<BillingActivities> = {
      admitRecharge: async (request) => {
        requests.push(request);
        return admit(request);
      },
    };
    await withWallet(script, async (wallet) => {
      wallet.below = ["low", "critical"];
      await wallet.cross("low", 7);
      await wallet.cross("critical", 7);
      await wallet.called("mail critical");
      await time.pass(MINUTE_MS / 2);
      expect(wallet.calls).not.toContain("admit?");
      await time.pass(MINUTE_MS / 2);
      await wallet.called("admit?");
      await expect(paymentOf(wallet, 7)).resolves.toEqual({ queue: "payments", type: "paymentCollection" });
      await expect(wallet.recover()).resolves.toMatchObject({ recovered: true });
      expect(requests).toHaveLength(1);
    });
  });

  test("of a balance that recovers within the minute never begins", async () => {
    await withWallet({ admitRecharge: admit }, async (wallet) => {
      await wallet.cross("low", 1);
      await wallet.called("due?");
      await wallet.recover();
      expect(wallet.calls).not.toContain("admit?");
      await expect(paymentOf(wallet, 1)).resolves.toBeNull();
    });
  });

  test("that the ledger, the cap or the store refuses leaves no payment", async () => {
    await withWallet({}, async (wallet) => {
      await wallet.cross("low", 1);
      await time.pass(MINUTE_MS);
      await wallet.called("admit?");
      await wallet.recover();
      const id = paymentCollectionWorkflowId(`recharge-${wallet.walletId}-1`);
      await expect(time.temporal.client.workflow.getHandle(id).describe()).rejects.toThrow();
    });
  });

  test("is admitted once however often its answer is lost, and its flow is started once", async () => {
    let attempts = 0;
    const script: Partial<BillingActivities> = {
      admitRecharge: async (request) => {
        attempts += 1;
        if (attempts < 3) throw new Unavailable("postgres");
        return admit(request);
      },
    };
    await withWallet(script, async (wallet) => {
      await wallet.cross("low", 3);
      await time.pass(MINUTE_MS + 2_000);
      await wallet.called("admit?", 3);
      await expect(paymentOf(wallet, 3)).resolves.not.toBeNull();
      await wallet.recover();
    });
  });

  test("once admitted is collected even where the flow is cancelled in that moment", async () => {
    const script: Partial<BillingActivities> = {
      admitRecharge: async (request) => {
        await wallet.flow.cancel();
        await new Promise((resolve) => setTimeout(resolve, 200));
        return admit(request);
      },
    };
    let wallet: Wallet;
    await withWallet(script, async (given) => {
      wallet = given;
      await wallet.cross("low", 4);
      await wallet.called("due?");
      await time.pass(MINUTE_MS);
      await wallet.called("admit?");
      await expect(paymentOf(wallet, 4)).resolves.not.toBeNull();
    });
  });
});

describe("an open breaker", () => {
  test("tells the operator once, asks again by the quarter of an hour, and lets the recharge go on once it is closed", async () => {
    let open = true;
    const script: Partial<BillingActivities> = {
      rechargeDue: async () =>
        open
          ? { kind: "stopped", because: "31 recharges fell due", alarm: asked() === 1 ? 4 : null }
          : { kind: "due", waitMs: MINUTE_MS },
      admitRecharge: admit,
    };
    let calls: readonly string[] = [];
    const asked = (): number => calls.filter((call) => call === "due?").length;
    await withWallet(script, async (wallet) => {
      ({ calls } = wallet);
      await wallet.cross("low", 5);
      await wallet.called("mail breaker 4");
      await time.pass(46 * MINUTE_MS);
      await wallet.called("due?", 4);
      open = false;
      await time.pass(15 * MINUTE_MS);
      await time.pass(MINUTE_MS);
      await wallet.called("admit?");
      await expect(paymentOf(wallet, 5)).resolves.not.toBeNull();
      await wallet.recover();
      expect(calls.filter((call) => call.startsWith("mail breaker"))).toHaveLength(1);
    });
  });

  test("that nobody closes for a day ends the recharge, not the flow", async () => {
    const stopped = { kind: "stopped", because: "31 recharges fell due", alarm: null } as const;
    await withWallet({ rechargeDue: async () => stopped }, async (wallet) => {
      await wallet.cross("low", 6);
      await wallet.called("due?");
      await time.pass(2 * DAY_MS);
      expect(wallet.calls.filter((call) => call === "due?")).toHaveLength(96);
      await expect(wallet.recover()).resolves.toMatchObject({ recovered: true });
      await expect(paymentOf(wallet, 6)).resolves.toBeNull();
    });
  });
});
