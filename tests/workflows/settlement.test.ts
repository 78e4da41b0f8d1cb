import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ApplicationFailure } from "@temporalio/common";
import { WorkflowFailedError } from "@temporalio/client";
import { Rejected, Unavailable } from "#domain/errors.ts";
import {
  SETTLEMENT,
  SETTLEMENT_SCHEDULE,
  SETTLEMENT_STATE,
  settlementOutput,
  settlementState,
  settlementWorkflowId,
  type SettlementActivities,
  type SettlementOutput,
} from "#workflows/settlement/api.ts";
import { scriptedSettlement } from "./scripted-settlement.ts";
import { startTimeSkipping, type TimeSkipping } from "./time-skipping.ts";

let time: TimeSkipping;
beforeAll(async () => {
  time = await startTimeSkipping();
}, 120_000);
afterAll(() => time.close());

let days = 0;
/** Each test settles a day of its own: ids are business keys. */
function freshDay(): string {
  days += 1;
  return new Date(Date.UTC(2026, 0, days)).toISOString().slice(0, 10);
}

type Flow = Awaited<ReturnType<TimeSkipping["temporal"]["client"]["workflow"]["start"]>>;

async function run(
  script: Partial<SettlementActivities>,
  { pages = 2, act = async () => {} }: { pages?: number; act?: (flow: Flow) => Promise<void> } = {},
): Promise<{ readonly day: string; readonly calls: string[]; readonly output: Promise<SettlementOutput> }> {
  const { activities, calls } = scriptedSettlement(script, pages);
  const day = freshDay();
  const output = time.withWorker(activities, async (taskQueue) => {
    const flow = await time.temporal.client.workflow.start(SETTLEMENT, {
      workflowId: settlementWorkflowId(day),
      taskQueue,
      args: [{ day, actor: "Kim" }],
    });
    await act(flow);
    return time.skipping(async () => settlementOutput.parse(await flow.result()));
  });
  await output.catch(() => {});
  return { day, calls, output };
}

const UNTIL_MAIL = ["messages", "invoices", "stripe"];

describe("a settlement", () => {
  test("goes through every page and phase, and answers with its report", async () => {
    const { day, calls, output } = await run({});
    expect(await output).toEqual({
      day,
      result: "settled",
      position: 7,
      hash: "ab".repeat(32),
      wallets: 20,
      differences: 1,
      adjusted: 0,
      cases: 1,
    });
    expect(calls).toEqual([
      `open ${day}`,
      "wallets from null",
      "wallets from 1",
      ...UNTIL_MAIL,
      "report of 20, without ",
      "mail",
    ]);
  });

  test("says how far it is while it runs", async () => {
    let told = (): void => {};
    let go = (): void => {};
    const reached = new Promise<void>((resolve) => (told = resolve));
    const gate = new Promise<void>((resolve) => (go = resolve));
    await run(
      {
        settleMessages: async ({ tally }) => {
          told();
          await gate;
          return { after: null, tally };
        },
      },
      {
        act: async (flow) => {
          await reached;
          expect(settlementState.parse(await flow.query(SETTLEMENT_STATE))).toMatchObject({
            phase: "messages",
            wallets: 20,
            compared: { wallets: 20 },
          });
          go();
        },
      },
    );
  });

  test.each(["TooEarly", "Superseded"])("that cannot be (%s) fails at once and says why", async (type) => {
    const why = ApplicationFailure.nonRetryable("2026-11-27 can be settled from …", type);
    const { calls, output } = await run({ openSettlement: () => Promise.reject(why) });
    await expect(output).rejects.toBeInstanceOf(WorkflowFailedError);
    expect(calls).toHaveLength(1);
  });

  test.each([
    "openSettlement",
    "settleWallets",
    "settleMessages",
    "settleInvoices",
    "settleProvider",
    "issueReport",
    "mailReport",
  ] as const)("goes on when a server is away in %s", async (step) => {
    let failures = 2;
    const happy = scriptedSettlement().activities[step] as (given: never) => Promise<never>;
    const { output } = await run({
      [step]: async (given: never) => {
        failures -= 1;
        if (failures >= 0) throw new Unavailable("postgres");
        return happy(given);
      },
    });
    expect(await output).toMatchObject({ result: "settled", wallets: 20 });
  });

  test("names a provider that says no, and one that does not answer all day, and goes on", async () => {
    const both = async () => ({ wallets: 20, providers: ["stripe", "paypal"] as const });
    const { calls, output } = await run({
      openSettlement: both,
      settleProvider: ({ provider }) =>
        Promise.reject(
          provider === "stripe" ? new Rejected("stripe", "401", "no such key") : new Unavailable("paypal"),
        ),
    });
    expect(await output).toMatchObject({ result: "settled", cases: 1 });
    expect(calls.filter((call) => call === "stripe")).toHaveLength(1);
    expect(calls.filter((call) => call === "paypal").length).toBeGreaterThan(10);
    expect(calls.at(-2)).toBe("report of 20, without stripe,paypal");
  });

  test("is settled whether or not its mail arrives", async () => {
    const refused = await run({ mailReport: async () => ({ kind: "refused", reason: "no such mailbox" }) });
    expect(await refused.output).toMatchObject({ result: "settled" });
    const away = await run({ mailReport: () => Promise.reject(new Unavailable("smtp")) });
    expect(await away.output).toMatchObject({ result: "settled" });
  });

  test.each([
    "openSettlement",
    "settleWallets",
    "settleMessages",
    "settleProvider",
    "issueReport",
    "mailReport",
  ] as const)("cancelled in %s ends as cancelled, and the day can be settled again", async (step) => {
    let told = (): void => {};
    let go = (): void => {};
    const reached = new Promise<void>((resolve) => (told = resolve));
    const gate = new Promise<void>((resolve) => (go = resolve));
    const { day, output } = await run(
      {
        [step]: async () => {
          told();
          await gate;
          throw new Unavailable("whatever: nobody waits for it any more");
        },
      },
      {
        act: async (flow) => {
          await reached;
          await flow.cancel();
          await flow.result().catch(() => {});
          go();
        },
      },
    );
    await expect(output).rejects.toMatchObject({ cause: { name: "CancelledFailure" } });
    const { activities } = scriptedSettlement();
    const again = await time.withWorker(activities, (taskQueue) =>
      time.temporal.client.workflow.execute(SETTLEMENT, {
        workflowId: settlementWorkflowId(day),
        taskQueue,
        args: [{ day, actor: "Kim" }],
      }),
    );
    expect(again).toMatchObject({ result: "settled" });
  });

  test("of very many wallets continues as new runs, and leaves none out", async () => {
    const keys = new Set<string>();
    const { activities: happy } = scriptedSettlement({}, 700);
    const { calls, output } = await run(
      {
        settleWallets: (stretch) => {
          keys.add(stretch.run.runKey);
          return happy.settleWallets(stretch);
        },
        openSettlement: async () => ({ wallets: 7_000, providers: [] }),
      },
      { pages: 700 },
    );
    const { day } = await output;
    expect(await output).toMatchObject({ wallets: 7_000 });
    const wallets = calls.filter((call) => call.startsWith("wallets"));
    expect(wallets).toEqual([...Array(700).keys()].map((page) => `wallets from ${page === 0 ? null : page}`));
    expect(calls.filter((call) => call === `open ${day}`)).toHaveLength(1);
    // One settlement, however many runs: what is repeated within it has one effect.
    expect(keys.size).toBe(1);
    const { runId } = await time.temporal.client.workflow.getHandle(settlementWorkflowId(day)).describe();
    expect(keys.has(runId)).toBe(false);
  }, 60_000);
});

describe("the schedule's run", () => {
  const start = (taskQueue: string, id: string) =>
    time.temporal.client.workflow.start(SETTLEMENT, {
      workflowId: `${SETTLEMENT_SCHEDULE}-${id}`,
      taskQueue,
      args: [{ day: null, actor: "schedule" }],
    });

  test("settles the last day that is over for four hours, under that day's id", async () => {
    const { activities, calls } = scriptedSettlement();
    const output = await time.withWorker(activities, async (taskQueue) =>
      settlementOutput.parse(await (await start(taskQueue, "1")).result()),
    );
    const at = await time.now();
    const settled = [at, at - 60_000].map((now) => new Date(now - 28 * 3_600_000).toISOString().slice(0, 10));
    expect(settled).toContain(output.day);
    expect(calls[0]).toBe(`open ${output.day}`);
    const described = await time.temporal.client.workflow
      .getHandle(settlementWorkflowId(output.day))
      .describe();
    expect(described.status.name).toBe("COMPLETED");
  });

  test("leaves a day alone that a person settles at the moment", async () => {
    let go = (): void => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    const { activities } = scriptedSettlement({
      openSettlement: async () => {
        await gate;
        return { wallets: 0, providers: [] };
      },
    });
    await time.withWorker(activities, async (taskQueue) => {
      const first = await start(taskQueue, "2");
      // Its child holds the day once the first has begun; the second finds it there.
      const second = await start(taskQueue, "3");
      const outputs = Promise.race([first.result(), second.result()]);
      expect(await outputs).toMatchObject({ result: "running_elsewhere" });
      go();
      const both = await Promise.all([first.result(), second.result()]);
      expect(both.map(({ result }) => result).toSorted()).toEqual(["running_elsewhere", "settled"]);
    });
  });
});
