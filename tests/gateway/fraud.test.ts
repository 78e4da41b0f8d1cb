import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { fraudAlert } from "#domain/events/fraud-alert.ts";
import { ROLE_KEYS } from "./fakes.ts";
import { CASE_LINKS, FRAUD_CASE } from "./fake-fraud.ts";
import { call, openGateway, problem, type Opened } from "./requests.ts";

let opened: Opened;
beforeEach(async () => {
  opened = await openGateway();
});
afterEach(() => opened.gateway.close());

const DECISION = `/api/v2/fraud-cases/${FRAUD_CASE.caseId}/decision`;
const FROZEN = "/api/v2/tenants/TENANT-001/frozen-destinations";

describe("POST /api/v2/fraud-alerts", () => {
  const body = { tenant_id: "TENANT-001", pattern: "velocity", severity: "high" };

  test("publishes one alert for one window, keyed by tenant", async () => {
    const answers = await Promise.all(
      [1, 2].map(() => call(opened.gateway, "POST", "/api/v2/fraud-alerts", { body })),
    );
    const [first, second] = opened.platform.published.map(({ value }) =>
      fraudAlert.parse(JSON.parse(String(value))),
    );
    expect(first).toMatchObject({ tenantId: "TENANT-001", source: "report", reporter: "owner" });
    expect(second?.id).toBe(first?.id);
    expect(answers.map((answer) => answer.json())).toEqual([
      { alert_id: first?.id, workflow_id: "fraud-TENANT-001-velocity" },
      { alert_id: first?.id, workflow_id: "fraud-TENANT-001-velocity" },
    ]);
    expect(opened.platform.published[0]).toMatchObject({ topic: "fraud.alerts", key: "TENANT-001" });
  });

  test.each([
    [{ note: "call +44 7700 900123" }, "note"],
    [{ destinations: [{ country: null, prefix: "447700900123" }] }, "destinations[0].prefix"],
    [{ destinations: [{ country: null, prefix: null }] }, "destinations[0]"],
    [{ samples: ["+447700900123"] }, "samples[0]"],
    [{ window: { from: "2020-01-01T00:00:00Z", to: "2020-01-01T01:00:00Z" } }, "window.from"],
  ])("has no room for a phone number, nor for long ago: %j", async (more, path) => {
    const answer = await call(opened.gateway, "POST", "/api/v2/fraud-alerts", { body: { ...body, ...more } });
    expect(problem(answer).errors[0]?.path).toBe(path);
    expect(opened.platform.published).toEqual([]);
  });

  test("of no tenant is refused", async () => {
    const answer = await call(opened.gateway, "POST", "/api/v2/fraud-alerts", {
      body: { ...body, tenant_id: "T-9" },
    });
    expect(problem(answer).code).toBe("not_found");
  });
});

describe("POST /api/v2/fraud-cases/:id/decision", () => {
  test("the first counts: the same again is answered, another one refused with the first", async () => {
    const body = { decision: "block", reason: "premium range" };
    for (const _ of [1, 2]) {
      const answer = await call(opened.gateway, "POST", DECISION, { body });
      expect(answer.json()).toMatchObject({
        status: "decided",
        decision: { decision: "block", decided_by: "owner" },
      });
    }
    const other = await call(opened.gateway, "POST", DECISION, { body: { ...body, decision: "release" } });
    expect(problem(other)).toMatchObject({
      code: "conflict",
      detail: expect.stringContaining("block, by owner"),
    });
  });

  test("support cannot give money back, finance can", async () => {
    const body = { decision: "refund", reason: "the customer was attacked" };
    const refused = await call(opened.gateway, "POST", DECISION, { body, token: ROLE_KEYS.support });
    expect(problem(refused).code).toBe("forbidden");
    expect(opened.platform.toFlows).toEqual([]);
    expect(
      (await call(opened.gateway, "POST", DECISION, { body, token: ROLE_KEYS.finance })).statusCode,
    ).toBe(200);
  });

  test("a case that is closed answers with what was decided, without its flow", async () => {
    const decision = { decision: "release", actor: "Kim", reason: "known", note: null, at: 1 } as const;
    opened.platform.fraudCases.set(FRAUD_CASE.caseId, {
      ...FRAUD_CASE,
      status: "closed",
      closedAt: 2,
      decision,
    });
    const answer = await call(opened.gateway, "POST", DECISION, {
      body: { decision: "release", reason: "late" },
    });
    expect(answer.json()).toMatchObject({
      status: "closed",
      decision: { decided_by: "Kim", reason: "known" },
    });
    expect(opened.platform.toFlows).toEqual([]);
  });
});

describe("frozen destinations", () => {
  test("open as the query names them", async () => {
    const tenant = opened.platform.tenants.get("TENANT-001")!;
    const one = { country: "LV", prefix: "3712000", caseId: "FC-2026-000001", since: 1, permanent: false };
    const two = { country: "GB", prefix: null, caseId: "FC-2026-000002", since: 1, permanent: true };
    opened.platform.tenants.set("TENANT-001", { ...tenant, frozenDestinations: [one, two] });
    expect((await call(opened.gateway, "GET", FROZEN)).json().data).toHaveLength(2);
    const left = await call(opened.gateway, "DELETE", `${FROZEN}?case_id=FC-2026-000001`);
    expect(left.json().data).toEqual([expect.objectContaining({ country: "GB", permanent: true })]);
    expect(opened.platform.tenants.get("TENANT-001")?.frozenDestinations).toEqual([two]);
    expect((await call(opened.gateway, "DELETE", FROZEN)).json().data).toEqual([]);
  });

  test("a tenant cannot open them through its own settings", async () => {
    const answer = await call(opened.gateway, "PATCH", "/api/v2/tenants/TENANT-001", {
      body: { frozenDestinations: [] },
    });
    expect(problem(answer).code).toBe("validation_failed");
  });
});

describe("the page behind a mail's link", () => {
  const path = (level: "support" | "manager", expiresAt = 9e12): string =>
    new URL(CASE_LINKS.urlOf({ ...FRAUD_CASE, level }, expiresAt)).pathname;
  const post = (url: string, fields: Record<string, string>) =>
    opened.gateway.inject({
      method: "POST",
      url,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      payload: new URLSearchParams(fields).toString(),
    });

  test("shows the case, escaped, and looking decides nothing", async () => {
    const page = await call(opened.gateway, "GET", path("support"), { token: null });
    expect(page.statusCode).toBe(200);
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(page.headers["referrer-policy"]).toBe("no-referrer");
    expect(page.body).toContain("frozen: LV +3712000 &#60;b&#62;");
    expect(page.body).toContain('value="block"');
    expect(page.body).not.toContain('value="refund"');
    expect((await call(opened.gateway, "GET", path("manager"), { token: null })).body).toContain(
      'value="refund"',
    );
    expect(opened.platform.toFlows).toEqual([]);
  });

  test("its form decides once, by name and reason", async () => {
    const fields = { decision: "block", name: "Kim", reason: "premium range", note: "" };
    for (const wrong of [
      { ...fields, name: " " },
      { ...fields, reason: "" },
      { ...fields, decision: "x" },
    ])
      expect((await post(path("support"), wrong)).statusCode).toBe(400);
    expect((await post(path("support"), { ...fields, decision: "refund" })).statusCode).toBe(403);
    expect(opened.platform.toFlows).toEqual([]);
    expect((await post(path("support"), fields)).body).toContain("block, by support: Kim: premium range");
    const late = await post(path("manager"), { ...fields, decision: "release" });
    expect(late.body).toContain("block, by support: Kim: premium range");
  });

  test("an old link, and one that is none, lead nowhere", async () => {
    for (const url of [path("support", 1), "/cases/x", "/cases/x.y", `${path("support")}x`]) {
      expect((await call(opened.gateway, "GET", url, { token: null })).statusCode).toBe(404);
      expect((await post(url, {})).statusCode).toBe(404);
    }
  });

  test("no other door reads a form", async () => {
    const answer = await call(opened.gateway, "POST", DECISION, {
      type: "application/x-www-form-urlencoded",
      body: "a=b",
    });
    expect(problem(answer).code).toBe("unsupported_media_type");
  });
});
