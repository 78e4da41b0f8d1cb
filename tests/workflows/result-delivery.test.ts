import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import type { WorkflowHandle } from "@temporalio/client";
import { ApplicationFailure } from "@temporalio/common";
import type { RunEnd } from "#domain/flows/runs.ts";
import {
  BEGIN,
  type BegunRun,
  RESULT_DELIVERY,
  resultDeliveryOutput,
  resultDeliveryWorkflowId,
  type RunOrder,
} from "#workflows/result-delivery/api.ts";
import { REINSTATE } from "#workflows/suspension/api.ts";
import { scriptedBilling, type BillingActivities } from "./scripted-billing.ts";
import { deliveryOf, scriptedDelivery } from "./scripted-delivery.ts";
import { startTimeSkipping, type TimeSkipping } from "./time-skipping.ts";

const HOUR_MS = 3_600_000;

let time: TimeSkipping;
beforeAll(async () => {
  time = await startTimeSkipping();
});
afterAll(() => time.close());

const BUSY = { kind: "busy", because: "409: running already" } as const;
const ABSENT = { kind: "absent", because: "404" } as const;
const DELIVERED = { kind: "delivered" } as const;

const NOT_DUE: Partial<BillingActivities> = {
  suspensionStanding: async () => ({ due: false, because: "paid" }),
};

interface Delivery {
  readonly begun: BegunRun;
  readonly workflowId: string;
  readonly run: WorkflowHandle;
  result(): Promise<unknown>;
}

/** A suspension that is started by the delivery of its end, and what `act` makes of the two; `before` it, nothing is there. */
async function deliver(
  { activities }: ReturnType<typeof scriptedDelivery>,
  act: (delivery: Delivery) => Promise<void>,
  script: Partial<BillingActivities> = NOT_DUE,
  before: (run: RunOrder) => Promise<unknown> = async () => {},
): Promise<void> {
  const { client } = time.temporal;
  await time.withWorker({ ...scriptedBilling(script).activities, ...activities }, async (taskQueue) => {
    const given = deliveryOf(taskQueue, randomUUID());
    const { run } = given;
    await before(run);
    const workflowId = resultDeliveryWorkflowId(run);
    const flow = await client.workflow.start(RESULT_DELIVERY, { workflowId, taskQueue, args: [given] });
    await act({
      begun: await flow.executeUpdate<BegunRun, []>(BEGIN),
      workflowId,
      run: client.workflow.getHandle(run.workflowId),
      result: async () => resultDeliveryOutput.parse(await flow.result()),
    });
  });
}

describe("the delivery of a run's end", () => {
  test("starts the run as its own, with what it can be found by, and tells of its result", async () => {
    const scripted = scriptedDelivery([DELIVERED]);
    await deliver(scripted, async ({ begun, result, run, workflowId }) => {
      expect(await result()).toEqual({ result: "delivered", status: "completed" });
      const described = await run.describe();
      expect(begun).toEqual({ kind: "started", runId: described.runId });
      expect(described.searchAttributes).toMatchObject({ N8nExecutionId: ["4711"] });
      expect(scripted.told).toHaveLength(1);
      expect(scripted.told[0]).toMatchObject({
        id: workflowId,
        end: {
          flow: "suspension",
          runId: described.runId,
          status: "completed",
          result: { result: "not_due" },
          failure: null,
        },
      });
    });
  });

  test("tells of a failure by what the run failed of", async () => {
    const scripted = scriptedDelivery([DELIVERED]);
    const failing = {
      suspensionStanding: () =>
        Promise.reject(ApplicationFailure.nonRetryable("no such wallet", "Validation")),
    };
    await deliver(
      scripted,
      async ({ result }) => expect(await result()).toEqual({ result: "delivered", status: "failed" }),
      failing,
    );
    expect(scripted.told[0]!.end.failure).toEqual({ type: "Validation", message: "no such wallet" });
  });

  test("of a run that was started before asks until that has ended, in whatever run of its own that is", async () => {
    const ended: RunEnd = {
      status: "timed_out",
      result: null,
      failure: { type: "TimeoutFailure", message: "" },
    };
    const scripted = scriptedDelivery([DELIVERED], [...Array.from({ length: 12 }, () => null), ended]);
    await deliver(
      scripted,
      async ({ begun, run, result }) => {
        expect(begun).toEqual({ kind: "running", runId: "run-of-another" });
        await run.executeUpdate(REINSTATE, { args: [{ actor: "Kim", reason: "paid" }] });
        expect(await time.skipping(result)).toEqual({ result: "delivered", status: "timed_out" });
        expect(scripted.asked()).toBe(13);
      },
      {},
      ({ flow, workflowId, taskQueue, input }) =>
        time.temporal.client.workflow.start(flow, { workflowId, taskQueue, args: [input] }),
    );
  });

  test("calls again while whoever waits has not begun to wait or is at work, and ends when nobody waits", async () => {
    const scripted = scriptedDelivery([BUSY, BUSY, ABSENT, { kind: "over", because: "409: has finished" }]);
    await deliver(scripted, async ({ result }) => {
      expect(await time.skipping(result)).toEqual({ result: "over", status: "completed" });
      expect(scripted.told).toHaveLength(4);
      expect(new Set(scripted.told.map(({ id }) => id)).size).toBe(1);
    });
  });

  test.each([
    ["that is not there, after an hour", ABSENT, HOUR_MS],
    ["that is always at work, after a day", BUSY, 24 * HOUR_MS],
  ])("gives up on somebody %s, and says so", async (_who, answer, patience) => {
    const scripted = scriptedDelivery([answer], [], () => time.now());
    await deliver(scripted, async ({ result }) => {
      await expect(time.skipping(result)).rejects.toMatchObject({
        cause: { type: "CallbackGivenUp", message: `n8n.test was not told: ${answer.because}` },
      });
      const [first, last] = [scripted.told[0]!.at, scripted.told.at(-1)!.at];
      expect(last - first).toBeGreaterThanOrEqual(patience);
      expect(last - first).toBeLessThan(patience + 0.1 * HOUR_MS);
    });
  });

  test("calls an address that may not be called once", async () => {
    const scripted = scriptedDelivery([{ kind: "refused", because: "the address is not allowed" }]);
    await deliver(scripted, async ({ result }) => {
      await expect(result()).rejects.toMatchObject({ cause: { type: "CallbackGivenUp" } });
      expect(scripted.told).toHaveLength(1);
    });
  });
});
