import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { billingEvent } from "#domain/events/billing-event.ts";
import { RE_RATING } from "./fake-books.ts";
import { call, type Opened, openGateway, problem } from "./requests.ts";

let opened: Opened;
beforeAll(async () => {
  opened = await openGateway();
});
afterAll(() => opened.gateway.close());

const published = () =>
  opened.platform.published.map(({ value }) => billingEvent.parse(JSON.parse(String(value))));

describe("refunds", () => {
  const url = "/api/v2/transactions/txn-1/refunds";

  test("are decided, published as the charge's correction and shown", async () => {
    const answer = await call(opened.gateway, "POST", url, {
      body: { amount: "0.01", reason: "complaint 4711" },
      headers: { "idempotency-key": "refund-1" },
    });
    expect(answer.statusCode).toBe(201);
    const { refund_id: refundId } = answer.json();
    expect(answer.json()).toMatchObject({ status: "completed", corrects: "txn-1" });
    expect(published().at(-1)).toMatchObject({
      id: refundId,
      kind: "entry",
      entryType: "refund",
      amount: "0.01",
      corrects: "txn-1",
      reason: "complaint 4711",
      actor: "owner",
    });
    const again = await call(opened.gateway, "POST", url, {
      body: { amount: "0.01", reason: "complaint 4711" },
      headers: { "idempotency-key": "refund-1" },
    });
    expect(again.json().refund_id).toBe(refundId);
    expect(opened.platform.books.refunds).toHaveLength(1);
  });

  test("need a reason and a positive amount", async () => {
    for (const [body, path] of [
      [{}, "reason"],
      [{ reason: " " }, "reason"],
      [{ reason: "x", amount: "0" }, "amount"],
      [{ reason: "x", amount: "-1" }, "amount"],
      [{ reason: "x", amount: "1e-19" }, "amount"],
    ] as const)
      expect(problem(await call(opened.gateway, "POST", url, { body })).errors[0]?.path).toBe(path);
  });

  test("say what is left, what cannot be refunded and what is not there", async () => {
    const refused = async (id: string) =>
      problem(
        await call(opened.gateway, "POST", `/api/v2/transactions/${id}/refunds`, { body: { reason: "x" } }),
      );
    expect(await refused("txn-spent")).toMatchObject({ code: "conflict", status: 409 });
    expect((await refused("txn-spent")).detail).toContain("0.005 USD is left");
    expect((await refused("txn-top-up")).detail).toContain("top_up");
    expect(await refused("txn-none")).toMatchObject({ code: "not_found" });
  });
});

describe("adjustments", () => {
  const url = "/api/v2/tenants/TENANT-001/adjustments";

  test("move the wallet with reason and author, once per key", async () => {
    const before = opened.platform.published.length;
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const answer = await call(opened.gateway, "POST", url, {
        body: { amount: "-2.50", reason: "correction of top-up 4711" },
        headers: { "idempotency-key": "adjust-1" },
      });
      expect(answer.statusCode).toBe(201);
    }
    expect(opened.platform.published).toHaveLength(before + 1);
    expect(published().at(-1)).toMatchObject({
      entryType: "adjustment",
      amount: "-2.5",
      reason: "correction of top-up 4711",
      actor: "owner",
    });
  });

  test("of nothing, without a reason, in another currency or for another's wallet are refused", async () => {
    for (const [body, path] of [
      [{ amount: "0", reason: "x" }, "amount"],
      [{ amount: "1" }, "reason"],
      [{ amount: "1", reason: "x", currency: "EUR" }, "currency"],
      [{ amount: "1", reason: "x", wallet_id: "01936f2e-7c1a-7000-8000-000000000002" }, "wallet_id"],
    ] as const)
      expect(problem(await call(opened.gateway, "POST", url, { body })).errors[0]?.path).toBe(path);
  });
});

describe("re-ratings", () => {
  const body = {
    tenant_id: "TENANT-001",
    rate_card_id: "RC-0",
    from: "2026-11-01T00:00:00Z",
    to: "2026-11-08T00:00:00Z",
    reason: "published late",
  };

  test("begin as a report that computes", async () => {
    const answer = await call(opened.gateway, "POST", "/api/v2/re-ratings", { body });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ status: "computing", requested_by: "owner", rate_card_id: "RC-0" });
  });

  test("name the field at fault", async () => {
    for (const [change, path] of [
      [{ to: body.from }, "to"],
      [{ rate_card_id: "RC-NONE" }, "rate_card_id"],
      [{ version: 99 }, "version"],
    ] as const) {
      const answer = await call(opened.gateway, "POST", "/api/v2/re-ratings", {
        body: { ...body, ...change },
      });
      expect(problem(answer).errors[0]?.path).toBe(path);
    }
  });

  test("are decided once, by a name", async () => {
    const url = `/api/v2/re-ratings/${RE_RATING}/decisions`;
    const approved = await call(opened.gateway, "POST", url, { body: { decision: "approved" } });
    expect(approved.json()).toMatchObject({ status: "approved", decided_by: "owner", difference: "0.00081" });
    const rejected = await call(opened.gateway, "POST", url, { body: { decision: "rejected" } });
    expect(problem(rejected)).toMatchObject({ code: "conflict" });
    const other = `/api/v2/re-ratings/${RE_RATING.replace(/1$/, "9")}`;
    expect(problem(await call(opened.gateway, "GET", other)).code).toBe("not_found");
    expect(problem(await call(opened.gateway, "GET", `${other}/lines`)).code).toBe("not_found");
  });

  test("show each difference", async () => {
    const answer = await call(opened.gateway, "GET", `/api/v2/re-ratings/${RE_RATING}/lines`);
    expect(answer.json().data).toEqual([
      expect.objectContaining({ charged: "0.01539", repriced: "0.0162", difference: "0.00081" }),
    ]);
    expect(answer.json().next).not.toBeNull();
  });
});

describe("margin reports", () => {
  const url = "/api/v2/reports/margin?from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z";

  test("group by what is asked for and say what is left", async () => {
    const answer = await call(opened.gateway, "GET", `${url}&by=tenant,operator`);
    expect(answer.json().data).toEqual([
      {
        tenant_id: "a tenant",
        operator: "a operator",
        currency: "USD",
        charges: "3",
        without_cost: "1",
        revenue: "0.01425",
        cost: "0.009",
        commission: "0.00025",
        margin: "0.005",
        margin_percent: "35.08",
      },
    ]);
  });

  test("refuse other dimensions and windows", async () => {
    expect(problem(await call(opened.gateway, "GET", `${url}&by=phone`)).errors[0]?.path).toBe("query.by");
    const reversed = "/api/v2/reports/margin?from=2026-12-01T00:00:00Z&to=2026-11-01T00:00:00Z";
    expect(problem(await call(opened.gateway, "GET", reversed)).errors[0]?.path).toBe("query.to");
    const long = "/api/v2/reports/margin?from=2024-11-01T00:00:00Z&to=2026-11-01T00:00:00Z";
    expect(problem(await call(opened.gateway, "GET", long)).errors[0]?.path).toBe("query.to");
  });
});
