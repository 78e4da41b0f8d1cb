/**
 * Writes the histories of what calls those who wait in tests/histories anew: after a workflow has changed on purpose, never to make a failing
 * replay pass. Needs no environment: node tests/workflows/record-callback-histories.ts
 */
import { Unavailable } from "#domain/errors.ts";
import type { RunEnd } from "#domain/flows/runs.ts";
import {
  ANSWERED,
  N8N_STEP,
  type N8nStepActivities,
  type N8nStepInput,
  n8nStepWorkflowId,
} from "#workflows/n8n-step/api.ts";
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

async function recordStep(
  name: string,
  postStep: N8nStepActivities["postStep"],
  answer: unknown,
): Promise<void> {
  const time = await startTimeSkipping();
  const args: [N8nStepInput] = [
    {
      tenantId: "T-1",
      stepId: name,
      webhookUrl: "https://n8n.test/webhook/credit",
      payload: { amount: "5" },
      timeoutSeconds: 3_600,
    },
  ];
  try {
    await time.withWorker(
      { postStep },
      async (taskQueue) => {
        const workflowId = n8nStepWorkflowId(args[0]);
        const flow = await time.temporal.client.workflow.start(N8N_STEP, { workflowId, taskQueue, args });
        if (answer !== undefined) await flow.signal(ANSWERED, answer);
        await time.skipping(() => flow.result().catch(() => {}));
        await writeHistory(`n8n-step.${name}`, await flow.fetchHistory(), time.temporal.config.payloadKeys);
      },
      "recorded",
    );
    process.stdout.write(`${name}\n`);
  } finally {
    await time.close();
  }
}

await recordStep("answered", async () => ({ kind: "accepted" }), { approved: true });
await recordStep("timed-out", async () => ({ kind: "accepted" }), undefined);
await recordStep("refused", async () => ({ kind: "refused", because: "403" }), undefined);
await recordStep("never-begun", () => Promise.reject(new Unavailable("n8n")), undefined);
