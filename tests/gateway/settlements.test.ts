import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { canonicalJson } from "#domain/settlement/report.ts";
import { createReportCrypto, readSettlementKey } from "#platform/settlement-signer.ts";
import { CASE, CLOSED_CASE, SETTLED_DAY, STATEMENT } from "./fake-settlements.ts";
import { call, type Opened, openGateway, problem } from "./requests.ts";

let opened: Opened;
beforeAll(async () => {
  opened = await openGateway();
});
afterAll(() => opened.gateway.close());

const S = "/api/v2/settlements";
const post = (url: string, body: unknown) => call(opened.gateway, "POST", url, { body });

describe("settling a day", () => {
  test("starts the day's flow under the caller's name", async () => {
    const answer = await post(S, { day: SETTLED_DAY });
    expect(answer.statusCode).toBe(201);
    expect(opened.platform.toFlows.at(-1)).toEqual({
      start: "settlement",
      input: { day: SETTLED_DAY, actor: "owner" },
      actor: "owner",
    });
  });

  test("is refused for a day that is not over, or is none", async () => {
    const early = problem(await post(S, { day: "2026-11-23" }));
    expect(early).toMatchObject({ code: "conflict" });
    expect(early.detail).toContain("2026-11-24T04:00:00.000Z");
    expect(problem(await post(S, { day: "2026-02-30" })).errors[0]?.path).toBe("day");
  });
});

describe("a settled day", () => {
  test("can be verified from what REST shows, by anybody with the key", async () => {
    const shown = (await call(opened.gateway, "GET", `${S}/${SETTLED_DAY}`)).json();
    const { public_key: pem } = (await call(opened.gateway, "GET", `${S}/public-key`)).json();
    const key = readSettlementKey(pem);
    const crypto = createReportCrypto(key === null ? [] : [key]);
    expect(crypto.sha256(canonicalJson(shown.report))).toBe(shown.hash);
    expect(crypto.verify(shown.hash, shown.signature, shown.key_id)).toBe(true);
    expect(crypto.verify(shown.hash.replace(/^./, "0"), shown.signature, shown.key_id)).toBe(false);
  });

  test("is a page without scripts", async () => {
    const page = await call(opened.gateway, "GET", `${S}/${SETTLED_DAY}/report`);
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(page.body).toContain(`<h1>Settlement of ${SETTLED_DAY}</h1>`);
    expect(page.body).not.toContain("<script");
  });

  test("that is none is not found", async () => {
    for (const url of [`${S}/2026-11-20`, `${S}/2026-11-20/report`])
      expect(problem(await call(opened.gateway, "GET", url)).code).toBe("not_found");
  });
});

describe("what people do", () => {
  test("a case is closed with a reason, and what others closed stays theirs", async () => {
    const closed = (await post(`${S}/cases/${CASE}/close`, { reason: "refunded" })).json();
    expect(closed).toMatchObject({ status: "closed", closed_by: "owner", close_reason: "refunded" });
    expect(problem(await post(`${S}/cases/${CASE}/close`, { reason: " " })).errors[0]?.path).toBe("reason");
    const taken = problem(await post(`${S}/cases/${CLOSED_CASE}/close`, { reason: "refunded" }));
    expect(taken).toMatchObject({ code: "conflict" });
    expect(taken.detail).toContain("Kim");
    const unknown = CASE.replace(/1$/, "9");
    expect(problem(await post(`${S}/cases/${unknown}/close`, { reason: "x" })).code).toBe("not_found");
  });

  test("a statement is paid once", async () => {
    const url = `${S}/statements/${STATEMENT}/payments`;
    expect((await post(url, { reference: "SEPA 1" })).json()).toMatchObject({
      status: "paid",
      reference: "SEPA 1",
    });
    expect((await post(url, { reference: "SEPA 1" })).statusCode).toBe(200);
    expect(problem(await post(url, { reference: "SEPA 2" })).detail).toContain("SEPA 1");
  });

  test("a carrier's invoice is compared once, to the last digit", async () => {
    const invoice = {
      connector: "c",
      reference: "R-1",
      currency: "USD",
      from: "2026-11-01",
      to: "2026-11-30",
    };
    const posted = (
      await post(`${S}/supplier-invoices`, { ...invoice, amount: "4500.000000000000000001" })
    ).json();
    expect(posted).toMatchObject({ outcome: "posted", difference: "0.000000000000000001" });
    const again = await post(`${S}/supplier-invoices`, { ...invoice, amount: "4501" });
    expect(problem(again).code).toBe("conflict");
    const beyond = await post(`${S}/supplier-invoices`, { ...invoice, reference: "R-2", amount: 4600 });
    expect(beyond.json()).toMatchObject({ outcome: "case", difference: "100" });
    const wrong = { ...invoice, amount: "1", from: "2026-12-01" };
    expect(problem(await post(`${S}/supplier-invoices`, wrong)).errors[0]?.path).toBe("to");
  });
});
