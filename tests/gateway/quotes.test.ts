import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Unavailable } from "#domain/errors.ts";
import { TENANT_KEYS } from "./fakes.ts";
import { call, type Opened, openGateway, problem } from "./requests.ts";

const token = TENANT_KEYS["TENANT-001"];
const QUOTES = "/api/v2/quotes";
const EXAMPLE_1 = {
  event_type: "sms.delivered",
  channel: "sms",
  operator: "Verizon",
  destination: "US",
  timestamp: "2024-12-25T18:00:00Z",
};

let opened: Opened;
beforeEach(async () => {
  opened = await openGateway();
});
afterEach(() => opened.gateway.close());

const quoted = (body: object) => call(opened.gateway, "POST", QUOTES, { token, body });

describe("quotes", () => {
  test("Example 1 at an assumed volume, every step, and nothing is charged", async () => {
    const answer = await quoted({ ...EXAMPLE_1, volume: 50_000 });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      currency: "USD",
      rate_card_id: "RC-TENANT-001",
      priced: true,
      charge: {
        base_amount: "0.015",
        discount: "0.00075",
        subtotal: "0.01425",
        tax: "0.00114",
        total: "0.01539",
      },
    });
    expect(opened.platform.published).toEqual([]);
  });

  test("the wallet's own volume counts, with the quoted units", async () => {
    const now = { ...EXAMPLE_1, timestamp: "2026-11-24T18:00:00Z" };
    // 9,999 are counted already: the next one reaches the tier from 10,000.
    expect((await quoted(now)).json().charge.discount).toBe("0.00075");
    expect((await quoted({ ...now, timestamp: "2026-12-24T18:00:00Z" })).json().charge.discount).toBe("0");
  });

  test("a number gives country and operator where they are not given", async () => {
    const { operator: _, destination: __, ...event } = EXAMPLE_1;
    const sunday = { ...event, timestamp: "2024-12-22T18:00:00Z", volume: 1 };
    expect((await quoted({ ...sunday, to: "+1 202 555 0143" })).json().charge.base_amount).toBe("0.02");
    expect((await quoted(sunday)).json().charge.base_amount).toBe("0.01");
    expect(problem(await quoted({ ...sunday, to: "nobody" })).errors[0]?.path).toBe("to");
  });

  test("what has no price is free, and says so", async () => {
    const answer = await quoted({ event_type: "viber.send", channel: "viber" });
    expect(answer.json()).toMatchObject({ priced: false, charge: { total: "0" } });
  });

  test("wrong input names the field", async () => {
    expect(problem(await quoted({ ...EXAMPLE_1, volume: 1, units: 5 })).errors[0]?.path).toBe("volume");
    const foreign = { ...EXAMPLE_1, rate_card_id: "RC-OTHER" };
    expect(problem(await quoted(foreign)).errors[0]?.path).toBe("rate_card_id");
    const wallet = { ...EXAMPLE_1, wallet_id: "01936f2e-7c1a-7000-8000-000000000002" };
    expect(problem(await quoted(wallet)).errors[0]?.path).toBe("wallet_id");
    expect((await quoted({ ...EXAMPLE_1, tenant_id: "TENANT-002" })).statusCode).toBe(404);
  });

  test("while configuration cannot be confirmed there is no quote", async () => {
    opened.platform.fail = new Unavailable("Kafka");
    expect((await quoted(EXAMPLE_1)).statusCode).toBe(503);
  });
});
