import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ENDPOINT_1, ENDPOINT_2 } from "./fake-webhook-endpoints.ts";
import { TENANT_KEYS } from "./fakes.ts";
import { call, type Opened, openGateway, problem } from "./requests.ts";

let opened: Opened;
beforeEach(async () => {
  opened = await openGateway();
});
afterEach(() => opened.gateway.close());

const E = "/api/v2/webhook-endpoints";
const own = { token: TENANT_KEYS["TENANT-001"] };
const BODY = { url: "https://acme.example/hooks", events: ["message.delivered", "message.delivered"] };
const create = (body: object, options: object = {}) => call(opened.gateway, "POST", E, { body, ...options });

test("an endpoint is the tenant's own, and its secret is shown once", async () => {
  const answer = await create(BODY, own);
  expect(answer.statusCode).toBe(201);
  const { endpoint_id: id, secret, ...shown } = answer.json();
  expect(secret).toBe(`whsec_${id}`);
  expect(shown).toMatchObject({ tenant_id: "TENANT-001", events: ["message.delivered"], disabled_at: null });
  const read = (await call(opened.gateway, "GET", `${E}/${id}`, own)).json();
  expect(read).toEqual({ endpoint_id: id, ...shown });
  const listed = (await call(opened.gateway, "GET", E, own)).json().data;
  expect(listed.map((one: { endpoint_id: string }) => one.endpoint_id)).toEqual([ENDPOINT_1, id]);
  expect(JSON.stringify(listed)).not.toContain("whsec");
  expect((await call(opened.gateway, "DELETE", `${E}/${id}`, own)).statusCode).toBe(204);
  expect(problem(await call(opened.gateway, "DELETE", `${E}/${id}`, own)).code).toBe("not_found");
  expect(problem(await call(opened.gateway, "GET", `${E}/${id}`, own)).code).toBe("not_found");
});

test("another tenant's is nobody's, and for every tenant only administration asks", async () => {
  expect(problem(await create({ ...BODY, tenant_id: "TENANT-002" }, own)).code).toBe("not_found");
  expect((await create({ ...BODY, tenant_id: null }, own)).json().tenant_id).toBe("TENANT-001");
  expect((await create({ ...BODY, tenant_id: null })).json().tenant_id).toBeNull();
  expect(problem(await create({ ...BODY, tenant_id: "NOBODY" })).code).toBe("not_found");
  expect(problem(await call(opened.gateway, "DELETE", `${E}/${ENDPOINT_2}`, own)).code).toBe("not_found");
  const foreign = await call(opened.gateway, "GET", `${E}?tenant_id=TENANT-002`, own);
  expect(problem(foreign).code).toBe("not_found");
  const named = (await call(opened.gateway, "GET", `${E}?tenant_id=TENANT-002`)).json().data;
  expect(named.map((one: { endpoint_id: string }) => one.endpoint_id)).toEqual([ENDPOINT_2]);
});

test("the same again is another one, with a key the same; there are twenty at most", async () => {
  const headers = { "idempotency-key": "workflow-7" };
  const first = (await create(BODY, { ...own, headers })).json();
  const again = (await create(BODY, { ...own, headers })).json();
  expect(again).toEqual({ ...first, secret: null });
  for (let count = 2; count < 20; count += 1) expect((await create(BODY, own)).statusCode).toBe(201);
  expect(problem(await create(BODY, own)).code).toBe("conflict");
});

test("every wrong field is named", async () => {
  const wrong = problem(
    await create({ url: "ftp://acme.example", events: ["message.read"], secret: "x" }, own),
  );
  expect(wrong.errors.map(({ path }) => path).sort()).toEqual(["events[0]", "secret", "url"]);
  expect(problem(await create({ url: BODY.url, events: [] }, own)).errors[0]?.path).toBe("events");
});
