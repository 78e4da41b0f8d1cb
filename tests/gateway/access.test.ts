import { describe, expect, test } from "@jest/globals";
import { type Operation, type Party, PERMISSIONS } from "#domain/access/permissions.ts";
import { ADMIN_TOKEN, ROLE_KEYS, TENANT_KEYS } from "./fakes.ts";
import { call, openGateway, problem, SAMPLES } from "./requests.ts";

const PARTIES: readonly { readonly party: Party; readonly token: string }[] = [
  { party: "owner", token: ADMIN_TOKEN },
  ...Object.entries(ROLE_KEYS).map(([role, token]) => ({ party: role as Party, token })),
  { party: "tenant", token: TENANT_KEYS["TENANT-001"] },
];

const WRONG_HEADERS: readonly (string | undefined)[] = [
  undefined,
  "",
  "Bearer",
  "Bearer ",
  "Bearer wrong",
  "Bearer cat_live_unknown",
  "Bearer cat_admin_unknown",
  `Basic ${ADMIN_TOKEN}`,
  ADMIN_TOKEN,
  `Bearer ${ADMIN_TOKEN} extra`,
  `Bearer ${"x".repeat(5000)}`,
];

describe("who may do what", () => {
  test("there is a sample of every operation", () => {
    expect(SAMPLES.map(({ operation }) => operation).sort()).toEqual(Object.keys(PERMISSIONS).sort());
  });

  test.each(SAMPLES)("$operation", async ({ operation, method, url, body, type, status, foreignUrl }) => {
    for (const { party, token } of PARTIES) {
      const { gateway } = await openGateway();
      const allowed = (PERMISSIONS[operation] as readonly Party[]).includes(party);
      if (foreignUrl !== undefined && party === "tenant") {
        const foreign = await call(gateway, method, foreignUrl, { token, body, type });
        expect(problem(foreign)).toMatchObject({ code: "not_found", errors: [] });
      }
      const answer = await call(gateway, method, url, { token, body, type });
      expect({ party, status: answer.statusCode }).toEqual({ party, status: allowed ? status : 403 });
      if (!allowed) expect(problem(answer).code).toBe("forbidden");
      await gateway.close();
    }
  });

  test.each(SAMPLES)("$operation lets nobody in without a valid key", async ({ method, url, body, type }) => {
    const { gateway, platform } = await openGateway();
    for (const authorization of WRONG_HEADERS) {
      const answer = await call(gateway, method, url, {
        token: null,
        body,
        type,
        headers: authorization === undefined ? {} : { authorization },
      });
      expect({ authorization, status: answer.statusCode }).toEqual({ authorization, status: 401 });
      expect(problem(answer).code).toBe("unauthorized");
      expect(answer.headers["www-authenticate"]).toContain("Bearer");
    }
    expect(platform.published).toEqual([]);
    expect(platform.submissions).toEqual([]);
    await gateway.close();
  });

  test("a tenant is told the same of another tenant as of none", async () => {
    const { gateway } = await openGateway();
    const token = TENANT_KEYS["TENANT-001"];
    const foreign = problem(await call(gateway, "GET", "/api/v2/tenants/TENANT-002", { token }));
    const none = problem(await call(gateway, "GET", "/api/v2/tenants/TENANT-999", { token }));
    expect(foreign.detail.replace("002", "999")).toBe(none.detail);
    await gateway.close();
  });

  test("a tenant changes its own webhook, and nothing that moves money", async () => {
    const { gateway, platform } = await openGateway();
    const token = TENANT_KEYS["TENANT-001"];
    const url = "/api/v2/tenants/TENANT-001";
    for (const body of [
      { tax_rate: "0" },
      { rate_card_id: "RC-0" },
      { credit_limit: "1000" },
      { trusted_hints: true },
      { status: "active" },
    ]) {
      const answer = await call(gateway, "PATCH", url, { token, body });
      expect(problem(answer)).toMatchObject({ code: "forbidden", errors: [{ path: Object.keys(body)[0] }] });
    }
    const changed = await call(gateway, "PATCH", url, {
      token,
      body: { webhook: { url: "https://b.example/" } },
    });
    expect(changed.json().webhook_secret).toMatch(/^whsec_/);
    expect(platform.tenants.get("TENANT-001")?.webhook?.url).toBe("https://b.example/");
    await gateway.close();
  });

  test("a revoked key is out at once", async () => {
    const { gateway } = await openGateway();
    const token = ROLE_KEYS["read-only"];
    expect((await call(gateway, "GET", "/api/v2/tenants", { token })).statusCode).toBe(200);
    const sample = SAMPLES.find(({ operation }) => operation === ("admin_keys.revoke" satisfies Operation));
    expect((await call(gateway, "DELETE", sample?.url ?? "")).statusCode).toBe(204);
    expect((await call(gateway, "GET", "/api/v2/tenants", { token })).statusCode).toBe(401);
    await gateway.close();
  });

  test("every route of the API has an operation", async () => {
    const { gateway } = await openGateway();
    const document = (await call(gateway, "GET", "/openapi.json", { token: null })).json();
    const described = Object.entries<Record<string, unknown>>(document.paths)
      .filter(([path]) => path.startsWith("/api/"))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    const sampled = SAMPLES.map(({ method, route }) => `${method} ${route.replaceAll(/:(\w+)/g, "{$1}")}`);
    expect(described.sort()).toEqual(sampled.sort());
    await gateway.close();
  });
});
