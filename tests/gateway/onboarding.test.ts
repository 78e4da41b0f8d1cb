import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { TENANT_KEYS } from "./fakes.ts";
import { call, type Opened, openGateway, problem } from "./requests.ts";

let opened: Opened;
beforeEach(async () => {
  opened = await openGateway();
});
afterEach(() => opened.gateway.close());

describe("tenants", () => {
  test("a webhook's secret is shown once and not handed to the flow; a person's approval is asked for", async () => {
    opened.platform.onboarding = { kind: "running", workflowId: "w", url: "http://ui/w" };
    const request = {
      body: {
        tenant_id: "TENANT-004",
        name: "Four",
        tax_id: "12-3456789",
        webhook: { url: "https://four.test/hook" },
        payment_provider: "stripe",
        kyc: { required: true },
      },
      headers: { "idempotency-key": "k4" },
    };
    const answer = await call(opened.gateway, "POST", "/api/v2/tenants", request);
    expect(answer.statusCode).toBe(202);
    const { webhook_secret: secret, workflow } = answer.json();
    expect(secret).toMatch(/^whsec_/);
    expect(workflow).toEqual({ id: "w", url: "http://ui/w" });
    const [input] = opened.platform.onboardings;
    expect(input).toMatchObject({
      taxId: "12-3456789",
      webhookUrl: "https://four.test/hook",
      paymentProvider: "stripe",
      kyc: { deadlineSeconds: 604_800 },
    });
    expect(JSON.stringify(input)).not.toContain(secret);
    const again = await call(opened.gateway, "POST", "/api/v2/tenants", request);
    expect(again.json().webhook_secret).toBeNull();
  });

  test("a tenant that is there under another id is a conflict that names the field", async () => {
    opened.platform.onboarding = { kind: "duplicate", problems: [{ path: "taxId", message: "is taken" }] };
    const answer = await call(opened.gateway, "POST", "/api/v2/tenants", {
      body: { tenant_id: "T", name: "T", tax_id: "12-3456789" },
    });
    expect(answer.statusCode).toBe(409);
    expect(problem(answer)).toMatchObject({
      code: "already_exists",
      errors: [{ path: "tax_id", message: "is taken" }],
    });
  });

  test("a tenant says itself where its alerts go; a tax id is judged by its country", async () => {
    const url = "/api/v2/tenants/TENANT-001";
    const alerts = { sms: ["+1 202 555 0143", "+12025550143"], webhook: true };
    const changed = await call(opened.gateway, "PATCH", url, {
      body: { alerts },
      token: TENANT_KEYS["TENANT-001"],
    });
    expect(changed.json().tenant.alerts).toEqual({ sms: ["+12025550143"], webhook: true });
    const national = { sms: ["2025550143"] };
    expect(problem(await call(opened.gateway, "PATCH", url, { body: { alerts: national } })).code).toBe(
      "validation_failed",
    );
    const taxed = await call(opened.gateway, "PATCH", url, {
      body: { country: "DE", tax_id: "DE 136695976" },
    });
    expect(taxed.json().tenant.tax_id).toBe("DE136695976");
    const wrong = await call(opened.gateway, "PATCH", url, {
      body: { country: "DE", tax_id: "DE136695975" },
    });
    expect(problem(wrong).errors).toEqual([{ path: "tax_id", message: "is no tax id of DE" }]);
  });
});
