import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { NOW, STEP_LINKS } from "./fakes.ts";
import { call, type Opened, openGateway, problem } from "./requests.ts";

let opened: Opened;
beforeEach(async () => {
  opened = await openGateway();
});
afterEach(() => opened.gateway.close());

/** The fake's run of a tenant, which stands for one of a step. */
const STEP = { workflowId: "suspension-TENANT-001", runId: "run-1" };
const pathOf = (step: typeof STEP, expiresAt: number): string =>
  new URL(STEP_LINKS.urlOf(step, expiresAt)).pathname;
const answer = (path: string, body: unknown = { approved: true }) =>
  opened.gateway.inject({ method: "POST", url: path, payload: JSON.stringify(body), headers: JSON_BODY });
const JSON_BODY = { "content-type": "application/json" };

test("whoever holds the address answers, with any JSON and without a key", async () => {
  for (const body of [{ approved: true }, ["a", 1], "yes", 7, null]) {
    const answered = await answer(pathOf(STEP, NOW + 1), body);
    expect([answered.statusCode, answered.json()]).toEqual([202, { accepted: true }]);
    expect(opened.platform.toFlows.at(-1)).toEqual({ signal: "answered", input: body, to: STEP.workflowId });
  }
});

test("an address that has expired, or was forged, opens nothing", async () => {
  const good = pathOf(STEP, NOW + 1);
  const [, signature = ""] = good.split(".");
  const forged = Buffer.from(`suspension-TENANT-002~run-1~${NOW * 2}`).toString("base64url");
  for (const path of [pathOf(STEP, NOW), `/api/v2/n8n-steps/${forged}.${signature}`, `${good}x`, `${good}.x`])
    expect(problem(await answer(path)).code).toBe("not_found");
  expect(opened.platform.toFlows).toEqual([]);
});

test("an answer to a run that is over, or was followed by another, changes nothing", async () => {
  for (const step of [
    { ...STEP, runId: "run-0" },
    { ...STEP, workflowId: "n8n-step-T-never-was" },
  ])
    expect(problem(await answer(pathOf(step, NOW + 1))).code).toBe("conflict");
  expect(opened.platform.toFlows).toEqual([]);
});

test("what is no JSON is refused", async () => {
  const wrong = await opened.gateway.inject({
    method: "POST",
    url: pathOf(STEP, NOW + 1),
    payload: "{",
    headers: JSON_BODY,
  });
  expect(problem(wrong).code).toBe("malformed_json");
  expect((await call(opened.gateway, "GET", pathOf(STEP, NOW + 1))).statusCode).toBe(405);
});
