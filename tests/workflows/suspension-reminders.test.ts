import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  CAUSE_MAY_HAVE_ENDED,
  REINSTATE,
  SUSPENSION,
  SUSPENSION_STATE,
  suspensionOutput,
  suspensionState,
  suspensionWorkflowId,
  type SuspensionInput,
} from "#workflows/suspension/api.ts";
import type { CarriedSuspension } from "#workflows/suspension/workflow.ts";
import { scriptedBilling, suspensionOf, type BillingActivities } from "./scripted-billing.ts";
import { startTimeSkipping, type TimeSkipping } from "./time-skipping.ts";

const DAY_MS = 86_400_000;

let time: TimeSkipping;
beforeAll(async () => {
  time = await startTimeSkipping();
});
afterAll(() => time.close());

type Flow = Awaited<ReturnType<TimeSkipping["temporal"]["client"]["workflow"]["start"]>>;

const REASON = { actor: "Kim", reason: "paid" };
const reinstate = (flow: Flow): Promise<unknown> => flow.executeUpdate(REINSTATE, { args: [REASON] });

async function until(flow: Flow, status: string): Promise<void> {
  for (;;) {
    const state = suspensionState.parse(await flow.query(SUSPENSION_STATE));
    if (state.status === status) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Each look is a turn of the loop: what is waited for is another promise's work. */
async function untilTrue(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Runs one suspension while `act` does what happens from outside; answers what it came to and the mails, with the day of each. */
async function run(
  given: Partial<SuspensionInput>,
  act: (flow: Flow, calls: readonly string[]) => Promise<void>,
  script: Partial<BillingActivities> = {},
  carried: CarriedSuspension | null = null,
) {
  const mails: [string, number][] = [];
  let from = 0;
  const { activities, calls } = scriptedBilling({
    mailSuspension: async ({ kind }) => {
      mails.push([kind, Math.round(((await time.now()) - from) / DAY_MS)]);
      return { kind: "accepted" };
    },
    ...script,
  });
  const input = suspensionOf(given);
  return time.withWorker(activities, async (taskQueue) => {
    from = await time.now();
    const workflowId = suspensionWorkflowId(input.tenantId);
    const args = carried === null ? [input] : [input, carried];
    const flow = await time.temporal.client.workflow.start(SUSPENSION, { workflowId, taskQueue, args });
    await act(flow, calls);
    // Without a run id: the end of whichever run it went on in.
    const handle = time.temporal.client.workflow.getHandle(workflowId);
    return { output: suspensionOutput.parse(await handle.result()), mails, calls, flow };
  });
}

describe("a suspension of two months", () => {
  test("reminds after 1, 3, 7, 14, 28 days and then monthly", async () => {
    const { output, mails } = await run({}, async (flow) => {
      await until(flow, "suspended");
      await time.pass(60 * DAY_MS);
      await reinstate(flow);
    });
    expect(mails).toEqual([
      ["suspended", 0],
      ["reminder", 1],
      ["reminder", 3],
      ["reminder", 7],
      ["reminder", 14],
      ["reminder", 28],
      ["reminder", 58],
      ["reinstated", 60],
    ]);
    expect(output).toMatchObject({ result: "reinstated", by: "Kim" });
  });

  test("after ninety days of grace asks the ledger again before it takes service off", async () => {
    const { mails, calls } = await run({ graceSeconds: 90 * 86_400 }, async (flow) => {
      await until(flow, "noticed");
      await time.pass(89 * DAY_MS);
      await until(flow, "noticed");
      await time.pass(1.5 * DAY_MS);
      await until(flow, "suspended");
      await reinstate(flow);
    });
    expect(mails.slice(0, 2)).toEqual([
      ["notice", 0],
      ["suspended", 90],
    ]);
    expect(calls.slice(0, 4)).toEqual(["ask", "mail notice", "ask", "off by billing"]);
  });

  test("goes on in a new history with its mails, its reminders and the time at which service went off", async () => {
    const suspendedAt = 1_700_000_000_000;
    const carried: CarriedSuspension = {
      state: { status: "suspended", dueAt: null, suspendedAt },
      mails: 4,
      reminders: 5,
      mayHaveEnded: false,
    };
    const numbers: number[] = [];
    const { output, calls } = await run(
      {},
      async (flow) => {
        await until(flow, "suspended");
        await time.pass(29 * DAY_MS);
        expect(numbers).toEqual([]);
        await time.pass(2 * DAY_MS);
        expect(numbers).toEqual([5]);
        await reinstate(flow);
      },
      {
        mailSuspension: async ({ number }) => {
          numbers.push(number);
          return { kind: "accepted" };
        },
      },
      carried,
    );
    expect(output).toMatchObject({ result: "reinstated", suspendedAt });
    expect(calls).toEqual(["mail reminder", "on by Kim", "mail reinstated"]);
  });

  test("goes on in a new history within its grace, at the end that was announced", async () => {
    const dueAt = (await time.now()) + 3 * DAY_MS;
    const state = { status: "noticed", dueAt, suspendedAt: null } as const;
    const { calls } = await run(
      { graceSeconds: 30 * 86_400 },
      async (flow) => {
        await until(flow, "noticed");
        await time.pass(3.5 * DAY_MS);
        await until(flow, "suspended");
        await reinstate(flow);
      },
      {},
      { state, mails: 1, reminders: 0, mayHaveEnded: false },
    );
    expect(calls.slice(0, 3)).toEqual(["ask", "off by billing", "mail suspended"]);
  });

  test("that is told of money hundreds of times goes on in another run, loses nothing, and is reinstated once", async () => {
    let asked = 0;
    const { output, calls, flow } = await run(
      {},
      async (given) => {
        const handle = time.temporal.client.workflow.getHandle(given.workflowId);
        await until(given, "suspended");
        const first = (await handle.describe()).runId;
        while ((await handle.describe()).runId === first) {
          const before = asked;
          await handle.signal(CAUSE_MAY_HAVE_ENDED);
          await untilTrue(() => asked !== before);
        }
        await handle.executeUpdate(REINSTATE, { args: [REASON] });
      },
      {
        suspensionStanding: async () => {
          asked += 1;
          return { due: true, because: "it is" };
        },
      },
    );
    expect(output).toMatchObject({ result: "reinstated", by: "Kim" });
    expect(calls.filter((call) => call.startsWith("off"))).toHaveLength(1);
    expect(calls.filter((call) => call.startsWith("on"))).toHaveLength(1);
    expect(calls.filter((call) => call === "mail suspended")).toHaveLength(1);
    expect(flow.workflowId).toContain("suspension-");
  });
});

describe("cancelled", () => {
  test.each([
    ["noticed", 86_400, []],
    ["suspended", 0, ["off by billing", "mail suspended", "on by cancellation", "mail reinstated"]],
  ])("while it is %s it leaves service on", async (status, graceSeconds, expected) => {
    const { activities, calls } = scriptedBilling();
    const input = suspensionOf({ graceSeconds });
    await time.withWorker(activities, async (taskQueue) => {
      const workflowId = suspensionWorkflowId(input.tenantId);
      const flow = await time.temporal.client.workflow.start(SUSPENSION, {
        workflowId,
        taskQueue,
        args: [input],
      });
      await until(flow, status);
      await flow.cancel();
      await flow.result().catch(() => {});
    });
    expect(calls.filter((call) => call !== "ask" && call !== "mail notice")).toEqual(expected);
  });
});

describe("asked for", () => {
  test("while another one runs, the second is refused and the first goes on", async () => {
    const { output } = await run({}, async (flow) => {
      const again = time.temporal.client.workflow.start(SUSPENSION, {
        workflowId: flow.workflowId,
        taskQueue: "nowhere",
        args: [suspensionOf()],
      });
      await expect(again).rejects.toThrow("already started");
      await until(flow, "suspended");
      await Promise.all([reinstate(flow), reinstate(flow)]);
    });
    expect(output.by).toBe("Kim");
  });
});
