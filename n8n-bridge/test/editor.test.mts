import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { CATALOG } from "./catalog.mts";
import { type FakeGateway, openGateway } from "./gateway.mts";
import { built, Catalyst, located, nodeContext } from "./n8n.mts";

let gateway: FakeGateway;
before(async () => {
  gateway = await openGateway();
});
after(() => gateway.close());
afterEach(() => {
  gateway.answers.clear();
  gateway.received.splice(0);
});

const { listSearch, loadOptions, resourceMapping } = new Catalyst().methods;
const editor = (parameters: Record<string, unknown>) => nodeContext({ baseUrl: gateway.url, parameters });
const { fieldsOf, toInput } = built("fields/json-schema");

test("a flow's input is fields of its schema's types; what the gateway fills in is not required", async () => {
  gateway.answers.set("GET /api/v2/workflows", { body: CATALOG });
  const { fields } = await resourceMapping.getWorkflowInput.call(editor({ workflow: located("suspension") }));
  assert.deepEqual(
    fields.map(({ id, type, required }) => [id, type, required]),
    [
      ["tenantId", "string", true],
      ["cause", "options", true],
      ["walletId", "string", false],
      ["graceSeconds", "number", true],
      ["reason", "string", true],
      ["actor", "string", false],
    ],
  );
  assert.deepEqual(fields[1].options, [
    { name: "Critical Balance", value: "critical_balance" },
    { name: "Person", value: "person" },
  ]);
  assert.equal(fields[0].displayName, "Tenant ID");
});

test("no flow is chosen yet, or by an expression: there are no fields, and no error", async () => {
  assert.deepEqual(await resourceMapping.getWorkflowInput.call(editor({ workflow: located("") })), {
    fields: [],
  });
  const expression = editor({ workflow: located("={{ $json.workflow }}"), updateName: "x" });
  assert.deepEqual(await resourceMapping.getUpdateInput.call(expression), { fields: [] });
  assert.deepEqual(await loadOptions.getSignals.call(expression), []);
  assert.equal(gateway.received.length, 0);
});

test("signals, updates and queries are those of the chosen flow", async () => {
  gateway.answers.set("GET /api/v2/workflows", { body: CATALOG });
  const context = editor({
    workflow: located("suspension"),
    updateName: "reinstate",
    signalName: "causeMayHaveEnded",
  });
  const names = async (method: "getSignals" | "getUpdates" | "getQueries") =>
    (await loadOptions[method].call(context)).map(({ value }: { value: string }) => value);
  assert.deepEqual(await names("getSignals"), ["causeMayHaveEnded"]);
  assert.deepEqual(await names("getUpdates"), ["reinstate"]);
  assert.deepEqual(await names("getQueries"), ["state"]);
  const { fields } = await resourceMapping.getUpdateInput.call(context);
  assert.deepEqual(
    fields.map(({ id, required }) => [id, required]),
    [
      ["actor", true],
      ["reason", true],
    ],
  );
  assert.deepEqual(await resourceMapping.getSignalInput.call(context), { fields: [] });
});

test("flows that nobody starts by hand are not offered to start", async () => {
  gateway.answers.set("GET /api/v2/workflows", { body: CATALOG });
  const values = async (operation: string) => {
    const { results } = await listSearch.searchWorkflows.call(editor({ operation }));
    return results.map(({ value }) => value);
  };
  assert.deepEqual(await values("start"), ["suspension"]);
  assert.deepEqual(await values("update"), ["suspension", "tenantOnboarding"]);
});

const LISTS = [
  ["searchTenants", "/api/v2/tenants", { tenant_id: "T1", name: "Acme" }, "T1"],
  [
    "searchRuns",
    "/api/v2/workflows/runs",
    { workflow_id: "suspension-T1", status: "running", flow_status: null, url: "u" },
    "suspension-T1",
  ],
  ["searchRateCards", "/api/v2/rate-cards", { rate_card_id: "RC-1", name: "One", version: 2 }, "RC-1"],
  [
    "searchSchedules",
    "/api/v2/schedules",
    { schedule_id: "invoicing-T1", paused: true, url: "u" },
    "invoicing-T1",
  ],
  [
    "searchInvoices",
    "/api/v2/invoices",
    { invoice_id: "i1", number: "INV-1", tenant_id: "T1", total: "1", currency: "USD" },
    "i1",
  ],
  [
    "searchFraudCases",
    "/api/v2/fraud-cases",
    { case_id: "FC-1", tenant_id: "T1", pattern: "velocity", status: "open" },
    "FC-1",
  ],
] as const;

for (const [method, path, row, value] of LISTS) {
  test(`${method} lists what the gateway has, page by page`, async () => {
    gateway.answers.set(`GET ${path}`, { body: { data: [row], next: "more" } });
    const search = listSearch[method];
    const { results, paginationToken } = await search.call(editor({}));
    assert.deepEqual([results[0].value, paginationToken], [value, "more"]);
    await search.call(editor({}), "", "more");
    assert.equal(new URL(gateway.received.at(-1)?.url ?? "", gateway.url).searchParams.get("cursor"), "more");
  });
}

test("a search looks through the pages, for upper and lower case alike", async () => {
  gateway.answers.set("GET /api/v2/tenants", {
    body: { data: [{ tenant_id: "T1", name: "Acme" }], next: null },
  });
  const find = async (filter: string) =>
    (await listSearch.searchTenants.call(editor({}), filter)).results.length;
  assert.deepEqual([await find("ACM"), await find("other")], [1, 0]);
});

test("runs are those of the chosen flow", async () => {
  gateway.answers.set("GET /api/v2/workflows/runs", { body: { data: [], next: null } });
  await listSearch.searchRuns.call(editor({ workflow: located("suspension") }));
  assert.match(gateway.received[0]?.url ?? "", /workflow=suspension/);
});

const NESTED = {
  type: "object",
  properties: {
    v: { type: "number", const: 1 },
    wallet: {
      type: "object",
      properties: {
        currency: { type: "string" },
        limits: {
          type: "object",
          properties: { low: { anyOf: [{ type: "string" }, { type: "null" }] } },
          required: ["low"],
        },
      },
      required: ["currency", "limits"],
    },
    kyc: {
      anyOf: [
        {
          type: "object",
          properties: { deadlineSeconds: { type: "integer" } },
          required: ["deadlineSeconds"],
        },
        { type: "null" },
      ],
    },
    keywords: { type: "array", items: { type: "string" } },
    hints: { type: "boolean" },
    through: { default: null, anyOf: [{ type: "string" }, { type: "null" }] },
    resume: {},
  },
  required: ["v", "wallet", "kyc", "keywords", "hints"],
};

test("objects are fields under dotted names; constants are no fields", () => {
  assert.deepEqual(
    fieldsOf(NESTED).map(({ id, type, required }: { id: string; type: string; required: boolean }) => [
      id,
      type,
      required,
    ]),
    [
      ["wallet.currency", "string", true],
      ["wallet.limits.low", "string", false],
      ["kyc.deadlineSeconds", "number", false],
      ["keywords", "array", true],
      ["hints", "boolean", true],
      ["through", "string", false],
      ["resume", "object", false],
    ],
  );
});

test("the fields become the input again: constants, nulls and objects in their places", () => {
  assert.deepEqual(toInput(NESTED, { "wallet.currency": "EUR", keywords: "a, b", hints: "false" }), {
    v: 1,
    wallet: { currency: "EUR", limits: { low: null } },
    kyc: null,
    keywords: ["a", "b"],
    hints: false,
  });
  // As an input item holds them.
  assert.deepEqual(
    toInput(NESTED, { wallet: { currency: "EUR" }, kyc: { deadlineSeconds: "60" }, through: "2026-11-01" }),
    {
      v: 1,
      wallet: { currency: "EUR", limits: { low: null } },
      kyc: { deadlineSeconds: 60 },
      through: "2026-11-01",
    },
  );
});
