/**
 * Writes the histories of what calls those who wait in tests/histories anew: after a workflow has changed on purpose, never to make a failing
 * replay pass. Needs no environment: node tests/workflows/record-callback-histories.ts
 */
import type { RunEnd } from "#domain/flows/runs.ts";
import {
  BEGIN,
  type CallbackOutcome,
  RESULT_DELIVERY,
  type ResultDeliveryInput,
  resultDeliveryWorkflowId,
} from "#workflows/result-delivery/api.ts";
import { REINSTATE, type ReinstateInput } from "#workflows/suspension/api.ts";
import { writeHistory } from "./recorded-histories.ts";
import { scriptedBilling } from "./scripted-billing.ts";
import { deliveryOf, scriptedDelivery } from "./scripted-delivery.ts";
import { startTimeSkipping, type TimeSkipping } from "./time-skipping.ts";

const ENDED: RunEnd = { status: "completed", result: { result: "reinstated" }, failure: null };
const OVER: CallbackOutcome = { kind: "over", because: "409: The execution 7 has finished already." };
const BUSY: CallbackOutcome = { kind: "busy", because: "409: The execution 7 is running already." };
const ABSENT: CallbackOutcome = { kind: "absent", because: "404: The execution 7 does not exist." };

/** A run that nobody ends would keep the server's time from being skipped. */
async function reinstated({ temporal }: TimeSkipping, { run }: ResultDeliveryInput): Promise<void> {
  const args: [ReinstateInput] = [{ actor: "Kim", reason: "paid" }];
  await temporal.client.workflow.getHandle(run.workflowId).executeUpdate(REINSTATE, { args });
}

async function recordDelivery(
  name: string,
  answers: readonly CallbackOutcome[],
  ends: readonly (RunEnd | null)[] | null = null,
): Promise<void> {
  const time = await startTimeSkipping();
  const { activities } = scriptedDelivery(answers, ends ?? []);
  const due = async (): Promise<{ due: boolean; because: string }> => ({
    due: ends !== null,
    because: "paid",
  });
  const all = { ...scriptedBilling({ suspensionStanding: due }).activities, ...activities };
  try {
    const work = async (taskQueue: string): Promise<void> => {
      const given = deliveryOf(taskQueue, "request-1");
      const { client } = time.temporal;
      const workflowId = resultDeliveryWorkflowId(given.run);
      if (ends !== null) {
        const { flow, workflowId: id, input } = given.run;
        await client.workflow.start(flow, { workflowId: id, taskQueue, args: [input] });
      }
      const flow = await client.workflow.start(RESULT_DELIVERY, { workflowId, taskQueue, args: [given] });
      await flow.executeUpdate(BEGIN, { updateId: BEGIN });
      if (ends !== null) await reinstated(time, given);
      await time.skipping(() => flow.result().catch(() => {}));
      await writeHistory(
        `result-delivery.${name}`,
        await flow.fetchHistory(),
        time.temporal.config.payloadKeys,
      );
    };
    await time.withWorker(all, work, "recorded");
    process.stdout.write(`${name}\n`);
  } finally {
    await time.close();
  }
}

await recordDelivery("delivered", [BUSY, { kind: "delivered" }]);
await recordDelivery("over", [OVER]);
await recordDelivery("given-up", [ABSENT]);
await recordDelivery("of-another", [{ kind: "delivered" }], [null, null, ENDED]);
