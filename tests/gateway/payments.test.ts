import { describe, expect, test } from "@jest/globals";
import type { Payment } from "#domain/payments/payment.ts";
import { PAYMENT_1 } from "./fake-payments.ts";
import { TENANT_KEYS } from "./fakes.ts";
import { call, openGateway, problem, type Opened } from "./requests.ts";

const token = TENANT_KEYS["TENANT-001"];
const T = "/api/v2/tenants/TENANT-001";
const P = `/api/v2/payments/${PAYMENT_1}`;

const change = ({ platform }: Opened, changed: Partial<Payment>): void => {
  const { all } = platform.payments;
  all.set(PAYMENT_1, { ...all.get(PAYMENT_1)!, ...changed });
};

describe("a payment by REST", () => {
  test("is a flow with the amount in minor units and the tenant's name on it, one for each key", async () => {
    const { gateway, platform } = await openGateway();
    const post = () =>
      call(gateway, "POST", `${T}/payments`, {
        token,
        body: { amount: "19.99" },
        headers: { "idempotency-key": "k-1" },
      });
    const [first, again] = [await post(), await post()];
    expect(again.json()).toEqual(first.json());
    expect(platform.toFlows).toMatchObject([
      {
        start: "paymentCollection",
        input: {
          paymentId: first.json().payment_id,
          tenantId: "TENANT-001",
          purpose: "top_up",
          amountMinor: "1999",
          currency: "USD",
          actor: "tenant:TENANT-001",
        },
      },
    ]);
    await gateway.close();
  });

  test.each([
    [{ amount: "19.995" }, "amount"],
    [{ amount: "0" }, "amount"],
    [{ amount: "1", currency: "EUR" }, "currency"],
    [{ amount: "1", wallet_id: "other" }, "wallet_id"],
    [{}, "amount"],
  ])("%j is refused by field", async (body, path) => {
    const { gateway, platform } = await openGateway();
    const answer = await call(gateway, "POST", `${T}/payments`, { token, body });
    expect(problem(answer).errors.map((error) => error.path)).toEqual([path]);
    expect(platform.toFlows).toEqual([]);
    await gateway.close();
  });

  test("a transfer is written down once per reference, and its flow woken", async () => {
    const { gateway, platform } = await openGateway();
    const body = { amount: "19.99", reference: "B-1", reason: "statement" };
    for (let repeat = 0; repeat < 2; repeat += 1)
      expect((await call(gateway, "POST", `${P}/bank-transfers`, { body })).statusCode).toBe(202);
    const shown = (await call(gateway, "GET", P)).json();
    expect(shown).toMatchObject({ received: "24.99" });
    expect(shown.movements.slice(1)).toMatchObject([
      { kind: "receipt", amount: "19.99", transaction_id: `payment:${PAYMENT_1}:receipt:2`, booked: false },
    ]);
    expect(platform.payments.woken).toEqual([PAYMENT_1, PAYMENT_1]);
    await gateway.close();
  });

  test("nothing left is a conflict before any flow is begun", async () => {
    const opened = await openGateway();
    change(opened, { movements: [] });
    const { gateway, platform } = opened;
    const answer = await call(gateway, "POST", `${P}/refunds`, { body: { reason: "complaint" } });
    expect(problem(answer)).toMatchObject({ code: "conflict" });
    expect(platform.toFlows).toEqual([]);
    await gateway.close();
  });
});

describe("how a tenant pays", () => {
  const patch = async (given: object, key?: string) => {
    const { gateway } = await openGateway();
    const as = key === undefined ? {} : { token: key };
    const answer = await call(gateway, "PATCH", T, { body: { payment: given }, ...as });
    await gateway.close();
    return answer;
  };

  test("finance names provider and ids; what is absent stays", async () => {
    const { gateway } = await openGateway();
    const set = (payment: object | null) => call(gateway, "PATCH", T, { body: { payment } });
    await set({ provider: "stripe", customer_id: "cus_1", payment_method_id: "pm_1" });
    const recharge = { amount: "100", monthly_cap: "500" };
    const both = await set({ auto_recharge: recharge });
    expect(both.json().tenant.payment).toEqual({
      provider: "stripe",
      customer_id: "cus_1",
      payment_method_id: "pm_1",
      auto_recharge: recharge,
    });
    const other = await set({ provider: "paypal" });
    expect(other.json().tenant.payment).toMatchObject({ customer_id: null, payment_method_id: null });
    expect((await set(null)).json().tenant.payment).toBeNull();
    await gateway.close();
  });

  test("a tenant changes its method and its recharge, not where its money is collected", async () => {
    for (const given of [{ provider: "stripe" }, { customer_id: "cus_other" }])
      expect(problem(await patch(given, token)).code).toBe("forbidden");
    const { gateway } = await openGateway();
    await call(gateway, "PATCH", T, { body: { payment: { provider: "stripe", customer_id: "cus_1" } } });
    const own = await call(gateway, "PATCH", T, { token, body: { payment: { payment_method_id: "pm_2" } } });
    expect(own.json().tenant.payment).toMatchObject({ customer_id: "cus_1", payment_method_id: "pm_2" });
    const none = await call(gateway, "PATCH", T, { token, body: { payment: null } });
    expect(problem(none).code).toBe("forbidden");
    await gateway.close();
  });

  test.each([
    [{ auto_recharge: { amount: "100", monthly_cap: "50" } }, "payment.auto_recharge.monthly_cap"],
    [{ payment_method_id: "pm 1" }, "payment.payment_method_id"],
    [{ payment_method_id: "pm_1" }, "payment.provider"],
  ])("%j is refused by field", async (given, path) => {
    expect(problem(await patch(given)).errors.map((error) => error.path)).toEqual([path]);
  });
});

describe("the payer's page", () => {
  const page = `/pay/${PAYMENT_1}.signed`;
  const form = { token: null, type: "application/x-www-form-urlencoded", body: "" };

  test("shows what is to be paid without any key, and is kept nowhere", async () => {
    const opened = await openGateway();
    change(opened, { invoiceNumber: 'INV-<img src="x">', state: "overdue", dueAt: Date.UTC(2026, 10, 28) });
    const answer = await call(opened.gateway, "GET", page, { token: null });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({ "cache-control": "no-store", "referrer-policy": "no-referrer" });
    expect(answer.headers["content-security-policy"]).toContain("default-src 'none'");
    for (const part of ["14.99 USD", "2026-11-28", "overdue", "<button>"])
      expect(answer.body).toContain(part);
    expect(answer.body).not.toContain("<img");
    await opened.gateway.close();
  });

  test.each(["/pay/other", "/pay/unknown.signed"])("%s leads nowhere", async (url) => {
    const { gateway } = await openGateway();
    for (const method of ["GET", "POST"] as const)
      expect((await call(gateway, method, url, form)).statusCode).toBe(404);
    await gateway.close();
  });

  test("sends the payer to the link that is open, and asks the flow for one where none is", async () => {
    const opened = await openGateway();
    const { gateway, platform } = opened;
    const first = await call(gateway, "POST", page, form);
    expect([first.statusCode, first.headers.location]).toEqual([303, "https://pay.test/1"]);
    expect(platform.toFlows).toEqual([]);
    change(opened, { actionUrl: null });
    const second = await call(gateway, "POST", page, form);
    expect(platform.toFlows).toMatchObject([{ update: "payNow", to: `payment-${PAYMENT_1}` }]);
    expect(second.body).toContain("cannot be paid on this page right now");
    await gateway.close();
  });

  test("what is closed has no button and starts nothing", async () => {
    const opened = await openGateway();
    change(opened, { state: "cancelled", actionUrl: null });
    expect((await call(opened.gateway, "GET", page, { token: null })).body).not.toContain("<button>");
    expect((await call(opened.gateway, "POST", page, form)).statusCode).toBe(409);
    expect(opened.platform.toFlows).toEqual([]);
    await opened.gateway.close();
  });

  test("a link that is none of the web's is not followed", async () => {
    const opened = await openGateway();
    change(opened, { actionUrl: "javascript:alert(1)" });
    expect((await call(opened.gateway, "POST", page, form)).statusCode).toBe(200);
    await opened.gateway.close();
  });
});
