import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { TENANT_KEYS } from "./fakes.ts";
import { call, type Opened, openGateway, problem } from "./requests.ts";

let opened: Opened;
beforeEach(async () => {
  opened = await openGateway();
});
afterEach(() => opened.gateway.close());

const START = "/api/v2/workflows/suspension";
const RUN = "/api/v2/workflows/runs/suspension-TENANT-001";
const INPUT = { tenantId: "TENANT-001", cause: "person", walletId: null, graceSeconds: 60, reason: "why" };

test("the catalog describes what goes in and out by JSON Schema", async () => {
  const { data } = (await call(opened.gateway, "GET", "/api/v2/workflows")).json();
  const suspension = data.find(({ name }: { name: string }) => name === "suspension");
  expect(suspension.input).toMatchObject({
    type: "object",
    properties: { graceSeconds: { type: "integer", minimum: 0, maximum: 7_776_000 } },
  });
  expect(suspension.updates).toEqual([
    expect.objectContaining({
      name: "reinstate",
      input: expect.objectContaining({ required: ["actor", "reason"] }),
    }),
  ]);
});

test("a start carries the key's own name, and every wrong field is named", async () => {
  await call(opened.gateway, "POST", START, { body: { input: INPUT } });
  expect(opened.platform.toFlows).toEqual([
    {
      start: "suspension",
      input: { ...INPUT, actor: "owner" },
      actor: "owner",
      requestId: null,
      n8nExecutionId: null,
      callbackUrl: null,
    },
  ]);
  const wrong = problem(
    await call(opened.gateway, "POST", START, {
      body: { input: { ...INPUT, cause: "mood", graceSeconds: -1 } },
    }),
  );
  expect(wrong.errors.map(({ path }) => path)).toEqual(["input.cause", "input.graceSeconds"]);
});

test("what does not exist, or is not for this key, says so", async () => {
  expect(
    problem(await call(opened.gateway, "POST", "/api/v2/workflows/lunch", { body: { input: {} } })).code,
  ).toBe("not_found");
  expect(
    problem(await call(opened.gateway, "POST", "/api/v2/workflows/tenantOnboarding", { body: { input: {} } }))
      .code,
  ).toBe("forbidden");
  const unknown = problem(await call(opened.gateway, "POST", `${RUN}/updates/forgive`, { body: {} }));
  expect(unknown.detail).toContain("it has reinstate");
  const incomplete = problem(
    await call(opened.gateway, "POST", `${RUN}/updates/reinstate`, { body: { input: { actor: "Kim" } } }),
  );
  expect(incomplete.errors.map(({ path }) => path)).toEqual(["input.reason"]);
  const extra = problem(
    await call(opened.gateway, "POST", `${RUN}/signals/causeMayHaveEnded`, {
      body: { input: { now: true } },
    }),
  );
  expect(extra.errors.map(({ path }) => path)).toEqual(["input"]);
});

test("what takes no input may be sent without a body", async () => {
  const signal = `${RUN}/signals/causeMayHaveEnded`;
  for (const body of [undefined, "", {}]) {
    const sent = await call(opened.gateway, "POST", signal, body === undefined ? {} : { body });
    expect(sent.statusCode).toBe(202);
  }
});

test("a tenant sees its own runs alone", async () => {
  const list = await call(opened.gateway, "GET", "/api/v2/workflows/runs", {
    token: TENANT_KEYS["TENANT-001"],
  });
  const tenants = list.json().data.map(({ tenant_id: id }: { tenant_id: string }) => id);
  expect(new Set(tenants)).toEqual(new Set(["TENANT-001"]));
  const other = await call(opened.gateway, "GET", "/api/v2/workflows/runs?tenant_id=TENANT-002", {
    token: TENANT_KEYS["TENANT-001"],
  });
  expect(problem(other).code).toBe("not_found");
});

test("the same Idempotency-Key is the same update", async () => {
  const body = { input: { actor: "Kim", reason: "paid" } };
  const headers = { "idempotency-key": "step-7" };
  await call(opened.gateway, "POST", `${RUN}/updates/reinstate`, { body, headers });
  expect(opened.platform.toFlows).toContainEqual(
    expect.objectContaining({ update: "reinstate", updateId: "step-7" }),
  );
});

test("a start with an Idempotency-Key happens once, tells Temporal so, and keeps its answer", async () => {
  const headers = { "idempotency-key": "execution-7", "x-n8n-execution-id": "4711" };
  const first = await call(opened.gateway, "POST", START, { body: { input: INPUT }, headers });
  const again = await call(opened.gateway, "POST", START, { body: { input: INPUT }, headers });
  expect([again.statusCode, again.body]).toEqual([first.statusCode, first.body]);
  expect(opened.platform.toFlows).toEqual([
    expect.objectContaining({ start: "suspension", requestId: expect.any(String), n8nExecutionId: "4711" }),
  ]);
  const other = await call(opened.gateway, "POST", START, {
    body: { input: { ...INPUT, graceSeconds: 61 } },
    headers,
  });
  expect(problem(other).code).toBe("idempotency_mismatch");
  const wrong = await call(opened.gateway, "POST", START, {
    body: { input: INPUT },
    headers: { "x-n8n-execution-id": "a b" },
  });
  expect(problem(wrong).errors.map(({ path }) => path)).toEqual(["headers.x-n8n-execution-id"]);
});

test("a start may wait for the result", async () => {
  const at = (body: object) => call(opened.gateway, "POST", START, { body: { input: INPUT, ...body } });
  expect((await at({})).json()).toMatchObject({ workflow_id: "suspension-TENANT-001", result: null });
  expect((await at({ wait_ms: 1 })).json()).toMatchObject({
    amount_due: "1999",
    currency: "USD",
    result: { status: "running", output: null, failure: null },
  });
  expect(problem(await at({ wait_ms: 60_000 })).errors.map(({ path }) => path)).toEqual(["wait_ms"]);
});

test("a start may have its end told: a request of its own, also without a key; nothing but http is called", async () => {
  const at = (body: object) => call(opened.gateway, "POST", START, { body: { input: INPUT, ...body } });
  const callback = { url: "https://n8n.test/webhook-waiting/7?signature=abc" };
  expect((await at({ callback })).statusCode).toBe(200);
  expect((await at({ callback })).statusCode).toBe(200);
  const sent = opened.platform.toFlows as { requestId: string; callbackUrl: string }[];
  expect(sent.map(({ callbackUrl }) => callbackUrl)).toEqual([callback.url, callback.url]);
  expect(new Set(sent.map(({ requestId }) => requestId)).size).toBe(2);
  expect(sent.every(({ requestId }) => requestId !== null)).toBe(true);
  for (const url of ["ftp://n8n.test/", "/webhook-waiting/7", "javascript:alert(1)"])
    expect(problem(await at({ callback: { url } })).errors.map(({ path }) => path)).toEqual(["callback.url"]);
});

test("a reset has a point, a reason and an author", async () => {
  const reset = (body: object) => call(opened.gateway, "POST", `${RUN}/reset`, { body });
  expect((await reset({ to: "last", reason: "the outage is over" })).statusCode).toBe(202);
  expect(opened.platform.toFlows).toEqual([
    { reset: "suspension-TENANT-001", to: "last", reason: "owner: the outage is over" },
  ]);
  const nowhere = problem(await reset({ to: 2, reason: "x" }));
  expect([nowhere.code, nowhere.detail]).toEqual([
    "conflict",
    "suspension-TENANT-001 cannot be reset: event 2 is no end of a decision.",
  ]);
  expect(problem(await reset({ to: "middle" })).errors.map(({ path }) => path)).toEqual(["to", "reason"]);
});

test("a history is read page by page", async () => {
  const read = async (query: string) => (await call(opened.gateway, "GET", `${RUN}/history${query}`)).json();
  const first = await read("?limit=2");
  expect(first.data).toMatchObject([
    { event_id: 1, name: "setService", attempt: 2, failure: { type: "Unavailable", message: "postgres" } },
    { event_id: 5 },
  ]);
  const second = await read(`?limit=2&cursor=${first.next}`);
  expect([second.data.map((event: { event_id: number }) => event.event_id), second.next]).toEqual([
    [6],
    null,
  ]);
});

test("a scheduled run is found by its id, in which a time stands", async () => {
  const answer = await call(opened.gateway, "GET", "/api/v2/workflows/runs/invoicing-T-2026-11-28T00:10:00Z");
  expect(problem(answer).code).toBe("not_found");
});
