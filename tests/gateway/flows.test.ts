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
    { start: "suspension", input: { ...INPUT, actor: expect.any(String) }, actor: expect.any(String) },
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

test("a tenant sees its own runs alone", async () => {
  const list = await call(opened.gateway, "GET", "/api/v2/workflows/runs", {
    token: TENANT_KEYS["TENANT-001"],
  });
  expect(list.json().data.map(({ tenant_id: id }: { tenant_id: string }) => id)).toEqual(["TENANT-001"]);
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
