import { describe, expect, test } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import type { CallbackAnswer } from "#domain/flows/ports.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import { createResultDeliveryActivities } from "./result-delivery.ts";
import { createSignedCall } from "./signed-calls.ts";

const TENANTS_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OPERATORS_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

const n8n = (status: number, message: string): CallbackAnswer => ({
  kind: "answered",
  status,
  text: JSON.stringify({ code: status, message }),
});

const END = {
  workflowId: "suspension-T-1",
  runId: "run-1",
  flow: "suspension",
  status: "failed" as const,
  result: undefined,
  failure: { type: "Validation", message: "reason is needed" },
};

function world(answer: CallbackAnswer) {
  const calls: { url: string; headers: Record<string, string>; body: string }[] = [];
  const { postEnd, currentRun } = createResultDeliveryActivities({
    flows: { describe: async () => null, end: async () => null },
    call: createSignedCall({
      tenants: {
        get: async (tenantId) =>
          ({
            webhook: tenantId === "T-1" ? { url: "https://t.test/", secret: TENANTS_SECRET } : null,
          }) as TenantConfiguration,
      },
      sender: {
        post: async (url, headers, body) => {
          calls.push({ url, headers: { ...headers }, body });
          return answer;
        },
      },
      operatorSecret: OPERATORS_SECRET,
      clock: { now: () => Date.now() },
    }),
    linkOf: (workflowId) => `http://ui.test/${workflowId}`,
  });
  const post = (tenantId: string | null) =>
    postEnd({ deliveryId: "result-1", callbackUrl: "https://n8n.test/7?token=x", tenantId, end: END });
  return { calls, post, currentRun };
}

describe("the end of a run, told", () => {
  test("says what became of it, signed with whose it is", async () => {
    const w = world({ kind: "answered", status: 200, text: "" });
    expect(await w.post("T-1")).toEqual({ kind: "delivered" });
    await w.post(null);
    await w.post("T-2");
    const [own, platforms, unsigned] = w.calls;
    expect(new Webhook(TENANTS_SECRET).verify(own!.body, own!.headers)).toEqual({
      workflow_id: "suspension-T-1",
      run_id: "run-1",
      workflow: "suspension",
      status: "failed",
      result: null,
      failure: { type: "Validation", message: "reason is needed" },
      link: "http://ui.test/suspension-T-1",
    });
    expect(new Webhook(OPERATORS_SECRET).verify(platforms!.body, platforms!.headers)).toBeDefined();
    expect(unsigned!.headers).toEqual({ "webhook-id": "result-1" });
  });

  test.each<[CallbackAnswer, string, string]>([
    [n8n(409, "The execution 7 is running already."), "busy", "409: The execution 7 is running already."],
    [n8n(409, "The execution 7 has finished already."), "over", "409: The execution 7 has finished already."],
    [
      n8n(409, "The execution 7 has finished with error."),
      "over",
      "409: The execution 7 has finished with error.",
    ],
    [n8n(404, "The execution 7 does not exist."), "absent", "404: The execution 7 does not exist."],
    [
      n8n(404, "Could not find node to process webhook."),
      "absent",
      "404: Could not find node to process webhook.",
    ],
    [{ kind: "answered", status: 401, text: '{"error":"Invalid token"}' }, "absent", "401"],
    [{ kind: "answered", status: 307, text: "<html>" }, "absent", "307"],
    [{ kind: "answered", status: 410, text: "" }, "over", "410"],
    [{ kind: "refused", reason: "the address is not allowed" }, "refused", "the address is not allowed"],
  ])("%j is %s", async (answer, kind, because) => {
    expect(await world(answer).post(null)).toEqual({ kind, because });
  });

  test.each<CallbackAnswer>([
    { kind: "failed", reason: "ECONNREFUSED" },
    { kind: "answered", status: 503, text: "" },
    { kind: "answered", status: 429, text: "" },
  ])("%j is tried again, and says why", async (answer) => {
    await expect(world(answer).post(null)).rejects.toMatchObject({
      name: "Unavailable",
      message:
        answer.kind === "failed" ? "ECONNREFUSED" : String(answer.kind === "answered" && answer.status),
    });
  });

  test("a run that is not there yet is asked for again", async () => {
    await expect(world(n8n(200, "")).currentRun("suspension-T-9")).rejects.toMatchObject({
      nonRetryable: false,
    });
  });
});
