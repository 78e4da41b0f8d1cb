import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { CATALOG } from "./catalog.mts";
import { type FakeGateway, openGateway, problem } from "./gateway.mts";
import {
  CatalystApproval,
  executeContext,
  located,
  mapped,
  nodeContext,
  NodeOperationError,
  WAIT_INDEFINITELY,
} from "./n8n.mts";

let gateway: FakeGateway;
before(async () => {
  gateway = await openGateway();
});
after(() => gateway.close());
beforeEach(() => {
  gateway.answers.set("GET /api/v2/workflows", { body: CATALOG });
  gateway.answers.set(`GET ${RUN_PATH}`, { body: RUN });
  gateway.answers.set(UPDATE, { body: { output: { status: "registering" } } });
});
afterEach(() => {
  gateway.answers.clear();
  gateway.received.splice(0);
});

const node = new CatalystApproval();
const RUN_PATH = "/api/v2/workflows/runs/onboarding-T1";
const UPDATE = `POST ${RUN_PATH}/updates/decideKyc`;
const RUN = { workflow_id: "onboarding-T1", status: "running", url: "http://ui/onboarding-T1" };
const parameters = {
  workflow: located("tenantOnboarding"),
  workflowId: located("onboarding-T1"),
  updateName: "decideKyc",
  title: "May <Acme> open?",
  message: 'Tax ID 12-345\n\nAsk "legal" first',
};

const ask = async (more: object = {}) => {
  const context = nodeContext({
    baseUrl: gateway.url,
    parameters: { ...parameters, ...more },
    request: { method: "GET" },
  });
  return { answer: await node.webhook.call(context), response: context.response };
};
const answerWith = async (body: unknown, onError?: "continueErrorOutput") => {
  const context = nodeContext({
    baseUrl: gateway.url,
    parameters,
    request: { method: "POST", body },
    ...(onError === undefined ? {} : { onError }),
  });
  return { answer: await node.webhook.call(context), response: context.response, stack: context.stack };
};
const updates = () => gateway.received.filter(({ method, url }) => `${method} ${url}` === UPDATE);

test("it waits without end, or as long as it may", async () => {
  const without = executeContext({ baseUrl: gateway.url, parameters });
  await node.execute.call(without);
  assert.deepEqual(without.waits, [WAIT_INDEFINITELY]);
  const limited = executeContext({
    baseUrl: gateway.url,
    parameters: { ...parameters, options: { waitHours: 2 } },
  });
  const asked = Date.now();
  await node.execute.call(limited);
  assert.ok(Math.abs(Number(limited.waits[0]) - asked - 2 * 3_600_000) < 5_000);
});

test("it does not wait for what nobody can answer", async () => {
  const refusals: [object, () => void, RegExp][] = [
    [{ updateName: "reinstate" }, () => {}, /has no update reinstate: it has decideKyc/],
    [{ workflow: located("other") }, () => {}, /There is no workflow other/],
    [
      {},
      () => gateway.answers.set(`GET ${RUN_PATH}`, { body: { ...RUN, status: "completed" } }),
      /onboarding-T1 has ended/,
    ],
    [{}, () => gateway.answers.delete(`GET ${RUN_PATH}`), /There is no such thing/],
  ];
  for (const [more, arrange, expected] of refusals) {
    arrange();
    const context = executeContext({ baseUrl: gateway.url, parameters: { ...parameters, ...more } });
    await assert.rejects(node.execute.call(context), expected);
    assert.equal(context.waits.length, 0);
  }
  const several = executeContext({ baseUrl: gateway.url, parameters, items: [{}, {}] });
  await assert.rejects(node.execute.call(several), /one item at a time, not 2/);
});

test("continuing on errors, what cannot be asked is an error's item", async () => {
  gateway.answers.delete(`GET ${RUN_PATH}`);
  const context = executeContext({ baseUrl: gateway.url, parameters, onError: "continueErrorOutput" });
  const [[{ json }]] = await node.execute.call(context);
  assert.equal(json.error, "There is no such thing");
});

test("the page asks what the update's schema asks, with a button for each choice, and wakes nobody", async () => {
  const { answer, response } = await ask();
  assert.deepEqual(answer, { noWebhookResponse: true });
  const html = String(response.sent);
  assert.match(
    html,
    /<button name="decision" value="approve">Approve<\/button><button name="decision" value="reject">Reject</,
  );
  assert.match(html, /<label for="actor">Your Name<\/label><input id="actor" name="actor" required/);
  assert.match(html, /<label for="reason">Reason<\/label><input id="reason" name="reason" required/);
  assert.match(html, /<p>Tax ID 12-345<\/p><p>Ask &#34;legal&#34; first<\/p>/);
  assert.ok(!html.includes("<Acme>"));
  assert.match(response.headers["content-security-policy"] ?? "", /default-src 'none'.*sandbox allow-forms/);
});

test("what is known already is not asked, and is sent", async () => {
  const input = mapped({ actor: "Kim", reason: "" });
  const { response } = await ask({ input });
  assert.ok(!String(response.sent).includes('name="actor"'));
  const context = nodeContext({
    baseUrl: gateway.url,
    parameters: { ...parameters, input },
    request: { method: "POST", body: { decision: "approve", reason: "ok", actor: "Mallory" } },
  });
  await node.webhook.call(context);
  assert.deepEqual(JSON.parse(updates()[0]?.body ?? "").input, {
    decision: "approve",
    actor: "Kim",
    reason: "ok",
  });
});

test("the answer goes to the run as an update, and the execution goes on with it", async () => {
  const { answer, response } = await answerWith({
    decision: "approve",
    actor: " Kim ",
    reason: "documents seen",
    other: "x",
  });
  assert.deepEqual(JSON.parse(updates()[0]?.body ?? ""), {
    input: { decision: "approve", actor: "Kim", reason: "documents seen" },
  });
  assert.deepEqual(answer, {
    noWebhookResponse: true,
    workflowData: [
      [
        {
          json: {
            workflow_id: "onboarding-T1",
            update: "decideKyc",
            answer: { decision: "approve", actor: "Kim", reason: "documents seen" },
            output: { status: "registering" },
            link: RUN.url,
          },
          pairedItem: { item: 0 },
        },
      ],
    ],
  });
  assert.equal(response.statusCode, 200);
  assert.match(String(response.sent), /the answer was taken/);
});

test("a second click is the same update, whatever it says", async () => {
  await answerWith({ decision: "approve", actor: "Kim", reason: "ok" });
  await answerWith({ decision: "reject", actor: "Kim", reason: "ok" });
  const [first, second] = updates().map(({ headers }) => headers["idempotency-key"]);
  assert.match(String(first), /^approval-/);
  assert.equal(first, second);
  const elsewhere = nodeContext({
    baseUrl: gateway.url,
    parameters,
    kept: { waitsFor: "another question" },
    request: { method: "POST", body: { decision: "approve", actor: "Kim", reason: "ok" } },
  });
  await node.webhook.call(elsewhere);
  assert.notEqual(updates()[2]?.headers["idempotency-key"], first);
});

test("a page left open from an earlier question answers no later one", async () => {
  const at = (method: string, body: unknown, waitsFor: string) =>
    nodeContext({ baseUrl: gateway.url, parameters, request: { method, body }, kept: { waitsFor } });
  const shown = at("GET", {}, "round-1");
  await node.webhook.call(shown);
  const question = /name="question" value="([^"]+)"/.exec(String(shown.response.sent))?.[1];
  assert.equal(question, "round-1");
  const body = { decision: "approve", actor: "Kim", reason: "ok", question };
  const later = at("POST", body, "round-2");
  assert.deepEqual(await node.webhook.call(later), { noWebhookResponse: true });
  assert.match(String(later.response.sent), /answered already/);
  assert.equal(updates().length, 0);
  assert.equal((await node.webhook.call(at("POST", body, "round-1"))).workflowData?.length, 1);
});

test("a wrong answer is asked again with what is wrong, and the execution waits", async () => {
  gateway.answers.set(
    UPDATE,
    problem(400, "validation_failed", "wrong", [{ path: "input.reason", message: "is needed: why" }]),
  );
  const { answer, response } = await answerWith({ decision: "approve" });
  assert.deepEqual([answer, response.statusCode], [{ noWebhookResponse: true }, 400]);
  assert.match(String(response.sent), /role="alert">input.reason: is needed: why<.*<form/s);
});

test("what the flow refuses while it runs is asked again", async () => {
  gateway.answers.set(
    UPDATE,
    problem(409, "conflict", "onboarding-T1 refuses decideKyc: nobody is asked yet."),
  );
  const { answer, response } = await answerWith({ decision: "approve", actor: "Kim", reason: "ok" });
  assert.deepEqual([answer, response.statusCode], [{ noWebhookResponse: true }, 409]);
  assert.match(String(response.sent), /nobody is asked yet/);
});

test("a run that has ended without an answer fails the node", async () => {
  const arrange = () => {
    gateway.answers.set(UPDATE, problem(409, "conflict", "onboarding-T1 has ended"));
    gateway.answers.set(`GET ${RUN_PATH}`, { body: { ...RUN, status: "failed" } });
  };
  arrange();
  const stopped = await answerWith({ decision: "approve", actor: "Kim", reason: "ok" });
  assert.deepEqual(stopped.answer, { noWebhookResponse: true, workflowData: [[]] });
  const error = stopped.stack[0]?.metadata?.["resumeError"] as InstanceType<typeof NodeOperationError>;
  assert.equal(error.message, "Nobody could answer onboarding-T1: it has ended (failed)");
  assert.match(String(stopped.response.sent), /Nobody can answer this any more/);
  const goesOn = await answerWith({ decision: "approve", actor: "Kim", reason: "ok" }, "continueErrorOutput");
  assert.equal(goesOn.answer.workflowData?.[0]?.[0]?.json.error, error.message);
});

test("a gateway that is away takes no answer, and the execution waits", async () => {
  gateway.answers.set("GET /api/v2/workflows", problem(503, "unavailable", "Temporal is away"));
  const { answer, response } = await answerWith({ decision: "approve", actor: "Kim", reason: "ok" });
  assert.deepEqual([answer, response.statusCode, updates().length], [{ noWebhookResponse: true }, 502, 0]);
  assert.match(String(response.sent), /The answer was not taken/);
  assert.match(String((await ask()).response.sent), /cannot be shown/);
});
