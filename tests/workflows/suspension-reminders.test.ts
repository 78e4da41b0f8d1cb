import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { REINSTATE, SUSPENSION, suspensionOutput, suspensionWorkflowId } from "#workflows/suspension/api.ts";
import { scriptedBilling, suspensionOf } from "./scripted-billing.ts";
import { startTimeSkipping, type TimeSkipping } from "./time-skipping.ts";

const DAY_MS = 86_400_000;

let time: TimeSkipping;
beforeAll(async () => {
  time = await startTimeSkipping();
});
afterAll(() => time.close());

describe("a suspension of two months", () => {
  test("reminds after 1, 3, 7, 14, 28 days and then monthly", async () => {
    const reminders: number[] = [];
    const { activities } = scriptedBilling({
      mailSuspension: async ({ kind }) => {
        if (kind === "reminder") reminders.push(await time.now());
        return { kind: "accepted" };
      },
    });
    const input = suspensionOf();
    await time.withWorker(activities, async (taskQueue) => {
      const flow = await time.temporal.client.workflow.start(SUSPENSION, {
        workflowId: suspensionWorkflowId(input.tenantId),
        taskQueue,
        args: [input],
      });
      const from = await time.now();
      await time.pass(60 * DAY_MS);
      expect(reminders.map((at) => Math.round((at - from) / DAY_MS))).toEqual([1, 3, 7, 14, 28, 58]);
      await flow.executeUpdate(REINSTATE, { args: [{ actor: "Kim", reason: "paid" }] });
      expect(suspensionOutput.parse(await flow.result())).toMatchObject({ result: "reinstated", by: "Kim" });
    });
  });
});
