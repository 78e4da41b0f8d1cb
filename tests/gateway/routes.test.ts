import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Unavailable } from "#domain/errors.ts";
import { refused } from "#domain/messages/submission.ts";
import { RATE_CARD_SOURCE_EXAMPLE } from "#gateway/rest/rate-card-body.ts";
import { hashOf } from "#gateway/rest/secrets.ts";
import { TENANT_KEYS, WALLET_1 } from "./fakes.ts";
import { call, type Opened, openGateway, problem } from "./requests.ts";

const token = TENANT_KEYS["TENANT-001"];
const MESSAGES = "/api/v2/messages";
const MESSAGE = { from: "ACME", to: "+12025550143", text: "hello" };
const TOP_UPS = "/api/v2/tenants/TENANT-001/top-ups";
const EXAMPLE_1 = {
  event_type: "sms.delivered",
  channel: "sms",
  to: "+1 (234) 567-8900",
  operator: "Verizon",
  destination: "US",
  tenant_id: "TENANT-001",
  timestamp: "2024-12-25T18:00:00Z",
};

let opened: Opened;
beforeEach(async () => {
  opened = await openGateway();
});
afterEach(() => opened.gateway.close());

function publishedEvents() {
  return opened.platform.published.map(({ topic, key, value }) => ({
    topic,
    key,
    ...JSON.parse(String(value)),
  }));
}

describe("platform", () => {
  test("/health has the guide's keys first", async () => {
    const answer = await call(opened.gateway, "GET", "/health", { token: null });
    expect(answer.body.startsWith('{"status":"healthy","tps":0,"timestamp":"2026-11-23T21:33:00.000Z"')).toBe(
      true,
    );
  });

  test("/ready follows the process", async () => {
    expect((await call(opened.gateway, "GET", "/ready", { token: null })).statusCode).toBe(200);
    opened.platform.ready = false;
    expect((await call(opened.gateway, "GET", "/ready", { token: null })).statusCode).toBe(503);
  });

  test("/metrics is Prometheus' text", async () => {
    const answer = await call(opened.gateway, "GET", "/metrics", { token: null });
    expect(answer.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(answer.body).toBe("catalyst_up 1\n");
  });
});

describe("tenants", () => {
  test("onboarding hands the flow hashes and the caller secrets, once", async () => {
    const request = {
      body: { tenant_id: "TENANT-003", name: "Three", tax_rate: 8.25 },
      headers: { "idempotency-key": "k" },
    };
    const answer = await call(opened.gateway, "POST", "/api/v2/tenants", request);
    const shown = answer.json();
    expect(shown.api_key).toMatch(/^cat_live_[0-9A-Za-z]{28}$/);
    expect(shown.smpp).toMatchObject({
      system_id: "TENANT-003",
      password: expect.stringMatching(/^[0-9A-Za-z]{8}$/),
    });
    expect(shown.workflow).toEqual({ id: "onboarding-TENANT-003", url: "http://ui/onboarding-TENANT-003" });
    const [input] = opened.platform.onboardings;
    expect(input).toMatchObject({ taxRate: "8.25", apiKey: { hash: hashOf(shown.api_key) } });
    expect(JSON.stringify(input)).not.toContain(shown.api_key);
    expect(JSON.stringify(input)).not.toContain(shown.smpp.password);

    const again = await call(opened.gateway, "POST", "/api/v2/tenants", request);
    expect(again.json()).toMatchObject({ tenant_id: "TENANT-003", api_key: null, smpp: { password: null } });
    expect(opened.platform.onboardings).toHaveLength(1);
    expect(JSON.stringify([...opened.platform.idempotency.values()])).not.toContain(shown.api_key);
  });

  test("202 while the flow runs", async () => {
    opened.platform.onboarding = { kind: "running", workflowId: "w", url: null };
    const answer = await call(opened.gateway, "POST", "/api/v2/tenants", {
      body: { tenant_id: "T", name: "T" },
    });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ status: "onboarding", tenant: null });
  });

  test("settings show no secret", async () => {
    expect((await call(opened.gateway, "GET", "/api/v2/tenants/TENANT-001")).body).not.toContain("CANARY");
  });

  test("a third active API key is refused until one is revoked", async () => {
    const url = "/api/v2/tenants/TENANT-001/api-keys";
    const second = (await call(opened.gateway, "POST", url)).json();
    expect(problem(await call(opened.gateway, "POST", url)).code).toBe("conflict");
    await call(opened.gateway, "DELETE", `${url}/${second.api_key.key_id}`);
    expect((await call(opened.gateway, "POST", url)).statusCode).toBe(201);
    expect((await call(opened.gateway, "GET", url)).json().data).toHaveLength(3);
  });
});

describe("money", () => {
  test.each([
    ['{"amount": 0.1}', "0.1"],
    ['{"amount": 100}', "100"],
    ['{"amount": 1e-18}', "0.000000000000000001"],
    ['{"amount": 9007199254740993.000000000000000001}', "9007199254740993.000000000000000001"],
    ['{"amount": "12.50"}', "12.5"],
  ])("%s is read to the last digit", async (body, amount) => {
    const answer = await call(opened.gateway, "POST", TOP_UPS, { body });
    expect(answer.statusCode).toBe(201);
    expect(answer.json().transaction.amount).toBe(amount);
    expect(publishedEvents()).toMatchObject([
      { topic: "billing.events", key: WALLET_1, kind: "entry", entryType: "top_up", amount, actor: "owner" },
    ]);
  });

  test("a top-up with a key takes effect once", async () => {
    const request = { body: { amount: "5" }, headers: { "idempotency-key": "pay-1" } };
    const first = await call(opened.gateway, "POST", TOP_UPS, request);
    const again = await call(opened.gateway, "POST", TOP_UPS, request);
    expect(again.json()).toEqual(first.json());
    expect(opened.platform.published).toHaveLength(1);
    const other = await call(opened.gateway, "POST", TOP_UPS, { ...request, body: { amount: "6" } });
    expect(other.statusCode).toBe(422);
    expect(problem(other).code).toBe("idempotency_mismatch");
  });

  test("a top-up that failed half way keeps its event when it is tried again", async () => {
    const request = { body: { amount: "5" }, headers: { "idempotency-key": "pay-2" } };
    const publish = opened.platform.dependencies.publisher.publish;
    const tried: string[] = [];
    Object.assign(opened.platform.dependencies.publisher, {
      publish: async (records: Parameters<typeof publish>[0]) => {
        tried.push(JSON.parse(String(records[0]?.value)).id);
        if (tried.length === 1) throw new Unavailable("kafka");
        await publish(records);
      },
    });
    expect((await call(opened.gateway, "POST", TOP_UPS, request)).statusCode).toBe(503);
    opened.platform.now += 86_400_000;
    expect((await call(opened.gateway, "POST", TOP_UPS, request)).statusCode).toBe(201);
    expect(tried[1]).toBe(tried[0]);
    expect(publishedEvents()[0].acceptedAt).toBe(opened.platform.now - 86_400_000);
  });

  test("the second of two at once waits its turn", async () => {
    const request = { body: { amount: "5" }, headers: { "idempotency-key": "pay-3" } };
    let go = (): void => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const publish = opened.platform.dependencies.publisher.publish;
    let reached = (): void => {};
    const inside = new Promise<void>((resolve) => {
      reached = resolve;
    });
    Object.assign(opened.platform.dependencies.publisher, {
      publish: async (records: Parameters<typeof publish>[0]) => {
        reached();
        await gate;
        await publish(records);
      },
    });
    const first = call(opened.gateway, "POST", TOP_UPS, request);
    void first.then(() => {});
    await inside;
    const second = await call(opened.gateway, "POST", TOP_UPS, request);
    expect(second.statusCode).toBe(409);
    expect(second.headers["retry-after"]).toBe("1");
    go();
    expect((await first).statusCode).toBe(201);
    expect(opened.platform.published).toHaveLength(1);
  });

  test("pending while the ledger has not recorded it", async () => {
    opened.platform.ledgerFollows = false;
    const answer = await call(opened.gateway, "POST", TOP_UPS, { body: { amount: "5" } });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ status: "pending", transaction: null });
  });

  test("balance: the ledger's, what is set aside, what is left", async () => {
    const answer = await call(opened.gateway, "GET", "/api/v2/tenants/TENANT-001/balance", { token });
    expect(answer.json()).toMatchObject({
      balance: "99.98461",
      reserved: "0.01539",
      available: "99.96922",
      currency: "USD",
    });
  });

  test("lists are paged by an opaque cursor", async () => {
    const page = (await call(opened.gateway, "GET", "/api/v2/tenants?limit=1")).json();
    expect(Buffer.from(page.next, "base64url").toString()).toBe("TENANT-002");
    expect((await call(opened.gateway, "GET", `/api/v2/tenants?cursor=${page.next}`)).statusCode).toBe(200);
  });
});

describe("rate cards", () => {
  test("the posted text is stored as it is, the same text again changes nothing", async () => {
    const body = JSON.stringify(RATE_CARD_SOURCE_EXAMPLE).replace('"base_rate":0.01', '"base_rate":1e-18');
    const first = await call(opened.gateway, "POST", "/api/v2/rate-cards", { body });
    expect(first.statusCode).toBe(201);
    expect(opened.platform.rateCards.at(-1)?.source).toBe(body);
    expect(first.json().rate_card.valid_from).toBe("2024-01-01T05:00:00.000Z");
    const again = await call(opened.gateway, "POST", "/api/v2/rate-cards", { body });
    expect(again.statusCode).toBe(200);
    expect(again.json().rate_card).toEqual(first.json().rate_card);
    const read = await call(opened.gateway, "GET", "/api/v2/rate-cards/RC-TENANT-001");
    expect(read.json()).toMatchObject({ source: body, versions: [{ version: 1 }] });
  });

  test("a wrong card is refused with every path", async () => {
    const body = { ...RATE_CARD_SOURCE_EXAMPLE, currency: "dollars", rates: { sms: { base_rate: -1 } } };
    const answer = await call(opened.gateway, "POST", "/api/v2/rate-cards", { body });
    expect(problem(answer).errors.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["currency", "rates.sms.base_rate"]),
    );
  });
});

describe("usage events", () => {
  test("the guide's Example 1 as it stands, after its opening volume", async () => {
    const answer = await call(opened.gateway, "POST", "/api/v2/usage-events", {
      body: { ...EXAMPLE_1, event_id: "EVT-001", opening_volume: 49_999 },
    });
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({
      status: "completed",
      event_id: "EVT-001",
      transaction: { amount: "0.01539" },
    });
    expect(publishedEvents()).toMatchObject([
      { kind: "entry", entryType: "opening_volume", units: 49_999, amount: "0" },
      {
        kind: "usage",
        eventType: "sms.delivered",
        at: Date.parse("2024-12-25T18:00:00Z"),
        country: "US",
        operator: "Verizon",
        hold: "0",
      },
    ]);
    expect(JSON.stringify(opened.platform.published)).not.toContain("567");
  });

  test("an event id takes effect once", async () => {
    const request = { body: { ...EXAMPLE_1, event_id: "EVT-001" } };
    const first = await call(opened.gateway, "POST", "/api/v2/usage-events", request);
    const again = await call(opened.gateway, "POST", "/api/v2/usage-events", request);
    expect(again.json()).toEqual(first.json());
    expect(opened.platform.published).toHaveLength(1);
  });

  test("one without a price is answered at once: the ledger will have no entry of it", async () => {
    opened.platform.ledgerFollows = false;
    const answer = await call(opened.gateway, "POST", "/api/v2/usage-events", {
      body: { ...EXAMPLE_1, event_type: "sms.failed" },
    });
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({ status: "free", transaction: null });
    expect(publishedEvents()).toHaveLength(1);
  });

  test("what the price may look at goes along", async () => {
    const details = {
      prefix: "1202555",
      attributes: { category: "marketing" },
      request_size: 5,
      connector: "a",
    };
    await call(opened.gateway, "POST", "/api/v2/usage-events", { body: { ...EXAMPLE_1, ...details } });
    expect(publishedEvents()[0]).toMatchObject({
      prefix: "1202555",
      attributes: { category: "marketing" },
      requestSize: 5,
      connector: "a",
    });
  });

  test("sms.deliver is sms.delivered", async () => {
    await call(opened.gateway, "POST", "/api/v2/usage-events", {
      body: { ...EXAMPLE_1, event_type: "sms.deliver" },
    });
    expect(publishedEvents()[0].eventType).toBe("sms.delivered");
  });

  test("the future is refused", async () => {
    const answer = await call(opened.gateway, "POST", "/api/v2/usage-events", {
      body: { ...EXAMPLE_1, timestamp: "2030-01-01T00:00:00Z" },
    });
    expect(problem(answer).errors[0]?.path).toBe("timestamp");
  });
});

describe("messages", () => {
  test("a key maps to the message's id: a repetition sends nothing twice", async () => {
    const request = { token, body: MESSAGE, headers: { "idempotency-key": "m-1" } };
    const first = await call(opened.gateway, "POST", MESSAGES, request);
    const again = await call(opened.gateway, "POST", MESSAGES, request);
    expect(first.statusCode).toBe(202);
    expect(again.json()).toEqual(first.json());
    expect(opened.platform.submissions).toHaveLength(1);
    for (const claim of opened.platform.idempotency.values()) claim.response = null;
    expect((await call(opened.gateway, "POST", MESSAGES, request)).json().message_id).toBe(
      first.json().message_id,
    );
  });

  test("keys of two tenants do not meet", async () => {
    const headers = { "idempotency-key": "m-1" };
    await call(opened.gateway, "POST", MESSAGES, { token, body: MESSAGE, headers });
    await call(opened.gateway, "POST", MESSAGES, {
      token: TENANT_KEYS["TENANT-002"],
      body: MESSAGE,
      headers,
    });
    expect(opened.platform.submissions.map(({ tenantId }) => tenantId)).toEqual(["TENANT-001", "TENANT-002"]);
  });

  test("after a refusal the same request may be tried again, under the same id", async () => {
    const { accept } = opened.platform;
    opened.platform.accept = () => refused("insufficient_funds", "top up");
    const request = { token, body: MESSAGE, headers: { "idempotency-key": "m-2" } };
    expect((await call(opened.gateway, "POST", MESSAGES, request)).statusCode).toBe(402);
    opened.platform.accept = accept;
    expect((await call(opened.gateway, "POST", MESSAGES, request)).statusCode).toBe(202);
    const [first, second] = opened.platform.submissions;
    expect(second?.messageId).toBe(first?.messageId);
  });

  test.each([
    [{ messages: [MESSAGE, { ...MESSAGE, to: 7 }, { ...MESSAGE, to: "12" }, MESSAGE] }],
    [[MESSAGE, { ...MESSAGE, to: 7 }, { ...MESSAGE, to: "12" }, MESSAGE]],
  ])("of many, each has its outcome and the valid ones proceed", async (body) => {
    const answer = await call(opened.gateway, "POST", MESSAGES, { token, body });
    expect(answer.statusCode).toBe(207);
    expect(answer.json()).toMatchObject({
      accepted: 2,
      refused: 2,
      results: [
        { index: 0, status: "accepted" },
        {
          index: 1,
          status: "refused",
          problem: { code: "validation_failed", errors: [{ path: "messages[1].to" }] },
        },
        {
          index: 2,
          status: "refused",
          problem: { code: "message_refused", errors: [{ path: "messages[2].to" }] },
        },
        { index: 3, status: "accepted" },
      ],
    });
    const ids = answer.json().results.flatMap((result: { message_id?: string }) => result.message_id ?? []);
    expect(new Set(ids).size).toBe(2);
  });

  test("a thousand at once, not more", async () => {
    const many = (count: number) => ({
      token,
      body: { messages: Array.from({ length: count }, () => MESSAGE) },
    });
    expect((await call(opened.gateway, "POST", MESSAGES, many(1000))).json().accepted).toBe(1000);
    expect(problem(await call(opened.gateway, "POST", MESSAGES, many(1001))).errors[0]?.path).toBe(
      "messages",
    );
    expect(problem(await call(opened.gateway, "POST", MESSAGES, many(0))).errors[0]?.path).toBe("messages");
  });

  test("fields reach the ingress", async () => {
    await call(opened.gateway, "POST", MESSAGES, {
      token,
      body: { ...MESSAGE, reference: "r", validity_seconds: 60, country: "US", operator: "Verizon" },
    });
    expect(opened.platform.submissions[0]).toMatchObject({
      tenantId: "TENANT-001",
      channel: "sms",
      door: "rest",
      receipt: false,
      reference: "r",
      validityMs: 60_000,
      countryHint: "US",
      operatorHint: "Verizon",
    });
  });

  test("an administrator names the tenant whose messages to list", async () => {
    expect(problem(await call(opened.gateway, "GET", MESSAGES)).errors[0]?.path).toBe("query.tenant_id");
  });

  test("no number, text or key reaches the log", async () => {
    await call(opened.gateway, "POST", MESSAGES, { token, body: { ...MESSAGE, to: 7 } });
    await call(opened.gateway, "POST", MESSAGES, { token, body: MESSAGE });
    const log = opened.platform.logLines.join("");
    for (const canary of [MESSAGE.to, MESSAGE.text, token]) expect(log).not.toContain(canary);
  });
});
