import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { Unavailable } from "#domain/errors.ts";
import {
  ANSWERED,
  N8N_STEP,
  type N8nStepActivities,
  type N8nStepInput,
  n8nStepOutput,
  n8nStepWorkflowId,
} from "#workflows/n8n-step/api.ts";
import { startTimeSkipping, type TimeSkipping } from "./time-skipping.ts";

const DAY_SECONDS = 86_400;

let time: TimeSkipping;
beforeAll(async () => {
  time = await startTimeSkipping();
});
afterAll(() => time.close());

type Flow = Awaited<ReturnType<TimeSkipping["temporal"]["client"]["workflow"]["start"]>>;
type Posted = Parameters<N8nStepActivities["postStep"]>[0];

async function step(
  postStep: N8nStepActivities["postStep"],
  act: (flow: Flow, input: N8nStepInput) => Promise<void>,
): Promise<void> {
  const input: N8nStepInput = {
    tenantId: `T-${randomUUID()}`,
    stepId: "credit-check",
    webhookUrl: "https://n8n.test/webhook/credit?secret=x",
    payload: { amount: "5" },
    timeoutSeconds: 7 * DAY_SECONDS,
  };
  const options = { workflowId: n8nStepWorkflowId(input), args: [input] };
  await time.withWorker({ postStep }, async (taskQueue) => {
    const flow = await time.temporal.client.workflow.start(N8N_STEP, { ...options, taskQueue });
    await act(flow, input);
  });
}

const failureOf = (flow: Flow) =>
  time.skipping(() =>
    flow.result().then(
      () => null,
      (error: { cause?: { type?: string; message?: string } }) => error.cause,
    ),
  );

describe("a step in n8n", () => {
  test("is begun once, answered after days, and the first answer counts", async () => {
    const posted: Posted[] = [];
    let begun = (): void => {};
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    await step(
      async (given) => {
        posted.push(given);
        begun();
        return { kind: "accepted" };
      },
      async (flow, input) => {
        await hasBegun;
        await time.pass(3 * DAY_SECONDS * 1000);
        await flow.signal(ANSWERED, { approved: true });
        await flow.signal(ANSWERED, { approved: false }).catch(() => {});
        expect(n8nStepOutput.parse(await flow.result())).toEqual({ answer: { approved: true } });
        const { runId } = await flow.describe();
        const { timeoutSeconds: _timeout, ...told } = input;
        expect(posted).toEqual([
          { ...told, workflowId: flow.workflowId, runId, expiresAt: expect.any(Number) },
        ]);
      },
    );
  });

  test("counts an answer also where n8n's word that it has begun was lost", async () => {
    await step(
      () => Promise.reject(new Unavailable("n8n")),
      async (flow) => {
        await flow.signal(ANSWERED, null);
        expect(n8nStepOutput.parse(await flow.result())).toEqual({ answer: null });
      },
    );
  });

  test("that nobody answers in time fails with N8nTimeout, and one that could not be begun says so", async () => {
    await step(
      async () => ({ kind: "accepted" }),
      async (flow) => {
        expect(await failureOf(flow)).toMatchObject({
          type: "N8nTimeout",
          message: "n8n gave no answer in time",
        });
        const { startTime, closeTime } = await flow.describe();
        expect(Math.round((closeTime!.getTime() - startTime.getTime()) / 1000 / DAY_SECONDS)).toBe(7);
      },
    );
    let attempts = 0;
    await step(
      () => {
        attempts += 1;
        return Promise.reject(new Unavailable("n8n"));
      },
      async (flow) => {
        expect(await failureOf(flow)).toMatchObject({
          type: "N8nTimeout",
          message: "n8n could not be reached in time",
        });
        expect(attempts).toBeGreaterThan(100);
      },
    );
  });

  test("that n8n refuses fails at once, with its words", async () => {
    await step(
      async () => ({ kind: "refused", because: "403: Authorization data is wrong!" }),
      async (flow) =>
        expect(await failureOf(flow)).toMatchObject({
          type: "N8nRefused",
          message: "n8n refuses the step: 403: Authorization data is wrong!",
        }),
    );
  });
});
