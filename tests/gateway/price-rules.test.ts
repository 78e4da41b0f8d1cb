import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { RATE_CARD_SOURCE_EXAMPLE } from "#gateway/rest/rate-card-body.ts";
import { call, type Opened, openGateway, problem } from "./requests.ts";

let opened: Opened;
beforeEach(async () => {
  opened = await openGateway();
});
afterEach(() => opened.gateway.close());

const post = (url: string, body: object) => call(opened.gateway, "POST", url, { body });

describe("formulas", () => {
  test("are tried case by case, each with its amount or what is wrong", async () => {
    const answer = await post("/api/v2/formulas/test", {
      formula: "rate / units",
      cases: [{ rate: "1", units: 3 }, { rate: "1", units: 0 }, { rate: "1" }],
    });
    expect(answer.json()).toMatchObject({
      variables: ["rate", "units"],
      results: [
        { amount: "0.333333333333333333", exact: false, problem: null },
        { amount: null, problem: "divides by zero" },
        { amount: null, problem: "needs units, which the event does not have" },
      ],
    });
  });

  test("what is no formula names the place", async () => {
    const wrong = problem(await post("/api/v2/formulas/test", { formula: "process.exit(1)" }));
    expect(wrong.errors[0]?.path).toBe("formula");
  });

  test("one set on a card is its next version, which differs by it alone", async () => {
    const set = await post("/api/v2/rate-cards/RC-0/formulas", {
      event_type: "sms.delivered",
      formula: "rate * 2",
    });
    expect(set.json().rate_card.version).toBe(2);
    const diff = await call(opened.gateway, "GET", "/api/v2/rate-cards/RC-0/diff");
    expect(diff.json()).toMatchObject({
      from: 1,
      to: 2,
      changes: [{ path: "rates.sms.formula", before: null, after: '"rate * 2"' }],
    });
    const again = await post("/api/v2/rate-cards/RC-0/formulas", {
      event_type: "sms.delivered",
      formula: "rate * 2",
    });
    expect(again.statusCode).toBe(200);
  });

  test("a formula that is none stops the card by its path", async () => {
    const set = await post("/api/v2/rate-cards/RC-0/formulas", {
      event_type: "sms.delivered",
      formula: "rate; units",
    });
    expect(problem(set).errors[0]?.path).toBe("rates.sms.formula");
  });
});

describe("versions of a card", () => {
  test("that are not there are named", async () => {
    await post("/api/v2/rate-cards", RATE_CARD_SOURCE_EXAMPLE);
    const url = "/api/v2/rate-cards/RC-TENANT-001/diff?from=1&to=7";
    expect(problem(await call(opened.gateway, "GET", url)).detail).toContain("has the versions 1 to 1");
    const none = await call(opened.gateway, "GET", "/api/v2/rate-cards/RC-NONE/diff");
    expect(none.statusCode).toBe(404);
  });
});

describe("exchange rates and suppliers' sheets", () => {
  test("a rate of the future, of nothing, or of one currency is refused", async () => {
    const rate = { base: "EUR", quote: "USD", rate: "1.1", source: "ECB" };
    const paths = async (change: object) =>
      problem(await post("/api/v2/fx-rates", { ...rate, ...change })).errors.map(({ path }) => path);
    expect(await paths({ at: "2030-01-01T00:00:00Z" })).toEqual(["at"]);
    expect(await paths({ rate: "0" })).toEqual(["rate"]);
    expect(await paths({ quote: "EUR" })).toEqual(["quote"]);
  });

  test("rates keep their digits", async () => {
    const body = '{"base":"EUR","quote":"USD","rate":1.084200000000000001,"source":"ECB"}';
    const answer = await call(opened.gateway, "POST", "/api/v2/fx-rates", { body });
    expect(answer.json()).toMatchObject({ pair: "EUR/USD", rate: "1.084200000000000001" });
  });

  test("a row that is wrong is named", async () => {
    const rows = [{ rate: "0.01" }, { prefix: "44", country: "GB", rate: "0.01" }];
    const sheet = { connector: "smsc-1", currency: "USD", rows };
    expect(problem(await post("/api/v2/supplier-sheets", sheet)).errors[0]?.path).toBe("rows[1]");
  });
});

describe("prices below cost", () => {
  const card = (more: object = {}) => ({
    ...RATE_CARD_SOURCE_EXAMPLE,
    rates: { sms: { base_rate: "5000", destination_rates: { ZZ: "999" } } },
    ...more,
  });

  test("are stored with a warning that names the price and the supplier's row", async () => {
    const answer = await post("/api/v2/rate-cards", card());
    expect(answer.statusCode).toBe(201);
    expect(answer.json().warnings).toContainEqual({
      path: "rates.sms.destination_rates.ZZ",
      message: expect.stringMatching(/^999.* is below what smsc-dear takes for ZZ \(1000 USD\)$/),
    });
  });

  test("are refused where the card says so, and nothing is stored", async () => {
    const before = opened.platform.rateCards.length;
    const answer = await post("/api/v2/rate-cards", card({ below_cost: "refuse" }));
    expect(problem(answer).errors[0]?.path).toBe("rates.sms.destination_rates.ZZ");
    expect(opened.platform.rateCards).toHaveLength(before);
  });
});

describe("load signals", () => {
  test("come back canonical, from two seconds on", async () => {
    const answer = await post("/api/v2/load-signals", { percent: "85.50", source: "noc" });
    expect(answer.json()).toMatchObject({ percent: "85.5", source: "noc" });
    expect(Date.parse(answer.json().valid_from)).toBe(opened.platform.now + 2_000);
  });

  test.each(["-1", "1001", "busy", "8.1234567890123456789"])("refuse %s", async (percent) => {
    const wrong = problem(await post("/api/v2/load-signals", { percent, source: "noc" }));
    expect(wrong.errors[0]?.path).toBe("percent");
  });
});
