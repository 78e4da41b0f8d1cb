import { expect, test } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import type { CallbackAnswer } from "#domain/flows/ports.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { createN8nStepActivities } from "./n8n-step.ts";
import { createSignedCall } from "./signed-calls.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

function world(answer: CallbackAnswer) {
  const calls: { url: string; headers: Record<string, string>; body: string }[] = [];
  const { postStep } = createN8nStepActivities({
    call: createSignedCall({
      tenants: {
        get: async () => ({ webhook: { url: "https://t.test/", secret: SECRET } }) as TenantConfiguration,
      },
      sender: {
        post: async (url, headers, body) => {
          calls.push({ url, headers: { ...headers }, body });
          return answer;
        },
      },
      operatorSecret: null,
      clock: { now: () => Date.now() },
    }),
    links: {
      urlOf: ({ workflowId, runId }, expiresAt) => `https://c.test/${workflowId}/${runId}/${expiresAt}`,
    },
  });
  const post = () =>
    postStep({
      tenantId: "T-1",
      stepId: "credit",
      webhookUrl: "https://n8n.test/webhook/credit",
      payload: { amount: "5" },
      workflowId: "n8n-step-T-1-credit",
      runId: "run-1",
      expiresAt: 99,
    });
  return { calls, post };
}

test("a step is begun with what it is about and where its answer is taken, signed", async () => {
  const { calls, post } = world({
    kind: "answered",
    status: 200,
    text: '{"message":"Workflow was started"}',
  });
  expect(await post()).toEqual({ kind: "accepted" });
  await post();
  expect(new Webhook(SECRET).verify(calls[0]!.body, calls[0]!.headers)).toEqual({
    step_id: "credit",
    payload: { amount: "5" },
    callback_url: "https://c.test/n8n-step-T-1-credit/run-1/99",
  });
  expect(calls[0]!.url).toBe("https://n8n.test/webhook/credit");
  expect(calls[1]!.headers["webhook-id"]).toBe(calls[0]!.headers["webhook-id"]);
});

test.each<[CallbackAnswer, string]>([
  [
    { kind: "answered", status: 403, text: '{"message":"Authorization data is wrong!"}' },
    "403: Authorization data is wrong!",
  ],
  [{ kind: "answered", status: 307, text: "" }, "307"],
  [{ kind: "refused", reason: "the address is not allowed" }, "the address is not allowed"],
])("%j is an answer", async (answer, because) => {
  expect(await world(answer).post()).toEqual({ kind: "refused", because });
});

test.each<CallbackAnswer>([
  { kind: "answered", status: 404, text: '{"message":"The requested webhook is not registered."}' },
  { kind: "answered", status: 503, text: "" },
  { kind: "failed", reason: "ECONNREFUSED" },
])("%j is tried again", async (answer) => {
  await expect(world(answer).post()).rejects.toMatchObject({ name: "Unavailable", service: "n8n" });
});
