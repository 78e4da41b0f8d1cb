import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { parseMoney, type Money } from "#domain/money/money.ts";
import type { TransactionView } from "#gateway/rest/dependencies.ts";
import { TENANT_KEYS, transaction, WALLET_1 } from "./fakes.ts";
import { call, type Opened, openGateway } from "./requests.ts";

const TRACE = {
  v: 1,
  card: "RC-TENANT-001",
  version: 1,
  event: "sms.delivered",
  units: 1,
  source: "time_band",
  rate: "0.015",
  band: { name: "Peak (US)", zone: "America/New_York", local: "Wed 13:00" },
  volume: "50000",
  tier: "10000",
  discount: "5",
  tax: "8",
};

const amount = (text: string): Money => parseMoney(text) as Money;

const CHARGE: TransactionView = {
  ...transaction("TENANT-001", WALLET_1, "charge-1", amount("-0.01539")),
  charge: {
    base: amount("0.015"),
    discount: amount("0.00075"),
    subtotal: amount("0.01425"),
    tax: amount("0.00114"),
    total: amount("0.01539"),
  },
  trace: TRACE,
};

let opened: Opened;
beforeEach(async () => {
  opened = await openGateway();
});
afterEach(() => opened.gateway.close());

async function explained(view: TransactionView) {
  opened.platform.ledger.set(view.transactionId, view);
  const url = `/api/v2/transactions/${view.transactionId}/explain`;
  return (await call(opened.gateway, "GET", url, { token: TENANT_KEYS["TENANT-001"] })).json();
}

describe("explain", () => {
  test("Example 1 in words, and computed again to the last digit", async () => {
    const answer = await explained(CHARGE);
    expect(answer.explanation.slice(0, 2)).toEqual([
      'Base Amount: $0.01500 (time band "Peak (US)", Wed 13:00 in America/New_York)',
      "Discount: -$0.00075 (5%: monthly volume 50,000, tier from 10,000)",
    ]);
    expect(answer.replayed).toEqual(answer.charged);
    expect(answer.agrees).toBe(true);
  });

  test("a charge that its trace does not give is shown as such", async () => {
    const wrong = { ...CHARGE.charge!, tax: amount("0.001140000000000001") };
    expect(await explained({ ...CHARGE, charge: wrong })).toMatchObject({ agrees: false });
  });

  test("what no card priced tells why and by whom", async () => {
    const topUp = transaction("TENANT-001", WALLET_1, "top-up-1", amount("100"));
    const answer = await explained({ ...topUp, trace: { v: 1, reason: "invoice 17", actor: "finance:Ann" } });
    expect(answer).toMatchObject({
      explanation: ["Top up of 100 USD", "Reason: invoice 17", "By: finance:Ann"],
      charged: null,
      replayed: null,
      agrees: null,
    });
  });
});
