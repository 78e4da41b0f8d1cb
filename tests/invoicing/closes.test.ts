import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startPostgres, type TestPostgres } from "../billing/servers.ts";
import { append, closeThrough, invoiceOf, openWallet, tenantOf } from "./ledger.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 120_000);
afterAll(() => postgres.stop());

const session = (message: string, at: string) =>
  [
    ["ussd.session.initiated", "0.05"],
    ["ussd.response.sent", "0.01"],
    ["ussd.menu.action", "0.02"],
    ["ussd.response.sent", "0.01"],
  ].map(([event, revenue]) => ({
    at,
    event: event as string,
    revenue: revenue as string,
    tax: "0",
    message,
    trace: { v: 2, units: 1 },
  }));

describe("closing a period", () => {
  test("the guide's USSD session is one line: quantity 1, 0.09", async () => {
    const wallet = tenantOf({ taxRate: "0" });
    await openWallet(postgres.pool, wallet);
    await append(postgres.pool, wallet, session("m1", "2026-11-27T15:00:00Z"));
    const { invoice } = await invoiceOf(
      postgres.pool,
      await closeThrough(postgres.pool, wallet, "2026-11-27"),
    );
    expect(invoice.lines).toEqual([
      {
        position: 1,
        description: "USSD Session - 3 interactions",
        channel: "ussd",
        eventType: "ussd.session",
        quantity: "1",
        unitRate: "0.09",
        discount: "0",
        amount: "0.09",
        taxCategory: null,
        late: false,
      },
    ]);
    expect(invoice).toMatchObject({
      kind: "invoice",
      total: "0.09",
      amountDue: "0.09",
      number: "INV-2026-000001",
    });
  });
});
