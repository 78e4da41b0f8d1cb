import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { CATALOG } from "./catalog.mts";
import { type Answer, type FakeGateway, openGateway, problem } from "./gateway.mts";
import { Catalyst, executeContext, located, mapped, NodeApiError } from "./n8n.mts";

const RUN = {
  workflow_id: "suspension-T1",
  run_id: "r1",
  workflow: "suspension",
  status: "running",
  url: "http://ui/suspension-T1",
};
const RUN_PATH = "/api/v2/workflows/runs/suspension-T1";
const SCHEDULE = { schedule_id: "invoicing-T1", paused: false, url: "http://ui/invoicing-T1" };
const INVOICE = "01936f2e-7c1a-7000-8000-5a1b2c3d4e5f";

interface Sample {
  readonly parameters: Record<string, unknown>;
  /** The request that does it: what is expected of it, and what it answers. */
  readonly request: string;
  readonly query?: Record<string, string>;
  /** Parsed; undefined: none. */
  readonly body?: unknown;
  readonly answer: Answer;
  /** What else is asked on the way. */
  readonly also?: Record<string, Answer>;
  readonly output: readonly Record<string, unknown>[];
  /** Whether it may be sent twice for one effect. */
  readonly once?: boolean;
}

const run = { workflow: located("suspension"), workflowId: located("suspension-T1") };
const linked = { [`GET ${RUN_PATH}`]: { body: RUN } };
const link = RUN.url;
const catalog = { "GET /api/v2/workflows": { body: CATALOG } };

/** Of one execution, node, round and item: it is the same in every run of this test. */
const WAITING_URL =
  "http://127.0.0.1:5678/webhook-waiting/42/run-result?signature=token&waits_for=n8n-42-fkThJjqQQW239P2ocfkTOw5l_nNJZdyV";

/** One for each operation. */
const SAMPLES: Record<string, Sample> = {
  "workflow.start": {
    parameters: {
      workflow: located("suspension"),
      input: mapped({ tenantId: "T1", cause: "person", graceSeconds: "60", reason: "why" }),
      options: { waitMs: 1000 },
    },
    request: "POST /api/v2/workflows/suspension",
    // A required field that may be null is null, a number in digits is one, and the actor is the gateway's to fill in.
    body: {
      input: { tenantId: "T1", cause: "person", walletId: null, graceSeconds: 60, reason: "why" },
      wait_ms: 1000,
    },
    answer: { status: 201, body: { ...RUN, result: null } },
    also: catalog,
    output: [{ ...RUN, result: null, link }],
    once: true,
  },
  "workflow.startAndWait": {
    parameters: { workflow: located("suspension"), input: mapped({ tenantId: "T1" }) },
    request: "POST /api/v2/workflows/suspension",
    body: {
      input: { tenantId: "T1", walletId: null },
      callback: { url: WAITING_URL },
    },
    answer: { status: 201, body: RUN },
    also: catalog,
    output: [{}],
    once: true,
  },
  "workflow.signal": {
    parameters: { ...run, signalName: "causeMayHaveEnded" },
    request: `POST ${RUN_PATH}/signals/causeMayHaveEnded`,
    body: {},
    answer: { status: 202, body: { output: null } },
    also: { ...catalog, ...linked },
    output: [{ workflow_id: "suspension-T1", output: null, link }],
  },
  "workflow.update": {
    parameters: { ...run, updateName: "reinstate", input: mapped({ actor: "Kim", reason: "paid" }) },
    request: `POST ${RUN_PATH}/updates/reinstate`,
    body: { input: { actor: "Kim", reason: "paid" } },
    answer: { body: { output: { status: "reinstated" } } },
    also: { ...catalog, ...linked },
    output: [{ workflow_id: "suspension-T1", output: { status: "reinstated" }, link }],
    once: true,
  },
  "workflow.query": {
    parameters: { ...run, queryName: "state" },
    request: `GET ${RUN_PATH}/queries/state`,
    answer: { body: { output: { status: "suspended" } } },
    also: linked,
    output: [{ workflow_id: "suspension-T1", output: { status: "suspended" }, link }],
  },
  "workflow.describe": {
    parameters: run,
    request: `GET ${RUN_PATH}`,
    answer: { body: RUN },
    output: [{ ...RUN, link }],
  },
  "workflow.getResult": {
    parameters: { ...run, waitMs: 2000 },
    request: `GET ${RUN_PATH}/result`,
    query: { wait_ms: "2000" },
    answer: { body: { status: "failed", output: null, failure: { type: "Rejected", message: "no" } } },
    also: linked,
    output: [
      {
        workflow_id: "suspension-T1",
        status: "failed",
        output: null,
        failure: { type: "Rejected", message: "no" },
        link,
      },
    ],
  },
  "workflow.list": {
    parameters: {
      tenantId: located("T1"),
      workflow: located("suspension"),
      limit: 7,
      filters: { status: "running", startedFrom: "2026-11-01T00:00:00" },
    },
    request: "GET /api/v2/workflows/runs",
    query: {
      tenant_id: "T1",
      workflow: "suspension",
      status: "running",
      started_from: "2026-11-01T00:00:00.000Z",
      limit: "7",
    },
    answer: { body: { data: [RUN], next: null } },
    output: [{ ...RUN, link }],
  },
  "workflow.cancel": {
    parameters: run,
    request: `POST ${RUN_PATH}/cancel`,
    answer: { status: 202, body: RUN },
    output: [{ ...RUN, link }],
  },
  "workflow.terminate": {
    parameters: { ...run, reason: "mistake" },
    request: `POST ${RUN_PATH}/terminate`,
    body: { reason: "mistake" },
    answer: { status: 202, body: RUN },
    output: [{ ...RUN, link }],
  },
  "workflow.reset": {
    parameters: { ...run, to: "event", eventId: 4, reason: "outage" },
    request: `POST ${RUN_PATH}/reset`,
    body: { to: 4, reason: "outage" },
    answer: { status: 202, body: RUN },
    output: [{ ...RUN, link }],
  },
  "schedule.create": {
    parameters: {
      workflow: located("suspension"),
      input: mapped({ tenantId: "T1" }),
      every: "week",
      dayOfWeek: 1,
      dayOfMonth: 9,
      hour: 6,
      minute: 0,
      timezone: "Europe/Rome",
      note: "weekly",
    },
    request: "POST /api/v2/schedules",
    body: {
      workflow: "suspension",
      input: { tenantId: "T1", walletId: null },
      calendar: { every: "week", timezone: "Europe/Rome", hour: 6, minute: 0, day_of_week: 1 },
      note: "weekly",
    },
    answer: { status: 201, body: SCHEDULE },
    also: catalog,
    output: [{ ...SCHEDULE, link: SCHEDULE.url }],
  },
  "schedule.list": {
    parameters: { tenantId: located(""), workflow: located(""), limit: 50 },
    request: "GET /api/v2/schedules",
    query: { limit: "50" },
    answer: { body: { data: [SCHEDULE], next: null } },
    output: [{ ...SCHEDULE, link: SCHEDULE.url }],
  },
  "schedule.pause": {
    parameters: { scheduleId: located("invoicing-T1"), note: "audit" },
    request: "POST /api/v2/schedules/invoicing-T1/pause",
    body: { note: "audit" },
    answer: { body: SCHEDULE },
    output: [{ ...SCHEDULE, link: SCHEDULE.url }],
  },
  "schedule.resume": {
    parameters: { scheduleId: located("invoicing-T1"), note: "done" },
    request: "POST /api/v2/schedules/invoicing-T1/resume",
    body: { note: "done" },
    answer: { body: SCHEDULE },
    output: [{ ...SCHEDULE, link: SCHEDULE.url }],
  },
  "schedule.trigger": {
    parameters: { scheduleId: located("invoicing-T1") },
    request: "POST /api/v2/schedules/invoicing-T1/trigger",
    answer: { status: 202, body: SCHEDULE },
    output: [{ ...SCHEDULE, link: SCHEDULE.url }],
  },
  "schedule.backfill": {
    parameters: {
      scheduleId: located("invoicing-T1"),
      from: "2026-11-01T00:00:00Z",
      to: "2026-11-03T00:00:00+01:00",
    },
    request: "POST /api/v2/schedules/invoicing-T1/backfill",
    body: { from: "2026-11-01T00:00:00.000Z", to: "2026-11-02T23:00:00.000Z" },
    answer: { status: 202, body: SCHEDULE },
    output: [{ ...SCHEDULE, link: SCHEDULE.url }],
  },
  "schedule.delete": {
    parameters: { scheduleId: located("invoicing-T1") },
    request: "DELETE /api/v2/schedules/invoicing-T1",
    answer: { status: 204 },
    output: [{ schedule_id: "invoicing-T1", deleted: true, link: null }],
  },
  "tenant.onboard": {
    parameters: {
      tenantId: "T1",
      name: "Acme",
      email: "",
      additionalFields: {
        rateCardId: located("RC-1"),
        low: "10",
        billingAddress: "1 Main Street\n\nSpringfield",
        kycRequired: true,
        webhookUrl: "https://acme.example/hook",
        blockedKeywords: "lottery\nwin",
        trustedHints: false,
      },
    },
    request: "POST /api/v2/tenants",
    body: {
      tenant_id: "T1",
      name: "Acme",
      rate_card_id: "RC-1",
      trusted_hints: false,
      thresholds: { low: "10" },
      billing_address: ["1 Main Street", "Springfield"],
      kyc: { required: true },
      webhook: { url: "https://acme.example/hook" },
      firewall: { blocked_keywords: ["lottery", "win"] },
    },
    answer: {
      status: 202,
      body: { status: "onboarding", workflow: { id: "onboarding-T1", url: "http://ui/onboarding-T1" } },
    },
    output: [
      {
        status: "onboarding",
        workflow: { id: "onboarding-T1", url: "http://ui/onboarding-T1" },
        link: "http://ui/onboarding-T1",
      },
    ],
    once: true,
  },
  "tenant.get": {
    parameters: { tenantId: located("T1") },
    request: "GET /api/v2/tenants/T1",
    answer: { body: { tenant_id: "T1" } },
    output: [{ tenant_id: "T1", link: null }],
  },
  "tenant.suspend": {
    parameters: { tenantId: located("T1"), reason: "terms", graceSeconds: 3600 },
    request: "POST /api/v2/workflows/suspension",
    body: { input: { tenantId: "T1", cause: "person", walletId: null, graceSeconds: 3600, reason: "terms" } },
    answer: { status: 201, body: RUN },
    output: [{ ...RUN, link }],
    once: true,
  },
  "tenant.reinstate": {
    parameters: { tenantId: located("T1"), actor: "Kim", reason: "paid" },
    request: `POST ${RUN_PATH}/updates/reinstate`,
    body: { input: { actor: "Kim", reason: "paid" } },
    answer: { body: { output: { status: "reinstated" } } },
    also: linked,
    output: [{ tenant_id: "T1", workflow_id: "suspension-T1", output: { status: "reinstated" }, link }],
    once: true,
  },
  "tenant.topUp": {
    parameters: {
      tenantId: located("T1"),
      amount: "100.000000000000000001",
      options: { reason: "transfer" },
    },
    request: "POST /api/v2/tenants/T1/top-ups",
    body: { amount: "100.000000000000000001", reason: "transfer" },
    answer: { status: 201, body: { status: "completed", balance: "100.000000000000000001" } },
    output: [{ status: "completed", balance: "100.000000000000000001", link: null }],
    once: true,
  },
  "tenant.balance": {
    parameters: { tenantId: located("T1"), walletId: "w1" },
    request: "GET /api/v2/tenants/T1/balance",
    query: { wallet_id: "w1" },
    answer: { body: { balance: "1" } },
    output: [{ balance: "1", link: null }],
  },
  "tenant.transactions": {
    parameters: { tenantId: located("T1"), limit: 2, filters: { eventType: "sms.delivered" } },
    request: "GET /api/v2/tenants/T1/transactions",
    query: { event_type: "sms.delivered", limit: "2" },
    answer: { body: { data: [{ id: "a" }, { id: "b" }], next: "more" } },
    output: [
      { id: "a", link: null },
      { id: "b", link: null },
    ],
  },
  "rateCard.create": {
    parameters: {
      source: "fields",
      rateCardId: "RC-1",
      name: "One",
      currency: "USD",
      effectiveDate: "2026-12-01T00:00:00",
      timezone: "UTC",
      rates: {
        rate: [
          { channel: "sms", kind: "base", key: "", price: "0.010000000000000001" },
          { channel: "sms", kind: "operator", key: "Verizon", price: "0.02" },
          { channel: "sms", kind: "operator", key: "AT&T", price: "0.03" },
          { channel: "ussd", kind: "base", key: "", price: "0.05" },
        ],
      },
      timeBands: {
        band: [
          {
            channel: "sms",
            name: "Peak",
            startHour: 9,
            endHour: 17,
            daysOfWeek: [1, 2],
            price: "0.015",
            multiplier: "",
          },
        ],
      },
      volumeDiscounts: { tier: [{ minVolume: 10000, maxVolume: 0, discount: "5" }] },
    },
    request: "POST /api/v2/rate-cards",
    body: {
      rate_card_id: "RC-1",
      name: "One",
      currency: "USD",
      effective_date: "2026-12-01",
      timezone: "UTC",
      rates: {
        sms: {
          base_rate: "0.010000000000000001",
          operator_rates: { Verizon: "0.02", "AT&T": "0.03" },
          time_bands: [{ name: "Peak", start_hour: 9, end_hour: 17, days_of_week: [1, 2], rate: "0.015" }],
        },
        ussd: { base_rate: "0.05" },
      },
      volume_discounts: [{ min_volume: 10000, discount: "5" }],
    },
    answer: { status: 201, body: { rate_card: { rate_card_id: "RC-1" }, warnings: [] } },
    output: [{ rate_card: { rate_card_id: "RC-1" }, warnings: [], link: null }],
    once: true,
  },
  "rateCard.get": {
    parameters: { rateCardId: located("RC-1") },
    request: "GET /api/v2/rate-cards/RC-1",
    answer: { body: { source: "{}" } },
    output: [{ source: "{}", link: null }],
  },
  "rateCard.diff": {
    parameters: { rateCardId: located("RC-1"), from: 1, to: 0 },
    request: "GET /api/v2/rate-cards/RC-1/diff",
    query: { from: "1" },
    answer: { body: { changes: [] } },
    output: [{ changes: [], link: null }],
  },
  "rateCard.testFormula": {
    parameters: {
      formula: "rate * 2",
      cases: { case: [{ variables: { variable: [{ name: "rate", value: "0.015" }] } }] },
    },
    request: "POST /api/v2/formulas/test",
    body: { formula: "rate * 2", cases: [{ rate: "0.015" }] },
    answer: { body: { results: [{ amount: "0.03" }] } },
    output: [{ results: [{ amount: "0.03" }], link: null }],
  },
  "rateCard.setFormula": {
    parameters: { rateCardId: located("RC-1"), eventType: "sms.delivered", formula: "" },
    request: "POST /api/v2/rate-cards/RC-1/formulas",
    body: { event_type: "sms.delivered", formula: null },
    answer: { status: 201, body: { warnings: [] } },
    output: [{ warnings: [], link: null }],
  },
  "quote.create": {
    parameters: {
      tenantId: located("T1"),
      eventType: "sms.delivered",
      channel: "sms",
      additionalFields: {
        rateCardId: located("RC-2"),
        volume: 50000,
        attributes: { attribute: [{ name: "class", value: "otp" }] },
        timestamp: "2024-12-25T18:00:00Z",
      },
    },
    request: "POST /api/v2/quotes",
    body: {
      tenant_id: "T1",
      event_type: "sms.delivered",
      channel: "sms",
      rate_card_id: "RC-2",
      timestamp: "2024-12-25T18:00:00.000Z",
      attributes: { class: "otp" },
      volume: 50000,
    },
    answer: { body: { priced: true } },
    output: [{ priced: true, link: null }],
  },
  "message.send": {
    parameters: {
      channel: "sms",
      from: "ACME",
      to: "+12025550143",
      text: " hello ",
      options: { reference: "order 7" },
    },
    request: "POST /api/v2/messages",
    body: { channel: "sms", from: "ACME", to: "+12025550143", text: " hello ", reference: "order 7" },
    answer: { status: 202, body: { message_id: "m1", status: "accepted" } },
    output: [{ message_id: "m1", status: "accepted", link: null }],
    once: true,
  },
  "message.get": {
    parameters: { messageId: "m1" },
    request: "GET /api/v2/messages/m1",
    answer: { body: { state: "delivered" } },
    output: [{ state: "delivered", link: null }],
  },
  "invoice.get": {
    parameters: { invoiceId: located(INVOICE) },
    request: `GET /api/v2/invoices/${INVOICE}`,
    answer: { body: { number: "INV-1" } },
    output: [{ number: "INV-1", link: null }],
  },
  "invoice.pdf": {
    parameters: { invoiceId: located(INVOICE), binaryPropertyName: "invoice" },
    request: `GET /api/v2/invoices/${INVOICE}/pdf`,
    answer: { body: Buffer.from("%PDF-1.7 \xff", "latin1"), type: "application/pdf" },
    also: { [`GET /api/v2/invoices/${INVOICE}`]: { body: { number: "INV-1" } } },
    output: [{ invoice_id: INVOICE, number: "INV-1", link: null }],
  },
  "invoice.resend": {
    parameters: { invoiceId: located(INVOICE) },
    request: `POST /api/v2/invoices/${INVOICE}/resend`,
    answer: { status: 202, body: { status: "started", workflow: RUN } },
    output: [{ status: "started", workflow: RUN, link }],
    once: true,
  },
  "payment.create": {
    parameters: { tenantId: located("T1"), amount: "100.00", options: { currency: "USD" } },
    request: "POST /api/v2/tenants/T1/payments",
    body: { amount: "100.00", currency: "USD" },
    answer: { status: 201, body: { payment_id: "p1", payment: { state: "requires_action" } } },
    also: { "GET /api/v2/workflows/runs/payment-p1": { body: RUN } },
    output: [{ payment_id: "p1", payment: { state: "requires_action" }, link }],
    once: true,
  },
  "payment.get": {
    parameters: { paymentId: "p1" },
    request: "GET /api/v2/payments/p1",
    answer: { body: { payment_id: "p1", state: "paid" } },
    also: { "GET /api/v2/workflows/runs/payment-p1": { body: RUN } },
    output: [{ payment_id: "p1", state: "paid", link }],
  },
  "tenant.list": {
    parameters: { returnAll: true },
    request: "GET /api/v2/tenants",
    query: { limit: "200" },
    answer: { body: { data: [{ tenant_id: "T1" }], next: null } },
    output: [{ tenant_id: "T1", link: null }],
  },
  "fraudCase.list": {
    parameters: { tenantId: located("T1"), limit: 50, filters: { status: "open" } },
    request: "GET /api/v2/fraud-cases",
    query: { tenant_id: "T1", status: "open", limit: "50" },
    answer: { body: { data: [{ case_id: "FC-1", workflow_id: "suspension-T1" }], next: null } },
    also: { "GET /api/v2/workflows/runs": { body: { data: [RUN], next: null } } },
    output: [{ case_id: "FC-1", workflow_id: "suspension-T1", link }],
  },
  "fraudCase.decide": {
    parameters: { caseId: located("FC-2026-000001"), decision: "block", reason: "premium range", note: "" },
    request: "POST /api/v2/fraud-cases/FC-2026-000001/decision",
    body: { decision: "block", reason: "premium range" },
    answer: { body: { case_id: "FC-2026-000001", workflow_id: "suspension-T1" } },
    also: linked,
    output: [{ case_id: "FC-2026-000001", workflow_id: "suspension-T1", link }],
  },
};

let gateway: FakeGateway;
before(async () => {
  gateway = await openGateway();
});
after(() => gateway.close());
beforeEach(() => gateway.answers.clear());
afterEach(() => void gateway.received.splice(0));

const node = new Catalyst();

test("every operation of the node has a sample", () => {
  const { properties } = node.description;
  const operations = properties
    .filter(({ name }: { name: string }) => name === "operation")
    .flatMap((choice: { displayOptions: { show: { resource: string[] } }; options: { value: string }[] }) =>
      choice.options.map(({ value }) => `${choice.displayOptions.show.resource[0]}.${value}`),
    );
  assert.deepEqual(operations.sort(), Object.keys(SAMPLES).sort());
});

for (const [name, sample] of Object.entries(SAMPLES)) {
  const [resource, operation] = name.split(".");
  const parameters = { resource, operation, ...sample.parameters };
  const answers = (answer: Answer) => {
    for (const [request, other] of Object.entries(sample.also ?? {})) gateway.answers.set(request, other);
    gateway.answers.set(sample.request, answer);
  };
  const sent = () =>
    gateway.received.find(({ method, url }) => `${method} ${url.split("?")[0]}` === sample.request);

  describe(name, () => {
    test("sends what the gateway asks for, and gives its answer with link and paired item", async () => {
      answers(sample.answer);
      const context = executeContext({ baseUrl: `${gateway.url}/`, parameters });
      const [returned] = await node.execute.call(context);
      const request = sent();
      assert.ok(request);
      assert.deepEqual(
        Object.fromEntries(new URL(request.url, gateway.url).searchParams),
        sample.query ?? {},
      );
      assert.deepEqual(request.body === "" ? undefined : JSON.parse(request.body), sample.body);
      assert.equal(typeof request.headers["idempotency-key"], sample.once === true ? "string" : "undefined");
      assert.deepEqual(
        returned.map(({ json }: { json: unknown }) => json),
        sample.output,
      );
      assert.ok(
        returned.every(
          ({ pairedItem }: { pairedItem: unknown }) => JSON.stringify(pairedItem) === '{"item":0}',
        ),
      );
    });

    const refusal = problem(400, "validation_failed", "A field is wrong", [
      { path: "input.reason", message: "is needed" },
    ]);

    test("stops with field and remedy where the gateway refuses", async () => {
      answers(refusal);
      const context = executeContext({ baseUrl: gateway.url, parameters });
      await assert.rejects(node.execute.call(context), (error: InstanceType<typeof NodeApiError>) => {
        assert.ok(error instanceof NodeApiError);
        assert.equal(error.message, "A field is wrong");
        assert.equal(error.httpCode, "400");
        assert.equal(
          error.description,
          "input.reason: is needed\nCorrect the fields named above. Request ID: req-1.",
        );
        assert.equal(error.context.itemIndex, 0);
        return true;
      });
      assert.equal(context.waits.length, 0);
    });

    test("goes on with the error's item where the node continues on errors", async () => {
      answers(refusal);
      const context = executeContext({ baseUrl: gateway.url, parameters, onError: "continueErrorOutput" });
      const [[failed]] = await node.execute.call(context);
      assert.deepEqual(Object.keys(failed.json).sort(), ["details", "error"]);
      assert.equal(failed.json.error, "A field is wrong");
      assert.equal(failed.json.details.code, "validation_failed");
      assert.deepEqual(failed.pairedItem, { item: 0 });
    });
  });
}
