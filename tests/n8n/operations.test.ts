import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { catalystCredential, startStep, type Step } from "../../scripts/n8n/steps.ts";
import { eventually, finalMessage } from "../pipeline/world.ts";
import { fanCanvas, loopCanvas, pressed, rowCanvas, type PinnedCanvas } from "./canvases-of-tests.ts";
import { type Outcome, outcomeOf } from "./executions.ts";
import { make, type Made } from "./operations/made.ts";
import { runSamples, scheduleSamples } from "./operations/runs.ts";
import { located, parametersOf, type Sample, type Samples } from "./operations/sample.ts";
import { fraudSamples, messageSamples, priceSamples } from "./operations/services.ts";
import { invoiceSamples, paymentSamples, tenantSamples } from "./operations/tenants.ts";
import { attachN8n, settled, type N8nWorld } from "./world.ts";

const samples: Samples = {
  ...runSamples,
  ...scheduleSamples,
  ...tenantSamples,
  ...paymentSamples,
  ...invoiceSamples,
  ...priceSamples,
  ...messageSamples,
  ...fraudSamples,
};

/** It takes one item at a time, and ends minutes after it began. */
const startAndWait = "workflow.startAndWait";

let world: N8nWorld;
let made: Made;
let executionId: string;
let outcome: Outcome;

beforeAll(async () => {
  world = await attachN8n();
  made = await make(world);
  const steps = Object.entries(samples).map(([name, sample]) => operationStep(name, sample(made)));
  // The second item of each step is right, whatever becomes of the first.
  executionId = await begin(fanCanvas("testOperations", [{}, {}], steps));
  await settled(world, executionId);
  outcome = await outcomeOf(world, executionId);
}, 180_000);
afterAll(() => world.close());

function operationStep(name: string, sample: Sample): Step {
  const [resource = "", operation = ""] = name.split(".");
  const tenants = { catalystApi: { id: null, name: made.senderCredential } };
  return {
    name,
    type: "n8n-nodes-catalyst.catalyst",
    typeVersion: 1,
    parameters: { resource, operation, ...parametersOf(sample) },
    credentials: sample.byTenant === true ? tenants : catalystCredential,
    onError: "continueRegularOutput",
  };
}

async function begin(canvas: PinnedCanvas): Promise<string> {
  await world.n8n.post("/workflows", canvas);
  return world.execute(canvas.id, pressed);
}

/** n8n offers its HTTP Request node in every list of operations. */
const customCall = "__CUSTOM_API_CALL__";

interface NodeType {
  readonly name: string;
  readonly properties: readonly {
    readonly name: string;
    readonly displayOptions?: { readonly show?: { readonly resource?: readonly string[] } };
    readonly options?: readonly { readonly value: string }[];
  }[];
}

test("every operation that n8n knows of the node has a sample here", async () => {
  const { cookie } = world.n8n;
  const response = await fetch(`${world.environment.urls.n8n}/types/nodes.json`, { headers: { cookie } });
  const types = (await response.json()) as readonly NodeType[];
  const node = types.find(({ name }) => name === "n8n-nodes-catalyst.catalyst");
  const operations = (node?.properties ?? [])
    .filter(({ name }) => name === "operation")
    .flatMap(({ displayOptions, options = [] }) =>
      options
        .filter(({ value }) => value !== customCall)
        .map(({ value }) => `${displayOptions?.show?.resource?.[0]}.${value}`),
    );
  expect(operations.sort()).toEqual([...Object.keys(samples), startAndWait].sort());
});

test("their execution ends well, whatever was wrong with some items", () => {
  expect(outcome).toMatchObject({ status: "success", error: null });
});

test.each(Object.entries(samples))(
  "%s: the right item has its output beside the wrong one's error",
  (name, sample) => {
    const { error, code, output, isAmongOthers, binary } = sample(made);
    const [refused, ...rows] = outcome.rounds(name).flat();
    expect(refused).toMatchObject({
      json: {
        error: error instanceof RegExp ? expect.stringMatching(error) : error,
        details: { code, remedy: expect.stringMatching(/^[A-Z].+\.$/) },
      },
      pairedItem: { item: 0 },
    });
    expect(Object.keys(refused?.json ?? {}).sort()).toEqual(["details", "error"]);
    const found = rows.map(({ json }) => json);
    if (isAmongOthers === true)
      expect(found).toEqual(expect.arrayContaining(output.map((row) => expect.objectContaining(row))));
    else expect(found).toMatchObject(output);
    expect(rows.map(({ pairedItem }) => pairedItem)).toEqual(rows.map(() => ({ item: 1 })));
    if (binary !== undefined) expect(rows[0]?.binary).toMatchObject(binary);
  },
);

test("runs did what they were told", async () => {
  const result = (tenantId: string) =>
    world.admin.get(`/api/v2/workflows/runs/suspension-${tenantId}/result?wait_ms=20000`);
  expect(await result(made.cancelled)).toMatchObject({ output: { by: "cancellation" } });
  expect(await result(made.off)).toMatchObject({ output: { by: "Kim", reason: "the test is over" } });
  expect(await world.admin.get(`/api/v2/workflows/runs/suspension-${made.started}`)).toMatchObject({
    n8n_execution_id: executionId,
  });
  const [terminated, begunAnew] = ["workflow.terminate", "workflow.reset"].map(
    (name) => outcome.rounds(name)[0]?.at(-1)?.json["run_id"],
  );
  expect(begunAnew).not.toBe(terminated);
});

test("the schedule started its flow, and is gone", async () => {
  const runs = await world.admin.get<{ data: readonly unknown[] }>(
    `/api/v2/workflows/runs?workflow=invoicing&tenant_id=${made.main}`,
  );
  expect(runs.data.length).toBeGreaterThan(0);
  const gone = world.admin.get(`/api/v2/schedules/invoicing-${made.main}`);
  await expect(gone).rejects.toThrow("There is no schedule");
});

test("the new tenant opens, the message arrives, the invoice is mailed once more", async () => {
  const opened = () => world.admin.get<{ status: string }>(`/api/v2/tenants/${made.newTenant}`);
  await eventually(opened, ({ status }) => status === "active");
  const sent = outcome.rounds("message.send")[0]?.at(-1)?.json["message_id"];
  expect(await finalMessage(world.admin, String(sent))).toMatchObject({
    state: "delivered",
    text: "Sent from n8n",
  });
  const mails = async (): Promise<number> => {
    const response = await fetch(`${world.environment.urls.smtpInbox}/messages`);
    const { messages } = (await response.json()) as { messages: readonly { subject: string; to: unknown }[] };
    const ours = messages.filter(({ to }) => JSON.stringify(to).includes(made.billed.toLowerCase()));
    return ours.filter(({ subject }) => subject.includes(`${made.invoice.number} of `)).length;
  };
  expect(await eventually(mails, (count) => count >= 2)).toBe(2);
});

test("the formula that was set prices the next event, as its quote said", async () => {
  const event = { event_type: "sms.delivered", channel: "sms" };
  const quote = (body: object) =>
    world.admin.post<{ charge: { total: string } }>("/api/v2/quotes", { ...event, ...body });
  const fromCard = { rate_card_id: made.newCard, tenant_id: made.main };
  await eventually(
    () => quote(fromCard),
    ({ charge }) => charge.total === "0.040000000000000002",
  );
  const { tenantId } = await world.tenant("FORMULA", { rate_card_id: made.newCard });
  const quoted = await quote({ tenant_id: tenantId });
  const charged = await world.admin.post<{ transaction: { amount: string; charge: object } }>(
    "/api/v2/usage-events",
    { ...event, tenant_id: tenantId },
    { "idempotency-key": tenantId },
  );
  expect(charged.transaction.charge).toEqual(quoted.charge);
  expect(charged.transaction.amount).toBe("0.040000000000000002");
});

/** A run that nobody answers: it fails after a second. */
const unanswered = () => ({
  tenantId: made.main,
  stepId: world.unique("STEP"),
  webhookUrl: "http://127.0.0.1:9/webhook/nobody",
  payload: {},
  timeoutSeconds: 1,
});

test("Start and Wait, one item at a time: refused, failed and completed, each goes on as such", async () => {
  const failing = unanswered();
  const items = [
    { flow: "suspension", tenantId: "NOBODY", cause: "person", graceSeconds: 0, reason: "a test" },
    { flow: "n8nStep", ...failing },
    { flow: "invoicing", tenantId: made.billed },
  ];
  const step = startStep("Start and wait", "startAndWait", "", {});
  const canvas = loopCanvas("testOneAtATime", items, {
    ...step,
    parameters: {
      ...step.parameters,
      workflow: located("={{ $json.flow }}"),
      input: { mappingMode: "autoMapInputData", value: null },
    },
    onError: "continueRegularOutput",
  });
  const id = await begin(canvas);
  expect(await settled(world, id)).toMatchObject({ status: "success" });
  const runId = `n8n-step-${made.main}-${failing.stepId}`;
  const rounds = (await outcomeOf(world, id)).rounds(step.name);
  expect(rounds.map(({ length }) => length)).toEqual([1, 1, 1]);
  const [refused, failed, completed] = rounds.flat();
  expect(refused?.json).toMatchObject({
    error: "There is no tenant NOBODY.",
    details: { code: "not_found" },
  });
  expect(failed?.json).toMatchObject({
    error: `Run ${runId} has failed (N8nTimeout: n8n could not be reached in time)`,
    details: { workflow_id: runId, status: "failed", link: made.link(runId) },
  });
  expect(completed?.json).toMatchObject({
    workflow: "invoicing",
    status: "completed",
    result: { invoices: [{ invoiceId: made.invoice.invoice_id, number: made.invoice.number }] },
    failure: null,
    link: expect.stringContaining(`/workflows/invoicing-${made.billed}`),
  });
  expect([refused, failed, completed].map((item) => item?.pairedItem)).toEqual([
    { item: 0 },
    { item: 0 },
    { item: 0 },
  ]);
}, 60_000);

test("several items at once are more than Start and Wait takes, and none of them is started", async () => {
  const input = { tenantId: made.newTenant, cause: "person", graceSeconds: 0, reason: "a test" };
  const step = startStep("Start and wait", "startAndWait", "suspension", input);
  const id = await begin(fanCanvas("testSeveral", [{}, {}], [{ ...step, onError: "continueRegularOutput" }]));
  await settled(world, id);
  const message = "Start and Wait takes one item at a time, not 2: an execution wakes once";
  expect((await outcomeOf(world, id)).rounds(step.name)).toMatchObject([
    [{ json: { error: message } }, { json: { error: message } }],
  ]);
  const run = world.admin.get(`/api/v2/workflows/runs/suspension-${made.newTenant}`);
  await expect(run).rejects.toThrow("There is no workflow run");
});

test("where the node does not go on, the execution stops with the gateway's words", async () => {
  const parameters = { resource: "tenant", operation: "get", tenantId: located("NOBODY") };
  const step: Step = {
    name: "Get a tenant",
    type: "n8n-nodes-catalyst.catalyst",
    typeVersion: 1,
    parameters,
    credentials: catalystCredential,
  };
  const id = await begin(rowCanvas("testStops", [step]));
  await settled(world, id);
  const stopped = await outcomeOf(world, id);
  expect(stopped).toMatchObject({
    status: "error",
    lastNode: "Get a tenant",
    error: {
      message: "There is no tenant NOBODY.",
      description: expect.stringMatching(/^Check the ID; .+ Request ID: \S+\.$/),
    },
  });
  expect(stopped.rounds("The end")).toEqual([]);
});

test("where Start and Wait does not go on, the execution stops with the run's reason", async () => {
  const step = startStep("Ask nobody", "startAndWait", "n8nStep", unanswered());
  const id = await begin(rowCanvas("testStopsLater", [step]));
  await settled(world, id);
  const stopped = await outcomeOf(world, id);
  expect(stopped).toMatchObject({
    status: "error",
    error: {
      message: expect.stringMatching(/has failed \(N8nTimeout: n8n could not be reached in time\)$/),
      description: expect.stringContaining(made.link(`n8n-step-${made.main}`)),
    },
  });
  expect(stopped.rounds("The end")).toEqual([]);
});
