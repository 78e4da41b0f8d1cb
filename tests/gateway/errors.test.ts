import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Unavailable } from "#domain/errors.ts";
import { refused } from "#domain/messages/submission.ts";
import { TENANT_KEYS } from "./fakes.ts";
import { call, type Method, type Opened, openGateway, problem } from "./requests.ts";

const token = TENANT_KEYS["TENANT-001"];
const TENANTS = "/api/v2/tenants";
const MESSAGES = "/api/v2/messages";
const MESSAGE = { from: "ACME", to: "+12025550143", text: "hello" };

describe("errors are problem+json with the field and the remedy", () => {
  let opened: Opened;
  beforeEach(async () => {
    opened = await openGateway();
  });
  afterEach(() => opened.gateway.close());

  test.each<[string, Method | "PUT", string, unknown, number, string]>([
    ["malformed JSON", "POST", TENANTS, '{"tenant_id": ', 400, "malformed_json"],
    ["malformed JSON of messages", "POST", MESSAGES, "{nope}", 400, "malformed_json"],
    ["malformed JSON of a card", "POST", "/api/v2/rate-cards", "{nope}", 400, "validation_failed"],
    ["no body", "POST", TENANTS, undefined, 400, "validation_failed"],
    ["a number for a body", "POST", TENANTS, "7", 400, "validation_failed"],
    ["null for a body", "POST", TENANTS, "null", 400, "validation_failed"],
    ["a 2 MB body", "POST", TENANTS, JSON.stringify({ name: "x".repeat(2_000_000) }), 413, "body_too_large"],
    ["an unknown route", "GET", "/api/v2/nothing", undefined, 404, "route_not_found"],
    ["a broken address", "GET", "/api/v2/%zz", undefined, 400, "validation_failed"],
    ["a wrong method", "PUT", TENANTS, {}, 405, "method_not_allowed"],
    ["a wrong method on an id", "DELETE", `${TENANTS}/TENANT-001`, undefined, 405, "method_not_allowed"],
    ["an unknown tenant", "GET", `${TENANTS}/TENANT-999`, undefined, 404, "not_found"],
    ["an id of another form", "GET", "/api/v2/messages/7", undefined, 400, "validation_failed"],
    ["a wrong page size", "GET", `${TENANTS}?limit=0`, undefined, 400, "validation_failed"],
    ["an unknown card", "PATCH", `${TENANTS}/TENANT-001`, { rate_card_id: "RC-9" }, 400, "validation_failed"],
    ["an old revision", "PATCH", `${TENANTS}/TENANT-001`, { expected_revision: 7 }, 409, "conflict"],
    [
      "another currency",
      "POST",
      `${TENANTS}/TENANT-001/top-ups`,
      { amount: "1", currency: "EUR" },
      400,
      "validation_failed",
    ],
  ])("%s", async (_what, method, url, body, status, code) => {
    const answer = await call(opened.gateway, method, url, {
      body,
      ...(url === MESSAGES ? { token } : {}),
    });
    expect(answer.statusCode).toBe(status);
    expect(problem(answer).code).toBe(code);
    if (status === 405) expect(answer.headers.allow).toContain("GET");
  });

  test.each<[unknown, string[]]>([
    [{ amount: "0" }, ["amount"]],
    [{ amount: "-1" }, ["amount"]],
    [{ amount: "1.0000000000000000001" }, ["amount"]],
    [{ amount: "abc" }, ["amount"]],
    [{}, ["amount"]],
    [{ amount: "1", surprise: true }, ["surprise"]],
    [{ amount: true, currency: "dollars", reason: "" }, ["amount", "currency", "reason"]],
  ])("a top-up of %j names every wrong field", async (body, paths) => {
    const answer = await call(opened.gateway, "POST", `${TENANTS}/TENANT-001/top-ups`, { body });
    expect(answer.statusCode).toBe(400);
    expect(problem(answer).errors.map(({ path }) => path)).toEqual(paths);
    for (const { message } of problem(answer).errors) expect(message).not.toBe("");
    expect(opened.platform.published).toEqual([]);
  });

  test("a nested field is named by its path", async () => {
    const answer = await call(opened.gateway, "PATCH", `${TENANTS}/TENANT-001`, {
      body: { firewall: { blocked_keywords: ["ok", ""] } },
    });
    expect(problem(answer).errors[0]?.path).toBe("firewall.blocked_keywords[1]");
  });

  test("text is not JSON's media type", async () => {
    const answer = await call(opened.gateway, "POST", TENANTS, {
      body: "a=b",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect(answer.statusCode).toBe(415);
    expect(problem(answer).code).toBe("unsupported_media_type");
  });

  test("malformed JSON is not quoted back: it may hold numbers and texts", async () => {
    const answer = await call(opened.gateway, "POST", MESSAGES, { token, body: '{"text": CANARY' });
    expect(answer.body).not.toContain("CANARY");
    expect(opened.platform.logLines.join("")).not.toContain("CANARY");
  });

  test.each([
    ["insufficient_funds", 402, "insufficient_funds"],
    ["tenant_suspended", 403, "tenant_suspended"],
    ["no_rate_card", 409, "conflict"],
    ["text_too_long", 422, "message_refused"],
    ["unavailable", 503, "unavailable"],
  ] as const)("ingress refuses: %s", async (reason, status, code) => {
    opened.platform.accept = () => refused(reason, "do something about it");
    const answer = await call(opened.gateway, "POST", MESSAGES, { token, body: MESSAGE });
    expect(answer.statusCode).toBe(status);
    expect(problem(answer)).toMatchObject({ code, detail: "do something about it" });
    if (status === 503) expect(answer.headers["retry-after"]).toBe("1");
  });

  test("a refused destination names the field", async () => {
    const answer = await call(opened.gateway, "POST", MESSAGES, { token, body: { ...MESSAGE, to: "12" } });
    expect(answer.statusCode).toBe(422);
    expect(problem(answer).errors[0]?.path).toBe("to");
  });

  test("a store that is away is 503 and lets nobody in", async () => {
    opened.platform.fail = new Unavailable("postgres");
    for (const key of [token, "cat_admin_owner"]) {
      const answer = await call(opened.gateway, "GET", `${TENANTS}/TENANT-001`, { token: key });
      expect(answer.statusCode).toBe(503);
      expect(problem(answer).code).toBe("unavailable");
      expect(answer.headers["retry-after"]).toBe("1");
    }
  });

  test("a bug is 500, tells nothing to the caller and all to the log", async () => {
    opened.platform.fail = new TypeError("CANARY");
    const answer = await call(opened.gateway, "GET", `${TENANTS}/TENANT-001`);
    expect(answer.statusCode).toBe(500);
    expect(problem(answer).code).toBe("internal");
    expect(answer.body).not.toContain("CANARY");
    expect(opened.platform.logLines.join("")).toContain("CANARY");
  });

  test("a tenant id that is taken", async () => {
    opened.platform.onboarding = { kind: "exists" };
    const answer = await call(opened.gateway, "POST", TENANTS, {
      body: { tenant_id: "TENANT-001", name: "One" },
    });
    expect(answer.statusCode).toBe(409);
    expect(problem(answer)).toMatchObject({ code: "already_exists", errors: [{ path: "tenant_id" }] });
  });

  test("what the flow refuses is named as in the request", async () => {
    opened.platform.onboarding = {
      kind: "refused",
      problems: [{ path: "wallet.currency", message: "differs" }],
    };
    const answer = await call(opened.gateway, "POST", TENANTS, { body: { tenant_id: "T", name: "T" } });
    expect(problem(answer).errors).toEqual([{ path: "currency", message: "differs" }]);
  });

  test("a client's request id is kept if it is harmless", async () => {
    const kept = await call(opened.gateway, "GET", TENANTS, { headers: { "x-request-id": "abc-1" } });
    expect(kept.headers["x-request-id"]).toBe("abc-1");
    const replaced = await call(opened.gateway, "GET", TENANTS, { headers: { "x-request-id": "a b\u00e9" } });
    expect(replaced.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("limits", () => {
  test("each key has its own rate, a tenant its own figure", async () => {
    const { gateway, platform } = await openGateway({ requestsPerSecond: 2, perTenant: { "TENANT-002": 3 } });
    const statuses = async (key: string, count: number) => {
      const answers = [];
      for (let index = 0; index < count; index += 1)
        answers.push(await call(gateway, "GET", MESSAGES, { token: key }));
      return answers;
    };
    const first = await statuses(token, 3);
    expect(first.map(({ statusCode }) => statusCode)).toEqual([200, 200, 429]);
    expect(first[2]?.headers["retry-after"]).toBe("1");
    const second = await statuses(TENANT_KEYS["TENANT-002"], 4);
    expect(second.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 429]);
    platform.now += 500;
    expect((await statuses(token, 2)).map(({ statusCode }) => statusCode)).toEqual([200, 429]);
    await gateway.close();
  });

  test("a flood of wrong keys is slowed down, the right one is not", async () => {
    const { gateway } = await openGateway({ failuresPerSecond: 2 });
    const wrong = [];
    for (let index = 0; index < 3; index += 1)
      wrong.push(await call(gateway, "GET", TENANTS, { token: "wrong" }));
    expect(wrong.map(({ statusCode }) => statusCode)).toEqual([401, 401, 429]);
    expect((await call(gateway, "GET", TENANTS)).statusCode).toBe(200);
    await gateway.close();
  });

  test("while it drains, what is under way is finished and what is new gets 503", async () => {
    const { gateway, platform } = await openGateway();
    await gateway.listen({ port: 0, host: "127.0.0.1" });
    const address = gateway.server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let arrive = (): void => {};
    const reached = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const { list } = platform.dependencies.messages;
    Object.assign(platform.dependencies.messages, {
      list: async (...given: Parameters<typeof list>) => {
        arrive();
        await finished;
        return list(...given);
      },
    });
    const underWay = fetch(`http://127.0.0.1:${port}${MESSAGES}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    await reached;
    const closed = gateway.close();
    await new Promise((resolve) => setImmediate(resolve));
    finish();
    expect((await underWay).status).toBe(200);
    await closed;
  });
});
