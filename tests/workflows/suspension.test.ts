import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { WorkflowUpdateFailedError } from "@temporalio/client";
import { Unavailable } from "#domain/errors.ts";
import {
  CAUSE_MAY_HAVE_ENDED,
  REINSTATE,
  SUSPENSION,
  SUSPENSION_STATE,
  suspensionOutput,
  suspensionState,
  suspensionWorkflowId,
  type SuspensionInput,
  type SuspensionOutput,
} from "#workflows/suspension/api.ts";
import { attachFlowsEnvironment, type FlowsEnvironment } from "./flows-environment.ts";
import { scriptedBilling, suspensionOf, type BillingActivities } from "./scripted-billing.ts";

let flows: FlowsEnvironment;
beforeAll(async () => {
  flows = await attachFlowsEnvironment();
});
afterAll(() => flows.close());

/** Runs one suspension while `act` does what happens to it from outside. */
async function run(
  given: Partial<SuspensionInput>,
  script: Partial<BillingActivities>,
  act: (flow: Flow, calls: readonly string[]) => Promise<void> = async () => {},
): Promise<{ readonly output: SuspensionOutput; readonly calls: readonly string[] }> {
  const { activities, calls } = scriptedBilling(script);
  const input = suspensionOf(given);
  const output = await flows.withWorker(activities, async (_starter, taskQueue) => {
    const flow = await flows.temporal.client.workflow.start(SUSPENSION, {
      workflowId: suspensionWorkflowId(input.tenantId),
      taskQueue,
      args: [input],
    });
    await act(flow, calls);
    return suspensionOutput.parse(await flow.result());
  });
  return { output, calls };
}

type Flow = Awaited<ReturnType<FlowsEnvironment["temporal"]["client"]["workflow"]["start"]>>;

const REASON = { actor: "support: Kim", reason: "paid by bank transfer" };
const reinstate = (flow: Flow, decision: object = REASON): Promise<unknown> =>
  flow.executeUpdate(REINSTATE, { args: [decision] });

/** Resolves when the flow has said that it has come so far: it is asked, no time is guessed. */
async function until(flow: Flow, status: string): Promise<void> {
  for (;;) {
    const state = suspensionState.parse(await flow.query(SUSPENSION_STATE));
    if (state.status === status) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("a suspension", () => {
  test("without grace takes service off at once, and gives it back by a person with a reason", async () => {
    const { output, calls } = await run({}, {}, async (flow) => {
      await until(flow, "suspended");
      await expect(reinstate(flow)).resolves.toMatchObject({ status: "reinstated" });
    });
    expect(output).toMatchObject({
      result: "reinstated",
      by: "support: Kim",
      reason: "paid by bank transfer",
    });
    expect(calls).toEqual([
      "ask",
      "off by billing",
      "mail suspended",
      "on by support: Kim",
      "mail reinstated",
    ]);
  });

  test("that the ledger knows no cause for does nothing, whatever said so", async () => {
    const { output, calls } = await run(
      {},
      { suspensionStanding: async () => ({ due: false, because: "the ledger says 100" }) },
    );
    expect(output.result).toBe("not_due");
    expect(calls).toEqual(["ask"]);
  });

  test("is announced, and called off when money comes in within the grace period", async () => {
    let due = true;
    const { output, calls } = await run(
      { graceSeconds: 3_600 },
      { suspensionStanding: async () => ({ due, because: "" }) },
      async (flow) => {
        await until(flow, "noticed");
        await flow.signal(CAUSE_MAY_HAVE_ENDED);
        due = false;
        await flow.signal(CAUSE_MAY_HAVE_ENDED);
      },
    );
    expect(output).toMatchObject({ result: "averted", suspendedAt: null });
    expect(calls.filter((call) => call.startsWith("off"))).toEqual([]);
    expect(calls.at(-1)).toBe("mail averted");
  });

  test("follows when the grace period is over and the ledger still says so", async () => {
    const { output, calls } = await run({ graceSeconds: 1 }, {}, async (flow) => {
      await until(flow, "suspended");
      await reinstate(flow);
    });
    expect(output.result).toBe("reinstated");
    expect(calls.slice(0, 5)).toEqual(["ask", "mail notice", "ask", "off by billing", "mail suspended"]);
  });

  test("ends by the ledger once the cause has ended, not by a signal alone", async () => {
    let due = true;
    const asked: number[] = [];
    const { output } = await run(
      {},
      {
        suspensionStanding: async () => {
          asked.push(Date.now());
          return { due, because: "" };
        },
      },
      async (flow) => {
        await until(flow, "suspended");
        await flow.signal(CAUSE_MAY_HAVE_ENDED);
        while (asked.length < 2) await until(flow, "suspended");
        due = false;
        await flow.signal(CAUSE_MAY_HAVE_ENDED);
      },
    );
    expect(output).toMatchObject({ result: "reinstated", by: "ledger" });
    expect(asked).toHaveLength(3);
  });

  test("a decision without a name or a reason is refused by name of the field, and changes nothing", async () => {
    await run({}, {}, async (flow) => {
      await until(flow, "suspended");
      const wrong = reinstate(flow, { actor: "Kim", reason: " " });
      await expect(wrong).rejects.toBeInstanceOf(WorkflowUpdateFailedError);
      await expect(wrong).rejects.toMatchObject({ cause: { message: "reason is needed: why" } });
      await until(flow, "suspended");
      await reinstate(flow);
    });
  });

  test("two decisions at once: the first counts, both are answered, service comes back once", async () => {
    const { output, calls } = await run({}, {}, async (flow) => {
      await until(flow, "suspended");
      await Promise.all([reinstate(flow), reinstate(flow)]);
    });
    expect(output.by).toBe("support: Kim");
    expect(calls.filter((call) => call.startsWith("on"))).toHaveLength(1);
  });

  test("that is cancelled gives service back: it would stay off with nobody to end it", async () => {
    const { output, calls } = await run({}, {}, async (flow) => {
      await until(flow, "suspended");
      await flow.cancel();
    });
    expect(output).toMatchObject({ result: "reinstated", by: "cancellation" });
    expect(calls.at(-2)).toBe("on by cancellation");
  });

  test("goes on while servers and the mail server fail", async () => {
    let failures = 2;
    const { output, calls } = await run(
      {},
      {
        setService: async () => {
          failures -= 1;
          if (failures >= 0) throw new Unavailable("postgres");
          return { changed: true };
        },
        mailSuspension: async () => ({ kind: "refused", reason: "no such mailbox" }),
      },
      async (flow) => {
        await until(flow, "suspended");
        await reinstate(flow);
      },
    );
    expect(output.result).toBe("reinstated");
    expect(calls.filter((call) => call.startsWith("off"))).toHaveLength(3);
  });
});
