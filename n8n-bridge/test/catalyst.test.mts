import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { CATALOG } from "./catalog.mts";
import { type FakeGateway, openGateway, problem } from "./gateway.mts";
import {
  Catalyst,
  CatalystApi,
  executeContext,
  located,
  mapped,
  nodeContext,
  NodeApiError,
  NodeOperationError,
  RESUME_URL,
  WAIT_INDEFINITELY,
} from "./n8n.mts";

let gateway: FakeGateway;
before(async () => {
  gateway = await openGateway();
});
after(() => gateway.close());
afterEach(() => {
  gateway.answers.clear();
  gateway.received.splice(0);
});

const node = new Catalyst();
const balance = { resource: "tenant", operation: "balance", tenantId: located("T1") };
const waiting = {
  resource: "workflow",
  operation: "startAndWait",
  workflow: located("suspension"),
  input: mapped({ tenantId: "T1", cause: "person", graceSeconds: 0, reason: "why" }),
};
const RUN = { workflow_id: "suspension-T1", url: "http://ui/suspension-T1" };

test("one item's failure is one item's: the others go on, each paired with its own", async () => {
  const parameters = { resource: "tenant", operation: "get" };
  const context = executeContext({
    baseUrl: gateway.url,
    parameters,
    items: [{}, {}, {}],
    onError: "continueRegularOutput",
  });
  const parameter = context.getNodeParameter;
  context.getNodeParameter = (name, item, fallback, options) =>
    name === "tenantId" ? `T${item}` : parameter(name, item, fallback, options);
  gateway.answers.set("GET /api/v2/tenants/T0", { body: { tenant_id: "T0" } });
  gateway.answers.set("GET /api/v2/tenants/T2", { body: { tenant_id: "T2" } });
  const [returned] = await node.execute.call(context);
  assert.deepEqual(
    returned.map(({ json, pairedItem }) => [json.tenant_id ?? json.error, pairedItem.item]),
    [
      ["T0", 0],
      ["There is no such thing", 1],
      ["T2", 2],
    ],
  );
});

test("a gateway that does not answer is told by its address, with what to check", async () => {
  const closed = await openGateway();
  await closed.close();
  const context = executeContext({ baseUrl: closed.url, parameters: balance });
  await assert.rejects(node.execute.call(context), (error: InstanceType<typeof NodeApiError>) => {
    assert.ok(error.message.startsWith(`Catalyst's gateway at ${closed.url} does not answer`), error.message);
    assert.match(error.description, /Check that Catalyst runs and that the credential's Base URL/);
    return true;
  });
});

test("a page that is none of the gateway's is told by its status", async () => {
  gateway.answers.set("GET /api/v2/tenants/T1/balance", {
    status: 301,
    body: Buffer.from("<html>moved</html>"),
    type: "text/html",
  });
  const context = executeContext({ baseUrl: gateway.url, parameters: balance });
  await assert.rejects(node.execute.call(context), (error: InstanceType<typeof NodeApiError>) => {
    assert.equal(error.message, "The address answered 301, not as Catalyst's gateway does");
    assert.equal(error.description, "Check the credential's Base URL.");
    return true;
  });
});

test("what the gateway says of the one field at fault is not said twice", async () => {
  const detail = "to is no phone number";
  gateway.answers.set(
    "POST /api/v2/messages",
    problem(422, "message_refused", detail, [{ path: "to", message: detail }]),
  );
  const parameters = { resource: "message", operation: "send", to: "nobody" };
  const context = executeContext({ baseUrl: gateway.url, parameters });
  await assert.rejects(node.execute.call(context), (error: InstanceType<typeof NodeApiError>) => {
    assert.equal(error.message, detail);
    assert.equal(error.description, "Correct the field named above. Request ID: req-1.");
    return true;
  });
});

test("a revoked key is told with its remedy", async () => {
  const context = executeContext({ baseUrl: gateway.url, parameters: balance, apiKey: "revoked" });
  await assert.rejects(node.execute.call(context), /A valid bearer token is needed/);
});

test("an ID may hold anything: it never leaves its place in the address", async () => {
  const context = executeContext({
    baseUrl: gateway.url,
    parameters: { ...balance, tenantId: located("../admin-keys?x=1#") },
    onError: "continueRegularOutput",
  });
  await node.execute.call(context);
  assert.equal(
    gateway.received[0]?.url.replace(/\?$/, ""),
    "/api/v2/tenants/..%2Fadmin-keys%3Fx%3D1%23/balance",
  );
});

test("an ID that an expression did not find is told before anything is sent", async () => {
  for (const value of ["", "  ", ".."]) {
    const context = executeContext({
      baseUrl: gateway.url,
      parameters: { ...balance, tenantId: located(value) },
    });
    await assert.rejects(node.execute.call(context), /Tenant ID is (empty|"\.\.")/);
  }
  assert.equal(gateway.received.length, 0);
});

test("all pages are read where all are wanted", async () => {
  const pages = ["second", "third", null].map((next, page) => ({ body: { data: [{ id: page }], next } }));
  gateway.answers.set("GET /api/v2/tenants/T1/transactions", pages);
  const parameters = {
    resource: "tenant",
    operation: "transactions",
    tenantId: located("T1"),
    returnAll: true,
  };
  const [returned] = await node.execute.call(executeContext({ baseUrl: gateway.url, parameters }));
  assert.deepEqual(
    returned.map(({ json }) => json.id),
    [0, 1, 2],
  );
  const asked = gateway.received.map(({ url }) => Object.fromEntries(new URL(url, gateway.url).searchParams));
  assert.deepEqual(asked, [
    { limit: "200" },
    { limit: "200", cursor: "second" },
    { limit: "200", cursor: "third" },
  ]);
});

test("no more is read than is wanted", async () => {
  const data = [{ id: 1 }, { id: 2 }];
  const parameters = { resource: "tenant", operation: "transactions", tenantId: located("T1"), limit: 3 };
  gateway.answers.set("GET /api/v2/tenants/T1/transactions", [
    { body: { data, next: "more" } },
    { body: { data: [{ id: 3 }], next: "more" } },
  ]);
  const [returned] = await node.execute.call(executeContext({ baseUrl: gateway.url, parameters }));
  assert.equal(returned.length, 3);
  assert.match(gateway.received[1]?.url ?? "", /limit=1&cursor=more/);
});

test("an invoice's file is binary data, byte for byte", async () => {
  const bytes = Buffer.from([0x25, 0x50, 0x44, 0x46, 0x00, 0xff, 0x80]);
  gateway.answers.set("GET /api/v2/invoices/i1", { body: { number: "INV-2026-000042" } });
  gateway.answers.set("GET /api/v2/invoices/i1/pdf", { body: bytes, type: "application/pdf" });
  const parameters = {
    resource: "invoice",
    operation: "pdf",
    invoiceId: located("i1"),
    binaryPropertyName: "file",
  };
  const [[{ binary }]] = await node.execute.call(executeContext({ baseUrl: gateway.url, parameters }));
  assert.deepEqual(binary.file, {
    data: bytes.toString("base64"),
    fileName: "INV-2026-000042.pdf",
    mimeType: "application/pdf",
  });
});

test("a whole card goes as its text stands, with every digit of its numbers", async () => {
  gateway.answers.set("POST /api/v2/rate-cards", { status: 201, body: {} });
  const document = '{"rate_card_id": "RC-1", "rates": {"sms": {"base_rate": 0.010000000000000000000000001}}}';
  const parameters = { resource: "rateCard", operation: "create", source: "document", document };
  await node.execute.call(executeContext({ baseUrl: gateway.url, parameters }));
  assert.equal(gateway.received[0]?.body, document);
});

test("a done change is not failed by a link that cannot be had", async () => {
  gateway.answers.set("POST /api/v2/workflows/runs/suspension-T1/updates/reinstate", {
    body: { output: null },
  });
  gateway.answers.set(
    "GET /api/v2/workflows/runs/suspension-T1",
    problem(503, "unavailable", "Temporal is away"),
  );
  const parameters = {
    resource: "tenant",
    operation: "reinstate",
    tenantId: located("T1"),
    actor: "Kim",
    reason: "paid",
  };
  const [[{ json }]] = await node.execute.call(executeContext({ baseUrl: gateway.url, parameters }));
  assert.equal(json.link, null);
});

test("the key of a start is the same for the same execution, round and item, and another for any other", async () => {
  gateway.answers.set("GET /api/v2/workflows", { body: CATALOG });
  gateway.answers.set("POST /api/v2/workflows/suspension", { status: 201, body: RUN });
  const keyOf = async (setting: object) => {
    const context = executeContext({ baseUrl: gateway.url, parameters: waiting, ...setting });
    await node.execute.call(context);
    return gateway.received.at(-1)?.headers["idempotency-key"];
  };
  const first = await keyOf({});
  assert.match(String(first), /^n8n-42-[A-Za-z0-9_-]{32}$/);
  assert.equal(await keyOf({}), first);
  const others = [
    await keyOf({ runIndex: 1 }),
    // Another installation's execution of the same number.
    await keyOf({ resumeUrl: RESUME_URL.replace("token", "other") }),
  ];
  assert.equal(new Set([first, ...others]).size, 3);
});

test("a start asks for the catalog once in a while, not each time", async () => {
  const own = await openGateway();
  try {
    own.answers.set("GET /api/v2/workflows", { body: CATALOG });
    own.answers.set("POST /api/v2/workflows/suspension", { status: 201, body: RUN });
    const parameters = { ...waiting, operation: "start" };
    for (let round = 0; round < 3; round++)
      await node.execute.call(executeContext({ baseUrl: own.url, parameters }));
    const asked = own.received.map(({ method }) => method);
    assert.deepEqual(asked, ["GET", "POST", "POST", "POST"]);
  } finally {
    await own.close();
  }
});

test("a person's own key is used as it is", async () => {
  gateway.answers.set("POST /api/v2/tenants/T1/top-ups", { status: 201, body: {} });
  const parameters = {
    resource: "tenant",
    operation: "topUp",
    tenantId: located("T1"),
    amount: "1",
    options: { idempotencyKey: "transfer-4711" },
  };
  await node.execute.call(executeContext({ baseUrl: gateway.url, parameters }));
  assert.equal(gateway.received[0]?.headers["idempotency-key"], "transfer-4711");
});

test("Start and Wait hands its resume URL over, names its execution, and waits without end", async () => {
  gateway.answers.set("GET /api/v2/workflows", { body: CATALOG });
  gateway.answers.set("POST /api/v2/workflows/suspension", { status: 201, body: RUN });
  const kept: Record<string, unknown> = {};
  const context = executeContext({ baseUrl: gateway.url, parameters: waiting, kept });
  await node.execute.call(context);
  const start = gateway.received.at(-1);
  assert.equal(
    JSON.parse(start?.body ?? "").callback.url,
    `${RESUME_URL.replace("?", "/run-result?")}&waits_for=${kept["waitsFor"]}`,
  );
  assert.equal(start?.headers["x-n8n-execution-id"], "42");
  assert.deepEqual(context.waits, [WAIT_INDEFINITELY]);
});

test("Start and Wait refuses several items before it starts any, and names the way", async () => {
  gateway.answers.set("GET /api/v2/workflows", { body: CATALOG });
  const context = executeContext({ baseUrl: gateway.url, parameters: waiting, items: [{}, {}] });
  await assert.rejects(node.execute.call(context), (error: InstanceType<typeof NodeOperationError>) => {
    assert.match(error.message, /one item at a time, not 2/);
    assert.match(error.description, /Loop Over Items/);
    return true;
  });
  assert.deepEqual([gateway.received.length, context.waits.length], [0, 0]);
});

test("an agent's tool does not wait", async () => {
  const context = executeContext({ baseUrl: gateway.url, parameters: waiting, isTool: true });
  await assert.rejects(node.execute.call(context), /tool cannot wait/);
  assert.equal(context.waits.length, 0);
});

const result = {
  workflow_id: "suspension-T1",
  run_id: "r1",
  workflow: "suspension",
  status: "completed",
  result: { result: "reinstated" },
  failure: null,
  link: "http://ui/suspension-T1",
};
const failure = {
  ...result,
  status: "failed",
  result: null,
  failure: { type: "N8nTimeout", message: "no answer in 60 s" },
};

const woken = (body: unknown, onError?: "stopWorkflow" | "continueErrorOutput") => {
  const context = nodeContext({
    baseUrl: gateway.url,
    parameters: waiting,
    request: { method: "POST", body },
    ...(onError === undefined ? {} : { onError }),
  });
  return { context, answer: node.webhook.call(context) };
};

test("a completed run's result is the waiting node's output", async () => {
  const { context, answer } = woken(result);
  assert.deepEqual(await answer, { workflowData: [[{ json: result, pairedItem: { item: 0 } }]] });
  assert.equal(context.stack[0]?.metadata, undefined);
});

test("a failed run stops the execution at the node, with the run's reason", async () => {
  const { context, answer } = woken(failure);
  assert.deepEqual(await answer, { workflowData: [[]] });
  const error = context.stack[0]?.metadata?.["resumeError"] as InstanceType<typeof NodeOperationError>;
  assert.ok(error instanceof NodeOperationError);
  assert.equal(error.message, "Run suspension-T1 has failed (N8nTimeout: no answer in 60 s)");
  assert.equal(error.description, "Look at the run: http://ui/suspension-T1");
});

test("a failed run is the error's item where the node continues on errors", async () => {
  const { context, answer } = woken(failure, "continueErrorOutput");
  const error = "Run suspension-T1 has failed (N8nTimeout: no answer in 60 s)";
  assert.deepEqual(await answer, {
    workflowData: [[{ json: { error, details: failure }, pairedItem: { item: 0 } }]],
  });
  assert.equal(context.stack[0]?.metadata, undefined);
});

test("runs that were ended from outside fail the node, too", async () => {
  for (const [status, words] of [
    ["cancelled", "been cancelled"],
    ["terminated", "been terminated"],
    ["timed_out", "timed out"],
  ]) {
    const { answer } = woken({ ...failure, status, failure: null }, "continueErrorOutput");
    const [[{ json }]] = (await answer).workflowData;
    assert.equal(json.error, `Run suspension-T1 has ${words} (${status})`);
  }
});

test("the end of a run that it waited for in an earlier round of a loop wakes nobody, and is not told again", async () => {
  const wake = (waits_for: string) => {
    const request = { method: "POST", body: result, query: { waits_for } };
    return node.webhook.call(
      nodeContext({ baseUrl: gateway.url, parameters: waiting, request, kept: { waitsFor: "round-2" } }),
    );
  };
  assert.deepEqual(await wake("round-1"), {});
  assert.deepEqual((await wake("round-2")).workflowData?.[0]?.[0]?.json, result);
});

test("what is no result wakes nobody", async () => {
  const { context, answer } = woken({ hello: 1 });
  assert.deepEqual(await answer, { noWebhookResponse: true });
  assert.equal(context.response.statusCode, 400);
});

test("the credential's test asks the gateway with the key", () => {
  const { test: asked, authenticate } = new CatalystApi();
  assert.equal(asked.request.url, "/api/v2/workflows");
  assert.deepEqual(authenticate.properties.headers, { Authorization: "=Bearer {{$credentials.apiKey}}" });
});
