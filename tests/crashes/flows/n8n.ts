import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { N8N_STEP, n8nStepWorkflowId, type N8nStepInput } from "#workflows/n8n-step/api.ts";
import {
  RESULT_DELIVERY,
  resultDeliveryWorkflowId,
  type ResultDeliveryInput,
} from "#workflows/result-delivery/api.ts";
import { SUSPENSION, suspensionWorkflowId } from "#workflows/suspension/api.ts";
import { TASK_QUEUES } from "#workflows/task-queues.ts";
import type { CrashedFlow } from "../crash-world.ts";

interface Called {
  /** The same on every attempt. */
  readonly id: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** In the place of n8n: answers as its Webhook node does. It goes with the test's process. */
async function startListener(then: (called: Called) => unknown = () => {}) {
  const calls: Called[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Called["body"];
      const called = { id: String(request.headers["webhook-id"]), body };
      calls.push(called);
      response.end('{"message":"Workflow was started"}');
      then(called);
    });
  });
  server.listen(0, "127.0.0.1").unref();
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, calls };
}

const differentOf = (calls: readonly Called[]): number => new Set(calls.map(({ id }) => id)).size;

/** Begun perhaps twice, under one id; each beginning is answered, and the first answer counts. */
export const n8nStepCrashes: CrashedFlow = {
  flow: N8N_STEP,
  queue: TASK_QUEUES.callbacks,
  expected: { answer: { limit: "500" }, steps: 1 },
  sample: [{ activity: "postStep", nth: 1, moment: "after" }],
  async prepare(world) {
    const { tenant } = await world.tenant();
    const listener = await startListener(({ body }) =>
      fetch(String(body["callback_url"]), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ limit: "500" }),
      }),
    );
    const input: N8nStepInput = {
      tenantId: tenant.tenantId,
      stepId: randomUUID(),
      webhookUrl: listener.url,
      payload: { amount: "5" },
      timeoutSeconds: 60,
    };
    return {
      workflowType: N8N_STEP,
      workflowId: n8nStepWorkflowId(input),
      args: [input],
      async effects(flow) {
        const { answer } = (await flow.result()) as { readonly answer: unknown };
        return { answer, steps: differentOf(listener.calls) };
      },
    };
  },
};

/** The run whose end is told is a suspension that is not due, at the platform's own workers. */
export const resultDeliveryCrashes: CrashedFlow = {
  flow: RESULT_DELIVERY,
  queue: TASK_QUEUES.callbacks,
  expected: { result: "delivered", tellings: 1, status: "completed", told: "not_due" },
  sample: [{ activity: "postEnd", nth: 1, moment: "after" }],
  async prepare(world) {
    const { tenant, walletId } = await world.tenant();
    const { tenantId } = tenant;
    const listener = await startListener();
    const input: ResultDeliveryInput = {
      run: {
        flow: SUSPENSION,
        workflowId: suspensionWorkflowId(tenantId),
        taskQueue: TASK_QUEUES.billing,
        input: {
          tenantId,
          cause: "critical_balance",
          walletId,
          graceSeconds: 0,
          reason: "a drill",
          actor: "Kim",
        },
        requestId: randomUUID(),
        tenantId,
        n8nExecutionId: null,
        summary: "a drill",
        details: "a drill",
      },
      callbackUrl: listener.url,
    };
    return {
      workflowType: RESULT_DELIVERY,
      workflowId: resultDeliveryWorkflowId(input.run),
      args: [input],
      async effects(flow) {
        const { result } = (await flow.result()) as { readonly result: string };
        const [first] = listener.calls;
        const told = first?.body["result"] as { readonly result: string } | undefined;
        return {
          result,
          tellings: differentOf(listener.calls),
          status: first?.body["status"],
          told: told?.result,
        };
      },
    };
  },
};
